/** Boxes of ISO base media files (ISO/IEC 14496-12): a length of 32 bits, four letters, and what is in them. */

/** It is no MP4 that can be cut into segments. */
export class Unsegmentable extends Error {}

/** Where a box lies: its head at `start`, its content from `body` to `end`. */
export interface Box {
  type: string
  start: number
  body: number
  end: number
}

const HEAD = 8
const LONG_HEAD = 16
/** Boxes in one box: a few tracks, and a few tables of each. */
const MAX_BOXES = 200

/** The head of a box at a place of some bytes, which may end before the box does. @throws Unsegmentable */
export function boxAt(bytes: Buffer, at: number, limit: number): Box {
  if (at + HEAD > bytes.length) throw new Unsegmentable('a box is cut off')
  const type = bytes.toString('latin1', at + 4, at + 8)
  let size = bytes.readUInt32BE(at)
  let head = HEAD
  if (size === 1) {
    if (at + LONG_HEAD > bytes.length) throw new Unsegmentable('a box is cut off')
    size = Number(bytes.readBigUInt64BE(at + HEAD))
    head = LONG_HEAD
  } else if (size === 0) size = limit - at
  if (size < head || at + size > limit) throw new Unsegmentable(`a box ${type} reaches beyond its place`)
  return { type, start: at, body: at + head, end: at + size }
}

/** The boxes in a part of some bytes, one after the other. @throws Unsegmentable */
export function boxesIn(bytes: Buffer, from: number, to: number): Box[] {
  const boxes: Box[] = []
  for (let at = from; at + HEAD <= to;) {
    if (boxes.length === MAX_BOXES) throw new Unsegmentable('it has too many boxes')
    const box = boxAt(bytes, at, to)
    boxes.push(box)
    at = box.end
  }
  return boxes
}

/** The first box of a type inside another one; null where there is none. */
export function childOf(bytes: Buffer, parent: Box, type: string): Box | null {
  return boxesIn(bytes, parent.body, parent.end).find((box) => box.type === type) ?? null
}

/** As {@link childOf}, down a path of types. @throws Unsegmentable where there is none. */
export function need(bytes: Buffer, parent: Box, ...path: string[]): Box {
  let box = parent
  for (const type of path) {
    const child = childOf(bytes, box, type)
    if (!child) throw new Unsegmentable(`there is no box ${type}`)
    box = child
  }
  return box
}

/** A box of these contents. */
export function box(type: string, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents)
  const head = Buffer.alloc(HEAD)
  head.writeUInt32BE(HEAD + body.length)
  head.write(type, 4, 'latin1')
  return Buffer.concat([head, body])
}

/** 32-bit numbers, one after the other. */
export function uint32s(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value >>> 0, i * 4)
  return bytes
}
