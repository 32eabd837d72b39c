import { hash } from 'node:crypto'
import { Readable } from 'node:stream'
import { Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { Clock } from '../config/clock.js'
import { upTo } from '../config/up-to.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { BlobCache } from './blob-cache.js'
import type { AskedImage, ImageFormat } from './image-presets.js'
import { mediaTypeOf } from './media-type.js'
import { BlobMissing, blobNotFound, type OpenBlob } from './open-blob.js'
import { scaleImage } from './scale-image.js'
import { Turns } from './turns.js'

/** Most bytes of a file that is decoded. */
const MAX_BYTES = 32 * 1024 * 1024
/** Images made at once, and of one account. */
const MADE = { atOnce: 2, ofOneKey: 2, waiting: 200 }
/** How long it counts that an image could not be made. */
const REFUSED_MS = 60_000
const MAX_REFUSED = 10_000

/** Images in the sizes of views, made when they are first asked for and then kept in the cache. */
@Injectable()
export class ScaledImages {
  private readonly turns = new Turns(MADE)
  private readonly refused = new LRUCache<string, { error: XrpcError; until: number }>(upTo(MAX_REFUSED))
  /** Who asks for an image that is being made waits for the same. */
  private readonly underWay = new Map<string, Promise<Buffer>>()

  constructor(
    private readonly cache: BlobCache,
    private readonly clock: Clock,
  ) {}

  /**
   * What a blob of an account looks like; the blob is closed. @throws XrpcError 404 NotFound when it is no image; 400
   * InvalidImage when it cannot be decoded, is too large or takes too long; 503 NotEnoughResources.
   */
  async open(did: string, blob: OpenBlob, { cid, name, preset, format }: AskedImage): Promise<OpenBlob> {
    const variant = `-${name}-${format}`
    const key = cid + variant
    try {
      const refused = this.refused.get(key)
      if (refused && this.clock.now() < refused.until) throw refused.error
      const digest = hash('sha256', key)
      const kept = await this.cache.openFile(digest)
      if (kept) return { ...kept, cid: blob.cid, variant }
      const made =
        this.underWay.get(key) ??
        this.make(key, () => this.turns.run(did, async () => scaleImage(await imageOf(blob), preset, format)), digest)
      return { ...memoryBytes(await made), cid: blob.cid, type: typeOf(format), variant }
    } finally {
      await blob.close()
    }
  }

  private make(key: string, work: () => Promise<Buffer>, digest: string): Promise<Buffer> {
    const made = work()
      .then(async (bytes) => {
        await this.cache.keep(digest, bytes)
        return bytes
      })
      .catch((error: unknown) => {
        // That there is no room now says nothing of the image.
        if (error instanceof XrpcError && error.status !== 503)
          this.refused.set(key, { error, until: this.clock.now() + REFUSED_MS })
        throw error
      })
      .finally(() => this.underWay.delete(key))
    this.underWay.set(key, made)
    return made
  }
}

/** All bytes of a blob that is an image by its first ones. */
async function imageOf(blob: OpenBlob): Promise<Buffer> {
  if (blob.size > MAX_BYTES) throw new XrpcError(400, 'InvalidImage', `It has more than ${MAX_BYTES} bytes`)
  const stream = await blob.read(null).catch((error: unknown) => {
    throw error instanceof BlobMissing ? blobNotFound(blob.cid) : error
  })
  const pieces: Buffer[] = []
  for await (const piece of stream as AsyncIterable<Buffer>) {
    if (pieces.length === 0 && !mediaTypeOf(piece).startsWith('image/'))
      throw new XrpcError(404, 'NotFound', 'There is no such image')
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

function memoryBytes(bytes: Buffer): Pick<OpenBlob, 'size' | 'read' | 'close'> {
  return {
    size: bytes.length,
    read: (range) =>
      Promise.resolve(
        Readable.from([range ? bytes.subarray(range.start, range.end + 1) : bytes], { objectMode: false }),
      ),
    close: () => Promise.resolve(),
  }
}

function typeOf(format: ImageFormat): string {
  return `image/${format}`
}
