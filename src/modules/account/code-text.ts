/** Codes that people type: `ABCDE-23456`. */
import { randomInt, timingSafeEqual } from 'node:crypto'

/**
 * Base32 (RFC 4648 section 6), which is all that the official client lets through, without the letters I and O, which
 * look like digits. Ten of them are 49 bits.
 */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ234567'
const HALF = 5

/** A new code, by chance. */
export function newCode(): string {
  const half = (): string => Array.from({ length: HALF }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  return `${half()}-${half()}`
}

/** A code as it was made, from what people type: in any case, with blanks, with the dash or without it. */
export function normalCode(text: string): string {
  const letters = text.replace(/[\s-]/g, '').toUpperCase()
  return `${letters.slice(0, HALF)}-${letters.slice(HALF)}`
}

/** Compares in a time that does not depend on where two codes differ. */
export function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
