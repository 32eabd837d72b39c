/** Of whom an account is told. */
import { NOTIFICATION_DECLARATION } from '../../lexicon/collections.js'
import type { ComAtprotoLabelDefsLabel } from '../../lexicon/types.js'
import type { Hydration } from '../hydrate/hydration.js'
import { blocks, mutes } from '../hydrate/relationships.js'
import { awaitsReview } from '../views/label-view.js'
import { isShown } from '../views/shown.js'
import type { Reason } from './reasons.js'

/** Whether the viewer is told of what an actor does at all: shown, not muted, no block between the two. */
export function isHeeded(author: string, h: Hydration): boolean {
  const relationship = h.relationships.get(author)
  return isShown(author, h) && !blocks(relationship) && !mutes(relationship)
}

/** Who keeps to it may be told of an actor's posts: `allowSubscriptions` of its declaration, followers unless told. */
export function maySubscribe(author: string, h: Hydration): boolean {
  const allowed = h.actors.get(author)?.declarations.get(NOTIFICATION_DECLARATION)?.allowSubscriptions ?? 'followers'
  const relationship = h.relationships.get(author)
  if (!relationship?.following) return false
  return allowed === 'followers' || (allowed === 'mutuals' && relationship.followedBy !== null)
}

const REVIEWED: readonly Reason[] = ['reply', 'quote', 'mention', 'like', 'follow']

/** Whether a trusted labeler has yet to look at the record (labels `on` it, in the version `cid`) or at its author, whom the viewer does not follow. */
export function isWaitingForReview(
  reason: Reason,
  author: string,
  on: readonly ComAtprotoLabelDefsLabel[],
  cid: string,
  h: Hydration,
): boolean {
  if (!REVIEWED.includes(reason) || h.relationships.get(author)?.following) return false
  return awaitsReview(on, h, { cid }) || awaitsReview(h.actors.get(author)?.labels ?? [], h, null)
}
