/**
 * JSON for answers that are made of the same parts over and over: records, authors, the root of a thread. It is written
 * straight into bytes, and a part that is shared is written once: wherever it stands again, its bytes are copied.
 * Otherwise what comes out is what `JSON.stringify` makes.
 */

/** Where a shared part has its bytes. */
class Part {
  /** The answer that it was last written for, and where in that it stands. */
  answer = 0
  start = 0
  end = 0

  constructor(
    /** The properties that it begins with, where these are written already. */
    readonly beginning: Fields<object> | null,
  ) {}
}

/** Properties that are the same in many answers, written once: what an object can begin with. */
export class Fields<T extends object> {
  /** Their JSON, without the braces. */
  readonly bytes: Buffer
  readonly count: number

  /** `value` has one property at least, and none that is undefined. Not to be made while an answer is being written. */
  constructor(readonly value: T) {
    const whole = writeJson(value)
    this.bytes = whole.subarray(1, -1)
    this.count = Object.keys(value).length
  }
}

/** Holds the part that an object is; not enumerable, so that a copy of the object does not have it. */
const PART = Symbol('part')

/**
 * Marks a plain object that will not change any more as one that may stand in an answer several times. Its first
 * properties are those of `beginning`, if that is given.
 */
export function shared<T extends object>(value: T, beginning: Fields<object> | null = null): T {
  return Object.defineProperty(value, PART, { value: new Part(beginning) })
}

/** The JSON of a plain value: no `toJSON`, no functions, and `undefined` only as the value of a property. */
export function writeJson(value: unknown): Buffer {
  answer++
  at = 0
  write(value)
  return Buffer.from(bytes.subarray(0, at))
}

const INITIAL_BYTES = 256 * 1024

// One answer is written at a time, and writing one awaits nothing: they all use the same memory.
let bytes = Buffer.allocUnsafe(INITIAL_BYTES)
let at = 0
let answer = 0

function write(value: unknown): void {
  if (typeof value === 'string') writeString(value)
  else if (typeof value === 'number') writeAscii(Number.isFinite(value) ? String(value) : 'null')
  else if (typeof value !== 'object' || value === null) writeAscii(String(value))
  else if (Array.isArray(value)) writeArray(value)
  else {
    const part = (value as { [PART]?: Part })[PART]
    if (part) writePart(value, part)
    else writeObject(value)
  }
}

function writePart(value: object, part: Part): void {
  if (part.answer === answer) {
    const { start, end } = part
    reserve(end - start)
    bytes.copyWithin(at, start, end)
    at += end - start
  } else {
    const start = at
    writeObject(value, part.beginning)
    part.answer = answer
    part.start = start
    part.end = at
  }
}

function writeArray(values: readonly unknown[]): void {
  reserve(2)
  bytes[at++] = OPEN_ARRAY
  for (let i = 0; i < values.length; i++) {
    if (i > 0) {
      reserve(1)
      bytes[at++] = COMMA
    }
    write(values[i])
  }
  reserve(1)
  bytes[at++] = CLOSE_ARRAY
}

function writeObject(value: object, beginning: Fields<object> | null = null): void {
  reserve(1)
  bytes[at++] = OPEN_OBJECT
  let isFirst = true
  let written = 0
  if (beginning) {
    reserve(beginning.bytes.length)
    bytes.set(beginning.bytes, at)
    at += beginning.bytes.length
    isFirst = false
    written = beginning.count
  }
  for (const key in value) {
    if (written > 0) {
      written--
      continue
    }
    const inner = (value as Record<string, unknown>)[key]
    if (inner === undefined) continue
    reserve(1)
    if (isFirst) isFirst = false
    else bytes[at++] = COMMA
    writeString(key)
    reserve(1)
    bytes[at++] = COLON
    write(inner)
  }
  reserve(1)
  bytes[at++] = CLOSE_OBJECT
}

/** Up to here a loop is faster than a call of what the runtime has. */
const SHORT = 20
/** What does not stand for itself in JSON, or takes more than a byte. */
const ODD = /[^ !#-[\]-~]/

function writeString(text: string): void {
  const { length } = text
  reserve(length + 2)
  if (length <= SHORT ? !writePlain(text, length) : ODD.test(text)) {
    const quoted = JSON.stringify(text)
    // No UTF-16 unit takes more than three bytes.
    reserve(quoted.length * 3)
    at += bytes.write(quoted, at)
  } else if (length > SHORT) {
    bytes[at] = QUOTE
    bytes.write(text, at + 1, 'latin1')
    bytes[at + length + 1] = QUOTE
    at += length + 2
  }
}

/** False, with nothing written, when a character does not stand for itself. */
function writePlain(text: string, length: number): boolean {
  const to = bytes
  let next = at
  to[next++] = QUOTE
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code < SPACE || code > TILDE || code === QUOTE || code === BACKSLASH) return false
    to[next++] = code
  }
  to[next++] = QUOTE
  at = next
  return true
}

function writeAscii(text: string): void {
  reserve(text.length)
  for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i)
}

function reserve(more: number): void {
  if (at + more <= bytes.length) return
  const larger = Buffer.allocUnsafe(Math.max(bytes.length * 2, at + more))
  larger.set(bytes.subarray(0, at))
  bytes = larger
}

const [SPACE, TILDE] = [0x20, 0x7e]
const [QUOTE, BACKSLASH, COMMA, COLON] = [0x22, 0x5c, 0x2c, 0x3a]
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]
