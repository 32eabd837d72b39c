/**
 * DAG-CBOR as the atproto data model uses it: one byte string for every value, and one value for every
 * byte string (https://atproto.com/specs/data-model, https://ipld.io/specs/codecs/dag-cbor/spec/).
 *
 * Terminology: an item is one encoded value. Its initial byte is `major << 5 | info`; the argument is the
 * number that `info` holds or announces. Majors in use: 0 unsigned, 1 negative (-1 - argument), 2 bytes,
 * 3 text, 4 array, 5 map, 6 tag (42 only), 7 simple (false, true, null only).
 *
 * What makes the form unique: arguments in their shortest form, definite lengths, map keys that are text,
 * unique and sorted by byte length and then bytewise, no floats, integers within ±(2^53 - 1), UTF-8 without
 * surrogates. The writer produces nothing else and the reader takes nothing else.
 *
 * A link is `d8 2a 58 25 00` and the 36 bytes of a CID.
 */
import { Cid, CID_LENGTH } from './cid.js'
import { RepoError } from './errors.js'

declare global {
  // ECMAScript 2024: in the runtime, not yet in the library types that the project compiles with.
  interface String {
    isWellFormed(): boolean
  }
}

/** A value of the atproto data model. Maps are plain objects. */
export type DataValue = null | boolean | number | string | Uint8Array | Cid | DataValue[] | DataMap
export interface DataMap {
  [key: string]: DataValue
}

/** How much a decoder does before it gives up. */
export interface CborLimits {
  /** Arrays and maps inside each other, 64 if not given. */
  readonly maxDepth?: number
  /** Array elements and map entries of the whole document, 2^20 if not given. */
  readonly maxItems?: number
}

/** Arrays and maps inside each other that the engine writes, and reads unless told otherwise. */
export const MAX_DEPTH = 64
const MAX_ITEMS = 1 << 20

const UINT = 0x00
const NEGINT = 0x20
const BYTES = 0x40
const TEXT = 0x60
const ARRAY = 0x80
const MAP = 0xa0
const FALSE = 0xf4
const TRUE = 0xf5
const NULL = 0xf6
/** Tag 42, a byte string of 37 bytes, and the zero that stands before a binary CID. */
const LINK_HEAD = [0xd8, 0x2a, 0x58, 0x25, 0x00] as const
const LINK_LENGTH = LINK_HEAD.length + CID_LENGTH
const TWO_32 = 0x1_0000_0000

/** Texts up to this length are copied by a loop; the call into native code costs more than it saves. */
const SHORT_TEXT = 64
/** A scratch buffer that grew beyond this is given back after use. */
const SCRATCH_KEPT = 1 << 20

/**
 * Encodes a value canonically.
 * @throws RepoError InvalidData for anything outside the data model (floats, unsafe integers, undefined,
 * lone surrogates, class instances), LimitExceeded beyond {@link MAX_DEPTH}.
 */
export function encodeCbor(value: DataValue): Buffer {
  return scratch.clear().value(value).finish()
}

/**
 * Decodes one document. Byte strings are views into `bytes`; CIDs are copies.
 * @throws RepoError InvalidCbor for anything but strict DAG-CBOR without trailing bytes, LimitExceeded.
 */
export function decodeCbor(bytes: Uint8Array, limits?: CborLimits): DataValue {
  const reader = new CborReader(bytes, 0, limits)
  const value = reader.value()
  reader.end()
  return value
}

/**
 * Decodes the item at `offset` and says where the next one would start.
 * @throws RepoError InvalidCbor, LimitExceeded.
 */
export function decodeCborPrefix(
  bytes: Uint8Array,
  offset = 0,
  limits?: CborLimits,
): { value: DataValue; end: number } {
  const reader = new CborReader(bytes, offset, limits)
  return { value: reader.value(), end: reader.position }
}

/**
 * Appends items to a buffer that grows. `array` and `map` write only the head: the caller appends as many
 * items, and map keys in canonical order. Every method returns the writer.
 */
export class CborWriter {
  private buffer: Buffer
  private at = 0

  constructor(capacity = 512) {
    this.buffer = Buffer.allocUnsafeSlow(capacity)
  }

