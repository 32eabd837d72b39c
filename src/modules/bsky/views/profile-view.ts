/** Actors as others see them: app.bsky.actor.defs. */
import type {
  AppBskyActorDefsProfileAssociated,
  AppBskyActorDefsProfileView,
  AppBskyActorDefsProfileViewBasic,
  AppBskyActorDefsProfileViewDetailed,
  AppBskyActorDefsStatusView,
  AppBskyActorDefsVerificationState,
  AppBskyActorDefsViewerState,
} from '../../lexicon/types.js'
import { shared } from '../../xrpc/json.js'
import type { Actor } from '../hydrate/actors.js'
import type { Hydration } from '../hydrate/hydration.js'
import { blocks, mutes } from '../hydrate/relationships.js'
import { externalView } from './embed-view.js'
import { hides, isoTime, labelsView } from './label-view.js'
import { listViewBasic, starterPackViewBasic } from './thing-view.js'

/** Whether an actor is to be shown at all: known here, active, not taken down (or the operator looks). */
export function isShown(did: string, h: Hydration): boolean {
  const actor = h.actors.get(did)
  if (!actor) return false
  return h.context.admin || (actor.status === null && !actor.takenDown && !hides(actor.labels, h))
}

/** app.bsky.actor.defs#profileViewBasic; undefined for whoever is not shown. */
export function profileViewBasic(did: string, h: Hydration): AppBskyActorDefsProfileViewBasic | undefined {
  const { authors } = h.made
  if (!authors.has(did)) authors.set(did, makeBasic(did, h))
  return authors.get(did)
}

function makeBasic(did: string, h: Hydration): AppBskyActorDefsProfileViewBasic | undefined {
  const actor = h.actors.get(did)
  if (!actor || !isShown(did, h)) return undefined
  const profile = actor.profile?.value
  return shared({
    did,
    handle: actor.handle,
    ...(profile?.displayName !== undefined && { displayName: profile.displayName }),
    ...(profile?.pronouns !== undefined && { pronouns: profile.pronouns }),
    ...(profile?.avatar && { avatar: h.urls.image('avatar', did, profile.avatar) }),
    ...associated(actor),
    viewer: viewerState(did, h),
    labels: labelsView(actor.labels, h, actor.profile, did),
    ...(actor.profile && { createdAt: isoTime(actor.profile.sortAt) }),
    ...verificationOf(actor, h),
    ...statusOf(actor, h),
  })
}

/** app.bsky.actor.defs#profileView; undefined for whoever is not shown. */
export function profileView(did: string, h: Hydration): AppBskyActorDefsProfileView | undefined {
  const basic = profileViewBasic(did, h)
  if (!basic) return undefined
  const { profile } = h.actors.get(did)!
  return {
    ...basic,
    ...(profile?.value.description !== undefined && { description: profile.value.description }),
    ...(profile && { indexedAt: isoTime(profile.indexedAt) }),
  } as AppBskyActorDefsProfileView
}

