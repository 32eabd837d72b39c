/** What a scraper reads in the text format of Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/). */
export interface Scrape {
  /** Type of each metric by its name. */
  types: Map<string, string>
  samples: Sample[]
  /** The one sample of a name that has these labels; undefined where there is none. */
  find(name: string, labels?: Record<string, string>): number | undefined
  /** As {@link find}. @throws Error where there is none */
  value(name: string, labels?: Record<string, string>): number
}

export interface Sample {
  name: string
  labels: Record<string, string>
  value: number
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*'
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"'
const LINE = new RegExp(`^(${NAME})(?:\\{(${LABEL}(?:,${LABEL})*)?\\})? ([-+]?(?:Inf|NaN|[0-9.eE+-]+))$`)

/** @throws Error for a line that is not of the format, a sample without a type, or one that comes twice */
export function parseExposition(text: string): Scrape {
  const types = new Map<string, string>()
  const samples: Sample[] = []
  const seen = new Set<string>()
  for (const line of text.split('\n')) {
    const comment = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line)
    if (comment?.[1] === 'TYPE') types.set(comment[2]!, comment[3]!)
    if (comment || line === '') continue
    const [, name, labels = '', value] = LINE.exec(line) ?? []
    if (name === undefined) throw new Error(`not a line of the format: ${line}`)
    const key = line.slice(0, line.lastIndexOf(' '))
    if (seen.has(key)) throw new Error(`twice: ${key}`)
    seen.add(key)
    if (!types.has(name) && !types.has(name.replace(/_(bucket|sum|count)$/, ''))) throw new Error(`no type: ${line}`)
    samples.push({ name, labels: labelsOf(labels), value: Number(value!.replace('Inf', 'Infinity')) })
  }
  const find: Scrape['find'] = (name, labels = {}) =>
    samples.find(
      (sample) => sample.name === name && Object.entries(labels).every(([label, of]) => sample.labels[label] === of),
    )?.value
  const value: Scrape['value'] = (name, labels) => {
    const found = find(name, labels)
    if (found === undefined) throw new Error(`there is no ${name} ${JSON.stringify(labels)}`)
    return found
  }
  return { types, samples, find, value }
}

function labelsOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(new RegExp(LABEL, 'g'))].map(([pair]) => pair)
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=')
      return [pair.slice(0, at), JSON.parse(pair.slice(at + 1)) as string]
    }),
  )
}