  /** A copy of what was written. The writer is empty afterwards and can be used again. */
  finish(): Buffer {
    const bytes = Buffer.allocUnsafe(this.at)
    this.buffer.copy(bytes, 0, 0, this.at)
    this.clear()
    return bytes
  }

  /** Forgets what was written. */
  clear(): this {
    this.at = 0
    if (this.buffer.length > SCRATCH_KEPT) this.buffer = Buffer.allocUnsafeSlow(512)
    return this
  }

  /** A safe integer that is not negative. @throws RepoError InvalidData. */
  uint(value: number): this {
    if (!Number.isSafeInteger(value) || value < 0) throw outside(`not an unsigned integer: ${value}`)
    return this.head(UINT, value)
  }

  /** A safe integer below zero. @throws RepoError InvalidData. */
  negint(value: number): this {
    if (!Number.isSafeInteger(value) || value >= 0) throw outside(`not a negative integer: ${value}`)
    return this.head(NEGINT, -1 - value)
  }

  /** Any safe integer. @throws RepoError InvalidData. */
  int(value: number): this {
    return value < 0 ? this.negint(value) : this.uint(value)
  }

  bytes(value: Uint8Array): this {
    return this.head(BYTES, value.length).raw(value)
  }

  /** @throws RepoError InvalidData when the text holds a lone surrogate. */
  text(value: string): this {
    const length = value.length
    if (length > SHORT_TEXT) return this.longText(value)
    this.reserve(2 + length)
    const buffer = this.buffer
    let at = this.at
    if (length < 24) buffer[at++] = TEXT | length
    else {
      buffer[at++] = TEXT | 24
      buffer[at++] = length
    }
    for (let i = 0; i < length; i++) {
      const unit = value.charCodeAt(i)
      if (unit > 0x7f) return this.longText(value)
      buffer[at++] = unit
    }
    this.at = at
    return this
  }

  cid(value: Cid): this {
    this.reserve(LINK_LENGTH)
    const buffer = this.buffer
    const at = this.at
    buffer[at] = 0xd8
    buffer[at + 1] = 0x2a
    buffer[at + 2] = 0x58
    buffer[at + 3] = 0x25
    buffer[at + 4] = 0x00
    buffer.set(value.bytes, at + LINK_HEAD.length)
    this.at = at + LINK_LENGTH
    return this
  }

  null(): this {
    return this.simple(NULL)
  }

  bool(value: boolean): this {
    return this.simple(value ? TRUE : FALSE)
  }

  /** Head of an array of `count` items. */
  array(count: number): this {
    return this.head(ARRAY, count)
  }

  /** Head of a map of `count` keys, each followed by its value. */
  map(count: number): this {
    return this.head(MAP, count)
  }

  /** Bytes that already are well-formed items. */
  raw(bytes: Uint8Array): this {
    this.reserve(bytes.length)
    this.buffer.set(bytes, this.at)
    this.at += bytes.length
    return this
  }

  /** Any value. @throws RepoError as {@link encodeCbor}. */
  value(value: DataValue): this {
    return this.item(value, MAX_DEPTH)
  }

  private item(value: unknown, depth: number): this {
    switch (typeof value) {
      case 'string':
        return this.text(value)
      case 'number':
        return this.int(value)
      case 'boolean':
        return this.bool(value)
      case 'object':
        if (value === null) return this.null()
        if (value instanceof Cid) return this.cid(value)
        if (Array.isArray(value)) return this.items(value, depth)
        if (value instanceof Uint8Array) return this.bytes(value)
        if (isPlainObject(value)) return this.entries(value as Record<string, unknown>, depth)
    }
    throw outside(`no such value in the data model: ${typeof value}`)
  }

  private items(values: readonly unknown[], depth: number): this {
    if (depth === 0) throw tooDeep()
    this.array(values.length)
    for (let i = 0; i < values.length; i++) this.item(values[i], depth - 1)
    return this
  }

