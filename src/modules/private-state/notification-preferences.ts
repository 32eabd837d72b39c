import { Injectable } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import { Changes } from '../database/changes.js'
import { Database, type Reader } from '../database/database.js'
import type { AppBskyNotificationDefsPreferences } from '../lexicon/types.js'

type Preferences = AppBskyNotificationDefsPreferences
type PreferenceChanges = { [Key in keyof Preferences]?: Partial<Preferences[Key]> }

const FROM_ALL = { include: 'all', list: true, push: true }
const PLAIN = { list: true, push: true }

/** What holds until an account says otherwise. */
const DEFAULTS: Preferences = {
  chat: { include: 'all', push: true },
  follow: FROM_ALL,
  like: FROM_ALL,
  likeViaRepost: FROM_ALL,
  mention: FROM_ALL,
  quote: FROM_ALL,
  reply: FROM_ALL,
  repost: FROM_ALL,
  repostViaRepost: FROM_ALL,
  starterpackJoined: PLAIN,
  subscribedPost: PLAIN,
  unverified: PLAIN,
  verified: PLAIN,
}

/** Of whom accounts want to be told, and where (app.bsky.notification.defs#preferences). */
@Injectable()
export class NotificationPreferences {
  constructor(
    private readonly database: Database,
    private readonly changes: Changes,
  ) {}

  /** All of them, also those never chosen. */
  of(viewer: Did): Promise<Preferences> {
    return read(this.database.read, viewer)
  }

  /** Replaces what `changes` has, field by field, and gives all. */
  async put(viewer: Did, changes: PreferenceChanges): Promise<Preferences> {
    return this.database.write(async (tx) => {
      await tx.run("INSERT INTO notification_preferences (did, json) VALUES (?, '{}') ON CONFLICT DO NOTHING", viewer)
      const preferences = merged(await read(tx, viewer), changes)
      await tx.run('UPDATE notification_preferences SET json = ? WHERE did = ?', JSON.stringify(preferences), viewer)
      this.changes.touch(tx, new Set([viewer]))
      return preferences
    })
  }
}

async function read(reader: Reader, viewer: Did): Promise<Preferences> {
  const row = await reader.get<{ json: string }>('SELECT json FROM notification_preferences WHERE did = ?', viewer)
  return row ? merged(DEFAULTS, JSON.parse(row.json) as Partial<Preferences>) : DEFAULTS
}

/** Keeps to the known preferences and their known fields: clients of other versions may send more. */
function merged(preferences: Preferences, changes: PreferenceChanges): Preferences {
  const keys = Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]
  return Object.fromEntries(
    keys.map((key) => {
      const [before, after] = [preferences[key], changes[key]] as Record<string, unknown>[]
      const fields = Object.keys(before!).map((field) => [field, after?.[field] ?? before![field]])
      return [key, Object.fromEntries(fields)]
    }),
  ) as unknown as Preferences
}
