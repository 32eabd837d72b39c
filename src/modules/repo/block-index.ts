import { readSync } from 'node:fs'
import { type Cid, RepoError } from '../../repo-engine/index.js'

/** Share of the slots that may be in use. */
const MAX_FILL = 0.6

/**
 * Where in a file each block stands: an open-addressing table over typed arrays, 20 bytes a slot, because a Map of CID
 * texts would take more memory than the blocks of a small repository.
 *
 * Only the first 64 bits of a hash are kept. Who mines two blocks that share them hides one of the two from himself:
 * readers check what they get against its CID.
 */
export class BlockIndex {
  private count = 0
  private high = new Uint32Array(1024)
  private low = new Uint32Array(1024)
  private offset = new Float64Array(1024)
  /** Length plus one; 0 marks a free slot. */
  private length = new Uint32Array(1024)

  /** Number of different blocks. */
  get size(): number {
    return this.count
  }

  /** The first place of a block counts. */
  add(cid: Cid, offset: number, length: number): void {
    if (this.count >= this.length.length * MAX_FILL) this.grow()
    this.put(word(cid, 4), word(cid, 8), offset, length + 1)
  }

  find(cid: Cid): { offset: number; length: number } | null {
    const high = word(cid, 4)
    const low = word(cid, 8)
    const mask = this.length.length - 1
    for (let slot = high & mask; this.length[slot] !== 0; slot = (slot + 1) & mask)
      if (this.high[slot] === high && this.low[slot] === low)
        return { offset: this.offset[slot]!, length: this.length[slot]! - 1 }
    return null
  }

  /** A block from the file, unchecked; null for one that is not there. @throws RepoError InvalidCar for a file that has become shorter */
  read(cid: Cid, handle: number): Uint8Array | null {
    const place = this.find(cid)
    if (!place) return null
    const bytes = Buffer.allocUnsafeSlow(place.length)
    const read = readSync(handle, bytes, 0, place.length, place.offset)
    if (read !== place.length) throw new RepoError('InvalidCar', 'the file has changed while it was read')
    return bytes
  }

  private put(high: number, low: number, offset: number, length: number): void {
    const mask = this.length.length - 1
    let slot = high & mask
    for (; this.length[slot] !== 0; slot = (slot + 1) & mask)
      if (this.high[slot] === high && this.low[slot] === low) return
    this.high[slot] = high
    this.low[slot] = low
    this.offset[slot] = offset
    this.length[slot] = length
    this.count++
  }

  private grow(): void {
    const { high, low, offset, length } = this
    this.high = new Uint32Array(length.length * 2)
    this.low = new Uint32Array(length.length * 2)
    this.offset = new Float64Array(length.length * 2)
    this.length = new Uint32Array(length.length * 2)
    this.count = 0
    for (let slot = 0; slot < length.length; slot++)
      if (length[slot] !== 0) this.put(high[slot]!, low[slot]!, offset[slot]!, length[slot]!)
  }
}

/** Four bytes of the CID's digest as an unsigned number. */
function word({ bytes }: Cid, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0
}
