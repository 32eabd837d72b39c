import { Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { XrpcError } from '../../xrpc/xrpc-error.js'
import { Blobs } from '../blobs.js'
import { Turns } from '../turns.js'
import { boxAt, Unsegmentable } from './mp4-box.js'
import { type Movie, readMovie } from './mp4-movie.js'
import { initSegment, mediaSegment, type ReadBytes, type Segment, segmentsOf } from './mp4-segments.js'

/** Bytes of the tables of a movie, and boxes that are looked at to find it. */
const MAX_MOVIE_BYTES = 16 * 1024 * 1024
const MAX_BOXES = 100
/** Samples of all movies that are remembered: some 30 bytes each. */
const MAX_SAMPLES = 1_000_000
/** Pieces made at once, and of one account. */
const MADE = { atOnce: 3, ofOneKey: 2, waiting: 200 }

/** A movie that is ready to be cut. */
export interface CutMovie {
  movie: Movie
  segments: Segment[]
}

/** Videos as players stream them: their MP4 in pieces. */
@Injectable()
export class Videos {
  private readonly turns = new Turns(MADE)
  private readonly movies = new LRUCache<string, CutMovie>({
    maxSize: MAX_SAMPLES,
    sizeCalculation: ({ movie }) => movie.tracks.reduce((sum, { count }) => sum + count, 1),
  })

  constructor(private readonly blobs: Blobs) {}

  /**
   * The segments of a video; null for one that cannot be cut, which is played as it is if at all.
   * @throws XrpcError 404 NotFound when it is no video; as {@link Blobs.open}; 503 NotEnoughResources
   */
  async segments(did: string, cid: string): Promise<Segment[] | null> {
    const size = await this.sizeOf(did, cid)
    return this.turns.run(did, async () => (await this.cut(did, cid, size))?.segments ?? null)
  }

  /** The piece `init`, or the n-th. Null where there is none. @throws as {@link segments} */
  async piece(did: string, cid: string, which: 'init' | number): Promise<Buffer | null> {
    const size = await this.sizeOf(did, cid)
    return this.turns.run(did, async () => {
      const cut = await this.cut(did, cid, size)
      if (!cut) return null
      if (which === 'init') return initSegment(cut.movie)
      const segment = cut.segments[which]
      return segment ? nullIfUnsegmentable(mediaSegment(segment, which, this.reader(did, cid))) : null
    })
  }

  /** @throws as {@link segments} */
  async assertVideo(did: string, cid: string): Promise<void> {
    await this.sizeOf(did, cid)
  }

  private async sizeOf(did: string, cid: string): Promise<number> {
    const blob = await this.blobs.open(did, cid)
    await blob.close()
    if (!blob.type.startsWith('video/')) throw new XrpcError(404, 'NotFound', 'There is no such video')
    return blob.size
  }

  private async cut(did: string, cid: string, size: number): Promise<CutMovie | null> {
    const known = this.movies.get(cid)
    if (known) return known
    const cut = await nullIfUnsegmentable(this.read(size, this.reader(did, cid)))
    if (cut) this.movies.set(cid, cut)
    return cut
  }

  private async read(size: number, read: ReadBytes): Promise<CutMovie> {
    for (let at = 0, boxes = 0; at < size && boxes < MAX_BOXES; boxes++) {
      const { type, start, end } = boxAt(await read(at, Math.min(size, at + 16)), 0, size - at)
      if (type !== 'moov') {
        at += end
        continue
      }
      if (end - start > MAX_MOVIE_BYTES) throw new Unsegmentable('its tables are too large')
      const movie = readMovie(await read(at, at + end))
      return { movie, segments: segmentsOf(movie) }
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

async function nullIfUnsegmentable<T>(made: Promise<T>): Promise<T | null> {
  return made.catch((error: unknown) => {
    // A table that points nowhere reads beyond its bytes.
    if (error instanceof Unsegmentable || error instanceof RangeError) return null
    throw error
  })
}