  private entries(values: Record<string, unknown>, depth: number): this {
    if (depth === 0) throw tooDeep()
    const keys = sortKeys(Object.keys(values))
    this.map(keys.length)
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!
      this.text(key).item(values[key], depth - 1)
    }
    return this
  }

  private head(major: number, argument: number): this {
    this.reserve(9)
    const buffer = this.buffer
    if (argument < 24) {
      buffer[this.at++] = major | argument
    } else if (argument < 0x100) {
      buffer[this.at++] = major | 24
      buffer[this.at++] = argument
    } else if (argument < 0x10000) {
      buffer[this.at++] = major | 25
      buffer[this.at++] = argument >> 8
      buffer[this.at++] = argument
    } else if (argument < TWO_32) {
      buffer[this.at] = major | 26
      this.at = buffer.writeUInt32BE(argument, this.at + 1)
    } else {
      buffer[this.at] = major | 27
      this.at = buffer.writeUInt32BE(Math.floor(argument / TWO_32), this.at + 1)
      this.at = buffer.writeUInt32BE(argument % TWO_32, this.at)
    }
    return this
  }

  /** Text of any length and content. */
  private longText(value: string): this {
    const size = Buffer.byteLength(value)
    if (size !== value.length && !value.isWellFormed()) throw outside('text with a lone surrogate')
    this.head(TEXT, size).reserve(size)
    this.at += this.buffer.write(value, this.at)
    return this
  }

  private simple(byte: number): this {
    this.reserve(1)
    this.buffer[this.at++] = byte
    return this
  }

  private reserve(count: number): void {
    const needed = this.at + count
    if (needed <= this.buffer.length) return
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.buffer.length * 2))
    this.buffer.copy(grown, 0, 0, this.at)
    this.buffer = grown
  }
}

const scratch = new CborWriter(4096)

/**
 * A cursor over encoded items, for data whose shape is known: each method reads one item of the kind it
 * names. Every method throws RepoError InvalidCbor when the next item is another one or is not strict.
 */
export class CborReader {
  private readonly buffer: Buffer
  private readonly maxDepth: number
  private at: number
  private itemsLeft: number

  constructor(bytes: Uint8Array, offset = 0, limits: CborLimits = {}) {
    this.buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = offset
    this.maxDepth = limits.maxDepth ?? MAX_DEPTH
    this.itemsLeft = limits.maxItems ?? MAX_ITEMS
  }

  /** Where the next item starts. */
  get position(): number {
    return this.at
  }

  /** Asserts that nothing is left. */
  end(): void {
    if (this.at !== this.buffer.length) throw invalid('trailing bytes', this.at)
  }

  uint(): number {
    return this.head(UINT)
  }

  /** Any integer. */
  int(): number {
    const initial = this.byte()
    if (initial >> 5 > 1) throw invalid('expected an integer', this.at - 1)
    return this.integer(initial)
  }

  text(): string {
    return this.textOf(this.head(TEXT))
  }

  /** A text that comes again and again (a map key, a type name), kept between calls. */
  key(): string {
    return this.keyOf(this.head(TEXT))
  }

  /** Reads a text that must be this one. */
  expectKey(expected: string): void {
    const start = this.at
    if (this.key() !== expected) throw invalid(`expected the key ${expected}`, start)
  }

  /** A view into the input, not a copy. */
  bytes(): Buffer {
    return this.take(this.head(BYTES))
  }

  cid(): Cid {
    const at = this.at
    const buffer = this.buffer
    if (buffer.length - at < LINK_LENGTH) throw invalid('expected a link', at)
    for (let i = 0; i < LINK_HEAD.length; i++) if (buffer[at + i] !== LINK_HEAD[i]) throw invalid('expected a link', at)
    const bytes = new Uint8Array(CID_LENGTH)
    for (let i = 0; i < CID_LENGTH; i++) bytes[i] = buffer[at + LINK_HEAD.length + i]!
    this.at = at + LINK_LENGTH
    try {
      return Cid.fromBytes(bytes)
    } catch {
      throw invalid('a link with another CID than v1, dag-cbor or raw, SHA-256', at)
    }
  }

  cidOrNull(): Cid | null {
    return this.isNull() ? null : this.cid()
  }

  /** Reads a null if that is what comes next, and says so. */
  isNull(): boolean {
    if (this.buffer[this.at] !== NULL) return false
    this.at++
    return true
  }

