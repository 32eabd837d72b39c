/**
 * Unsigned LEB128 integers as multiformats uses them: seven bits a byte, least significant first, the high
 * bit set on every byte but the last (https://github.com/multiformats/unsigned-varint). Only the shortest
 * form of a value is one, so a value tells how many bytes it took.
 */
import { RepoError } from './errors.js'

/** Longest form accepted, in bytes: values below 2^49, far above any length this engine deals with. */
export const MAX_VARINT_LENGTH = 7

/** How many bytes the value takes. */
export function varintLength(value: number): number {
  let length = 1
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length++
  return length
}

/** Writes the value at `offset` of the target and gives the offset after it. */
export function writeVarint(target: Uint8Array, offset: number, value: number): number {
  let rest = value
  while (rest >= 0x80) {
    target[offset++] = (rest % 0x80) | 0x80
    rest = Math.floor(rest / 0x80)
  }
  target[offset++] = rest
  return offset
}

/**
 * Reads the value that starts at `offset`; null when the bytes end before it does. Its length is
 * `varintLength(value)`. @throws RepoError InvalidCar for a form that is not the shortest or too long.
 */
export function readVarint(bytes: Uint8Array, offset: number): number | null {
  let value = 0
  let scale = 1
  for (let i = 0; i < MAX_VARINT_LENGTH; i++) {
    const byte = bytes[offset + i]
    if (byte === undefined) return null
    value += (byte & 0x7f) * scale
    if (byte < 0x80) {
      if (byte === 0 && i > 0) throw new RepoError('InvalidCar', 'varint is not in its shortest form')
      return value
    }
    scale *= 0x80
  }
  throw new RepoError('InvalidCar', `varint of more than ${MAX_VARINT_LENGTH} bytes`)
}
