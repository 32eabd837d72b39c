/**
 * Images made by libvips. It decodes what strangers send, so it gets only formats that are pictures and nothing else, and
 * a bound on pixels and on time.
 */
import type { SharpConstructor } from 'sharp'
import { XrpcError } from '../xrpc/xrpc-error.js'
import type { ImageFormat, ImagePreset } from './image-presets.js'

/** Width times height: 50 million are what the largest phones take, and 200 MB in memory. */
const MAX_PIXELS = 50_000_000
/** Of AVIF, which is decoded as a whole, more than once over: 300 MB. A few bytes can be that much. */
const MAX_AVIF_PIXELS = 16_800_000
const MAX_SECONDS = 15
/** Parts of a WebP, each of its pictures being one: its decoder takes time by their square, which no time-out stops. */
const MAX_CHUNKS = 5_000
const WHITE = '#ffffff'
/** What decodes the types of images that {@link mediaTypeOf} tells; SVG, PDF and the like are never looked at. */
const DECODERS = ['Jpeg', 'Png', 'Webp', 'Nsgif', 'Heif']

let loaded: Promise<SharpConstructor> | undefined

/** Loaded when the first image is asked for: many servers have none to scale. */
function load(): Promise<SharpConstructor> {
  return (loaded ??= import('sharp').then(({ default: sharp }) => {
    sharp.cache(false)
    sharp.concurrency(1)
    sharp.block({ operation: ['VipsForeignLoad'] })
    sharp.unblock({ operation: DECODERS.map((format) => `VipsForeignLoad${format}`) })
    return sharp
  }))
}

/** A dark JPEG of 16 to 9, for what has no picture. */
export async function blankPicture(): Promise<Buffer> {
  blank ??= load().then((sharp) =>
    sharp({ create: { width: 640, height: 360, channels: 3, background: '#1c2733' } })
      .jpeg()
      .toBuffer(),
  )
  return blank
}
let blank: Promise<Buffer> | undefined

/** The image in a size and format; of one that moves, its first picture. @throws XrpcError 400 InvalidImage. */
export async function scaleImage(bytes: Buffer, preset: ImagePreset, format: ImageFormat): Promise<Buffer> {
  const sharp = await load()
  try {
    if (hasManyChunks(bytes)) throw new Error('It has too many pictures')
    const image = sharp(withoutText(bytes), {
      limitInputPixels: MAX_PIXELS,
      failOn: 'error',
      sequentialRead: true,
      pages: 1,
    })
    const { autoOrient: is, format: from } = await image.metadata()
    if (from === 'heif' && is.width * is.height > MAX_AVIF_PIXELS) throw new Error('Input image exceeds pixel limit')
    const { width, height } = sizeOf(preset, is)
    image.autoOrient().resize({ width, height, fit: preset.fit }).timeout({ seconds: MAX_SECONDS })
    if (format === 'jpeg') image.flatten({ background: WHITE }).jpeg({ quality: 82 })
    else if (format === 'webp') image.webp({ quality: 80 })
    else image.png()
    return await image.toBuffer()
  } catch (error) {
    throw new XrpcError(400, 'InvalidImage', `It cannot be shown as an image: ${firstLine(error)}`)
  }
}

/** Walks through a file of type RIFF; anything else has none. */
function hasManyChunks(bytes: Buffer): boolean {
  if (bytes.length < 12 || bytes.toString('latin1', 0, 4) !== 'RIFF') return false
  const end = Math.min(bytes.length, bytes.readUInt32LE(4) + 8)
  let chunks = 0
  // Chunks begin at even places.
  for (let at = 12; at + 8 <= end && chunks <= MAX_CHUNKS; chunks++) {
    const size = bytes.readUInt32LE(at + 4)
    at += 8 + size + (size % 2)
  }
  return chunks > MAX_CHUNKS
}

/**
 * A PNG (https://www.w3.org/TR/png-3/#5Chunk-layout) without what it says in words, which may be packed, and is unpacked
 * before anything else, for minutes, whatever its time-out. Anything else as it is.
 */
function withoutText(bytes: Buffer): Buffer {
  if (bytes.toString('latin1', 0, 8) !== '\x89PNG\r\n\x1a\n') return bytes
  const kept: Buffer[] = []
  let [from, at] = [0, 8]
  while (at + 12 <= bytes.length) {
    const end = at + 12 + bytes.readUInt32BE(at)
    if (TEXTS.has(bytes.toString('latin1', at + 4, at + 8))) {
      kept.push(bytes.subarray(from, at))
      from = end
    }
    at = end
  }
  return from === 0 ? bytes : Buffer.concat([...kept, bytes.subarray(from)])
}
const TEXTS: ReadonlySet<string> = new Set(['tEXt', 'zTXt', 'iTXt'])

/** The size of a preset, or as much of it as the image has. */
function sizeOf({ width, height, fit }: ImagePreset, is: { width: number; height: number }): ImageSize {
  const larger =
    fit === 'cover' ? Math.min(is.width / width, is.height / height) : Math.max(is.width / width, is.height / height)
  const factor = Math.min(1, larger)
  return { width: Math.max(1, Math.round(width * factor)), height: Math.max(1, Math.round(height * factor)) }
}

interface ImageSize {
  width: number
  height: number
}

function firstLine(error: unknown): string {
  return String((error as Error)?.message ?? error)
    .split('\n')[0]!
    .slice(0, 200)
}
