/** How bad it is: nothing · to be known · to be seen to some day · to be seen to now. */
export type Severity = 'ok' | 'note' | 'warning' | 'problem'

/** What is looked at, in the order in which it is told. */
export const AREAS = [
  'config',
  'clock',
  'disk',
  'database',
  'log',
  'projections',
  'keys',
  'blobs',
  'backup',
  'outbox',
  'peers',
  'dns',
  'tls',
  'proxy',
  'mail',
  'plc',
  'relays',
] as const
export type Area = (typeof AREAS)[number]

/** The areas that a list names, with commas between; none where it names one that there is not. */
export function parseAreas(text: string): Area[] {
  const names = text.split(',').map((name) => name.trim())
  const areas = AREAS.filter((area) => names.includes(area))
  return names.every((name) => (AREAS as readonly string[]).includes(name)) ? areas : []
}

/** What a check has found. */
export interface Finding {
  severity: Severity
  /** What is the matter, a sentence without a full stop. */
  text: string
  /** What to do about it: a command, a setting, a record. Null where there is nothing to do. */
  advice: string | null
}

/** A finding with the area that it is of. */
export interface AreaFinding extends Finding {
  area: Area
}

export function ok(text: string): Finding {
  return { severity: 'ok', text, advice: null }
}

export function note(text: string, advice: string | null = null): Finding {
  return { severity: 'note', text, advice }
}

export function warning(text: string, advice: string): Finding {
  return { severity: 'warning', text, advice }
}

export function problem(text: string, advice: string): Finding {
  return { severity: 'problem', text, advice }
}

/** These findings, or, where there are none, one that says that all is well. */
export function orElse(findings: readonly Finding[], allIsWell: string): Finding[] {
  return findings.length > 0 ? [...findings] : [ok(allIsWell)]
}

/** What an error says, in one bounded line. */
export function reasonOf(error: unknown): string {
  const { message, code } = error as { message?: string; code?: string }
  return (message || code || String(error)).replace(/\s+/g, ' ').slice(0, 300)
}

/** `1 account`, `2,000 accounts`. */
export function counted(value: number, noun: string, plural = `${noun}s`): string {
  return `${value.toLocaleString('en-US')} ${value === 1 ? noun : plural}`
}
