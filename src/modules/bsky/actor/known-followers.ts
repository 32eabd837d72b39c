import { Injectable } from '@nestjs/common'
import { Recent } from '../hydrate/recent.js'
import { Database } from '../../database/database.js'
import type { KnownFollowers } from '../hydrate/hydration.js'
import { Freshness } from '../hydrate/read-cache.js'
import { FOLLOW } from '../../lexicon/collections.js'

/** How many of the known followers are shown with a profile. */
const SHOWN = 5
/** Of followers of an actor, or of those whom a viewer follows, so many are looked at. */
const MAX_LOOKED_AT = 5_000
const MAX_KEPT = 50_000

/** Whom of those that a viewer follows follow an actor, too. Kept until one of the two has another follow. */
@Injectable()
export class KnownFollowersOf {
  private readonly kept = new Recent<{ value: KnownFollowers; at: number }>(MAX_KEPT)

  constructor(
    private readonly database: Database,
    private readonly freshness: Freshness,
  ) {}

  /** `followers` and `follows`: how many the actor and the viewer have. The search goes by the shorter list. */
  async read(did: string, followers: number, viewer: string, follows: number): Promise<KnownFollowers> {
    if (followers === 0 || follows === 0) return NONE
    const { freshness } = this
    const key = `${viewer} ${did}`
    const kept = this.kept.get(key)
    if (kept && freshness.holds(viewer, kept.at) && freshness.holds(did, kept.at)) return kept.value
    const at = freshness.now()
    const rows = await (followers < follows
      ? this.database.read.all<{ did: string }>(AMONG_FOLLOWERS, did, MAX_LOOKED_AT, viewer)
      : this.database.read.all<{ did: string }>(AMONG_FOLLOWS, viewer, MAX_LOOKED_AT, did))
    const value = { count: rows.length, dids: rows.slice(0, SHOWN).map((row) => row.did) }
    this.kept.set(key, { value, at })
    return value
  }
}

const NONE: KnownFollowers = { count: 0, dids: [] }

const AMONG_FOLLOWERS = `SELECT did FROM
    (SELECT did FROM bsky_backlink WHERE target = ? AND path = '${FOLLOW}:subject' LIMIT ?) b
  WHERE EXISTS (SELECT 1 FROM bsky_follow f WHERE f.did = ? AND f.subject = b.did) ORDER BY did`

const AMONG_FOLLOWS = `SELECT DISTINCT did FROM (SELECT subject AS did FROM bsky_follow WHERE did = ? LIMIT ?) f
  WHERE EXISTS (SELECT 1 FROM bsky_follow g WHERE g.did = f.did AND g.subject = ?) ORDER BY did`
