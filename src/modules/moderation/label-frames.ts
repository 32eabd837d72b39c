/** What a labeler says (com.atproto.label.subscribeLabels), read from its frames and trusted for nothing. */
import {
  Cid,
  type DataMap,
  type DataValue,
  decodeCbor,
  decodeCborPrefix,
  type Did,
  encodeCbor,
  isAtUri,
  isCidText,
  isDatetime,
  isDid,
  RepoError,
} from '../../repo-engine/index.js'
import { comparable, type NewLabel, signedBytes } from './label-row.js'

/** A label as it came. */
export interface ReceivedLabel extends NewLabel {
  cts: string
  /** What its signature is to be of. */
  signed: Uint8Array
  /** Null: it has none. */
  sig: Uint8Array | null
}

export type LabelFrame =
  | { kind: 'labels'; seq: number; labels: DataValue[] }
  | { kind: 'info'; name: string }
  | { kind: 'error'; error: string }
  | { kind: 'unknown' }

/** Labels of one frame; there can be no more of them than bytes. */
const MAX_LABELS = 20_000
const MAX_URI = 2_048
const MAX_VALUE_BYTES = 128
const SIGNATURE_BYTES = 64

/** Opens a frame. @throws RepoError InvalidCbor, InvalidData, LimitExceeded for what is no frame of this stream */
export function readLabelFrame(frame: Uint8Array): LabelFrame {
  const { value: header, end } = decodeCborPrefix(frame)
  const body = decodeCbor(frame.subarray(end))
  if (!isMap(header) || !isMap(body)) throw invalid('a frame that is not two maps')
  if (header.op === -1) return { kind: 'error', error: typeof body.error === 'string' ? body.error.slice(0, 100) : '' }
  if (header.t === '#info') return { kind: 'info', name: typeof body.name === 'string' ? body.name.slice(0, 100) : '' }
  if (header.t !== '#labels') return { kind: 'unknown' }
  const { seq, labels } = body
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq) || seq < 0) throw invalid('labels without a number')
  if (!Array.isArray(labels) || labels.length > MAX_LABELS) throw invalid(`event ${seq} without a list of labels`)
  return { kind: 'labels', seq, labels }
}

/** Reads one label of a source. @throws RepoError InvalidData for what is none, or is in the name of somebody else */
export function readLabel(value: DataValue, source: Did): ReceivedLabel {
  if (!isMap(value)) throw invalid('a label that is not a map')
  const { sig = null, ...said } = value
  const { src, uri, cid, val, neg = false, cts, exp } = said
  if (src !== source) throw invalid(`a label in the name of ${typeof src === 'string' ? src.slice(0, 100) : 'nobody'}`)
  if (typeof uri !== 'string' || uri.length > MAX_URI || !(isDid(uri) || isAtUri(uri)))
    throw invalid('a label on nothing')
  if (typeof val !== 'string' || val === '' || Buffer.byteLength(val) > MAX_VALUE_BYTES)
    throw invalid('a label without a value')
  if (!isDatetime(cts) || (exp !== undefined && !isDatetime(exp))) throw invalid('a label with malformed times')
  if (typeof neg !== 'boolean' || (cid !== undefined && !isCidText(cid))) throw invalid('a malformed label')
  if (sig !== null && !(sig instanceof Uint8Array && sig.length === SIGNATURE_BYTES))
    throw invalid('a label with a malformed signature')
  const label = {
    src: source,
    uri,
    val,
    neg,
    cts,
    ...(cid !== undefined && { cid }),
    ...(exp !== undefined && { exp }),
  }
  return { ...label, signed: encodeCbor(said), sig }
}

/** The label as it is stored: with its signature only if that is still good for what is given out. */
export function storedLabel({ signed, sig, ...label }: ReceivedLabel): NewLabel {
  const cts = comparable(label.cts)
  const exp = label.exp === undefined ? {} : { exp: comparable(label.exp) }
  const stored = { ...label, cts, ...exp }
  return { ...stored, sig: sig && signedBytes(stored).equals(signed) ? sig : null }
}

function isMap(value: DataValue): value is DataMap {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return !(value instanceof Cid) && !(value instanceof Uint8Array)
}

function invalid(message: string): RepoError {
  return new RepoError('InvalidData', message)
}