/** app.bsky.actor.defs#profileViewDetailed: needs `counts` of the actor in the hydration. */
export function profileViewDetailed(did: string, h: Hydration): AppBskyActorDefsProfileViewDetailed | undefined {
  const view = profileView(did, h)
  if (!view) return undefined
  const actor = h.actors.get(did)!
  const profile = actor.profile?.value
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

/** How the viewer stands to an actor; undefined when nobody is looking. */
export function viewerState(did: string, h: Hydration): AppBskyActorDefsViewerState | undefined {
  const { viewer } = h.context
  if (viewer === null) return undefined
  const relationship = h.relationships.get(did)
  // Blocks go both ways and end everything; to oneself there is neither block nor mute.
  if (!relationship) return { muted: false, blockedBy: false }
  const { blocking, blockedBy, blockingByList, blockedByList, following, followedBy, mutedByList, mutedOnly } =
    relationship
  const blocked = blocks(relationship)
  const muting = mutedByList && listViewBasic(mutedByList, h)
  const blockingBy = blockingByList && listViewBasic(blockingByList, h)
  return {
    muted: mutes(relationship),
    ...(mutedOnly.includes('reposts') && { mutedOnlyReposts: true }),
    ...(mutedOnly.includes('quoteposts') && { mutedOnlyQuoteposts: true }),
    ...(muting && { mutedByList: muting }),
    blockedBy: (blockedBy ?? blockedByList) !== null,
    ...((blocking ?? blockingByList) !== null && {
      blocking: blocking ?? h.listBlocks.get(blockingByList!) ?? blockingByList!,
    }),
    ...(blockingBy && { blockingByList: blockingBy }),
    ...(!blocked && following !== null && { following }),
    ...(!blocked && followedBy !== null && { followedBy }),
    ...(relationship.subscription && { activitySubscription: relationship.subscription }),
  }
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

function associated({ declarations, isLabeler }: Actor): { associated?: AppBskyActorDefsProfileAssociated } {
  const chat = declarations.get('chat.bsky.actor.declaration')
  const notified = declarations.get('app.bsky.notification.declaration')
  const germ = declarations.get('com.germnetwork.declaration')?.messageMe as
    { messageMeUrl?: string; showButtonTo?: string } | undefined
  const found: AppBskyActorDefsProfileAssociated = {
    ...(isLabeler && { labeler: true }),
    ...(typeof chat?.allowIncoming === 'string' && {
      chat: {
        allowIncoming: chat.allowIncoming,
        ...(typeof chat.allowGroupInvites === 'string' && { allowGroupInvites: chat.allowGroupInvites }),
      },
    }),
    activitySubscription: { allowSubscriptions: (notified?.allowSubscriptions as string | undefined) ?? 'followers' },
    ...(germ?.messageMeUrl !== undefined && {
      germ: { messageMeUrl: germ.messageMeUrl, showButtonTo: germ.showButtonTo ?? 'usersIFollow' },
    }),
  }
  return { associated: found }
}

/** A verification holds for as long as handle and display name are those that it was made for. */
function verificationOf(actor: Actor, h: Hydration): { verification?: AppBskyActorDefsVerificationState } {
  const { verifiers } = h.trust
  const isVerifier = verifiers.has(actor.did)
  const trusted = actor.verifications.filter(({ issuer }) => verifiers.has(issuer))
  if (trusted.length === 0 && !isVerifier) return {}
  const name = actor.profile?.value.displayName ?? ''
  const verifications = trusted.map(({ uri, issuer, handle, displayName, createdAt }) => ({
    issuer,
    uri,
    isValid: handle === actor.handle && displayName === name,
    createdAt: isoTime(createdAt),
  }))
  const valid = verifications.some(({ isValid }) => isValid)
  return {
    verification: {
      verifications,
      verifiedStatus: valid ? 'valid' : verifications.length > 0 ? 'invalid' : 'none',
      trustedVerifierStatus: isVerifier ? 'valid' : 'none',
    },
  }
}

const MINUTE_MS = 60_000

function statusOf({ live, did }: Actor, h: Hydration): { status?: AppBskyActorDefsStatusView } {
  if (!live) return {}
  const { value, sortAt } = live
  const expiresAt = value.durationMinutes === undefined ? undefined : sortAt + value.durationMinutes * MINUTE_MS
  const embed = value.embed?.$type === 'app.bsky.embed.external' ? externalView(value.embed, did, h) : undefined
  return {
    status: {
      uri: live.uri,
      cid: live.cid,
      status: value.status,
      record: value as unknown as Record<string, unknown>,
      ...(embed && { embed }),
      ...(expiresAt !== undefined && { expiresAt: isoTime(expiresAt) }),
      isActive: expiresAt === undefined || expiresAt > h.trust.now,
    },
  }
}
