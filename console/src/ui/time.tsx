const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto', style: 'short' })

/** A moment: how long ago it was, with the exact time behind it. `at` is ISO 8601 or milliseconds. */
export function Time({ at }: { at: string | number }) {
  const moment = new Date(at)
  if (Number.isNaN(moment.getTime())) return <span>{String(at)}</span>
  return (
    <time dateTime={moment.toISOString()} title={moment.toLocaleString()}>
      {ago(moment.getTime() - Date.now())}
    </time>
  )
}

/** `ms` from now, as people say it; negative is past. */
export function ago(ms: number): string {
  const seconds = Math.round(ms / 1000)
  for (const [unit, size] of UNITS)
    if (Math.abs(seconds) >= size) return RELATIVE.format(Math.trunc(seconds / size), unit)
  return Math.abs(seconds) < 5 ? 'now' : RELATIVE.format(seconds, 'second')
}
