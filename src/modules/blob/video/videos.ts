import { Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { XrpcError } from '../../xrpc/xrpc-error.js'
import { Blobs } from '../blobs.js'
import type { OpenBlob } from '../open-blob.js'
import { Turns } from '../turns.js'
import { boxAt, Unsegmentable } from './mp4-box.js'
import { isFragmented, type Movie, readMovie } from './mp4-movie.js'
import { initSegment, mediaSegment, type ReadBytes, type Segment, segmentsOf } from './mp4-segments.js'

/** Bytes of the tables of a movie, and boxes that are looked at to find it. */
const MAX_MOVIE_BYTES = 16 * 1024 * 1024
const MAX_BOXES = 100
/** Bytes of all movies that are remembered. */
const MAX_KNOWN_BYTES = 64 * 1024 * 1024
/** What a sample and a segment of two tracks take, and whatever else there is of a video. */
const [SAMPLE_BYTES, SEGMENT_BYTES, CUT_BYTES] = [32, 400, 1_000]
/** Pieces made at once, and of one account. */
const MADE = { atOnce: 3, ofOneKey: 2, waiting: 200 }

/** A movie that is ready to be cut. */
interface CutMovie {
  movie: Movie
  segments: Segment[]
}

/**
 * How a video is played: `segments`, made of it · `fragments`: it has its own, behind so many bytes that describe it ·
 * `whole`: as it is, which not every player can.
 */
export type Cut =
  ({ kind: 'segments' } & CutMovie) | { kind: 'fragments'; initBytes: number; size: number } | { kind: 'whole' }

/** Videos as players stream them: their MP4 in pieces. */
@Injectable()
export class Videos {
  private readonly turns = new Turns(MADE)
  private readonly cuts = new LRUCache<string, Cut>({
    maxSize: MAX_KNOWN_BYTES,
    sizeCalculation: bytesOf,
  })

  constructor(private readonly blobs: Blobs) {}

  /**
   * How a video can be played. @throws XrpcError 404 NotFound when it is no video; as {@link Blobs.open}; 503
   * NotEnoughResources
   */
  async cutOf(did: string, cid: string): Promise<Cut> {
    const size = await this.sizeOf(did, cid)
    return this.turns.run(did, () => this.cut(did, cid, size))
  }

  /** The piece `init`, or the n-th segment. Null where there is none. @throws as {@link cutOf} */
  async piece(did: string, cid: string, which: 'init' | number): Promise<Buffer | null> {
    const size = await this.sizeOf(did, cid)
    return this.turns.run(did, async () => {
      const cut = await this.cut(did, cid, size)
      return cut.kind === 'segments' ? this.make(cut, which, this.reader(did, cid)).catch(unsegmentable(null)) : null
    })
  }

  private async make({ movie, segments }: CutMovie, which: 'init' | number, read: ReadBytes): Promise<Buffer | null> {
    if (which === 'init') return initSegment(movie)
    const segment = segments[which]
    return segment ? mediaSegment(segment, which, read) : null
  }

  /** A video as it is. @throws as {@link cutOf} */
  async open(did: string, cid: string): Promise<OpenBlob> {
    const blob = await this.blobs.open(did, cid)
    if (blob.type.startsWith('video/')) return blob
    await blob.close()
    throw new XrpcError(404, 'NotFound', 'There is no such video')
  }

  private async sizeOf(did: string, cid: string): Promise<number> {
    const blob = await this.open(did, cid)
    await blob.close()
    return blob.size
  }

  private async cut(did: string, cid: string, size: number): Promise<Cut> {
    const known = this.cuts.get(cid)
    if (known) return known
    const cut = await this.read(size, this.reader(did, cid)).catch(unsegmentable<Cut>({ kind: 'whole' }))
    this.cuts.set(cid, cut)
    return cut
  }

  private async read(size: number, read: ReadBytes): Promise<Cut> {
    for (let at = 0, boxes = 0; at < size && boxes < MAX_BOXES; boxes++) {
      const { type, end } = boxAt(await read(at, Math.min(size, at + 16)), 0, size - at)
      if (type === 'moov') {
        if (end > MAX_MOVIE_BYTES) throw new Unsegmentable('its tables are too large')
        const bytes = await read(at, at + end)
        if (isFragmented(bytes)) return { kind: 'fragments', initBytes: at + end, size }
        const movie = readMovie(bytes)
        return { kind: 'segments', movie, segments: segmentsOf(movie) }
      }
      at += end
    }
    throw new Unsegmentable('there is no movie')
  }

  private reader(did: string, cid: string): ReadBytes {
    return async (start, end) => {
      const blob = await this.blobs.open(did, cid)
      if (start >= blob.size) {
        await blob.close()
        return Buffer.alloc(0)
      }
      const pieces: Buffer[] = []
      const stream = await blob.read({ start, end: Math.min(end, blob.size) - 1 })
      for await (const piece of stream as AsyncIterable<Buffer>) pieces.push(piece)
      return Buffer.concat(pieces)
    }
  }
}

/** What it takes to remember it, more or less. */
function bytesOf(cut: Cut): number {
  if (cut.kind !== 'segments') return CUT_BYTES
  const { movie, segments } = cut
  const samples = movie.tracks.reduce((sum, { count }) => sum + count, 0)
  return movie.bytes.length + samples * SAMPLE_BYTES + segments.length * SEGMENT_BYTES + CUT_BYTES
}

/** Something else in the place of what cannot be made of a video. */
function unsegmentable<T>(instead: T): (error: unknown) => T {
  return (error) => {
    // A table that points nowhere reads beyond its bytes.
    if (error instanceof Unsegmentable || error instanceof RangeError) return instead
    throw error
  }
}
