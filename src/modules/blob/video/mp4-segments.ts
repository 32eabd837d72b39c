/**
 * A plain MP4 as segments of HLS (RFC 8216; fragments as in ISO/IEC 14496-12, section 8.8): the same samples, byte for byte,
 * behind other tables. Nothing is decoded.
 */
import { box, boxesIn, childOf, need, uint32s, Unsegmentable } from './mp4-box.js'
import type { Movie, Track } from './mp4-movie.js'

/** Seconds that a segment has at least, where pictures to begin with come often enough. */
const SECONDS = 6
/** Bytes of one track in a segment, and of the part of the file that they lie in. */
const MAX_BYTES = 48 * 1024 * 1024
/** Segments of a movie: more than a day of them. */
const MAX_SEGMENTS = 20_000

/** Samples of each track of a movie, from the first up to but not including the last. */
export interface Segment {
  /** In seconds. */
  duration: number
  ranges: { track: Track; from: number; to: number }[]
}

/** Gives the bytes of the file from `start` up to but not including `end`. */
export type ReadBytes = (start: number, end: number) => Promise<Buffer>

/** Cuts a movie before pictures that decoding can begin with. @throws Unsegmentable when that makes too many segments */
export function segmentsOf({ tracks }: Movie): Segment[] {
  const [lead] = tracks as [Track]
  const cuts = [0]
  for (let i = 1; i < lead.count; i++)
    if ((lead.keys?.[i] ?? 1) === 1 && lead.times[i]! - lead.times[cuts.at(-1)!]! >= SECONDS * lead.timescale)
      cuts.push(i)
  if (cuts.length > MAX_SEGMENTS) throw new Unsegmentable('it has too many segments')
  const begins = cuts.map((cut) => lead.times[cut]! / lead.timescale)
  const end = Math.max(...tracks.map(({ times, count, timescale }) => times[count]! / timescale))
  const bounds = tracks.map((track) =>
    track === lead
      ? [...cuts, lead.count]
      : [0, ...begins.slice(1).map((time) => firstAfter(track, time)), track.count],
  )
  return cuts.map((_, i) => ({
    duration: (begins[i + 1] ?? Math.max(end, begins[i]!)) - begins[i]!,
    ranges: tracks
      .map((track, t) => ({ track, from: bounds[t]![i]!, to: bounds[t]![i + 1]! }))
      .filter(({ from, to }) => to > from),
  }))
}

function firstAfter({ times, timescale, count }: Track, seconds: number): number {
  let [low, high] = [0, count]
  while (low < high) {
    const middle = (low + high) >> 1
    if (times[middle]! / timescale < seconds) low = middle + 1
    else high = middle
  }
  return low
}

/** The segment that comes before all others: what there is to know of the tracks, and no samples. */
export function initSegment({ bytes, moov, tracks }: Movie): Buffer {
  const traks = tracks.map(({ trak }) => {
    const mdia = need(bytes, trak, 'mdia')
    const minf = need(bytes, mdia, 'minf')
    const stbl = need(bytes, minf, 'stbl')
    const none = uint32s(0, 0)
    const tables = box(
      'stbl',
      copy(bytes, need(bytes, stbl, 'stsd')),
      box('stts', none),
      box('stsc', none),
      box('stsz', uint32s(0, 0, 0)),
      box('stco', none),
    )
    const rest = (parent: typeof trak, but: string[]): Buffer[] =>
      boxesIn(bytes, parent.body, parent.end)
        .filter(({ type }) => !but.includes(type))
        .map((child) => copy(bytes, child))
    const media = box('mdia', ...rest(mdia, ['minf']), box('minf', ...rest(minf, ['stbl']), tables))
    const edits = childOf(bytes, trak, 'edts')
    return box('trak', copy(bytes, need(bytes, trak, 'tkhd')), ...(edits ? [copy(bytes, edits)] : []), media)
  })
  const extends_ = tracks.map(({ id }) => box('trex', uint32s(0, id, 1, 0, 0, 0)))
  return Buffer.concat([
    box('ftyp', Buffer.from('iso6'), uint32s(0), Buffer.from('iso6mp41')),
    box('moov', copy(bytes, need(bytes, moov, 'mvhd')), ...traks, box('mvex', ...extends_)),
  ])
}

/** The n-th segment, counted from 0. @throws Unsegmentable when its samples lie too far apart, or beyond the end of the file */
export async function mediaSegment({ ranges }: Segment, n: number, read: ReadBytes): Promise<Buffer> {
  const data: Buffer[] = []
  for (const { track, from, to } of ranges) data.push(await samplesOf(track, from, to, read))
  // How far the samples are from the beginning of the box before them shows when that has its size, which does not change.
  const size = moof(ranges, n, []).length + 8
  const places: number[] = []
  let at = size
  for (const bytes of data) {
    places.push(at)
    at += bytes.length
  }
  const mdat = box('mdat')
  mdat.writeUInt32BE(at - size + mdat.length)
  return Buffer.concat([moof(ranges, n, places), mdat, ...data])
}

function moof(ranges: Segment['ranges'], n: number, places: readonly number[]): Buffer {
  const trafs = ranges.map((range, i) => traf(range, places[i] ?? 0))
  return box('moof', box('mfhd', uint32s(0, n + 1)), ...trafs)
}

const BASE_IS_MOOF = 0x020000
/** Of a run: where its data is, then for each sample duration, size, flags, and with 0x800 its delay. */
const [RUN, WITH_DELAYS, VERSION_1] = [0x000701, 0x000800, 0x01000000]
/** Of a sample: it depends on no other; it does, and decoding cannot begin with it. */
const [KEY, NO_KEY] = [0x02000000, 0x01010000]

function traf({ track, from, to }: Segment['ranges'][number], place: number): Buffer {
  const { id, times, sizes, delays, keys } = track
  const start = times[from]!
  const samples: number[] = []
  for (let i = from; i < to; i++) {
    samples.push(times[i + 1]! - times[i]!, sizes[i]!, (keys?.[i] ?? 1) === 1 ? KEY : NO_KEY)
    if (delays) samples.push(delays[i]!)
  }
  return box(
    'traf',
    box('tfhd', uint32s(BASE_IS_MOOF, id)),
    box('tfdt', uint32s(VERSION_1, Math.floor(start / 2 ** 32), start)),
    box('trun', uint32s(VERSION_1 | RUN | (delays ? WITH_DELAYS : 0), to - from, place), uint32s(...samples)),
  )
}

/** Samples one after the other, read at once with whatever lies between them. */
async function samplesOf({ offsets, sizes }: Track, from: number, to: number, read: ReadBytes): Promise<Buffer> {
  let [first, last, total] = [Infinity, 0, 0]
  for (let i = from; i < to; i++) {
    first = Math.min(first, offsets[i]!)
    last = Math.max(last, offsets[i]! + sizes[i]!)
    total += sizes[i]!
  }
  if (total > MAX_BYTES || last - first > MAX_BYTES) throw new Unsegmentable('a segment of it is too large')
  const bytes = last > first ? await read(first, last) : Buffer.alloc(0)
  if (bytes.length < last - first) throw new Unsegmentable('its samples are cut off')
  const pieces: Buffer[] = []
  for (let i = from; i < to; i++) pieces.push(bytes.subarray(offsets[i]! - first, offsets[i]! - first + sizes[i]!))
  return Buffer.concat(pieces)
}

function copy(bytes: Buffer, { start, end }: { start: number; end: number }): Buffer {
  return bytes.subarray(start, end)
}
