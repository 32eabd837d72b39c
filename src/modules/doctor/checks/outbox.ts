/** What is owed to the outside and does not get done. */
import { type Check, ofDatabase } from '../check.js'
import { counted, note, ok, warning } from '../finding.js'

/** Work that has failed so often is not just unlucky. */
const STUCK_ATTEMPTS = 5
/** Work that nobody has done so long after it was due. */
const OVERDUE_MS = 15 * 60 * 1000

const DIRECTORY = '`skylog doctor --only plc` looks at the directory of identities.'
const ADVICE: Record<string, string> = {
  mail: '`skylog doctor --only mail` says what is the matter with the mail server.',
  'code-mail': '`skylog doctor --only mail` says what is the matter with the mail server.',
  'request-crawl': '`skylog doctor --only relays` looks at the relays of PDS_CRAWLERS.',
  'register-account': DIRECTORY,
  'adopt-account': DIRECTORY,
  'change-handle': DIRECTORY,
  'change-signing-key': DIRECTORY,
  'submit-operation': DIRECTORY,
}

interface Row {
  kind: string
  n: number
  attempts: number
  due: number
  error: string | null
}

export const OUTBOX: Check[] = [
  ofDatabase('outbox', async ({ read }, { clock, running }) => {
    const stuck = await read.all<Row>(
      `SELECT kind, count(*) AS n, max(attempts) AS attempts, min(due_at) AS due, max(last_error) AS error
       FROM outbox WHERE attempts >= ? OR due_at < ? GROUP BY kind ORDER BY kind`,
      STUCK_ATTEMPTS,
      clock.now() - OVERDUE_MS,
    )
    const { n } = (await read.get<{ n: number }>('SELECT count(*) AS n FROM outbox'))!
    if (stuck.length === 0)
      return [ok(n === 0 ? 'nothing is owed' : `${counted(n, 'thing')} owed, and nothing is late`)]
    return stuck.map((row) => {
      const text = `${row.n} of ${row.kind} do not get done, after ${row.attempts} tries: ${row.error ?? 'not tried yet'}`
      if (!running) return note(text, 'The server goes on with it when it starts.')
      return warning(text, ADVICE[row.kind] ?? 'See to what it says; it is tried again every ten minutes.')
    })
  }),
]
