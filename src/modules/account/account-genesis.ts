import { Injectable } from '@nestjs/common'
import type { Did, Handle, SigningKey } from '../../repo-engine/index.js'
import { CommitLog, type NewEvent } from '../commit-log/commit-log.js'
import type { Tx } from '../database/database.js'
import { SigningKeys } from '../identity/signing-keys.js'
import { accountEvent, settleStatus } from '../repo/repo-status.js'
import { RepoGenesis } from '../repo/repo-genesis.js'
import { readRepo, type RepoStatus } from '../repo/repo-row.js'
import { Accounts, type NewAccount } from './accounts.js'
import { identityEvent } from './identity-event.js'

/** How an account begins: its names and its key are reserved, then its repository makes it real. */
@Injectable()
export class AccountGenesis {
  constructor(
    private readonly accounts: Accounts,
    private readonly keys: SigningKeys,
    private readonly repos: RepoGenesis,
    private readonly log: CommitLog,
  ) {}

  /**
   * Takes the handle, the email address, the DID and the key, and counts the use of an invite code.
   * @throws XrpcError 400 as {@link Accounts.insert}.
   */
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
    // The operator may have taken it down before it came here.
    await settleStatus(tx, this.log, did, status !== null)
  }

  /** As {@link begin}, for an account whose key was reserved a while ago: gives what is to be written. */
  async finish(did: Did, handle: Handle): Promise<(tx: Tx) => Promise<void>> {
    const key = await this.keys.get(did)
    return (tx) => this.begin(tx, did, handle, key, null)
  }

  /** What {@link adopt} rests on and would take too long in one write. To be called in the same turn. */
  prepareAdoption(did: Did): Promise<void> {
    return this.repos.prepareAdoption(did)
  }

  /** Gives a reserved account the repository that is kept here, and tells the log. To be called in its turn. */
  async adopt(tx: Tx, did: Did, handle: Handle, key: SigningKey): Promise<void> {
    const repository = await this.repos.adopt(tx, did, key)
    const { status } = (await readRepo(tx, did))!
    await this.log.append(tx, [...beginning(did, handle, status), ...repository])
  }

  /** Keeps a key that an account will sign with, unless another one is kept already: gives that it is the one. */
  async prepareKey(tx: Tx, did: Did, key: SigningKey): Promise<boolean> {
    return this.keys.prepare(tx, did, key)
  }

  /** The key that an account will sign with; null without one. */
  preparedKey(did: Did): Promise<SigningKey | null> {
    return this.keys.prepared(did)
  }

  /** Has an account sign with another key from now on, and tells the log. To be called in its turn. */
  async changeKey(tx: Tx, did: Did, key: SigningKey): Promise<void> {
    await this.keys.store(tx, did, key)
    await this.dropKey(tx, did)
    const { handle } = (await this.accounts.byDid(did, tx))!
    const repository = await this.repos.resign(tx, did, key)
    await this.log.append(tx, [identityEvent(did, handle), ...repository])
  }

  /** The account will not sign with the key that was kept for that. */
  async dropKey(tx: Tx, did: Did): Promise<void> {
    await this.keys.dropPrepared(tx, did)
  }

  /** Takes a reservation back, and the key with it. False when there is none. */
  async cancel(tx: Tx, did: Did): Promise<boolean> {
    await this.keys.remove(tx, did)
    return this.accounts.remove(tx, did)
  }
}

/** What the log says of an account that begins with a repository of its own: who it is, and whether it is active. */
export function beginning(did: Did, handle: Handle, status: RepoStatus | null): NewEvent[] {
  return [identityEvent(did, handle), accountEvent(did, status)]
}
