/** What the relays that are asked to crawl this server make of it. */
import { type Check, NETWORK_MS } from '../check.js'
import { counted, type Finding, note, ok, problem, reasonOf, warning } from '../finding.js'
import type { Patient } from '../patient.js'

/** Events that a relay may be behind while it is well. */
const BEHIND = 1_000

export const RELAYS: Check[] = [
  {
    area: 'relays',
    where: 'outside',
    run: async (patient, signal) => {
      const { crawlers } = patient.config
      if (crawlers.length === 0) return [note('there are no relays in PDS_CRAWLERS')]
      return Promise.all(crawlers.map((crawler) => finding(crawler, patient, signal)))
    },
  },
]

/** As com.atproto.sync.getHostStatus tells it. */
interface HostStatus {
  status?: string
  seq?: number
  error?: string
}

async function finding(
  crawler: string,
  { config, fetch, database, running }: Patient,
  signal: AbortSignal,
): Promise<Finding> {
  const { host } = new URL(running?.address.url ?? config.publicUrl())
  const url = `${crawler}/xrpc/com.atproto.sync.getHostStatus?hostname=${encodeURIComponent(host)}`
  let told: HostStatus
  let status: number
  try {
    const answer = await fetch.fetch(url, { trusted: true, timeoutMs: NETWORK_MS, signal })
    status = answer.status
    told = parse(answer.body)
  } catch (error) {
    return warning(
      `the relay ${crawler} cannot be reached: ${reasonOf(error)}`,
      'Check PDS_CRAWLERS, and that this machine may connect to it; requests to crawl are tried again.',
    )
  }
  if (told.error === 'HostNotFound')
    return note(`the relay ${crawler} does not know ${host} yet`, 'It is asked to come when something is written here.')
  // Older relays have no such method.
  if (status !== 200)
    return note(`the relay ${crawler} answers, and does not say how it stands with ${host} (status ${status})`)
  if (told.status === 'banned') return problem(`the relay ${crawler} has banned ${host}`, 'Ask whoever runs it why.')
  if (told.status === 'offline')
    return warning(
      `the relay ${crawler} does not reach ${host}`,
      '`skylog doctor --only dns,tls,proxy` looks at the way here; it comes again when something is written.',
    )
  if (told.status === 'throttled')
    return warning(
      `the relay ${crawler} takes less from ${host} than there is`,
      'Ask whoever runs it for a higher limit.',
    )
  const { last } = (await database?.read.get<{ last: number | null }>(
    'SELECT max(seq) AS last FROM commit_log WHERE hosted = 1',
  )) ?? { last: null }
  const behind = last === null || told.seq === undefined ? 0 : last - told.seq
  if (behind > BEHIND)
    return warning(
      `the relay ${crawler} is ${counted(behind, 'event')} behind`,
      'It may be busy. If it stays so, ask whoever runs it.',
    )
  return ok(`the relay ${crawler} follows ${host}: ${told.status ?? 'no status'}`)
}

function parse(body: Buffer): HostStatus {
  try {
    return (JSON.parse(body.toString()) ?? {}) as HostStatus
  } catch {
    return {}
  }
}
