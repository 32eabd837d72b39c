import { crc32, deflateSync } from 'node:zlib'

const CELLS = 8
const CELL_PIXELS = 16
/** What a line of a PNG begins with: nothing is predicted. */
const NO_FILTER = 0

/** Red, green, blue, 0 to 255 each. */
type Colour = readonly [number, number, number]

/**
 * A small picture, the same for the same name: a pattern like a woven ribbon, in two colours, as a PNG
 * (https://www.w3.org/TR/png-3/) with a palette. `wide` repeats it sideways.
 */
export function pictureOf(name: string, wide = 1): Buffer {
  const seed = crc32(name)
  const width = CELLS * CELL_PIXELS * wide
  const height = CELLS * CELL_PIXELS
  const lines = Array.from({ length: height }, (_, y) =>
    Buffer.from([NO_FILTER, ...Array.from({ length: width }, (_, x) => cell(seed, cellAt(x), cellAt(y)))]),
  )
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  // 8 bits a pixel, which are numbers of colours.
  header.set([8, 3, 0, 0, 0], 8)
  const colours = [colour(seed % 360, 0.35, 0.9), colour((seed >>> 9) % 360, 0.55, 0.45)]
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', header),
    chunk('PLTE', Buffer.from(colours.flat())),
    chunk('IDAT', deflateSync(Buffer.concat(lines))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function cellAt(pixel: number): number {
  return Math.floor(pixel / CELL_PIXELS) % CELLS
}

/** Which of the two colours a cell has: the left half mirrors the right one. */
function cell(seed: number, x: number, y: number): number {
  const column = Math.min(x, CELLS - 1 - x)
  return (seed >>> ((column * 7 + y * 3) % 31)) & 1
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  checksum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, checksum])
}

/** From hue (degrees), saturation and lightness (0 to 1). */
function colour(hue: number, saturation: number, lightness: number): Colour {
  const reach = saturation * Math.min(lightness, 1 - lightness)
  const part = (n: number): number => {
    const k = (n + hue / 30) % 12
    return Math.round(255 * (lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1))))
  }
  return [part(0), part(8), part(4)]
}
