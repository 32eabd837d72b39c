import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import { LIKE, REPOST } from '../../lexicon/collections.js'
import type { AppBskyActorDefsProfileView, AppBskyFeedGetLikesLike } from '../../lexicon/types.js'
import type { ReadContext } from '../context.js'
import { RecordNames } from '../graph/record-names.js'
import type { Hydration } from '../hydrate/hydration.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { didOf } from '../../../projections/at-uri.js'
import { blocks, Relationships } from '../hydrate/relationships.js'
import { fillPage, type Page, type Place, placeOf } from '../page.js'
import { isoTime } from '../views/label-view.js'
import { profileView } from '../views/profile-view.js'

/** Which listing of a subject is wanted. */
interface Listing {
  uri: string
  limit: number
  cursor?: string
}

interface Line {
  did: string
  place: Place
}

/** Who has liked or reposted something, last first. */
@Injectable()
export class Reactions {
  constructor(
    private readonly database: Database,
    private readonly names: RecordNames,
    private readonly relationships: Relationships,
    private readonly hydrator: Hydrator,
  ) {}

  likes(context: ReadContext, listing: Listing): Promise<Page<AppBskyFeedGetLikesLike>> {
    return this.list(context, listing, `${LIKE}:subject.uri`, ({ did, place }, h) => {
      const actor = profileView(did, h)
      const time = isoTime(place.at)
      return actor && { actor, createdAt: time, indexedAt: time }
    })
  }

  reposters(context: ReadContext, listing: Listing): Promise<Page<AppBskyActorDefsProfileView>> {
    return this.list(context, listing, `${REPOST}:subject.uri`, ({ did }, h) => profileView(did, h))
  }

  /** Those with whom the viewer or the owner of the subject has a block are left out. */
  private async list<View>(
    context: ReadContext,
    { uri, limit, cursor }: Listing,
    path: string,
    view: (line: Line, h: Hydration) => View | undefined,
  ): Promise<Page<View>> {
    const after = placeOf(cursor)
    const subject = await this.names.uriOf(uri)
    const owner = subject && didOf(subject)
    if (!owner) return { views: [] }
    return fillPage(
      limit,
      after,
      async ({ at, key }, count) => {
        const rows = await this.database.read.all<{ did: string; sort_at: number; uri: string }>(
          `SELECT did, sort_at, uri FROM bsky_backlink WHERE target = ? AND path = ? AND (sort_at, uri) < (?, ?)
           ORDER BY sort_at DESC, uri DESC LIMIT ?`,
          ...[subject, path, at, key, count],
        )
        return rows.map(({ did, sort_at, uri }): Line => ({ did, place: { at: sort_at, key: uri } }))
      },
      async (lines) => {
        const dids = lines.map(({ did }) => did)
        const h = await this.hydrator.hydrate(context, { dids })
        const blocked = await this.relationships.blockedWith(owner, dids)
        return lines.map((line) =>
          blocked.has(line.did) || blocks(h.relationships.get(line.did)) ? undefined : view(line, h),
        )
      },
    )
  }
}
