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
