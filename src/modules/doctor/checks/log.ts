/** Whether the log and the repositories say the same (I4), and whether its numbers are safe. */
import { readSeqFloor } from '../../commit-log/seq-floor.js'
import type { Reader } from '../../database/database.js'
import { type Check, ofThose, ofDatabase, throughPages } from '../check.js'
import { counted, type Finding, ok, problem, reasonOf, warning } from '../finding.js'

interface Head {
  did: string
  head: Buffer
  last: Buffer | null
}

const TOLD = 5

export const LOG: Check[] = [
  ofDatabase('log', async ({ read }, _patient, signal) => heads(read, signal)),
  ofDatabase('log', async ({ read }, { config }) => numbers(read, config.dataDirectory)),
]

async function heads(read: Reader, signal: AbortSignal): Promise<Finding[]> {
  const odd: string[] = []
  const seen = await throughPages<Head>(
    (after, limit) =>
      // What is being erased has lost events already.
      read.all<Head>(
        `SELECT did, head, (SELECT cid FROM commit_log WHERE commit_log.did = repo.did AND cid IS NOT NULL
           ORDER BY seq DESC LIMIT 1) AS last
         FROM repo WHERE did > ? AND coalesce(status, '') <> 'deleted' ORDER BY did LIMIT ?`,
        after?.did ?? '',
        limit,
      ),
    ({ did, head, last }) => void (last?.equals(head) || odd.push(did)),
    signal,
  )
  if (seen.seen === 0) return []
  if (odd.length === 0) return [ok(`heads and last events agree, ${ofThose(seen, 'repository', 'repositories')}`)]
  const some = odd.slice(0, TOLD).join(', ') + (odd.length > TOLD ? ' …' : '')
  return [
    problem(
      `heads and last events do not agree, of ${counted(odd.length, 'repository', 'repositories')}: ${some}`,
      `\`skylog verify ${odd[0]}\` says more; stop the server and restore a backup.`,
    ),
  ]
}

async function numbers(read: Reader, dataDirectory: string): Promise<Finding[]> {
  let floor: number | null
  try {
    // Before the log: it never says more than that.
    floor = readSeqFloor(dataDirectory)
  } catch (error) {
    return [problem(reasonOf(error), `rm ${dataDirectory}/seq.floor`)]
  }
  const { last } = (await read.get<{ last: number | null }>('SELECT max(seq) AS last FROM commit_log'))!
  if (last === null) return []
  if (floor === null)
    return [
      warning(
        `${dataDirectory}/seq.floor is missing: were the database restored, numbers could be given out twice`,
        'The server makes it when it starts; keep it beside the database.',
      ),
    ]
  if (floor > last)
    return [
      warning(
        `event ${floor} has been given out, and the log ends with ${last}: the database was restored, and what came after it is lost here`,
        'Numbers go on above it, so relays hear what is new. Where there is a newer backup, restore that.',
      ),
    ]
  return [ok(`the log ends with event ${last}`)]
}
