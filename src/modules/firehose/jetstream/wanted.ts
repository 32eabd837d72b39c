import { isDid, isNsid } from '../../../repo-engine/index.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import type { StreamRequest } from '../stream-server.js'

const MAX_COLLECTIONS = 100
const MAX_DIDS = 10_000

/** An event as far as it is selected by: `size` is of its message, in bytes. */
export interface Selectable {
  did: string
  collection: string | null
  size: number
}

/** What a subscriber wants of all that there is. Jetstream's own words, and its rules. */
export class Wanted {
  private constructor(
    /** Null: all. */
    private readonly dids: ReadonlySet<string> | null,
    private readonly collections: ReadonlySet<string> | null,
    /** What the names of collections may begin with, each up to and including a dot. */
    private readonly prefixes: readonly string[],
    private readonly maxSize: number,
  ) {}

  /** As the parameters of a request say. @throws XrpcError InvalidRequest */
  static ofQuery({ wantedCollections, wantedDids, maxMessageSizeBytes }: StreamRequest['query']): Wanted {
    // What is no number counts as no limit.
    const maxSize = Number([maxMessageSizeBytes].flat()[0])
    return Wanted.of(listOf(wantedCollections), listOf(wantedDids), Number.isSafeInteger(maxSize) ? maxSize : 0)
  }

  /**
   * As a message of a subscriber says, for the rest of the stream; null for a message that means something else.
   * @throws XrpcError InvalidRequest
   */
  static ofMessage(text: string): Wanted | null {
    const message = parse(text)
    if (message.type !== 'options_update') return null
    const { payload } = message
    if (!isObject(payload)) throw invalidRequest('the payload of options_update is not an object')
    const { wantedCollections, wantedDids, maxMessageSizeBytes } = payload
    const maxSize = maxMessageSizeBytes ?? 0
    if (!Number.isSafeInteger(maxSize)) throw invalidRequest('maxMessageSizeBytes is not an integer')
    return Wanted.of(wantedCollections ?? [], wantedDids ?? [], maxSize as number)
  }

  private static of(wantedCollections: unknown, wantedDids: unknown, maxSize: number): Wanted {
    const patterns = distinct('wantedCollections', wantedCollections, MAX_COLLECTIONS, isPattern)
    const dids = distinct('wantedDids', wantedDids, MAX_DIDS, isDid)
    const prefixes = [...patterns].filter((pattern) => pattern.endsWith('.*')).map((pattern) => pattern.slice(0, -1))
    return new Wanted(dids.size > 0 ? dids : null, patterns.size > 0 ? patterns : null, prefixes, Math.max(maxSize, 0))
  }

  /** Whether it is everything. */
  get isAll(): boolean {
    return this.dids === null && this.collections === null && this.maxSize === 0
  }

  /** What is of no collection is selected by account alone. */
  has({ did, collection, size }: Selectable): boolean {
    if (this.maxSize > 0 && size > this.maxSize) return false
    if (this.dids && !this.dids.has(did)) return false
    if (!this.collections || collection === null || this.collections.has(collection)) return true
    return this.prefixes.some((prefix) => collection.startsWith(prefix))
  }
}

function listOf(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : [value].flat()
}

/** An NSID, or the beginning of one with `.*` for the rest of its segments. */
function isPattern(text: unknown): boolean {
  if (typeof text !== 'string' || !text.endsWith('.*')) return isNsid(text)
  return isNsid(`${text.slice(0, -1)}any.name`)
}

function distinct(name: string, values: unknown, max: number, is: (value: unknown) => boolean): Set<string> {
  if (!Array.isArray(values)) throw invalidRequest(`${name} is not a list`)
  const wrong: unknown = values.find((value) => !is(value))
  if (wrong !== undefined) throw invalidRequest(`${name}: not valid: ${JSON.stringify(wrong).slice(0, 80)}`)
  const set = new Set(values as string[])
  if (set.size > max) throw invalidRequest(`${name} has more than ${max.toLocaleString('en')} values`)
  return set
}

function parse(text: string): Record<string, unknown> {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    throw invalidRequest('the message is not JSON')
  }
  if (!isObject(message)) throw invalidRequest('the message is not an object')
  return message
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
