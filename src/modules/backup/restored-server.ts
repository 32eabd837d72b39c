import { Injectable } from '@nestjs/common'
import { type Did, type Handle, type Tid, tidFromMicros } from '../../repo-engine/index.js'
import { beginning } from '../account/sign-up/account-genesis.js'
import { ActionLog } from '../audit/action-log.js'
import { CommitLog, type NewEvent } from '../commit-log/commit-log.js'
import { Database, type Tx } from '../database/database.js'
import { SigningKeys } from '../identity/signing-keys.js'
import { RepoGenesis } from '../repo/repo-genesis.js'
import type { RepoStatus } from '../repo/repo-row.js'
import { accountEvent } from '../repo/repo-status.js'
import type { KnownRepo, KnownState } from './known-state.js'

/** Repositories that are signed in one write. */
const SLICE = 50
/** Work that is owed to people. Whether it was done since is not known, and twice is worse than not at all. */
const MAILS = ['mail', 'code-mail', 'password-reset']

/** What is known of the time after the moment that was restored. */
export interface Aftermath {
  /** The moment, milliseconds since the epoch. */
  time: number
  /** What is known of the state in the end; null: nothing is. */
  later: KnownState | null
  /** Whether that is all that there was. */
  isAll: boolean
  /** Where it is from, for the list of actions. */
  source: string
}

/** What was done to a restored server before it may be heard. */
export interface Mended {
  /** Repositories that have a new head over the tree that was restored, with a rev above all before. */
  signedAnew: number
  /** Accounts that were made after the moment: the log says that they are deleted. */
  gone: string[]
  /** Hosted repositories that have no key to sign with. */
  withoutKey: string[]
  /** Mails that were owed and are not sent. */
  mailsDropped: number
}

interface Row extends KnownRepo {
  did: Did
  handle: Handle
  public_key: string | null
}

/**
 * Makes a restored server one that may go on: those who have followed it know later states than it has. Their revs and numbers
 * are left behind, every repository that they may know a later head of is told of anew, and what is not there any more is said
 * to be gone.
 */
@Injectable()
export class RestoredServer {
  constructor(
    private readonly database: Database,
    private readonly log: CommitLog,
    private readonly repos: RepoGenesis,
    private readonly keys: SigningKeys,
    private readonly actions: ActionLog,
  ) {}

  async mend(aftermath: Aftermath, onProgress: (done: number, total: number) => void): Promise<Mended> {
    const mended: Mended = { signedAnew: 0, gone: [], withoutKey: [], mailsDropped: 0 }
    const rows = await this.hosted()
    const here = new Set(rows.map(({ did }) => did as string))
    const stale = rows.filter((row) => isStale(row, aftermath))
    for (let from = 0; from < stale.length; from += SLICE) {
      const slice = stale.slice(from, from + SLICE)
      await this.database.write(async (tx) => {
        for (const row of slice) await this.tellAnew(tx, row, aftermath, mended)
      })
      onProgress(from + slice.length, stale.length)
    }
    const gone = [...(aftermath.later?.repos.keys() ?? [])].filter((did) => !here.has(did)) as Did[]
    for (let from = 0; from < gone.length; from += SLICE)
      await this.database.write(async (tx) => {
        const events = gone.slice(from, from + SLICE).map((did): NewEvent => accountEvent(did, 'deleted'))
        await this.log.append(tx, events)
      })
    mended.gone = gone
    mended.mailsDropped = await this.database.write(async (tx) => {
      const isLast = aftermath.isAll && stale.length === 0 && gone.length === 0
      const marks = MAILS.map(() => '?').join(',')
      const dropped = await tx.run(
        `DELETE FROM outbox WHERE kind IN (${isLast ? 'NULL' : marks})`,
        ...(isLast ? [] : MAILS),
      )
      const reason = `as it was at ${new Date(aftermath.time).toISOString()}, from ${aftermath.source}`
      await this.actions.note(tx, { actor: 'cli', action: 'restore', subject: 'server', reason })
      return dropped
    })
    return mended
  }

  private async tellAnew(tx: Tx, row: Row, { later, time }: Aftermath, mended: Mended): Promise<void> {
    const { did, handle, status } = row
    if (row.public_key === null) {
      mended.withoutKey.push(did)
      return
    }
    // The lost server's clock may have been ahead of this one's.
    const known = later?.repos.get(did)?.rev
    const moment = tidFromMicros(Math.ceil(time) * 1000, 0)
    const above: Tid = known && known > moment ? known : moment
    const [head] = await this.repos.resign(tx, did, await this.keys.get(did), above)
    const told = status === '' ? null : (status as RepoStatus)
    const [identity, account] = beginning(did, handle, told)
    await this.log.append(tx, [...(told === null ? [identity!] : []), account!, head!])
    mended.signedAnew++
  }

  private async hosted(): Promise<Row[]> {
    return this.database.read.all<Row>(
      `SELECT repo.did, rev, hex(head) AS head, coalesce(status, '') AS status, account.handle, public_key
       FROM repo JOIN account ON account.did = repo.did LEFT JOIN signing_key ON signing_key.did = repo.did
       WHERE hosting = 'hosted' AND coalesce(status, '') <> 'deleted' ORDER BY repo.did`,
    )
  }
}

/** Whether others may know something else of a repository than what was restored. */
function isStale(row: Row, { later, isAll }: Aftermath): boolean {
  const known = later?.repos.get(row.did)
  if (!isAll) return true
  // One that is gone in the end was said to be deleted.
  return !known || known.head !== row.head || known.status !== row.status || known.handle !== row.handle
}
