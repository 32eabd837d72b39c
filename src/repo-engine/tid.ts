/**
 * Timestamp identifiers: record keys and revisions that sort by time (https://atproto.com/specs/tid).
 *
 * Layout: 64 bits, the highest zero, then 53 bits of microseconds since 1970 and 10 bits of clock id, in
 * 13 characters of an alphabet that sorts like its digits. The first 11 characters hold the time and the
 * last two the clock id.
 */
import { RepoError } from './errors.js'
import type { Tid } from './syntax.js'

export { isTid, parseTid, type Tid } from './syntax.js'

const ALPHABET = '234567abcdefghijklmnopqrstuvwxyz'
const TIME_LENGTH = 11
const CLOCK_IDS = 1024
const TWO_30 = 2 ** 30

const DIGIT = new Uint8Array(128)
/** All texts of two characters, by their value. */
const PAIRS: string[] = []
for (let i = 0; i < ALPHABET.length; i++) {
  DIGIT[ALPHABET.charCodeAt(i)] = i
  for (const low of ALPHABET) PAIRS.push(ALPHABET[i]! + low)
}

/** Microseconds since 1970. Exact below 2^53 (the year 2255); the syntax allows twice that. */
export function tidToMicros(tid: Tid): number {
  let micros = 0
  for (let i = 0; i < TIME_LENGTH; i++) micros = micros * 32 + DIGIT[tid.charCodeAt(i)]!
  return micros
}

/** The TID of a moment on a clock. @throws RangeError when a number does not fit its bits. */
export function tidFromMicros(micros: number, clockId: number): Tid {
  if (!Number.isSafeInteger(micros) || micros < 0) throw new RangeError(`not a TID time: ${micros}`)
  if (!Number.isInteger(clockId) || clockId < 0 || clockId >= CLOCK_IDS)
    throw new RangeError(`not a TID clock id: ${clockId}`)
  const high = Math.floor(micros / TWO_30)
  const low = micros % TWO_30
  return (ALPHABET[high >> 20]! +
    PAIRS[(high >> 10) & 1023]! +
    PAIRS[high & 1023]! +
    PAIRS[low >> 20]! +
    PAIRS[(low >> 10) & 1023]! +
    PAIRS[low & 1023]! +
    PAIRS[clockId]!) as Tid
}

/**
 * Gives TIDs that strictly increase, whatever the clock under it does. A time that was not given by the
 * clock (an `after` ahead of it) carries the sequence along, so revisions from far in the future are to be
 * refused before they come here.
 */
export class TidClock {
  private last = 0

  /**
   * @param now milliseconds since 1970
   * @param clockId 0 to 1023, different in each process that may write to the same repository
   */
  constructor(
    private readonly now: () => number,
    private readonly clockId = 0,
  ) {}

  /** A TID greater than all before it and than `after`. @throws RepoError LimitExceeded when there is none. */
  next(after?: Tid | null): Tid {
    let micros = Math.floor(this.now() * 1000)
    if (micros <= this.last) micros = this.last + 1
    if (after) micros = Math.max(micros, tidToMicros(after) + 1)
    if (micros > Number.MAX_SAFE_INTEGER) throw new RepoError('LimitExceeded', 'no TID comes after this one')
    this.last = micros
    return tidFromMicros(micros, this.clockId)
  }
}
