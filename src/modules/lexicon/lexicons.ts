import { Injectable } from '@nestjs/common'
import { isNsid, isRecordKey, isTid } from '../../repo-engine/index.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { readDocuments, type Body, type LexiconDocument, type MethodDefinition } from './document.js'
import { compileParams, type ParseParams } from './params.js'
import { isMap, SchemaChecks, type Check, type JsonObject } from './schema-check.js'
import type { XrpcMethods } from './types.js'

/** What the XRPC edge has to know of a method before it reads the request. */
export interface Method {
  type: 'query' | 'procedure' | 'subscription'
  /** MIME type, or a star pattern, of the input; absent when the method takes none. */
  inputEncoding?: string
  outputEncoding?: string
}

/** The `validationStatus` of a written record; undefined when the writer asked for no validation. */
export type ValidationStatus = 'valid' | 'unknown' | undefined

/** The params of a method by its NSID; a plain object where the NSID is not known until run time. */
export type ParamsOf<Nsid extends string> = Nsid extends keyof XrpcMethods ? XrpcMethods[Nsid]['params'] : JsonObject

/** Collections whose records are validated. Records of any other are stored as `unknown`. */
const KNOWN_RECORDS = [
  'app.bsky.actor.profile',
  'app.bsky.actor.status',
  'app.bsky.feed.generator',
  'app.bsky.feed.like',
  'app.bsky.feed.post',
  'app.bsky.feed.postgate',
  'app.bsky.feed.repost',
  'app.bsky.feed.threadgate',
  'app.bsky.graph.block',
  'app.bsky.graph.follow',
  'app.bsky.graph.list',
  'app.bsky.graph.listblock',
  'app.bsky.graph.listitem',
  'app.bsky.graph.starterpack',
  'app.bsky.graph.verification',
  'app.bsky.labeler.service',
  'app.bsky.notification.declaration',
  'chat.bsky.actor.declaration',
  'com.atproto.lexicon.schema',
  'com.germnetwork.declaration',
]

interface LoadedMethod {
  definition: MethodDefinition
  summary: Method
  params?: ParseParams
  input?: Check
  output?: Check
}

interface LoadedRecord {
  key: string
  check?: Check
}

/**
 * The contract of the server: which methods there are, what goes in and out of them, and what a record of a
 * known collection looks like. All values are in their JSON form. Schemas are compiled on first use.
 */
@Injectable()
export class Lexicons {
  private readonly loadedMethods = new Map<string, LoadedMethod>()
  private readonly records = new Map<string, LoadedRecord>()
  /** Requests get their defaults filled in; records and responses are looked at and left alone. */
  private readonly requests: SchemaChecks
  private readonly values: SchemaChecks

  constructor() {
    const documents = readDocuments()
    this.requests = new SchemaChecks(documents, true)
    this.values = new SchemaChecks(documents)
    for (const document of documents) this.load(document)
  }

  private load({ id, defs }: LexiconDocument): void {
    const main = defs.main
    if (main?.type === 'record') {
      if (KNOWN_RECORDS.includes(id)) this.records.set(id, { key: main.key ?? 'any' })
    } else if (main?.type === 'query' || main?.type === 'procedure' || main?.type === 'subscription') {
      const summary = { type: main.type, inputEncoding: main.input?.encoding, outputEncoding: main.output?.encoding }
      this.loadedMethods.set(id, { definition: main, summary })
    }
  }

  /** The method of that NSID, or null. */
  method(nsid: string): Method | null {
    return this.loadedMethods.get(nsid)?.summary ?? null
  }

  /** NSIDs of all methods, sorted. */
  methods(): string[] {
    return [...this.loadedMethods.keys()]
  }

  /**
   * Typed params from the texts of a query string, defaults filled in, unknown ones dropped.
   * @throws XrpcError 400 InvalidRequest; Error when there is no such method.
   */
  parseParams<Nsid extends string>(nsid: Nsid, query: Record<string, unknown>): ParamsOf<Nsid> {
    const method = this.require(nsid)
    method.params ??= compileParams(method.definition.parameters ?? NO_PARAMS, this.requests, nsid)
    return method.params(query) as ParamsOf<Nsid>
  }

