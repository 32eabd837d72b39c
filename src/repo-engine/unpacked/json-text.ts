/**
 * The text of a value in an unpacked repository: its JSON form (data.ts), two spaces deeper with each level, keys in
 * order of their UTF-16 units, a newline at the end. One value has one text, so that a tool that compares lines shows
 * what has changed and nothing else.
 */
import { Cid } from '../cid.js'
import type { DataValue } from '../cbor.js'
import { dataToJson } from '../data.js'

/** The text, or null when it would be longer than `maxLength` UTF-16 units. */
export function formatJsonText(value: DataValue, maxLength: number): string | null {
  const text = new JsonText(maxLength)
  return text.value(value, '\n') && text.add('\n') ? text.written : null
}

/** Every method is false once there is no room left, and nobody goes on then. */
class JsonText {
  written = ''

  constructor(private readonly maxLength: number) {}

  add(text: string): boolean {
    this.written += text
    return this.written.length <= this.maxLength
  }

  /** `line` is a line break and the indentation of what encloses the value. */
  value(value: DataValue, line: string): boolean {
    if (value === null || typeof value !== 'object') return this.add(JSON.stringify(value))
    if (Array.isArray(value)) return this.array(value, line)
    if (value instanceof Cid || value instanceof Uint8Array)
      return this.map(dataToJson(value) as Record<string, string>, line)
    return this.map(value, line)
  }

  private array(values: readonly DataValue[], line: string): boolean {
    if (values.length === 0) return this.add('[]')
    const inner = `${line}  `
    for (let i = 0; i < values.length; i++)
      if (!this.add(i === 0 ? `[${inner}` : `,${inner}`) || !this.value(values[i]!, inner)) return false
    return this.add(`${line}]`)
  }

  private map(values: Readonly<Record<string, DataValue>>, line: string): boolean {
    const keys = Object.keys(values).sort()
    if (keys.length === 0) return this.add('{}')
    const inner = `${line}  `
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!
      if (!this.add(`${i === 0 ? '{' : ','}${inner}${JSON.stringify(key)}: `)) return false
      if (!this.value(values[key]!, inner)) return false
    }
    return this.add(`${line}}`)
  }
}
