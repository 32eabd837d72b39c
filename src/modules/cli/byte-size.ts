import { WrongUsage } from './options.js'

/** As sizes are printed, and the binary ones. */
const UNITS: Record<string, number> = {
  '': 1,
  b: 1,
  ...{ kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 },
  ...{ kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3, tib: 1024 ** 4 },
}

/** Bytes of `500MB`, `1.5 GiB` or a plain number; rounded to whole ones. @throws WrongUsage naming the option */
export function parseByteSize(option: string, text: string): number {
  const [, amount, unit] = /^(\d{1,15}(?:\.\d{1,9})?) ?([a-z]*)$/i.exec(text) ?? []
  const size = Math.round(Number(amount) * (UNITS[unit?.toLowerCase() ?? ''] ?? NaN))
  if (!Number.isSafeInteger(size)) throw new WrongUsage(`${option}: not a size such as 500MB or 2GiB: ${text}`)
  return size
}
