/** What a plain MP4 says of its samples, from the box `moov`: where each lies, when it is decoded, when it is shown. */
import { type Box, boxesIn, childOf, need, Unsegmentable } from './mp4-box.js'

/** Samples of one track: two hours at 60 pictures a second. */
const MAX_SAMPLES = 500_000

export interface Track {
  id: number
  handler: 'vide' | 'soun'
  /** Units of its times in a second. */
  timescale: number
  /** The boxes of its description, without its samples. */
  trak: Box
  count: number
  offsets: Float64Array
  sizes: Uint32Array
  /** When a sample is decoded; one more than there are samples: the end. */
  times: Float64Array
  /** How much later than that it is shown; null: never later. */
  delays: Int32Array | null
  /** 1: decoding can begin here; null: anywhere. */
  keys: Uint8Array | null
}

export interface Movie {
  /** The box `moov` as it stands in the file. */
  bytes: Buffer
  moov: Box
  /** A track of pictures, if there is one, and one of sound. */
  tracks: Track[]
}

/** Whether a movie has its samples in fragments behind it, as segments have them. */
export function isFragmented(bytes: Buffer): boolean {
  const [moov] = boxesIn(bytes, 0, bytes.length)
  return moov !== undefined && childOf(bytes, moov, 'mvex') !== null
}

/** Reads a box `moov`, head and all. @throws Unsegmentable */
export function readMovie(bytes: Buffer): Movie {
  const [moov] = boxesIn(bytes, 0, bytes.length)
  if (moov?.type !== 'moov') throw new Unsegmentable('there is no movie')
  const traks = boxesIn(bytes, moov.body, moov.end).filter(({ type }) => type === 'trak')
  const tracks: Track[] = []
  for (const handler of ['vide', 'soun'] as const) {
    const trak = traks.find((one) => handlerOf(bytes, one) === handler)
    const track = trak && readTrack(bytes, trak, handler)
    if (track && track.count > 0) tracks.push(track)
  }
  if (tracks.length === 0) throw new Unsegmentable('there is neither picture nor sound')
  return { bytes, moov, tracks }
}

function handlerOf(bytes: Buffer, trak: Box): string {
  const hdlr = need(bytes, trak, 'mdia', 'hdlr')
  return bytes.toString('latin1', hdlr.body + 8, hdlr.body + 12)
}

function readTrack(bytes: Buffer, trak: Box, handler: Track['handler']): Track {
  const tkhd = need(bytes, trak, 'tkhd')
  const mdhd = need(bytes, trak, 'mdia', 'mdhd')
  const stbl = need(bytes, trak, 'mdia', 'minf', 'stbl')
  const table = (type: string): Table | null => {
    const found = childOf(bytes, stbl, type)
    return found && new Table(bytes, found)
  }
  const sizes = readSizes(new Table(bytes, need(bytes, stbl, 'stsz')))
  const count = sizes.length
  const timescale = bytes.readUInt32BE(mdhd.body + (isLong(bytes, mdhd) ? 20 : 12))
  if (timescale === 0) throw new Unsegmentable('there is no time')
  return {
    id: bytes.readUInt32BE(tkhd.body + (isLong(bytes, tkhd) ? 20 : 12)),
    handler,
    timescale,
    trak,
    count,
    sizes,
    offsets: readOffsets(new Table(bytes, need(bytes, stbl, 'stsc')), table('stco'), table('co64'), sizes),
    times: readTimes(new Table(bytes, need(bytes, stbl, 'stts')), count),
    delays: readDelays(table('ctts'), count),
    keys: readKeys(table('stss'), count),
  }
}

/** A box of version, flags, a number of entries, and these. */
class Table {
  readonly length: number

  constructor(
    private readonly bytes: Buffer,
    private readonly box: Box,
  ) {
    this.length = this.at(1)
  }

  /** The n-th number of 32 bits of its content. */
  at(n: number): number {
    const place = this.box.body + n * 4
    if (place + 4 > this.box.end) throw new Unsegmentable(`the table ${this.box.type} is cut off`)
    return this.bytes.readUInt32BE(place)
  }

  signedAt(n: number): number {
    return this.at(n) | 0
  }

  longAt(n: number): number {
    return this.at(n) * 2 ** 32 + this.at(n + 1)
  }
}

function readSizes(stsz: Table): Uint32Array {
  const [same, count] = [stsz.at(1), stsz.at(2)]
  if (count > MAX_SAMPLES) throw new Unsegmentable('it has too many samples')
  const sizes = new Uint32Array(count)
  for (let i = 0; i < count; i++) sizes[i] = same === 0 ? stsz.at(3 + i) : same
  return sizes
}

/** Samples lie in chunks; `stsc` says from which chunk on there are how many in each. */
function readOffsets(stsc: Table, stco: Table | null, co64: Table | null, sizes: Uint32Array): Float64Array {
  const offsets = new Float64Array(sizes.length)
  const chunks = (stco ?? co64)?.length ?? 0
  let [sample, run] = [0, -1]
  for (let chunk = 0; chunk < chunks && sample < sizes.length; chunk++) {
    // Entries of three numbers: first chunk, counted from 1, samples in each, which description.
    while (run + 1 < stsc.length && stsc.at(2 + (run + 1) * 3) <= chunk + 1) run++
    if (run < 0) throw new Unsegmentable('a chunk has no samples')
    if (stsc.at(4 + run * 3) !== 1) throw new Unsegmentable('its samples are of several kinds')
    let at = stco ? stco.at(2 + chunk) : co64!.longAt(2 + chunk * 2)
    const end = Math.min(sizes.length, sample + stsc.at(3 + run * 3))
    for (; sample < end; sample++) {
      offsets[sample] = at
      at += sizes[sample]!
    }
  }
  if (sample < sizes.length) throw new Unsegmentable('samples are missing')
  return offsets
}

function readTimes(stts: Table, count: number): Float64Array {
  const times = new Float64Array(count + 1)
  let [sample, time] = [0, 0]
  for (let entry = 0; entry < stts.length && sample < count; entry++) {
    const delta = stts.at(3 + entry * 2)
    const end = Math.min(count, sample + stts.at(2 + entry * 2))
    while (sample < end) times[++sample] = time += delta
  }
  while (sample < count) times[++sample] = time
  return times
}

function readDelays(ctts: Table | null, count: number): Int32Array | null {
  if (!ctts) return null
  const delays = new Int32Array(count)
  let sample = 0
  for (let entry = 0; entry < ctts.length && sample < count; entry++) {
    const end = Math.min(count, sample + ctts.at(2 + entry * 2))
    delays.fill(ctts.signedAt(3 + entry * 2), sample, end)
    sample = end
  }
  return delays
}

function readKeys(stss: Table | null, count: number): Uint8Array | null {
  if (!stss) return null
  const keys = new Uint8Array(count)
  for (let i = 0; i < stss.length; i++) keys[stss.at(2 + i) - 1] = 1
  return keys
}

/** Version 1 has times of 64 bits. */
function isLong(bytes: Buffer, { body }: Box): boolean {
  return bytes[body] === 1
}
