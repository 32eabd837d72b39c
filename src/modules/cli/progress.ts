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

function bar(label: string, total: number, unit: string | undefined, amount: Amount, rate: Rate): Progress {
  const shown = new SingleBar({
    format: (_options, { value, total: all, progress }, { perSecond }: { perSecond: number }) =>
      all > 0
        ? `${label} ${'█'.repeat(Math.round(progress * 30)).padEnd(30, '░')} ${Math.floor(progress * 100)}%  ` +
          `${amount(value)} of ${amount(all)}${unit ? ` ${unit}` : ''}  ${amount(Math.round(perSecond))}/s` +
          (perSecond > 0 ? `  ${duration((all - value) / perSecond)} left` : '')
        : `${label} ${amount(value)}${unit ? ` ${unit}` : ''}  ${amount(Math.round(perSecond))}/s`,
    stream: process.stderr,
    hideCursor: true,
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
