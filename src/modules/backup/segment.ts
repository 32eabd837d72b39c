/**
 * What was committed after a snapshot, piece by piece. A segment is
 *
 *     "SKYSEG01" · 4 bytes: length of the head, most significant first · the head, JSON · pages, zstd · 32 bytes: SHA-256 of all
 *     that is before it
 *
 * and names the one before it by that hash, so that none can be left out, changed, or put elsewhere unnoticed.
 */
import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, zstdCompress, zstdDecompress } from 'node:zlib'
import type { PageBatch } from '../database/page-follower.js'
import { BackupProblem, type BackupTarget } from './backup-target.js'
import { isGenerationId, isInside } from './manifest.js'

const compress = promisify(zstdCompress)
const decompress = promisify(zstdDecompress)

const MAGIC = Buffer.from('SKYSEG01')
const HASH = 32
/** More than one transaction may write, and what that may be packed. */
const MAX_PAGES = 512 * 1024 ** 2
const MAX_STORED = MAX_PAGES + 32 * 1024 ** 2
const MAX_HEAD = 32 * 1024 ** 2
const FOLDER = 'segments/'
const NAME = /^segments\/([^/]+)\/(\d{10})$/
const DIGEST = /^[0-9a-f]{64}$/
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

/** What a segment says of itself. */
export interface SegmentHead {
  /** The generation that it belongs to, and its number there, from 1 on. */
  id: string
  n: number
  /** Hash at the end of the one before; null for the first. */
  before: string | null
  pageSize: number
  /** Where commits end, in records of `pages`, and when each was made, in milliseconds since the epoch. */
  commits: { end: number; time: number }[]
  /** No number of the log up to and including this one may be given out again. */
  seq: number
  /** Until when this and those before it tell everything. */
  time: number
  /** Blobs that have come since the one before, and are kept by now: SHA-256 and bytes. */
  blobs: { digest: string; bytes: number }[]
  /** Files that are other ones than before, whole; base64. */
  files: { path: string; content: string }[]
  /** Nothing was written after it: the server has stopped. */
  clean: boolean
}

export interface Segment extends SegmentHead {
  /** As {@link PageBatch.pages}. */
  pages: Buffer
  /** Hash at its end. */
  digest: string
}

export async function encodeSegment(head: SegmentHead, pages: Uint8Array): Promise<Buffer> {
  const text = Buffer.from(JSON.stringify(head))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(text.length)
  const all = Buffer.concat([MAGIC, length, text, await compress(pages, LEVEL)])
  return Buffer.concat([all, hash('sha256', all, 'buffer')])
}

/** Hash at the end of a segment. */
export function digestOfSegment(bytes: Buffer): string {
  return bytes.toString('hex', bytes.length - HASH)
}

/** @throws BackupProblem when it is missing, damaged, or says what cannot be */
export async function readSegment(target: BackupTarget, id: string, n: number): Promise<Segment> {
  const name = segmentName(id, n)
  const bytes = await target.get(name, MAX_STORED)
  if (!bytes) throw new BackupProblem(`${name} is missing`)
  const digest = digestOfSegment(bytes)
  const from = MAGIC.length + 4
  const isWhole = bytes.length > from + HASH && bytes.subarray(0, MAGIC.length).equals(MAGIC)
  if (!isWhole || hash('sha256', bytes.subarray(0, -HASH), 'hex') !== digest)
    throw new BackupProblem(`${name} is damaged: its bytes are not those that were written`)
  const length = bytes.readUInt32BE(MAGIC.length)
  try {
    if (length > MAX_HEAD) throw new Error('its head is too long')
    const head = JSON.parse(bytes.toString('utf8', from, from + length)) as SegmentHead
    const pages = await decompress(bytes.subarray(from + length, -HASH), { maxOutputLength: MAX_PAGES })
    assertSound(head, pages, id, n)
    return { ...head, pages, digest }
  } catch (error) {
    throw new BackupProblem(`${name} cannot be used: ${(error as Error).message}`)
  }
}

function assertSound(head: SegmentHead, pages: Buffer, id: string, n: number): void {
  if (head.id !== id || head.n !== n) throw new Error('it belongs elsewhere')
  const { pageSize, commits, blobs, files } = head
  if (![pageSize, head.seq, head.time].every(Number.isSafeInteger)) throw new Error('a number is missing')
  const records = pages.length / (8 + pageSize)
  const ends = commits.map(({ end }) => end)
  const ascend = ends.every((end, i) => Number.isSafeInteger(end) && end > (ends[i - 1] ?? 0))
  if (!Number.isInteger(records) || !ascend || (ends.at(-1) ?? 0) !== records)
    throw new Error('its pages end elsewhere')
  if (!commits.every(({ time }) => Number.isSafeInteger(time))) throw new Error('a commit has no time')
  if (!blobs.every((blob) => DIGEST.test(blob.digest) && Number.isSafeInteger(blob.bytes)))
    throw new Error('a blob has no name')
  for (const file of files)
    if (!isInside(file.path) || typeof file.content !== 'string')
      throw new Error(`it has a file ${JSON.stringify(file.path)}`)
}

export function segmentName(id: string, n: number): string {
  return `${FOLDER}${id}/${String(n).padStart(10, '0')}`
}

/** How many segments a generation has; some of those before the last may be missing. */
export async function countSegments(target: BackupTarget, id: string): Promise<number> {
  let last = 0
  for await (const { name } of target.list(`${FOLDER}${id}/`)) {
    const [, , number] = NAME.exec(name) ?? []
    if (number) last = Math.max(last, Number(number))
  }
  return last
}

/** Deletes the segments of all generations but these. */
export async function deleteSegmentsExcept(target: BackupTarget, kept: ReadonlySet<string>): Promise<number> {
  let deleted = 0
  for await (const { name } of target.list(FOLDER)) {
    const [, id] = NAME.exec(name) ?? []
    if (!id || !isGenerationId(id) || kept.has(id)) continue
    await target.delete(name)
    deleted++
  }
  return deleted
}

/** The last segments of a batch that were committed by a moment: how many records. */
export function recordsUntil({ commits }: Pick<PageBatch, 'commits'>, moment: number): number {
  return commits.findLast(({ time }) => time <= moment)?.end ?? 0
}
