import { Injectable } from '@nestjs/common'
import type { Did, Handle, Tid } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Database, type Reader, type Tx } from '../database/database.js'
import { isAhead } from '../repo/rev-ahead.js'
import { oneLine } from './one-line.js'
import type { Peer } from './peers.js'

/** Before a repository that could not be had is asked for again: at first, and at most. */
const FIRST_RETRY_MS = 2_000
const LAST_RETRY_MS = 60 * 60 * 1000

/** How far a repository that a peer keeps up to date here has come. */
export interface Mirror {
  did: Did
  /** The peer whose quota it counts against. */
  peer: number
  /** `wanted`: something of it is missing, and it is to be fetched. */
  state: 'current' | 'wanted'
  /** The newest rev that was heard of while it was wanted. */
  notedRev: Tid | null
  /** As the log says it; null: none that is valid. */
  handle: Handle | null
  attempts: number
}

const COLUMNS = 'did, peer, state, noted_rev AS "notedRev", handle, attempts'

/** An account that is here already, or whose peer may bring one more. */
const HAS_PLACE = `EXISTS (SELECT 1 FROM mirror WHERE did = ?) OR (SELECT count(*) FROM mirror WHERE peer = ?) < ?`

/** The repositories that peers keep up to date here. */
@Injectable()
export class Mirrors {
  private wake: () => void = () => undefined

  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** `wake` is called whenever repositories may have become wanted. It must not throw. */
  onWanted(wake: () => void): void {
    this.wake = wake
  }

  async find(did: string, reader: Reader = this.database.read): Promise<Mirror | null> {
    return (await reader.get<Mirror>(`SELECT ${COLUMNS} FROM mirror WHERE did = ?`, did)) ?? null
  }

  /** Whether a mirrored repository of the DID is here, which nobody is about to make an account of this server. */
  async isHere(did: string, reader: Reader = this.database.read): Promise<boolean> {
    const row = await reader.get(
      `SELECT 1 FROM repo WHERE did = ? AND hosting = 'mirrored' AND (status IS NULL OR status <> 'deleted')
         AND NOT EXISTS (SELECT 1 FROM account WHERE account.did = repo.did)`,
      did,
    )
    return row !== undefined
  }

  /** Whether the DID is one of an account that lives here. */
  async isHosted(did: string): Promise<boolean> {
    return (await this.database.read.get("SELECT 1 FROM repo WHERE did = ? AND hosting = 'hosted'", did)) !== undefined
  }

  /** A repository is not to be fetched any more. */
  async forget(did: string): Promise<void> {
    await this.database.write(async (tx) => tx.run('DELETE FROM mirror WHERE did = ?', did))
  }

  /**
   * Has a repository fetched, now or as soon as what is under way with it has failed or ended. One that is new is left where it
   * is when the peer has brought as many accounts as it may.
   */
  async want(tx: Tx, did: Did, { id, maxAccounts }: Pick<Peer, 'id' | 'maxAccounts'>, rev: Tid | null): Promise<void> {
    const now = this.clock.now()
    // One from ahead would make those that come seem old.
    const noted = rev !== null && isAhead(rev, now) ? null : rev
    await tx.run(
      `INSERT INTO mirror (did, peer, state, noted_rev, bytes, attempts, due_at)
       SELECT ?, ?, 'wanted', ?, 0, 0, ? WHERE ${maxAccounts === null ? '1 = 1' : HAS_PLACE}
       ON CONFLICT (did) DO UPDATE SET
         noted_rev = CASE WHEN mirror.noted_rev > excluded.noted_rev THEN mirror.noted_rev
           ELSE coalesce(excluded.noted_rev, mirror.noted_rev) END,
         due_at = CASE mirror.state WHEN 'wanted' THEN mirror.due_at ELSE excluded.due_at END,
         state = 'wanted'`,
      did,
      id,
      noted,
      now,
      ...(maxAccounts === null ? [] : [did, id, maxAccounts]),
    )
    tx.afterCommit(() => this.wake())
  }

  /** Notes that a repository which came by itself is here. False where that is known. */
  async adopt(tx: Tx, did: Did, peer: number): Promise<boolean> {
    const added = await tx.run(
      `INSERT INTO mirror (did, peer, state, bytes, attempts, due_at) VALUES (?, ?, 'current', 0, 0, 0)
       ON CONFLICT DO NOTHING`,
      did,
      peer,
    )
    return added > 0
  }

  /**
   * A fetch has brought the repository to `rev`. It stays wanted when newer commits have been heard of meanwhile; those that
   * were heard of before, and are not there, are not to be had.
   */
  async fetched(tx: Tx, { did, notedRev }: Mirror, rev: Tid): Promise<void> {
    await tx.run(
      `UPDATE mirror SET state = CASE WHEN noted_rev > ? AND noted_rev <> ? THEN 'wanted' ELSE 'current' END,
         attempts = 0, due_at = ?, last_error = NULL WHERE did = ?`,
      rev,
      notedRev ?? '',
      this.clock.now(),
      did,
    )
    tx.afterCommit(() => this.wake())
  }

  /** There is nothing to fetch for now: the account is not active, say. */
  async rest(tx: Tx, did: Did): Promise<void> {
    await tx.run("UPDATE mirror SET state = 'current', noted_rev = NULL, attempts = 0 WHERE did = ?", did)
  }

  /** A fetch has failed; the next one is later, and later still when that one fails. */
  async failed(tx: Tx, { did, attempts }: Mirror, message: string): Promise<void> {
    const delay = Math.min(FIRST_RETRY_MS * 2 ** Math.min(attempts, 20), LAST_RETRY_MS)
    await tx.run(
      'UPDATE mirror SET attempts = attempts + 1, due_at = ?, last_error = ? WHERE did = ?',
      this.clock.now() + delay,
      oneLine(message),
      did,
    )
    tx.afterCommit(() => this.wake())
  }

  /** Counts what a repository has brought. */
  async count(tx: Tx, did: string, bytes: number): Promise<void> {
    await tx.run('UPDATE mirror SET bytes = bytes + ? WHERE did = ?', bytes, did)
  }

  async nameHandle(tx: Tx, did: string, handle: Handle | null): Promise<void> {
    await tx.run('UPDATE mirror SET handle = ? WHERE did = ?', handle, did)
  }

  /** The wanted repository that is due first, but for some, and for those of some peers; null: there is none. */
  async next(others: readonly string[], busy: readonly number[]): Promise<(Mirror & { dueAt: number }) | null> {
    const row = await this.database.read.get<Mirror & { dueAt: number }>(
      `SELECT ${COLUMNS}, due_at AS "dueAt" FROM mirror
       WHERE state = 'wanted' AND did NOT IN (''${', ?'.repeat(others.length)}) AND peer NOT IN (-1${', ?'.repeat(busy.length)})
       ORDER BY due_at LIMIT 1`,
      ...others,
      ...busy,
    )
    return row ?? null
  }
}
