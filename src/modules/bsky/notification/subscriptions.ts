import { Injectable } from '@nestjs/common'
import type { AppBskyActorDefsProfileView } from '../../lexicon/types.js'
import { ActivitySubscriptions } from '../../private-state/activity-subscriptions.js'
import type { SignedInContext } from '../context.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { blocks } from '../hydrate/relationships.js'
import { fillPage, type Page, placeOf } from '../page.js'
import { profileView } from '../views/profile-view.js'

/** To whose activity an account has subscribed. */
@Injectable()
export class Subscriptions {
  constructor(
    private readonly subscriptions: ActivitySubscriptions,
    private readonly hydrator: Hydrator,
  ) {}

  /** Newest first. @throws XrpcError 400 for a malformed cursor. */
  list(context: SignedInContext, limit: number, cursor?: string): Promise<Page<AppBskyActorDefsProfileView>> {
    return fillPage(
      limit,
      placeOf(cursor),
      (after, count) => this.subscriptions.list(context.viewer, after, count),
      async (lines) => {
        const dids = lines.map(({ place }) => place.key)
        const hydration = await this.hydrator.hydrate(context, { dids })
        return dids.map((did) => (blocks(hydration.relationships.get(did)) ? undefined : profileView(did, hydration)))
      },
    )
  }
}
