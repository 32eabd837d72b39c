import type { Histogram } from '../config/histogram.js'
import type { Figures } from './figures.js'

/** A number with the labels that tell it from others of its metric. */
export type Sample<T = number> = [value: T, labels?: Readonly<Record<string, string>>]

/** A metric, and where in the figures it is. */
export type Metric = {
  name: string
  help: string
  labels: readonly string[]
} & (
  | { type: 'gauge'; samples: (figures: Figures) => Sample[] }
  | { type: 'counter'; samples: (figures: Figures) => Sample[] }
  | { type: 'histogram'; samples: (figures: Figures) => Sample<Histogram>[] }
)

type Numbers = (figures: Figures) => Sample[]

export function gauge(name: string, help: string, labels: readonly string[], samples: Numbers): Metric {
  return { name, help, labels, type: 'gauge', samples }
}

export function counter(name: string, help: string, labels: readonly string[], samples: Numbers): Metric {
  return { name, help, labels, type: 'counter', samples }
}

export function histogram(
  name: string,
  help: string,
  labels: readonly string[],
  samples: (figures: Figures) => Sample<Histogram>[],
): Metric {
  return { name, help, labels, type: 'histogram', samples }
}