  /**
   * Checks a JSON body and writes the lexicon's defaults into it. Bodies of other encodings pass: only their
   * handler can judge them. Records inside are checked by {@link checkRecord}.
   * @throws XrpcError 400 InvalidRequest; Error when there is no such method.
   */
  checkInput(nsid: string, body: unknown): void {
    const method = this.require(nsid)
    const { input } = method.definition
    if (!input && body != null) throw invalidRequest('A request body was provided when none was expected')
    if (input && body == null) throw invalidRequest('A request body is expected but none was provided')
    method.input ??= compileBody(input, this.requests, nsid)
    const wrong = method.input(body)
    if (wrong) throw invalidRequest(`Input${wrong.path} ${wrong.message}`)
  }

  /** Checks the JSON body of a response. @throws Error when it breaks the contract or there is no such method. */
  checkOutput(nsid: string, body: unknown): void {
    const method = this.require(nsid)
    method.output ??= compileBody(method.definition.output, this.values, nsid)
    const wrong = method.output(body)
    if (wrong) throw new Error(`${nsid}: Output${wrong.path} ${wrong.message}`)
  }

  private require(nsid: string): LoadedMethod {
    const method = this.loadedMethods.get(nsid)
    if (!method) throw new Error(`no lexicon of a method ${nsid}`)
    return method
  }

  /** True when records of the collection can be validated. */
  isRecord(collection: string): boolean {
    return this.records.has(collection)
  }

  /** The record with its `$type`, which writers may leave out. @throws XrpcError 400 when it is not an object. */
  withType(collection: string, record: unknown): JsonObject {
    if (!isMap(record)) throw invalidRequest('Record must be an object')
    return record.$type ? record : { ...record, $type: collection }
  }

  /**
   * Judges a record about to be written. `validate` is the writer's wish: false asks for no lexicon check,
   * true refuses collections without a lexicon here, undefined takes those as `unknown`.
   * @throws XrpcError 400 InvalidRequest, always when `$type` is not the collection; InvalidMimeType, BlobTooLarge.
   */
  checkRecord(collection: string, record: unknown, validate: boolean | undefined): ValidationStatus {
    if (!isMap(record)) throw invalidRequest('Record must be an object')
    if (record.$type !== collection)
      throw invalidRequest(`Invalid $type: expected ${collection}, got ${String(record.$type)}`)
    if (validate === false) return undefined
    const known = this.records.get(collection)
    if (!known) {
      if (validate) throw invalidRequest(`Lexicon not found: lex:${collection}`)
      return 'unknown'
    }
    known.check ??= this.values.of(collection)
    const wrong = known.check(record)
    if (wrong) throw invalidRequest(`Invalid ${collection} record: Record${wrong.path} ${wrong.message}`, wrong.error)
    return 'valid'
  }

  /**
   * Judges the key of a record about to be created: its syntax, and for a known collection its lexicon's
   * `key` (https://atproto.com/specs/record-key). Not for deletes, which must reach whatever is there.
   * @throws XrpcError 400 InvalidRequest.
   */
  checkRecordKey(collection: string, rkey: string): void {
    if (!isRecordKey(rkey)) throw invalidRequest(`Invalid record key: ${rkey.slice(0, 80)}`)
    const key = this.records.get(collection)?.key ?? 'any'
    if (!fitsKey(key, rkey)) throw invalidRequest(`Invalid record key for ${collection}: expected ${key}, got ${rkey}`)
  }
}

const NO_PARAMS = { type: 'params', properties: {} } as const

/** Bodies without a schema, and those that are not JSON, always pass. */
function compileBody(body: Body | undefined, checks: SchemaChecks, nsid: string): Check {
  return body?.schema ? checks.compile(body.schema, nsid) : () => null
}

function fitsKey(key: string, rkey: string): boolean {
  if (key === 'tid') return isTid(rkey)
  if (key === 'nsid') return isNsid(rkey)
  return key.startsWith('literal:') ? rkey === key.slice('literal:'.length) : true
}
