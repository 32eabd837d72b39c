import { Injectable } from '@nestjs/common'
import type { Did, Handle, Tid } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Database, type Reader, type Tx } from '../database/database.js'
import { oneLine } from './one-line.js'

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

  /** Whether a mirrored repository of the DID is here. */
  async isHere(did: string, reader: Reader = this.database.read): Promise<boolean> {
    const row = await reader.get(
      "SELECT 1 FROM repo WHERE did = ? AND hosting = 'mirrored' AND (status IS NULL OR status <> 'deleted')",
      did,
    )
    return row !== undefined
  }

  /** A repository is not to be fetched any more. */
  async forget(did: string): Promise<void> {
    await this.database.write(async (tx) => tx.run('DELETE FROM mirror WHERE did = ?', did))
  }

  /** Has a repository fetched, now or as soon as what is under way with it has failed or ended. */
  async want(tx: Tx, did: Did, peer: number, rev: Tid | null): Promise<void> {
    await tx.run(
      `INSERT INTO mirror (did, peer, state, noted_rev, bytes, attempts, due_at) VALUES (?, ?, 'wanted', ?, 0, 0, ?)
       ON CONFLICT (did) DO UPDATE SET
         noted_rev = CASE WHEN mirror.noted_rev > excluded.noted_rev THEN mirror.noted_rev
           ELSE coalesce(excluded.noted_rev, mirror.noted_rev) END,
         due_at = CASE mirror.state WHEN 'wanted' THEN mirror.due_at ELSE excluded.due_at END,
         state = 'wanted'`,
      did,
      peer,
      rev,
      this.clock.now(),
    )
    tx.afterCommit(() => this.wake())
  }

  /** Notes that a repository which came by itself is here. */
  async adopt(tx: Tx, did: Did, peer: number): Promise<void> {
    await tx.run(
      `INSERT INTO mirror (did, peer, state, bytes, attempts, due_at) VALUES (?, ?, 'current', 0, 0, 0)
       ON CONFLICT DO NOTHING`,
      did,
      peer,
    )
  }

  /**
   * A fetch has brought the repository to `rev`. It stays wanted when newer commits have been heard of meanwhile; those that
   * were heard of before, and are not there, are not to be had.
   */
  async fetched(tx: Tx, { did, notedRev }: Mirror, rev: Tid): Promise<void> {
    await tx.run(
      `UPDATE mirror SET state = CASE WHEN noted_rev > ? AND noted_rev <> ? THEN 'wanted' ELSE 'current' END,
         attempts = 0, due_at = 0, last_error = NULL WHERE did = ?`,
      rev,
      notedRev ?? '',
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

  /** Wanted repositories whose time has come, but for those that are in hand. */
  async due(limit: number, inHand: ReadonlyMap<string, unknown>): Promise<Mirror[]> {
    const rows = await this.database.read.all<Mirror>(
      `SELECT ${COLUMNS} FROM mirror WHERE state = 'wanted' AND due_at <= ? ORDER BY due_at LIMIT ?`,
      this.clock.now(),
      limit + inHand.size,
    )
    return rows.filter(({ did }) => !inHand.has(did)).slice(0, limit)
  }

  /** When the next wanted repository that is not in hand is due, in milliseconds since the epoch; null: there is none. */
  async nextDue(inHand: ReadonlyMap<string, unknown>): Promise<number | null> {
    const rows = await this.database.read.all<{ did: string; at: number }>(
      "SELECT did, due_at AS at FROM mirror WHERE state = 'wanted' ORDER BY due_at LIMIT ?",
      inHand.size + 1,
    )
    return rows.find(({ did }) => !inHand.has(did))?.at ?? null
  }
}
