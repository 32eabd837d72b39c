import { Injectable } from '@nestjs/common'
import type { AtUri, Did } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Changes } from '../database/changes.js'
import { Database } from '../database/database.js'
import { readIn } from '../database/in-list.js'
import { newestFirst, type Place } from './newest-first.js'

/** Posts that accounts have put aside for themselves. */
@Injectable()
export class Bookmarks {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly changes: Changes,
  ) {}

  /** Those of some posts that the viewer has bookmarked. */
  async of(viewer: Did, uris: readonly string[]): Promise<Set<string>> {
    const rows = await readIn<{ uri: string }>(
      this.database.read,
      (marks) => `SELECT uri FROM bookmark WHERE did = ? AND uri IN (${marks})`,
      uris,
      viewer,
    )
    return new Set(rows.map(({ uri }) => uri))
  }

  /** How many accounts have bookmarked some posts, by at-uri; a post without any is not there. */
  async counts(uris: readonly string[]): Promise<Map<string, number>> {
    const rows = await readIn<{ uri: string; count: number }>(
      this.database.read,
      (marks) => `SELECT uri, count(*) AS count FROM bookmark WHERE uri IN (${marks}) GROUP BY uri`,
      uris,
    )
    return new Map(rows.map(({ uri, count }) => [uri, count]))
  }

  /** The viewer's bookmarks, newest first; `place.key` is the at-uri of the post, `cid` its version at the time. */
  list(viewer: Did, after: Place, count: number): Promise<{ cid: string; place: Place }[]> {
    const listing = { table: 'bookmark', key: 'uri', at: 'created_at', columns: ['cid'] }
    return newestFirst<{ cid: string }>(this.database.read, listing, viewer, after, count)
  }

  /** Nothing when the post has one. */
  async add(viewer: Did, uri: AtUri, cid: string): Promise<void> {
    await this.database.write(async (tx) => {
      await tx.run(
        'INSERT INTO bookmark (did, uri, cid, created_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
        viewer,
        uri,
        cid,
        this.clock.now(),
      )
      this.changes.touch(tx, new Set([viewer, uri]))
    })
  }

  /** Nothing when the post has none. */
  async remove(viewer: Did, uri: AtUri): Promise<void> {
    await this.database.write(async (tx) => {
      await tx.run('DELETE FROM bookmark WHERE did = ? AND uri = ?', viewer, uri)
      this.changes.touch(tx, new Set([viewer, uri]))
    })
  }
}
