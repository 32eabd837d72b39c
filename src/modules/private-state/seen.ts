import { Injectable } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Changes } from '../database/changes.js'
import { Database } from '../database/database.js'

/** Up to when accounts have seen their notifications. */
@Injectable()
export class Seen {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly changes: Changes,
  ) {}

  /** Milliseconds since the epoch; null: nothing yet. */
  async of(viewer: Did): Promise<number | null> {
    const row = await this.database.read.get<{ seen_at: number }>(
      'SELECT seen_at FROM notification_seen WHERE did = ?',
      viewer,
    )
    return row?.seen_at ?? null
  }

  /** Never goes back, and never beyond now: what is still to come has not been seen. */
  async moveTo(viewer: Did, at: number): Promise<void> {
    const seenAt = Math.min(at, this.clock.now())
    await this.database.write(async (tx) => {
      const moved = await tx.run(
        `INSERT INTO notification_seen (did, seen_at) VALUES (?, ?)
         ON CONFLICT (did) DO UPDATE SET seen_at = excluded.seen_at WHERE excluded.seen_at > notification_seen.seen_at`,
        viewer,
        seenAt,
      )
      if (moved > 0) this.changes.touch(tx, new Set([viewer]))
    })
  }
}