  bool(): boolean {
    const initial = this.byte()
    if (initial !== TRUE && initial !== FALSE) throw invalid('expected a boolean', this.at - 1)
    return initial === TRUE
  }

  /** Head of an array: the number of items that follow. */
  array(): number {
    return this.count(this.head(ARRAY), 1)
  }

  /** Head of a map: the number of keys, each followed by its value. The caller checks their order. */
  map(): number {
    return this.count(this.head(MAP), 2)
  }

  /** Any item, with all that is in it. @throws also RepoError LimitExceeded. */
  value(): DataValue {
    return this.item(this.maxDepth)
  }

  private item(depth: number): DataValue {
    const initial = this.byte()
    switch (initial >> 5) {
      case UINT >> 5:
      case NEGINT >> 5:
        return this.integer(initial)
      case BYTES >> 5:
        return this.take(this.argument(initial))
      case TEXT >> 5:
        return this.textOf(this.argument(initial))
      case ARRAY >> 5:
        return this.items(this.argument(initial), depth)
      case MAP >> 5:
        return this.entries(this.argument(initial), depth)
      case LINK_HEAD[0] >> 5:
        this.at--
        return this.cid()
    }
    if (initial === NULL) return null
    if (initial === TRUE) return true
    if (initial === FALSE) return false
    throw invalid('a float or an unknown simple value', this.at - 1)
  }

  private items(length: number, depth: number): DataValue[] {
    if (depth === 0) throw tooDeep()
    this.count(length, 1)
    const values: DataValue[] = []
    for (let i = 0; i < length; i++) values.push(this.item(depth - 1))
    return values
  }

  private entries(length: number, depth: number): DataMap {
    if (depth === 0) throw tooDeep()
    this.count(length, 2)
    const values: DataMap = {}
    let lastStart = 0
    let lastLength = -1
    for (let i = 0; i < length; i++) {
      const keyLength = this.head(TEXT)
      const start = this.at
      const key = this.keyOf(keyLength)
      if (keyLength < lastLength || (keyLength === lastLength && !this.ascends(lastStart, start, keyLength)))
        throw invalid('map keys out of order or repeated', start)
      lastStart = start
      lastLength = keyLength
      setEntry(values, key, this.item(depth - 1))
    }
    return values
  }

  /** True when the `length` bytes at `b` come after those at `a`. */
  private ascends(a: number, b: number, length: number): boolean {
    const buffer = this.buffer
    for (let i = 0; i < length; i++) {
      const difference = buffer[b + i]! - buffer[a + i]!
      if (difference !== 0) return difference > 0
    }
    return false
  }

  /** Checks a declared count against the bytes that are left, before anything is built for it. */
  private count(count: number, itemsEach: number): number {
    if (count * itemsEach > this.buffer.length - this.at) throw invalid('more items declared than bytes left', this.at)
    this.itemsLeft -= count
    if (this.itemsLeft < 0) throw new RepoError('LimitExceeded', 'CBOR with too many items')
    return count
  }

  private byte(): number {
    if (this.at >= this.buffer.length) throw invalid('unexpected end', this.at)
    return this.buffer[this.at++]!
  }

  private head(major: number): number {
    const initial = this.byte()
    if ((initial & 0xe0) !== major) throw invalid(`expected major type ${major >> 5}`, this.at - 1)
    return this.argument(initial)
  }

  private argument(initial: number): number {
    const info = initial & 0x1f
    if (info < 24) return info
    if (info > 27) throw invalid('an indefinite length or a reserved form', this.at - 1)
    const buffer = this.buffer
    const at = this.at
    const size = 1 << (info - 24)
    if (buffer.length - at < size) throw invalid('unexpected end', at)
    this.at = at + size
    let argument: number
    let least: number
    if (size === 1) {
      argument = buffer[at]!
      least = 24
    } else if (size === 2) {
      argument = (buffer[at]! << 8) | buffer[at + 1]!
      least = 0x100
    } else if (size === 4) {
      argument = buffer.readUInt32BE(at)
      least = 0x10000
    } else {
      argument = buffer.readUInt32BE(at) * TWO_32 + buffer.readUInt32BE(at + 4)
      least = TWO_32
      if (argument > Number.MAX_SAFE_INTEGER) throw invalid('an integer beyond 2^53 - 1', at)
    }
    if (argument < least) throw invalid('an argument that is not in its shortest form', at)
    return argument
  }

