import { Injectable } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import { Changes } from '../database/changes.js'
import { Database, type Reader } from '../database/database.js'
import type { AppBskyNotificationDefsPreferences } from '../lexicon/types.js'

type Preferences = AppBskyNotificationDefsPreferences
type Choices = { [Key in keyof typeof DEFAULTS]?: Partial<Preferences[Key]> }

const FROM_ALL = { include: 'all', list: true, push: true }
const PLAIN = { list: true, push: true }

/** What holds until an account says otherwise. */
const DEFAULTS = {
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
} satisfies Preferences
const KEYS = Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]

/** Of whom accounts want to be told, and where (app.bsky.notification.defs#preferences). */
@Injectable()
export class NotificationPreferences {
  constructor(
    private readonly database: Database,
    private readonly changes: Changes,
  ) {}

  /** All of them, also those never chosen. */
  async of(viewer: Did): Promise<Preferences> {
    return overlay(DEFAULTS, await read(this.database.read, viewer))
  }

  /** Replaces what `choices` has, field by field, and gives all. What no preference knows is left out. */
  async put(viewer: Did, choices: Choices): Promise<Preferences> {
    return this.database.write(async (tx) => {
      await tx.run("INSERT INTO notification_preferences (did, json) VALUES (?, '{}') ON CONFLICT DO NOTHING", viewer)
      const chosen = overlay(await read(tx, viewer), known(choices))
      await tx.run('UPDATE notification_preferences SET json = ? WHERE did = ?', JSON.stringify(chosen), viewer)
      this.changes.touch(tx, new Set([viewer]))
      return overlay(DEFAULTS, chosen)
    })
  }
}

/** What the account has chosen; the rest follows the defaults, whatever these come to be. */
async function read(reader: Reader, viewer: Did): Promise<Choices> {
  const row = await reader.get<{ json: string }>('SELECT json FROM notification_preferences WHERE did = ?', viewer)
  return row ? (JSON.parse(row.json) as Choices) : {}
}

function overlay<Base extends Choices>(base: Base, choices: Choices): Base {
  const keys = KEYS.filter((key) => base[key] ?? choices[key])
  return Object.fromEntries(keys.map((key) => [key, { ...base[key], ...choices[key] }])) as Base
}

/** Clients of other versions may send more. */
function known(choices: Choices): Choices {
  const chosen = KEYS.filter((key) => choices[key]).map((key) => {
    const wanted = Object.entries(choices[key]!).filter(([field, value]) => isKnown(key, field, value))
    return [key, Object.fromEntries(wanted)]
  })
  return Object.fromEntries(chosen) as Choices
}

function isKnown(key: keyof Choices, field: string, value: unknown): boolean {
  if (!Object.hasOwn(DEFAULTS[key], field) || value === undefined) return false
  return field !== 'include' || value === 'all' || value === (key === 'chat' ? 'accepted' : 'follows')
}
