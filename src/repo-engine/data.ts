/**
 * The JSON form of the atproto data model (https://atproto.com/specs/data-model#json-representation).
 *
 * JSON spells three things with `$` keys: `{"$link": "bafy…"}` is a CID, `{"$bytes": "<base64>"}` a byte
 * string, `{"$type": "blob", …}` a reference to a blob. An object that almost is one of them is an error,
 * never a plain map.
 */
import { Cid, CODEC_RAW } from './cid.js'
import { isPlainObject, MAX_DEPTH, setEntry, type DataMap, type DataValue } from './cbor.js'
import { RepoError } from './errors.js'

/** A blob that a record refers to. */
export interface BlobRef {
  readonly cid: Cid
  readonly mimeType: string
  /** In bytes; null in the legacy form `{cid, mimeType}`, which does not tell. */
  readonly size: number | null
}

export interface DataLimits {
  /** Arrays and objects inside each other, 64 if not given. */
  readonly maxDepth?: number
}

/**
 * Turns parsed JSON, an object at its top, into data. The input is left as it is.
 * @throws RepoError InvalidData for what the data model does not hold: floats, integers beyond ±(2^53 - 1),
 * lone surrogates, undefined, malformed `$link`, `$bytes`, `$type` or blobs, too much depth.
 */
export function jsonToData(json: unknown, limits: DataLimits = {}): DataMap {
  const value = fromJson(json, limits.maxDepth ?? MAX_DEPTH)
  if (!isMap(value)) throw invalid('the top level is not an object')
  return value
}

/** As {@link jsonToData}, for a record: an object with a `$type`. @throws RepoError InvalidData. */
export function jsonToRecord(json: unknown): DataMap {
  const record = jsonToData(json)
  if (record.$type === undefined) throw invalid('a record without $type')
  return record
}

/** Gives the JSON form, ready for `JSON.stringify`. Base64 comes without padding, as atproto writes it. */
export function dataToJson(value: DataValue): unknown {
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map(dataToJson)
  if (value instanceof Cid) return value.toJSON()
  if (value instanceof Uint8Array) return { $bytes: toBase64(value) }
  const json: Record<string, unknown> = {}
  for (const key of Object.keys(value)) setEntry(json, key, dataToJson(value[key]!))
  return json
}

/** All blobs that a value refers to, typed and legacy, in the order they stand in; repeated if repeated. */
export function findBlobs(value: DataValue): BlobRef[] {
  const found: BlobRef[] = []
  collectBlobs(value, found)
  return found
}

function fromJson(json: unknown, depth: number): DataValue {
  switch (typeof json) {
    case 'string':
      if (!json.isWellFormed()) throw invalid('a string with a lone surrogate')
      return json
    case 'number':
      if (!Number.isSafeInteger(json)) throw invalid(`not an integer of the data model: ${json}`)
      return json + 0 // -0 becomes 0
    case 'boolean':
      return json
    case 'object':
      if (json === null) return null
      if (depth === 0) throw invalid('arrays and objects nested too deeply')
      if (Array.isArray(json)) return Array.from(json, (item) => fromJson(item, depth - 1))
      if (isPlainObject(json)) return fromObject(json as Record<string, unknown>, depth)
  }
  throw invalid(`not JSON: ${typeof json}`)
}

function fromObject(json: Record<string, unknown>, depth: number): DataValue {
  const keys = Object.keys(json)
  const value: DataMap = {}
  for (const key of keys) {
    if (key === '$link' || key === '$bytes') {
      if (keys.length !== 1) throw invalid(`${key} beside other keys`)
      return key === '$link' ? parseLink(json.$link) : parseBytes(json.$bytes)
    }
    if (key === '$type' && (typeof json.$type !== 'string' || json.$type === ''))
      throw invalid('$type is not a string with something in it')
    if (!key.isWellFormed()) throw invalid('a key with a lone surrogate')
    setEntry(value, key, fromJson(json[key], depth - 1))
  }
  if (value.$type === 'blob' && !typedBlob(value)) throw invalid('a malformed blob')
  return value
}

function parseLink(text: unknown): Cid {
  if (typeof text !== 'string') throw invalid('$link is not a string')
  try {
    return Cid.parse(text)
  } catch {
    throw invalid(`$link is not a CID: ${text.slice(0, 80)}`)
  }
}

/** Standard base64, with correct padding or with none, left-over bits zero. */
function parseBytes(text: unknown): Uint8Array {
  if (typeof text !== 'string') throw invalid('$bytes is not a string')
  const bytes = Buffer.from(text, 'base64')
  // The decoder skips what it does not know: only the right text comes back the same.
  const padded = bytes.toString('base64')
  if (text !== padded && text !== toBase64(bytes)) throw invalid('$bytes is not base64')
  return bytes
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64').replace(/=+$/, '')
}

function collectBlobs(value: DataValue, found: BlobRef[]): void {
  if (Array.isArray(value)) {
    for (const item of value) collectBlobs(item, found)
  } else if (isMap(value)) {
    const blob = typedBlob(value) ?? legacyBlob(value)
    if (blob) found.push(blob)
    else for (const key of Object.keys(value)) collectBlobs(value[key]!, found)
  }
}

function typedBlob(value: DataMap): BlobRef | null {
  const { $type, ref, mimeType, size } = value
  if ($type !== 'blob' || !(ref instanceof Cid) || ref.codec !== CODEC_RAW) return null
  if (typeof mimeType !== 'string' || mimeType === '') return null
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return null
  return { cid: ref, mimeType, size }
}

/** The form of records from before 2023: exactly `{cid: "<text>", mimeType}`. */
function legacyBlob(value: DataMap): BlobRef | null {
  const { cid, mimeType } = value
  if (typeof cid !== 'string' || typeof mimeType !== 'string' || Object.keys(value).length !== 2) return null
  try {
    return { cid: Cid.parse(cid), mimeType, size: null }
  } catch {
    return null
  }
}

function isMap(value: DataValue): value is DataMap {
  return (
    value !== null &&
    typeof value === 'object' &&
    !Array.isArray(value) &&
    !(value instanceof Cid) &&
    !(value instanceof Uint8Array)
  )
}

function invalid(message: string): RepoError {
  return new RepoError('InvalidData', message)
}
