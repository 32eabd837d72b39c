import { Counter, Gauge, type Metric as PromMetric, Registry } from 'prom-client'
import type { Histogram } from '../config/histogram.js'
import type { Figures } from './figures.js'
import type { Metric, Sample } from './metric.js'
import { METRICS } from './metrics.js'

export const CONTENT_TYPE = Registry.PROMETHEUS_CONTENT_TYPE

/** Figures in the text format of Prometheus. In a registry of their own: there may be several servers in a process. */
export async function exposition(figures: Figures): Promise<string> {
  const registry = new Registry()
  for (const metric of METRICS) register(registry, metric, figures)
  return registry.metrics()
}

function register(registry: Registry, metric: Metric, figures: Figures): void {
  const { name, help, labels } = metric
  const settings = { name, help, labelNames: labels, registers: [registry] }
  if (metric.type !== 'histogram') {
    const single = metric.type === 'gauge' ? new Gauge(settings) : new Counter(settings)
    const samples = metric.samples(figures)
    for (const [value, of = {}] of samples) single.inc(of, value)
    // The library has one without labels begin at 0, which would be a figure, too.
    if (labels.length === 0 && samples.length === 0) single.remove()
  } else registry.registerMetric(new FilledHistogram(name, help, metric.samples(figures)) as unknown as PromMetric)
}

/** The library's own histograms are filled value by value; this one tells what was counted elsewhere, in its words. */
class FilledHistogram {
  constructor(
    readonly name: string,
    private readonly help: string,
    private readonly samples: readonly Sample<Histogram>[],
  ) {}

  get(): Promise<unknown> {
    const { name, help } = this
    const values = this.samples.flatMap(([histogram, labels]) => linesOf(name, histogram, labels))
    return Promise.resolve({ name, help, type: 'histogram', values, aggregator: 'sum' })
  }
}

interface Line {
  metricName: string
  labels: Readonly<Record<string, string | number>>
  value: number
}

/** Buckets are cumulative: how many values were not above each bound. */
function linesOf(name: string, histogram: Histogram, labels: Readonly<Record<string, string>> = {}): Line[] {
  let sum = 0
  const buckets = histogram.counts.map((count, i): Line => {
    sum += count
    return { metricName: `${name}_bucket`, labels: { ...labels, le: histogram.bounds[i] ?? '+Inf' }, value: sum }
  })
  return [
    ...buckets,
    { metricName: `${name}_sum`, labels, value: histogram.sum },
    { metricName: `${name}_count`, labels, value: histogram.count },
  ]
}
