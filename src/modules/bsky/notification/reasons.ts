import type { AppBskyNotificationDefsPreferences } from '../../lexicon/types.js'

/** Why somebody is told of something, and under which preference that falls. */
const PREFERENCE_OF = {
  like: 'like',
  repost: 'repost',
  follow: 'follow',
  mention: 'mention',
  reply: 'reply',
  quote: 'quote',
  'starterpack-joined': 'starterpackJoined',
  verified: 'verified',
  unverified: 'unverified',
  'like-via-repost': 'likeViaRepost',
  'repost-via-repost': 'repostViaRepost',
  'subscribed-post': 'subscribedPost',
} as const satisfies Record<string, keyof AppBskyNotificationDefsPreferences>

export type Reason = keyof typeof PREFERENCE_OF
const REASONS = Object.keys(PREFERENCE_OF) as Reason[]
export const REASON_COUNT = REASONS.length

/** Which notifications a viewer wants to see. */
export interface WantedReasons {
  reasons: readonly Reason[]
  /** Those of them that count from accounts alone whom the viewer follows. */
  fromFollows: readonly Reason[]
}

/**
 * What is left of the preferences when a client asks for some reasons (undefined: for all), or for those notifications
 * alone that come from whom the viewer follows (`priority`).
 */
export function wantedReasons(
  preferences: AppBskyNotificationDefsPreferences,
  priority: boolean,
  asked?: readonly string[],
): WantedReasons {
  const reasons = REASONS.filter(
    (reason) => preferences[PREFERENCE_OF[reason]].list && (asked?.includes(reason) ?? true),
  )
  const fromFollows = reasons.filter((reason) => {
    const preference = preferences[PREFERENCE_OF[reason]]
    return priority || ('include' in preference && preference.include === 'follows')
  })
  return { reasons, fromFollows }
}