  private integer(initial: number): number {
    const argument = this.argument(initial)
    if (initial < NEGINT) return argument
    if (argument === Number.MAX_SAFE_INTEGER) throw invalid('an integer beyond -(2^53 - 1)', this.at)
    return -1 - argument
  }

  private take(length: number): Buffer {
    if (length > this.buffer.length - this.at) throw invalid('unexpected end', this.at)
    return this.buffer.subarray(this.at, (this.at += length))
  }

  private textOf(length: number): string {
    const start = this.at
    const end = start + length
    if (end > this.buffer.length) throw invalid('unexpected end', start)
    const text = this.buffer.toString('utf8', start, end)
    // Faulty bytes decode to U+FFFD, which may also be there in its own right.
    if (text.includes('\ufffd') && !isUtf8(this.buffer.subarray(start, end))) throw invalid('invalid UTF-8', start)
    this.at = end
    return text
  }

  private keyOf(length: number): string {
    if (length > KEY_LENGTH || length > this.buffer.length - this.at) return this.textOf(length)
    const buffer = this.buffer
    const start = this.at
    let hash = length
    for (let i = 0; i < length; i++) hash = (Math.imul(hash, 31) + buffer[start + i]!) | 0
    const slot = (hash ^ (hash >>> 15)) & (KEY_SLOTS - 1)
    const known = keys[slot]!
    if (known.length === length) {
      let i = 0
      while (i < length && known.charCodeAt(i) === buffer[start + i]) i++
      if (i === length) {
        this.at = start + length
        return known
      }
    }
    const text = this.textOf(length)
    // As many units as bytes: all ASCII, so that bytes and units can be compared above.
    if (text.length === length) keys[slot] = text
    return text
  }
}

/** Map keys seen lately, one per hash slot: nearly all keys are a few dozen names. */
const KEY_SLOTS = 1024
const KEY_LENGTH = 40
const keys: string[] = new Array<string>(KEY_SLOTS).fill('')

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

function isUtf8(bytes: Uint8Array): boolean {
  try {
    strictUtf8.decode(bytes)
    return true
  } catch {
    return false
  }
}

/** Map keys in canonical order; sorts in place. Shorter first, which is byte length for ASCII. */
function sortKeys(keys: string[]): string[] {
  for (const key of keys) {
    for (let i = 0; i < key.length; i++) {
      if (key.charCodeAt(i) > 0x7f) return keys.sort(compareBytewise)
    }
  }
  // Insertion sort: maps are small and mostly in order. Large ones must not cost the square of their size.
  if (keys.length > 32) return keys.sort((a, b) => (isAfter(a, b) ? 1 : -1))
  for (let i = 1; i < keys.length; i++) {
    const key = keys[i]!
    let at = i
    while (at > 0 && isAfter(keys[at - 1]!, key)) {
      keys[at] = keys[at - 1]!
      at--
    }
    keys[at] = key
  }
  return keys
}

function isAfter(a: string, b: string): boolean {
  return a.length === b.length ? a > b : a.length > b.length
}

function compareBytewise(a: string, b: string): number {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length - right.length || Buffer.compare(left, right)
}

/** Sets an entry of a map. Plain assignment to the one name `__proto__` would set the prototype. */
export function setEntry<Value>(map: Record<string, Value>, key: string, value: Value): void {
  if (key === '__proto__')
    Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true })
  else map[key] = value
}

/** An object without a class: its prototype, if any, is an `Object.prototype`, of whatever realm. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null
}

function outside(message: string): RepoError {
  return new RepoError('InvalidData', message)
}

function tooDeep(): RepoError {
  return new RepoError('LimitExceeded', 'arrays and maps nested too deeply')
}

function invalid(message: string, at: number): RepoError {
  return new RepoError('InvalidCbor', `${message} at byte ${at}`)
}
