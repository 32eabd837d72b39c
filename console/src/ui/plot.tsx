import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { count } from './amounts.js'
import './plot.css'

export interface PlotSeries {
  label: string
  /** One for each time; null where nothing is known. */
  values: readonly (number | null)[]
}

export interface PlotProps {
  /** What the plot is of. */
  label: string
  /** Moments in milliseconds, in order. */
  times: readonly number[]
  /** Six at most can be told apart. */
  series: readonly PlotSeries[]
  /** Says a value with its unit; `count` unless given. */
  format?: (value: number) => string
  /** In pixels. */
  height?: number
}

/** How series differ besides their colours (`--series-1` and on). */
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 2], [1, 4]]
const TABLE_ROWS = 30
const FONT_PX = 12
const FONT = 'system-ui, sans-serif'
const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000]
/** What may be between two times on the axis, in milliseconds; nothing is said of parts of a second. */
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 7, 14, 30, 90, 365].map((days) => days * DAY),
]

/**
 * Numbers over time, drawn by uPlot and changed in place when other values are given. What is drawn is also said: the last,
 * least and greatest of each series beside the plot, and the values in a table.
 */
export function Plot({ label, times, series, format = count, height = 180 }: PlotProps) {
  const [pointed, setPointed] = useState<number | null>(null)
  const at = pointed !== null && pointed < times.length ? pointed : times.length - 1
  const said = series.map(({ label, values }) => `${label}: ${summary(values, format)}`).join('; ')
  return (
    <figure class="plot">
      <figcaption>{label}</figcaption>
      <Drawing label={`${label}. ${said}`} {...{ times, series, format, height }} onPoint={setPointed} />
      <ul class="plot-legend">
        {series.map(({ label, values }, i) => (
          <li key={label}>
            <svg width="28" height="8" aria-hidden="true">
              <line x1="0" x2="28" y1="4" y2="4" class={`series-${i + 1}`} stroke-dasharray={DASHES[i]?.join(' ')} />
            </svg>{' '}
            {label} <strong>{say(values[at], format)}</strong>
            {pointed !== null && times[at] !== undefined ? (
              <small> at {moment(times[at], true)}</small>
            ) : (
              <small> {bounds(values, format)}</small>
            )}
          </li>
        ))}
      </ul>
      {times.length > 0 ? <PlotTable {...{ label, times, series, format }} /> : null}
    </figure>
  )
}

type Drawn = Required<PlotProps> & { onPoint: (index: number | null) => void }

function Drawing({ label, times, series, format, height, onPoint }: Drawn) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(null)
  const isDark = useDarkness()
  const names = series.map(({ label }) => label).join('\n')
  const data = useMemo(() => [times, ...series.map(({ values }) => values)] as uPlot.AlignedData, [times, series])
  const latest = useRef(data)
  latest.current = data

  useEffect(() => {
    const element = place.current!
    const look = { colorOf: (token: string) => resolved(element, token), labels: names === '' ? [] : names.split('\n') }
    const width = element.clientWidth || 300
    plot.current = new uPlot(options(look, { width, height, format, onPoint }), latest.current, element)
    const resizing = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }))
    resizing.observe(element)
    return () => {
      resizing.disconnect()
      plot.current?.destroy()
      plot.current = null
    }
  }, [names, height, isDark])
  useEffect(() => plot.current?.setData(data), [data])

  return (
    <div class="plot-drawing">
      <div ref={place} role="img" aria-label={label} />
      {times.length < 2 ? <p class="empty">Not enough to draw yet</p> : null}
    </div>
  )
}

function options(
  { colorOf, labels }: { colorOf: (token: string) => string; labels: string[] },
  { width, height, format, onPoint }: Pick<Drawn, 'height' | 'format' | 'onPoint'> & { width: number },
): uPlot.Options {
  const axis = {
    stroke: colorOf('--soft'),
    font: `${FONT_PX}px ${FONT}`,
    grid: { stroke: colorOf('--line'), width: 1 },
    ticks: { stroke: colorOf('--line'), width: 1 },
  }
  return {
    width,
    height,
    // Times are in milliseconds.
    ms: 1,
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { y: { range: { min: { pad: 0, soft: 0, mode: 1 }, max: { pad: 0.1, soft: 1, mode: 2 } } } },
    axes: [
      {
        ...axis,
        space: 70,
        incrs: STEPS,
        values: (_, ticks, __, ___, step) => ticks.map((tick) => moment(tick, step < MINUTE, step)),
      },
      {
        ...axis,
        values: (_, ticks) => ticks.map((tick) => format(tick)),
        size: ({ ctx }, values) => {
          ctx.font = `${FONT_PX * devicePixelRatio}px ${FONT}`
          const widest = Math.max(0, ...(values ?? []).map((value) => ctx.measureText(value).width))
          return 20 + Math.ceil(widest / devicePixelRatio)
        },
      },
    ],
    series: [
      {},
      ...labels.map((label, i) => ({
        label,
        stroke: colorOf(`--series-${i + 1}`),
        width: 2,
        dash: DASHES[i] ?? [],
        points: { show: false },
      })),
    ],
    hooks: { setCursor: [({ cursor }) => onPoint(cursor.idx ?? null)] },
  }
}

function PlotTable({ label, times, series, format }: Omit<Required<PlotProps>, 'height'>) {
  const [isOpen, setOpen] = useState(false)
  const step = Math.ceil(times.length / TABLE_ROWS)
  // Counted from the end, so that the last moment is always there.
  const rows = times.map((_, i) => i).filter((i) => (times.length - 1 - i) % step === 0)
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>As a table</summary>
      {isOpen ? (
        <div class="scroll" role="region" aria-label={`${label}, as a table`} tabIndex={0}>
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                {series.map(({ label }) => (
                  <th key={label} scope="col" class="number">
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.reverse().map((i) => (
                <tr key={times[i]}>
                  <td>{moment(times[i]!, true)}</td>
                  {series.map(({ label, values }) => (
                    <td key={label} class="number">
                      {say(values[i], format)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
    </details>
  )
}

function summary(values: PlotSeries['values'], format: (value: number) => string): string {
  const last = values.at(-1)
  return last === undefined ? 'nothing yet' : `${say(last, format)}, ${bounds(values, format)}`
}

function bounds(values: PlotSeries['values'], format: (value: number) => string): string {
  const known = values.filter((value) => value !== null)
  if (known.length === 0) return ''
  const [least, most] = known.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity])
  return `${format(least)} to ${format(most)}`
}

function say(value: number | null | undefined, format: (value: number) => string): string {
  return value === null || value === undefined ? '–' : format(value)
}

/** A time of day; a date where steps are of days. */
function moment(at: number, hasSeconds: boolean, step = 0): string {
  const date = new Date(at)
  if (step >= DAY) return date.toLocaleDateString('en-GB', { day: 'numeric', month: 'short' })
  const second = hasSeconds ? ({ second: '2-digit' } as const) : {}
  return date.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit', ...second })
}

/** A canvas knows no tokens, and nothing of light and dark: what one comes to is asked of an element. */
function resolved(element: HTMLElement, token: string): string {
  element.style.color = `var(${token})`
  const { color } = getComputedStyle(element)
  element.style.color = ''
  return color
}

function useDarkness(): boolean {
  const query = useMemo(() => matchMedia('(prefers-color-scheme: dark)'), [])
  const [isDark, setDark] = useState(query.matches)
  useEffect(() => {
    const onChange = (): void => setDark(query.matches)
    query.addEventListener('change', onChange)
    return () => query.removeEventListener('change', onChange)
  }, [query])
  return isDark
}
