/**
 * JSON for answers that are made of the same parts over and over: records, authors, the root of a thread. A part that is
 * shared is written once, and its text put in wherever it stands. Everything else is as `JSON.stringify` has it.
 */

/** Holds the text of a shared part; not enumerable, so that a copy of the part does not have it. */
const TEXT = Symbol('JSON')

interface Part {
  [TEXT]?: string | null
}

/** Marks a plain object that will not change any more as one that is written once. `text`: its JSON, where that is at hand. */
export function shared<T extends object>(value: T, text: string | null = null): T {
  return Object.defineProperty(value, TEXT, { value: text, writable: true })
}

/** The JSON of a plain value: no `toJSON`, no functions, and `undefined` only as the value of a property. */
export function writeJson(value: unknown): string {
  if (typeof value === 'string') return quote(value)
  if (typeof value !== 'object') return typeof value === 'number' ? number(value) : String(value)
  if (value === null) return 'null'
  if (Array.isArray(value)) return writeArray(value)
  const text = (value as Part)[TEXT]
  if (typeof text === 'string') return text
  const written = writeObject(value)
  if (text === null) (value as Part)[TEXT] = written
  return written
}

function writeArray(values: readonly unknown[]): string {
  let text = '['
  for (let i = 0; i < values.length; i++) text += i === 0 ? writeJson(values[i]) : `,${writeJson(values[i])}`
  return `${text}]`
}

function writeObject(value: object): string {
  let text = '{'
  for (const key in value) {
    const inner = (value as Record<string, unknown>)[key]
    if (inner === undefined) continue
    text += text.length === 1 ? keyText(key) + writeJson(inner) : `,${keyText(key)}${writeJson(inner)}`
  }
  return `${text}}`
}

/** What JSON does not have as it is: quotes, backslashes, control characters, and halves of surrogate pairs. */
// eslint-disable-next-line no-control-regex
const ODD = /["\\\u0000-\u001f\ud800-\udfff]/

function quote(text: string): string {
  return ODD.test(text) ? JSON.stringify(text) : `"${text}"`
}

function number(value: number): string {
  return Number.isFinite(value) ? String(value) : 'null'
}

/** Names of properties are few, save for those in records that are not shared. */
const MAX_KEYS = 2_000
const keys = new Map<string, string>()

function keyText(key: string): string {
  let text = keys.get(key)
  if (text === undefined) {
    text = `${quote(key)}:`
    if (keys.size < MAX_KEYS) keys.set(key, text)
  }
  return text
}
