const COUNT = new Intl.NumberFormat('en')
const UNITS = ['B', 'kB', 'MB', 'GB', 'TB']

/** 12345 is `12,345`. */
export function count(value: number): string {
  return COUNT.format(value)
}

/** So many a second: 0.25 is `0.3`, 12345.6 is `12,346`. */
export function rate(value: number): string {
  return value < 10 ? value.toFixed(1) : count(Math.round(value))
}

/** 12345 is `12.3 kB`. */
export function bytes(value: number): string {
  let size = value
  let unit = 0
  for (; size >= 1000 && unit < UNITS.length - 1; unit++) size /= 1000
  return `${unit === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${UNITS[unit]}`
}
