/** Numbers, times and tables as people read them. */
import { isTid, tidToMicros } from '../../repo-engine/index.js'

export function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** `1 record`, `2 records`. */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${count(value)} ${value === 1 ? noun : plural}`
}

export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let unit = 0
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1000
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** `35 s`, `12 min 5 s`, `3 h 20 min`, `4 d 2 h`, rounded up. */
export function duration(seconds: number): string {
  const whole = Math.ceil(Math.max(seconds, 0))
  if (whole < 60) return `${whole} s`
  const minutes = Math.floor(whole / 60)
  if (minutes < 60) return `${minutes} min ${whole % 60} s`
  const hours = Math.floor(minutes / 60)
  return hours < 24 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} d ${hours % 24} h`
}

/** The moment that a rev names, RFC 3339; null where that is no date. */
export function timeOfRev(rev: string | null): string | null {
  if (rev === null || !isTid(rev)) return null
  const date = new Date(tidToMicros(rev) / 1000)
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}

/** A heading over rows of a name and a value. */
export function section(heading: string, rows: readonly (readonly [string, string | null])[]): string {
  const shown = rows.filter((row): row is [string, string] => row[1] !== null)
  const width = Math.max(...shown.map(([name]) => name.length))
  return [heading, ...shown.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)].join('\n')
}

/** A heading over columns; those of numbers stand to the right. */
export function table(heading: string, columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [[heading, ...columns], ...rows.map(([first, ...rest]) => [`  ${first}`, ...rest])]
  const widths = lines[0]!.map((_, i) => Math.max(...lines.map((line) => line[i]!.length)))
  const ofNumbers = lines[0]!.map((_, i) => rows.every((row) => /^[\d.,]+$/.test(row[i]!)))
  const pad = (cell: string, i: number): string => (ofNumbers[i] ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))
  return lines.map((line) => line.map(pad).join('  ').trimEnd()).join('\n')
}
