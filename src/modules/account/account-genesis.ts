import { Injectable, Optional } from '@nestjs/common'
import type { Did, Handle, SigningKey } from '../../repo-engine/index.js'
import { CommitLog, type NewEvent } from '../commit-log/commit-log.js'
import { identityFrame } from '../commit-log/frame.js'
import type { Tx } from '../database/database.js'
import { SigningKeys } from '../identity/signing-keys.js'
import { accountEvent } from '../repo/repo-status.js'
import { RecordBlobs } from '../repo/record-blobs.js'
import { RepoGenesis } from '../repo/repo-genesis.js'
import { Accounts, type NewAccount } from './accounts.js'

/** How an account begins: its names and its key are reserved, then its repository makes it real. */
@Injectable()
export class AccountGenesis {
  constructor(
    private readonly accounts: Accounts,
    private readonly keys: SigningKeys,
    private readonly repos: RepoGenesis,
    private readonly log: CommitLog,
    @Optional() private readonly blobs?: RecordBlobs,
  ) {}

  /** Takes the handle, the email address and the DID. @throws XrpcError 400 as {@link Accounts.insert}. */
  async reserve(tx: Tx, account: NewAccount, key: SigningKey): Promise<void> {
    await this.accounts.insert(tx, account)
    await this.keys.store(tx, account.did, key)
  }

  /**
   * Gives a reserved account its repository and tells the log. One that comes from elsewhere starts `deactivated`, says
   * nothing of its handle, and is told to nobody: its identity is still the other server's to speak for.
   */
  async begin(tx: Tx, did: Did, handle: Handle, key: SigningKey, status: 'deactivated' | null): Promise<void> {
    const repository = await this.repos.create(tx, did, key, status)
    const identity = status ? [] : [identityEvent(did, handle)]
    const events = [...identity, accountEvent(did, status), ...repository]
    await this.log.append(
      tx,
      events.map((event) => ({ ...event, silent: status !== null })),
    )
  }

  /** What {@link adopt} rests on and would take too long in one write. To be called in the same turn. */
  async prepareAdoption(did: Did): Promise<void> {
    await this.blobs?.readAll(did)
  }

  /** Gives a reserved account the repository that is kept here, and tells the log. To be called in its turn. */
  async adopt(tx: Tx, did: Did, handle: Handle, key: SigningKey): Promise<void> {
    const repository = await this.repos.adopt(tx, did, key)
    await this.log.append(tx, [identityEvent(did, handle), accountEvent(did, null), ...repository])
  }

  /** Takes a reservation back, and the key with it. False when there is none. */
  async cancel(tx: Tx, did: Did): Promise<boolean> {
    await this.keys.remove(tx, did)
    return this.accounts.remove(tx, did)
  }
}

/** An event that moves no head. */
const BARE = { rev: null, cid: null, event: null } as const

function identityEvent(did: Did, handle: Handle): NewEvent {
  return { ...BARE, did, kind: 'identity', frame: identityFrame(did, handle), detail: { handle } }
}
