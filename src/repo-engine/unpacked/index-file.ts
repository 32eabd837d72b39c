/**
 * `index.txt`: what was unpacked. A line each of a name and a CID, first the files at the top, then the records by their
 * `collection/rkey`, in order. By it one can say which files have been changed, and which are not ours to touch.
 *
 *   unpacked 1
 *   commit.json bafyrei…
 *   app.bsky.feed.post/3k67up3j7hf2x bafyrei…
 *
 * `1` is the version of the format. While a directory is being written the first word is `unpacking`, and a line has the
 * CIDs of before and of afterwards: whatever stands there by then, nobody else has put it there.
 */
import { Cid } from '../cid.js'
import { RepoError } from '../errors.js'
import { isMstKey } from '../mst/node.js'
import { TOP_NAMES } from './names.js'
import type { UnpackedFile } from './record-file.js'

export const INDEX_NAME = 'index.txt'

/** Which CIDs may stand under each name: their texts, with blanks between. */
export interface UnpackedIndex {
  /** False while what it names is being written. */
  readonly whole: boolean
  /** commit.json by the CID of its commit, the others at the top by that of their bytes. */
  readonly top: ReadonlyMap<string, string>
  readonly records: ReadonlyMap<string, string>
}

/** Records come in the order in which they are given. */
export function formatIndex(
  whole: boolean,
  top: Iterable<readonly [string, string]>,
  records: Iterable<readonly [string, string]>,
): UnpackedFile {
  const pieces: Uint8Array[] = []
  const encoder = new TextEncoder()
  let text = whole ? 'unpacked 1\n' : 'unpacking 1\n'
  for (const part of [[...top].sort(([a], [b]) => (a < b ? -1 : 1)), records])
    for (const [name, cids] of part) {
      text += `${name} ${cids}\n`
      // Pieces, as one string of all would be copied as a whole.
      if (text.length > 1 << 16) {
        pieces.push(encoder.encode(text))
        text = ''
      }
    }
  pieces.push(encoder.encode(text))
  return { path: INDEX_NAME, bytes: joined(pieces) }
}

/** @throws RepoError InvalidData for anything else */
export function parseIndex(bytes: Uint8Array): UnpackedIndex {
  const top = new Map<string, string>()
  const records = new Map<string, string>()
  let whole: boolean | null = null
  let number = 0
  for (const line of linesOf(bytes)) {
    number++
    if (whole === null) {
      if (line !== 'unpacked 1' && line !== 'unpacking 1')
        throw invalid(number, 'not the index of an unpacked repository')
      whole = line === 'unpacked 1'
      continue
    }
    const blank = line.indexOf(' ')
    const name = line.slice(0, blank)
    const cids = line.slice(blank + 1)
    const names = TOP_NAMES.test(name) ? top : isMstKey(name) ? records : null
    if (!names || names.has(name)) throw invalid(number, 'not a name, or one that was there before')
    if (!cids.split(' ').every(isCid)) throw invalid(number, 'not a CID')
    names.set(name, cids)
  }
  if (whole === null) throw invalid(1, 'nothing in it')
  return { whole, top, records }
}

/**
 * Whether a commit is the one that was unpacked, as a whole, as far as there is an index to tell.
 * @throws RepoError InvalidData when an unpack was cut off; InvalidCommit for a commit that was changed by hand: nothing
 * of it can be, as its signature is over all
 */
export function assertUnpacked(index: UnpackedIndex | null, commit: Cid): void {
  if (index?.whole === false) throw new RepoError('InvalidData', 'an unpack was cut off: it has to be run again')
  if (index && !index.top.get('commit.json')?.split(' ').includes(commit.toString()))
    throw new RepoError('InvalidCommit', 'commit.json is not the commit that was unpacked')
}

/** Lines of a text of ASCII. Those that were made CR LF on the way are taken for what they were. */
export function* linesOf(bytes: Uint8Array): Generator<string> {
  const decoder = new TextDecoder('latin1')
  for (let at = 0; at < bytes.length;) {
    const found = bytes.indexOf(0x0a, at)
    const end = found < 0 ? bytes.length : found
    const line = decoder.decode(bytes.subarray(at, end))
    yield line.endsWith('\r') ? line.slice(0, -1) : line
    at = end + 1
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

function isCid(text: string): boolean {
  try {
    Cid.parse(text)
    return true
  } catch {
    return false
  }
}

function invalid(line: number, why: string): RepoError {
  return new RepoError('InvalidData', `${INDEX_NAME}, line ${line}: ${why}`)
}
