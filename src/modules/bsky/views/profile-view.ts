/** Actors as others see them: app.bsky.actor.defs. */
import { CHAT_DECLARATION, GERM_DECLARATION, NOTIFICATION_DECLARATION } from '../../lexicon/collections.js'
import type {
  AppBskyActorDefsProfileAssociated,
  AppBskyActorDefsProfileView,
  AppBskyActorDefsProfileViewBasic,
  AppBskyActorDefsStatusView,
  AppBskyActorDefsVerificationState,
  AppBskyActorDefsViewerState,
} from '../../lexicon/types.js'
import { Fields, shared } from '../../xrpc/json.js'
import type { Actor } from '../hydrate/actors.js'
import type { Hydration } from '../hydrate/hydration.js'
import { blocks, mutes } from '../hydrate/relationships.js'
import { isoTime, labelsView } from './label-view.js'
import { listViewBasic } from './list-view.js'
import { externalView } from './media-view.js'
import { isShown, shownProfile } from './shown.js'

/** app.bsky.actor.defs#profileViewBasic; undefined for whoever is not shown. */
export function profileViewBasic(did: string, h: Hydration): AppBskyActorDefsProfileViewBasic | undefined {
  const { authors } = h.made
  if (!authors.has(did)) authors.set(did, keptBasic(did, h))
  return authors.get(did)
}

/**
 * Most views of actors follow from what is known of the actor and of its standing with the viewer alone. For as long as
 * both are the same, so is the view: the same authors stand on every page of a timeline.
 */
function keptBasic(did: string, h: Hydration): AppBskyActorDefsProfileViewBasic | undefined {
  const actor = h.actors.get(did)
  if (!actor || !isShown(did, h)) return undefined
  const standing = h.relationships.get(did)
  const isPlain =
    standing?.mutedByList === null &&
    standing.blockingByList === null &&
    actor.live === null &&
    actor.labels.length + actor.verifications.length === 0
  if (!isPlain) return shared(makeBasic(actor, h))
  const kept = h.authors.get(did)
  if (kept?.actor === actor && kept.standing === standing) return kept.view
  const view = makeBasic(actor, h)
  shared(view, new Fields(view))
  h.authors.set(did, { actor, standing, view })
  return view
}

function makeBasic(actor: Actor, h: Hydration): AppBskyActorDefsProfileViewBasic {
  const { did } = actor
  const record = shownProfile(actor, h)
  const profile = record?.value
  return {
    did,
    handle: actor.handle,
    ...(profile?.displayName !== undefined && { displayName: profile.displayName }),
    ...(profile?.pronouns !== undefined && { pronouns: profile.pronouns }),
    ...(profile?.avatar && { avatar: h.urls.image('avatar', did, profile.avatar) }),
    ...associated(actor),
    viewer: viewerState(did, h),
    labels: labelsView(actor.labels, h, record, did),
    ...(record && { createdAt: isoTime(record.sortAt) }),
    ...verificationOf(actor, h),
    ...statusOf(actor, h),
  }
}

/** app.bsky.actor.defs#profileView; undefined for whoever is not shown. */
export function profileView(did: string, h: Hydration): AppBskyActorDefsProfileView | undefined {
  const basic = profileViewBasic(did, h)
  if (!basic) return undefined
  const profile = shownProfile(h.actors.get(did)!, h)
  return {
    ...basic,
    ...(profile?.value.description !== undefined && { description: profile.value.description }),
    ...(profile && { indexedAt: isoTime(profile.indexedAt) }),
  } as AppBskyActorDefsProfileView
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

function associated({ declarations, isLabeler }: Actor): { associated?: AppBskyActorDefsProfileAssociated } {
  const chat = declarations.get(CHAT_DECLARATION)
  const notified = declarations.get(NOTIFICATION_DECLARATION)
  const germ = declarations.get(GERM_DECLARATION)?.messageMe as
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
  const name = shownProfile(actor, h)?.value.displayName ?? ''
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
