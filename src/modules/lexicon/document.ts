/**
 * Lexicon documents as this server keeps them (https://atproto.com/specs/lexicon): the published ones,
 * without descriptions, with references written `#name` or `nsid#name`. documents.json is their list.
 */
import { readFileSync } from 'node:fs'

export interface LexiconDocument {
  lexicon: 1
  id: string
  defs: Record<string, Definition>
}

/** Any named definition of a document; `main` may be a record or a method. */
export type Definition = RecordDefinition | MethodDefinition | Schema

export interface RecordDefinition {
  type: 'record'
  /** `tid`, `nsid`, `any` or `literal:<value>`. */
  key?: string
  record: ObjectSchema
}

export interface MethodDefinition {
  type: 'query' | 'procedure' | 'subscription'
  parameters?: ParamsSchema
  input?: Body
  output?: Body
  message?: { schema: Schema }
  errors?: { name: string }[]
}

/** A body of a method. Only JSON bodies have a schema. */
export interface Body {
  encoding: string
  schema?: Schema
}

export type Schema =
  | BooleanSchema
  | IntegerSchema
  | StringSchema
  | BytesSchema
  | BlobSchema
  | ArraySchema
  | ObjectSchema
  | RefSchema
  | UnionSchema
  | { type: 'unknown' | 'cid-link' | 'token' | 'permission-set' }

export interface BooleanSchema {
  type: 'boolean'
  default?: boolean
  const?: boolean
}

export interface IntegerSchema {
  type: 'integer'
  default?: number
  const?: number
  enum?: number[]
  minimum?: number
  maximum?: number
}

export interface StringSchema {
  type: 'string'
  format?: string
  default?: string
  const?: string
  enum?: string[]
  knownValues?: string[]
  /** In bytes of UTF-8. */
  minLength?: number
  maxLength?: number
  minGraphemes?: number
  maxGraphemes?: number
}

export interface BytesSchema {
  type: 'bytes'
  /** In decoded bytes. */
  minLength?: number
  maxLength?: number
}

export interface BlobSchema {
  type: 'blob'
  /** MIME types, or patterns such as `image/…` with a star in the place of the subtype. */
  accept?: string[]
  maxSize?: number
}

export interface ArraySchema {
  type: 'array'
  items: Schema
  minLength?: number
  maxLength?: number
}

export interface ObjectSchema {
  type: 'object'
  properties?: Record<string, Schema>
  required?: string[]
  nullable?: string[]
}

export interface ParamsSchema {
  type: 'params'
  properties: Record<string, ParamSchema>
  required?: string[]
}

/** What a query string can carry: primitives, and arrays of them. */
export type ParamSchema = BooleanSchema | IntegerSchema | StringSchema | ArraySchema

export interface RefSchema {
  type: 'ref'
  ref: string
}

export interface UnionSchema {
  type: 'union'
  refs: string[]
  /** A closed union takes no member but those named. */
  closed?: boolean
}

/** Reads the documents that ship with the server. */
export function readDocuments(): LexiconDocument[] {
  return JSON.parse(readFileSync(new URL('./documents.json', import.meta.url), 'utf8')) as LexiconDocument[]
}
