/** The value below which a share `p` (0 to 1) of a sorted list lies, by nearest rank. */
export function percentile(sorted, p) {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(p * sorted.length) - 1))]
}

export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** The means of these measures over some rows of figures; without those that some row lacks. */
export function meanOf(rows, measures) {
  const measured = measures.filter((measure) => rows.every((row) => Number.isFinite(row[measure])))
  return Object.fromEntries(measured.map((measure) => [measure, mean(rows.map((row) => row[measure]))]))
}

/** A number with three significant digits or all that stand before its point; nothing for what was not measured. */
export function figure(value) {
  if (value === undefined || !Number.isFinite(value)) return ''
  const digits = Number.isInteger(value) ? 0 : Math.min(3, Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))))
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** Numbers from 0 to 1, the same ones for the same seed (xorshift32). `of(n)` gives an integer below n. */
export function randomSource(seed) {
  let state = seed * 2654435761 || 1
  const next = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
  return { next, of: (n) => Math.floor(next() * n), pick: (list) => list[Math.floor(next() * list.length)] }
}
