import type { AppBskyActorDefsProfileViewDetailed, AppBskyActorDefsViewerState } from '../../lexicon/types.js'
import type { Hydration } from '../hydrate/hydration.js'
import { blocks } from '../hydrate/relationships.js'
import { profileView, profileViewBasic } from './profile-view.js'
import { shownProfile } from './shown.js'
import { starterPackViewBasic } from './thing-view.js'

/** app.bsky.actor.defs#profileViewDetailed: needs `counts` of the actor in the hydration. */
export function profileViewDetailed(did: string, h: Hydration): AppBskyActorDefsProfileViewDetailed | undefined {
  const view = profileView(did, h)
  if (!view) return undefined
  const actor = h.actors.get(did)!
  const profile = shownProfile(actor, h)?.value
  const counts = h.counts.get(did)
  const joined = profile?.joinedViaStarterPack && starterPackViewBasic(profile.joinedViaStarterPack.uri, h)
  return {
    ...view,
    ...(view.viewer && { viewer: { ...view.viewer, ...knownFollowers(did, h) } }),
    ...(profile?.website !== undefined && { website: profile.website }),
    ...(profile?.banner && { banner: h.urls.image('banner', did, profile.banner) }),
    followersCount: counts?.followers ?? 0,
    followsCount: counts?.follows ?? 0,
    postsCount: counts?.posts ?? 0,
    associated: {
      ...view.associated,
      lists: counts?.lists ?? 0,
      feedgens: counts?.generators ?? 0,
      starterPacks: counts?.starterPacks ?? 0,
      labeler: actor.isLabeler,
    },
    ...(joined && { joinedViaStarterPack: joined }),
    ...(profile?.pinnedPost && { pinnedPost: profile.pinnedPost }),
  } as AppBskyActorDefsProfileViewDetailed
}

/** Those whom the viewer follows and who follow an actor, as far as they are shown. */
function knownFollowers(did: string, h: Hydration): Pick<AppBskyActorDefsViewerState, 'knownFollowers'> {
  const known = h.knownFollowers.get(did)
  if (!known || blocks(h.relationships.get(did))) return {}
  const followers = known.dids
    .filter((follower) => !blocks(h.relationships.get(follower)))
    .flatMap((follower) => profileViewBasic(follower, h) ?? [])
  return { knownFollowers: { count: known.count, followers } }
}
