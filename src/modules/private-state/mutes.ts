import { Injectable } from '@nestjs/common'
import type { AtUri, Did } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Changes } from '../database/changes.js'
import { Database } from '../database/database.js'
import { readIn } from '../database/in-list.js'
import { newestFirst, type Place } from './newest-first.js'

/** What of an account can be muted by itself. */
export type MuteScope = 'reposts' | 'quoteposts'

/** Whom the viewer does not want to see; `scope` null: anything of theirs. */
export interface Mute {
  scope: readonly MuteScope[] | null
}

/** What accounts do not want to see: actors, lists of actors, threads. A muted account is never told. */
@Injectable()
export class Mutes {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly changes: Changes,
  ) {}

  /** The mutes among some DIDs, by DID. List mutes are not among them: see {@link mutedLists}. */
  async muted(viewer: Did, dids: readonly string[]): Promise<Map<string, Mute>> {
    const rows = await readIn<{ subject: string; scope: string | null }>(
      this.database.read,
      (marks) => `SELECT subject, scope FROM actor_mute WHERE did = ? AND subject IN (${marks})`,
      dids,
      viewer,
    )
    return new Map(
      rows.map(({ subject, scope }) => [subject, { scope: scope && (JSON.parse(scope) as MuteScope[]) } as Mute]),
    )
  }

  /** The lists whose members the viewer has muted, oldest mute first. */
  async mutedLists(viewer: Did): Promise<string[]> {
    const rows = await this.database.read.all<{ list: string }>(
      'SELECT list FROM list_mute WHERE did = ? ORDER BY created_at, list',
      viewer,
    )
    return rows.map(({ list }) => list)
  }

  /** Those of some thread roots whose notifications the viewer has turned off. */
  async threadMutes(viewer: Did, roots: readonly string[]): Promise<Set<string>> {
    const rows = await readIn<{ root: string }>(
      this.database.read,
      (marks) => `SELECT root FROM thread_mute WHERE did = ? AND root IN (${marks})`,
      roots,
      viewer,
    )
    return new Set(rows.map(({ root }) => root))
  }

  /** Whom the viewer has muted altogether, newest first; `place.key` is the DID. */
  list(viewer: Did, after: Place, count: number): Promise<{ place: Place }[]> {
    const listing = { table: 'actor_mute', key: 'subject', at: 'created_at', where: 'scope IS NULL' }
    return newestFirst(this.database.read, listing, viewer, after, count)
  }

  /** The lists whose members the viewer has muted, newest first; `place.key` is the at-uri. */
  lists(viewer: Did, after: Place, count: number): Promise<{ place: Place }[]> {
    return newestFirst(this.database.read, { table: 'list_mute', key: 'list', at: 'created_at' }, viewer, after, count)
  }

  /** Mutes an actor in that scope alone, whatever it was before. */
  muteActor(viewer: Did, subject: Did, { scope }: Mute): Promise<void> {
    return this.write(
      viewer,
      subject,
      `INSERT INTO actor_mute (did, subject, scope, created_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (did, subject) DO UPDATE SET scope = excluded.scope`,
      scope && JSON.stringify(scope),
      this.clock.now(),
    )
  }

  unmuteActor(viewer: Did, subject: Did): Promise<void> {
    return this.write(viewer, subject, 'DELETE FROM actor_mute WHERE did = ? AND subject = ?')
  }

  muteList(viewer: Did, list: AtUri): Promise<void> {
    const insert = 'INSERT INTO list_mute (did, list, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING'
    return this.write(viewer, list, insert, this.clock.now())
  }

  unmuteList(viewer: Did, list: AtUri): Promise<void> {
    return this.write(viewer, list, 'DELETE FROM list_mute WHERE did = ? AND list = ?')
  }

  muteThread(viewer: Did, root: AtUri): Promise<void> {
    const insert = 'INSERT INTO thread_mute (did, root, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING'
    return this.write(viewer, root, insert, this.clock.now())
  }

  unmuteThread(viewer: Did, root: AtUri): Promise<void> {
    return this.write(viewer, root, 'DELETE FROM thread_mute WHERE did = ? AND root = ?')
  }

  private write(viewer: Did, subject: Did | AtUri, sql: string, ...values: (number | string | null)[]): Promise<void> {
    return this.database.write(async (tx) => {
      await tx.run(sql, viewer, subject, ...values)
      this.changes.touch(tx, new Set([viewer, subject]))
    })
  }
}
