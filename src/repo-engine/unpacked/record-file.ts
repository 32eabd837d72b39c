/**
 * The files of an unpacked repository that hold something readable: a record each, and the commit.
 *
 * A record is JSON where its JSON comes back as the very same bytes. What does not (floats, integers beyond 2^53,
 * DAG-CBOR in another than its one form, a map that looks like a link, a record that is no map) is kept as the bytes
 * that it is: `<rkey>.cbor`, or `<rkey>.raw` where its CID says that it is no DAG-CBOR.
 */
import { CAR_LIMITS } from '../car.js'
import { decodeCbor, type DataValue, encodeCbor } from '../cbor.js'
import { Cid, CODEC_RAW } from '../cid.js'
import { type DecodedCommit, decodeCommit } from '../commit.js'
import { jsonToData } from '../data.js'
import { RepoError } from '../errors.js'
import type { RecordBlock } from '../format-commit.js'
import { parseRecordPath, pathOfRecord, shown } from './names.js'
import { formatJsonText } from './json-text.js'

/** A file by its path below the directory, with `/` between names. */
export interface UnpackedFile {
  readonly path: string
  readonly bytes: Uint8Array
}

/** Longest JSON that is written and read: what would be longer is kept as bytes. */
export const MAX_JSON_BYTES = 16 << 20

const utf8 = new TextEncoder()
const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/** The file of a record; `path` is `collection/rkey`. @throws RepoError InvalidData when the bytes are not those of the CID */
export function unpackRecord({ path, cid, bytes }: RecordBlock): UnpackedFile {
  if (!cid.matches(bytes)) throw new RepoError('InvalidData', `record ${path}: does not hash to its CID`)
  if (cid.codec === CODEC_RAW) return { path: pathOfRecord(path, 'raw'), bytes }
  const json = exactJson(bytes)
  return json ? { path: pathOfRecord(path, 'json'), bytes: json } : { path: pathOfRecord(path, 'cbor'), bytes }
}

/**
 * The record in a file, whatever it holds, so that what was unpacked is packed as it was.
 * @throws RepoError InvalidSyntax for a name that no record has; InvalidData, LimitExceeded for what is not its JSON
 */
export function packRecord({ path, bytes }: UnpackedFile): RecordBlock {
  const { key, form } = parseRecordPath(path)
  const block = form === 'json' ? blockOfJson(path, bytes) : bytes
  if (block.length > CAR_LIMITS.maxBlockBytes)
    throw new RepoError('LimitExceeded', `${shown(path)}: a record of ${block.length} bytes`)
  return { path: key, cid: form === 'raw' ? Cid.ofRaw(block) : Cid.ofCbor(block), bytes: block }
}

/** `commit.json`: a commit with its signature. `block` is a commit block. */
export function unpackCommit(block: Uint8Array): UnpackedFile {
  return { path: 'commit.json', bytes: utf8.encode(formatJsonText(decodeCbor(block), MAX_JSON_BYTES)!) }
}

/** @throws RepoError InvalidData for what is no JSON, InvalidCommit for what is no commit */
export function packCommit({ path, bytes }: UnpackedFile): { commit: DecodedCommit; cid: Cid; bytes: Uint8Array } {
  const block = blockOfJson(path, bytes)
  try {
    return { commit: decodeCommit(block), cid: Cid.ofCbor(block), bytes: block }
  } catch (error) {
    throw new RepoError('InvalidCommit', `${shown(path)}: ${(error as RepoError).message}`)
  }
}

/** The JSON of a block, if it leads back to exactly these bytes. */
function exactJson(block: Uint8Array): Uint8Array | null {
  let value: DataValue
  try {
    value = decodeCbor(block)
    const text = formatJsonText(value, MAX_JSON_BYTES)
    if (text === null || !areEqual(encodeCbor(jsonToData(JSON.parse(text))), block)) return null
    const json = utf8.encode(text)
    return json.length <= MAX_JSON_BYTES ? json : null
  } catch (error) {
    if (error instanceof RepoError) return null
    throw error
  }
}

function blockOfJson(path: string, bytes: Uint8Array): Uint8Array {
  try {
    return encodeCbor(jsonToData(JSON.parse(strictUtf8.decode(bytes))))
  } catch (error) {
    if (error instanceof RepoError) throw new RepoError(error.code, `${shown(path)}: ${error.message}`)
    const why = error instanceof SyntaxError ? `not JSON: ${error.message}` : 'not UTF-8'
    throw new RepoError('InvalidData', `${shown(path)}: ${why}`)
  }
}

export function areEqual(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false
  return true
}
