/** Whether the time here is that of others: tokens, revs and the order of posts rest on it. */
import { type Check, NETWORK_MS, ofDatabase } from '../check.js'
import { type Finding, note, ok, problem, reasonOf, warning } from '../finding.js'
import type { Patient } from '../patient.js'

/** What a Date header, which has whole seconds, and the way to here may make of a clock that is right. */
const FINE_S = 5
/** Tokens between servers are good for a minute. */
const TOO_FAR_S = 60
const ADVICE = 'Have the machine keep its time: `timedatectl set-ntp true`, or chrony.'

export const CLOCK: Check[] = [
  { area: 'clock', where: 'outside', run: againstOthers },
  ofDatabase('clock', async ({ read }, { clock }) => {
    const last = await read.get<{ time: string }>('SELECT time FROM commit_log ORDER BY seq DESC LIMIT 1')
    const ahead = last ? (Date.parse(last.time) - clock.now()) / 1000 : 0
    if (ahead <= FINE_S) return []
    return [
      warning(
        `the newest event in the log is of a moment ${Math.round(ahead)} s from now: the clock has gone back`,
        ADVICE,
      ),
    ]
  }),
]

async function againstOthers(patient: Patient, signal: AbortSignal): Promise<Finding[]> {
  const { config } = patient
  const others = [config.plcUrl, ...config.crawlers, config.appView?.url ?? null].filter((url) => url !== null)
  if (others.length === 0)
    return [note('there is no other server in the settings whose clock this one could be held against')]
  const told = await Promise.all(others.map((url) => offsetFrom(patient, url, signal)))
  const offsets = told.filter((offset) => typeof offset === 'number')
  if (offsets.length === 0) return [note(`no other server tells the time: ${told[0] as string}`)]
  // One of them may be wrong; not most of them.
  const offset = offsets.sort((a, b) => a - b)[Math.floor(offsets.length / 2)]!
  const off = `the clock is ${Math.abs(Math.round(offset))} s ${offset > 0 ? 'fast' : 'slow'}, as ${new URL(others[0]!).host} has it`
  if (Math.abs(offset) <= FINE_S) return [ok('the clock is right')]
  return [Math.abs(offset) < TOO_FAR_S ? warning(off, ADVICE) : problem(off, ADVICE)]
}

/** Seconds that the clock here is before that of a server, or why that is not known. */
async function offsetFrom({ fetch, clock }: Patient, url: string, signal: AbortSignal): Promise<number | string> {
  const asked = clock.now()
  try {
    const { headers } = await fetch.fetch(url, {
      trusted: true,
      timeoutMs: NETWORK_MS,
      maxBytes: 1 << 20,
      redirects: 3,
      signal,
    })
    const time = Date.parse(headers.date ?? '')
    if (Number.isNaN(time)) return `${url} has no Date header`
    return ((asked + clock.now()) / 2 - time - 500) / 1000
  } catch (error) {
    return reasonOf(error)
  }
}
