import { isDatetime, isDid, splitAtUri } from '../../repo-engine/index.js'
import type {
  AppBskyActorDefsProfileViewDetailed,
  AppBskyGraphVerification,
  ComAtprotoRepoGetRecordOutput,
} from '../lexicon/types.js'
import { invalidRequest, XrpcError } from '../xrpc/xrpc-error.js'
import { type Call, type Composite, isJson, text } from './adapter.js'
import { userView } from './views-2022.js'

const PROFILE = { collection: 'app.bsky.actor.profile', rkey: 'self' }

/** Each turn that is lost is an update by somebody else that went through. */
const MAX_TURNS = 100
/** Profiles that can be asked for at once. */
const MAX_PROFILES = 25

/**
 * Changes what is given of `displayName` and `description`, and nothing else of the profile record, whoever else is
 * changing it at the same time. `pinnedBadges` is understood, and without effect: nobody pins verifications.
 */
const updateProfile: Composite = {
  nsid: 'app.bsky.updateProfile',
  method: 'POST',
  today: ['com.atproto.server.getSession', 'com.atproto.repo.getRecord', 'com.atproto.repo.putRecord'],
  async answer({ body, authorization }, call) {
    const { did } = await call('com.atproto.server.getSession', { authorization })
    if (!isJson(body)) throw invalidRequest('Input must be an object')
    const changes = Object.entries(body).filter(([name]) => name === 'displayName' || name === 'description')
    for (let turn = 1; ; turn++) {
      const held = await heldProfile(did, call)
      const record = { $type: PROFILE.collection, ...held?.value, ...Object.fromEntries(changes) }
      const put = { repo: did, ...PROFILE, record, swapRecord: held?.cid ?? null }
      try {
        const { uri, cid } = await call('com.atproto.repo.putRecord', { authorization, body: put })
        return { uri, cid, record }
      } catch (error) {
        if (!isError(error, 'InvalidSwap') || turn === MAX_TURNS) throw error
      }
    }
  },
}

/**
 * A badge is what the author of a record has verified; `uri` may be that of any record by the author. Its members are
 * those whom a verification still fits: it was offered when it was made, and needs no acceptance but that the subject
 * goes by that handle and name. As with offers, who was verified twice is there twice. A page may be short.
 */
const getBadgeMembers: Composite = {
  nsid: 'app.bsky.getBadgeMembers',
  method: 'GET',
  today: ['com.atproto.repo.listRecords', 'app.bsky.actor.getProfiles'],
  async answer({ query }, call) {
    const uri = text(query, 'uri') ?? ''
    const [limit, before] = [text(query, 'limit'), text(query, 'before', 'cursor')]
    const { cursor, records } = await call('com.atproto.repo.listRecords', {
      query: {
        repo: splitAtUri(uri).authority,
        collection: 'app.bsky.graph.verification',
        ...(limit !== undefined && { limit }),
        ...(before !== undefined && { cursor: before }),
      },
    })
    const verifications = records.flatMap(({ value }) => (isVerification(value) ? value : []))
    const profiles = await profilesOf([...new Set(verifications.map(({ subject }) => subject))], call)
    const members = verifications.flatMap(({ subject, handle, displayName, createdAt }) => {
      const profile = profiles.get(subject)
      if (profile?.handle !== handle || (profile.displayName ?? '') !== displayName) return []
      return { ...userView(profile), offeredAt: createdAt, acceptedAt: createdAt }
    })
    return { uri, cid: text(query, 'cid'), cursor, members }
  },
}

/** The calls of October 2022 that take several methods of today. */
export const COMPOSITES: readonly Composite[] = [updateProfile, getBadgeMembers]

async function heldProfile(did: string, call: Call): Promise<ComAtprotoRepoGetRecordOutput | undefined> {
  try {
    return await call('com.atproto.repo.getRecord', { query: { repo: did, ...PROFILE } })
  } catch (error) {
    if (isError(error, 'RecordNotFound')) return undefined
    throw error
  }
}

async function profilesOf(
  dids: readonly string[],
  call: Call,
): Promise<Map<string, AppBskyActorDefsProfileViewDetailed>> {
  const profiles = new Map<string, AppBskyActorDefsProfileViewDetailed>()
  for (let at = 0; at < dids.length; at += MAX_PROFILES) {
    const actors = dids.slice(at, at + MAX_PROFILES)
    const answer = await call('app.bsky.actor.getProfiles', { query: { actors } })
    for (const profile of answer.profiles) profiles.set(profile.did, profile)
  }
  return profiles
}

/** What is needed of a verification. Records that break their lexicon are like none. */
function isVerification(value: object): value is AppBskyGraphVerification {
  const { subject, createdAt } = value as Partial<AppBskyGraphVerification>
  return isDid(subject) && isDatetime(createdAt)
}

function isError(error: unknown, name: string): boolean {
  return error instanceof XrpcError && error.error === name
}
