/**
 * `index.txt`: what was unpacked. A line each of a name and a CID, first the files at the top, then the records by their
 * `collection/rkey`, both in order. By it one can say which files have been changed, and which are not ours to touch.
 *
 *   unpacked 1
 *   commit.json bafyrei…
 *   app.bsky.feed.post/3k67up3j7hf2x bafyrei…
 *
 * `1` is the version of the format. While a directory is being written the first word is `unpacking`, and a line has the
 * CIDs of before and of afterwards: whatever stands there by then, nobody else has put it there.
 */
import { Cid, CID_LENGTH } from '../cid.js'
import { RepoError } from '../errors.js'
import { isMstKey } from '../mst/node.js'
import { TOP_NAMES } from './names.js'
import type { UnpackedFile } from './record-file.js'

export const INDEX_NAME = 'index.txt'
const HEADS = { 'unpacked 1': true, 'unpacking 1': false } as const

/**
 * CIDs in a string of one character a byte, one after another: a third of the memory that their texts take, in maps of
 * hundreds of thousands.
 */
export type CidKeys = string

/** Which CIDs may stand under each name. */
export interface UnpackedIndex {
  /** False while what it names is being written. */
  readonly whole: boolean
  /** commit.json by the CID of its commit, the others at the top by that of their bytes. */
  readonly top: ReadonlyMap<string, CidKeys>
  /** In order of the paths. */
  readonly records: ReadonlyMap<string, CidKeys>
}

export function cidKey({ bytes }: Cid): CidKeys {
  return String.fromCharCode(...bytes)
}

export function isAmong(cids: CidKeys | undefined, key: CidKeys): boolean {
  for (let at = 0; cids !== undefined && at < cids.length; at += CID_LENGTH) if (cids.startsWith(key, at)) return true
  return false
}

/** Both iterables in order of their names. */
export function formatIndex(
  whole: boolean,
  top: Iterable<readonly [string, CidKeys]>,
  records: Iterable<readonly [string, CidKeys]>,
): UnpackedFile {
  const pieces: Uint8Array[] = []
  const encoder = new TextEncoder()
  let text = whole ? 'unpacked 1\n' : 'unpacking 1\n'
  for (const part of [top, records])
    for (const [name, cids] of part) {
      text += `${name} ${textsOf(cids)}\n`
      // Pieces, as one string of all would be copied as a whole.
      if (text.length < 1 << 16) continue
      pieces.push(encoder.encode(text))
      text = ''
    }
  pieces.push(encoder.encode(text))
  return { path: INDEX_NAME, bytes: joined(pieces) }
}

/** @throws RepoError InvalidData for anything else */
export function parseIndex(bytes: Uint8Array): UnpackedIndex {
  const top = new Map<string, CidKeys>()
  const records = new Map<string, CidKeys>()
  let whole: boolean | null = null
  let number = 0
  let last = ''
  for (const [name, rest] of linesOf(bytes)) {
    number++
    if (whole === null) {
      whole = HEADS[`${name} ${rest}` as keyof typeof HEADS] ?? null
      if (whole === null) throw invalid(number, 'not the index of an unpacked repository')
      continue
    }
    const names = records.size === 0 && TOP_NAMES.test(name) ? top : isMstKey(name) ? records : null
    if (!names) throw invalid(number, 'not the name of a file or record')
    if (names.size > 0 && name <= last) throw invalid(number, 'names are not in order')
    names.set(name, keysOf(rest, number))
    last = name
  }
  if (whole === null) throw invalid(1, 'nothing in it')
  return { whole, top, records }
}

/** @throws RepoError InvalidData when an unpack was cut off */
export function assertWhole(index: UnpackedIndex | null): void {
  if (index?.whole === false) throw new RepoError('InvalidData', 'an unpack was cut off: it has to be run again')
}

/**
 * Whether a commit is the one that was unpacked, as a whole, as far as there is an index to tell.
 * @throws RepoError InvalidData when an unpack was cut off; InvalidCommit for a commit that was changed by hand: nothing
 * of it can be, as its signature is over all
 */
export function assertUnpacked(index: UnpackedIndex | null, commit: Cid): void {
  assertWhole(index)
  if (index && !isAmong(index.top.get('commit.json'), cidKey(commit)))
    throw new RepoError('InvalidCommit', 'commit.json is not the commit that was unpacked')
}

/**
 * Lines of a text of ASCII, each in two: up to its first blank, and what comes after. Those that were made CR LF on the
 * way are taken for what they were.
 */
export function* linesOf(bytes: Uint8Array): Generator<[first: string, rest: string]> {
  const decoder = new TextDecoder('latin1')
  for (let at = 0; at < bytes.length;) {
    const found = bytes.indexOf(0x0a, at)
    const next = found < 0 ? bytes.length : found
    const end = bytes[next - 1] === 0x0d && next > at ? next - 1 : next
    const blank = bytes.subarray(at, end).indexOf(0x20)
    const middle = blank < 0 ? end : at + blank
    // Decoded apart, a name does not keep the whole line in memory.
    yield [decoder.decode(bytes.subarray(at, middle)), decoder.decode(bytes.subarray(middle + 1, end))]
    at = next + 1
  }
}

export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}

function textsOf(cids: CidKeys): string {
  const texts: string[] = []
  for (let at = 0; at < cids.length; at += CID_LENGTH)
    texts.push(Cid.fromBytes(Uint8Array.from({ length: CID_LENGTH }, (_, i) => cids.charCodeAt(at + i))).toString())
  return texts.join(' ')
}

function keysOf(texts: string, line: number): CidKeys {
  try {
    return texts
      .split(' ')
      .map((text) => cidKey(Cid.parse(text)))
      .join('')
  } catch {
    throw invalid(line, 'not a CID')
  }
}

function invalid(line: number, why: string): RepoError {
  return new RepoError('InvalidData', `${INDEX_NAME}, line ${line}: ${why}`)
}
