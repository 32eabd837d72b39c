/** Labels as they are stored, signed and given out (com.atproto.label.defs#label). */
import { type DataMap, type Did, encodeCbor } from '../../repo-engine/index.js'
import type { ComAtprotoLabelDefsLabel } from '../lexicon/types.js'

/** A label as somebody sets it: `neg` takes back the one of the same source, subject, value and version. */
export interface NewLabel {
  src: Did
  /** An at-uri, or the DID of an account. */
  uri: string
  /** Only this version of the record. */
  cid?: string
  val: string
  neg?: boolean
  /** When it was set; now unless told. RFC 3339, as `exp`. */
  cts?: string
  exp?: string
  /** By the label key of the source, over {@link signedBytes}. */
  sig?: Uint8Array | null
}

export interface LabelRow {
  uri: string
  src: string
  val: string
  /** Empty: on whatever stands under the uri. */
  cid: string
  neg: number
  cts: string
  exp: string | null
  sig: Buffer | null
}

export const LABEL_COLUMNS = 'uri, src, val, cid, neg, cts, exp, sig'

/** A stored label as it is given out; with its signature, where it has one. */
export function labelView({ src, uri, cid, val, neg, cts, exp, sig }: LabelRow): ComAtprotoLabelDefsLabel {
  return {
    ...(sig && { ver: 1 }),
    src,
    uri,
    ...(cid && { cid }),
    val,
    ...(neg === 1 && { neg: true }),
    cts,
    ...(exp !== null && { exp }),
    ...(sig && { sig: { $bytes: sig.toString('base64').replace(/=+$/, '') } }),
  }
}

/** A label in the data model: what is signed, and with `sig` what is sent (https://atproto.com/specs/label#signatures). */
export function labelData({ src, uri, cid, val, neg, cts, exp }: NewLabel & { cts: string }): DataMap {
  return {
    ver: 1,
    src,
    uri,
    ...(cid && { cid }),
    val,
    ...(neg && { neg: true }),
    cts,
    ...(exp !== undefined && { exp }),
  }
}

/** What the source of a label signs. */
export function signedBytes(label: NewLabel & { cts: string }): Buffer {
  return encodeCbor(labelData(label))
}

/** A moment in one form, so that the order of the texts is that of the moments. */
export function comparable(datetime: string): string {
  return new Date(datetime).toISOString()
}
