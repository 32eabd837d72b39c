import { SingleBar } from 'cli-progress'
import { bytes, count, duration } from './format.js'

/** How often a log that is no terminal hears of work that takes long. */
const LINE_MS = 5_000

/** How far some work has come, shown on stderr: as a bar on a terminal, as a line now and then otherwise. */
export interface Progress {
  /** `total` may become known, or change, on the way. */
  to(done: number, total?: number): void
  /** Takes the bar away. */
  end(): void
}

/** Begins to show some work. `unit` is what is counted, bytes if none is given; a total of 0 is not known. */
export function startProgress(label: string, total: number, unit?: string): Progress {
  const amount = (value: number): string => (unit === undefined ? bytes(value) : count(value))
  const started = performance.now()
  const rate = (done: number): number => (done * 1000) / Math.max(performance.now() - started, 1)
  return process.stderr.isTTY ? bar(label, total, unit, amount, rate) : lines(label, total, unit, amount, rate)
}

type Amount = (value: number) => string
type Rate = (done: number) => number

/** Columns of a bar at most, and the steps in which it gives way; and of a terminal that does not tell how many it has, or says 0. */
const [MOST_BAR, BAR_STEP, WIDTH] = [30, 5, 80]

function bar(label: string, total: number, unit: string | undefined, amount: Amount, rate: Rate): Progress {
  const shown = new SingleBar({
    format: (_options, { value, total: all, progress }, { perSecond }: { perSecond: number }) => {
      const units = unit ? ` ${unit}` : ''
      const figures = {
        share: all > 0 ? progress : null,
        amounts: `${amount(value)}${all > 0 ? ` of ${amount(all)}` : ''}${units}`,
        rate: `${amount(Math.round(perSecond))}/s`,
        left: all > 0 && perSecond > 0 ? `${duration((all - value) / perSecond)} left` : null,
      }
      return barText(label, figures, process.stderr.columns || WIDTH)
    },
    stream: process.stderr,
    // The terminal is left as it is, so that nothing has to be put right in it after Ctrl-C.
    hideCursor: false,
    linewrap: true,
    clearOnComplete: true,
    emptyOnZero: true,
  })
  shown.start(total, 0, { perSecond: 0 })
  return {
    to(done, newTotal) {
      if (newTotal !== undefined && newTotal !== shown.getTotal()) shown.setTotal(newTotal)
      shown.update(done, { perSecond: rate(done) })
    },
    end: () => shown.stop(),
  }
}

/** What a bar tells; `share` is how much is done, from 0 to 1, null where nobody knows. */
export interface BarFigures {
  share: number | null
  amounts: string
  rate: string
  left: string | null
}

/** One line of so many columns. What is dropped where it does not fit: first most of the bar, then the rate, then the amounts. */
export function barText(label: string, { share, amounts, rate, left }: BarFigures, columns: number): string {
  const percent = share === null ? null : `${Math.floor(share * 100)}%`
  const texts = [
    [percent, amounts, rate, left],
    [percent, amounts, left],
    [percent, left],
  ].map((figures) => figures.filter((figure) => figure !== null).join('  '))
  const text = texts.find(({ length }) => label.length + 1 + length <= columns) ?? (percent || amounts)
  // In steps, so that it stands still while the figures behind it grow and shrink.
  const rest = columns - label.length - text.length - 2
  const room = Math.min(rest - (rest % BAR_STEP), MOST_BAR)
  if (share === null || room < BAR_STEP) return `${label} ${text}`
  return `${label} ${'█'.repeat(Math.round(share * room)).padEnd(room, '░')} ${text}`
}

function lines(label: string, total: number, unit: string | undefined, amount: Amount, rate: Rate): Progress {
  let next = performance.now() + LINE_MS
  return {
    to(done, newTotal = total) {
      if (performance.now() < next) return
      next = performance.now() + LINE_MS
      const perSecond = rate(done)
      const whole = newTotal > 0 ? ` of ${amount(newTotal)}` : ''
      const left = newTotal > 0 && perSecond > 0 ? `, ${duration((newTotal - done) / perSecond)} left` : ''
      process.stderr.write(
        `${label}: ${amount(done)}${whole}${unit ? ` ${unit}` : ''}, ${amount(Math.round(perSecond))}/s${left}\n`,
      )
    },
    end: () => undefined,
  }
}
