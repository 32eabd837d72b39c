import { Injectable, Optional } from '@nestjs/common'
import type { Did } from '../../../repo-engine/index.js'
import { CommitLog } from '../../commit-log/commit-log.js'
import { accountFrame } from '../../commit-log/frame.js'
import { InlineHandlers } from '../../commit-log/inline-handlers.js'
import { deleteSome, type KeyedTable } from '../../database/delete-some.js'
import { Database, type Tx } from '../../database/database.js'
import { eraseLast, eraseSome, markDeleted } from '../../repo/erase-repo.js'
import { type Finish, Outbox } from '../../outbox/outbox.js'
import { RecordBlobs } from '../../repo/record-blobs.js'

const KIND = 'erase-account'

/** How long a slice should take the writer, and the rows that the first one has. */
const SLICE_MS = 8
const FIRST_ROWS = 32
const MAX_ROWS = 4_000

/** What an account has told this server alone, and what the operator has noted of it; `did` is its column unless named. */
const PRIVATE_TABLES: readonly (readonly [...KeyedTable, column?: string])[] = [
  ['actor_mute', 'did, subject'],
  ['list_mute', 'did, list'],
  ['thread_mute', 'did, root'],
  ['notification_seen', 'did'],
  ['preferences', 'did'],
  ['notification_preferences', 'did'],
  ['bookmark', 'did, uri'],
  ['draft', 'did, id'],
  ['activity_subscription', 'did, subject'],
  ['push_registration', 'did, service_did, platform, token, app_id'],
  ['email_code', 'did, purpose'],
  ['app_password', 'did, name'],
  ['invite_code', 'code', 'for_account'],
  ['invite_code_use', 'used_by', 'used_by'],
  ['totp', 'did'],
  ['backup_code', 'did, hash'],
  ['wrong_guess', 'did, kind'],
  ['report', 'id'],
  // What it has reported of others is its own as well.
  ['report', 'id', 'reported_by'],
  ['next_signing_key', 'did'],
  ['retired_key', 'did, until_seq'],
  ['reserved_key', 'public_key'],
  ['planned_deletion', 'did'],
  ['mirror', 'did'],
  ['peer_repo', 'peer, did'],
]

/** Removes some of what an account leaves, up to about `limit` rows; true while there may be more. */
type Step = (tx: Tx, did: Did, limit: number) => Promise<boolean>

/**
 * Removes what a deleted account leaves: rows of the projections, private state, its repository with all its events but
 * the one that tells of the deletion. In slices, between which others write; the outbox goes on after a crash.
 */
@Injectable()
export class AccountErasure {
  private readonly steps: readonly Step[]

  constructor(
    private readonly database: Database,
    private readonly log: CommitLog,
    private readonly outbox: Outbox,
    @Optional() inline?: InlineHandlers,
    @Optional() blobs?: RecordBlobs,
  ) {
    this.steps = [
      async (tx, did, limit) => (await inline?.erase(did, tx, limit)) ?? false,
      async (tx, did, limit) => (await blobs?.erase(tx, did, limit)) ?? false,
      erasePrivateState,
      eraseSome,
    ]
    outbox.handle<{ did: Did }>(KIND, ({ did }, stop) => this.erase(did, stop))
  }

  /**
   * Takes the repository of an account away, says so in the log, and promises the rest. Gives the promise's number;
   * null where there is no repository.
   */
  async begin(tx: Tx, did: Did): Promise<number | null> {
    const hosting = await markDeleted(tx, did)
    await this.outbox.forget(tx, did)
    if (hosting === null) return null
    const [status, bare] = ['deleted', { rev: null, cid: null, event: null }]
    const frame = accountFrame(did, status)
    await this.log.append(tx, [
      { ...bare, did, kind: 'account', frame, hosted: hosting === 'hosted', detail: { status } },
    ])
    return this.outbox.add(tx, KIND, { did })
  }

  /** Resolves when nothing is left of what {@link begin} gave this number for. */
  async finished(promise: number): Promise<void> {
    await this.outbox.perform(promise)
  }

  private async erase(did: Did, stop: AbortSignal): Promise<Finish> {
    for (const step of this.steps) {
      let rows = FIRST_ROWS
      for (let more = true; more;) {
        stop.throwIfAborted()
        let took = 0
        more = await this.database.write(async (tx) => {
          const began = performance.now()
          const left = await step(tx, did, rows)
          took = performance.now() - began
          return left
        })
        if (took > SLICE_MS) rows = Math.max(1, rows >> 1)
        else if (took < SLICE_MS / 4) rows = Math.min(MAX_ROWS, rows * 2)
      }
    }
    return (tx) => eraseLast(tx, did)
  }
}

async function erasePrivateState(tx: Tx, did: Did, limit: number): Promise<boolean> {
  for (const [table, key, column = 'did'] of PRIVATE_TABLES)
    if ((await deleteSome(tx, [table, key], column, did, limit)) > 0) return true
  return false
}
