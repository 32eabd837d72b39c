/** What this server tells anybody of repositories. */
import type { AppBskyActorDefs, ComAtprotoSyncListRepos } from '@atproto/api'
import { query } from '../api/call.js'
import { Fault } from '../api/fault.js'
import { claimedHandleOf, type DidDocument, readDidDocument } from './read-did-document.js'

export type ListedRepo = ComAtprotoSyncListRepos.Repo
export type Profile = AppBskyActorDefs.ProfileViewDetailed

/** A repository, as far as this server knows it. */
export interface RepoHead {
  did: string
  /** `handle.invalid` where it has none. */
  handle: string
  /** The handle leads back to the DID. */
  isHandleCorrect: boolean
  document: DidDocument
  /** Null: it is not kept here. `status` is there when it is not active. */
  state: { active: boolean; status?: string; rev?: string } | null
  /** Null where its data is not given out. */
  collections: string[] | null
  profile: Profile | null
}

/** Profiles by DID, of those that have one that is shown. At most 25 at a time. */
export async function profilesOf(dids: string[]): Promise<Map<string, Profile>> {
  if (dids.length === 0) return new Map()
  const { profiles } = await query<{ profiles: Profile[] }>('app.bsky.actor.getProfiles', { actors: dids })
  return new Map(profiles.map((profile) => [profile.did, profile]))
}

/** The handle of somebody, where it is one that leads to them; else null. */
export function handleOf(profile: { handle: string } | null | undefined): string | null {
  return profile && profile.handle !== 'handle.invalid' ? profile.handle : null
}

/** @throws Fault when nobody has the handle */
export async function didOf(actor: string): Promise<string> {
  if (actor.startsWith('did:')) return actor
  return (await query<{ did: string }>('com.atproto.identity.resolveHandle', { handle: actor })).did
}

/** Everything that stands at the head of a repository's page. @throws Fault when there is neither a repository nor a DID */
export async function fetchRepoHead(actor: string): Promise<RepoHead> {
  const did = await didOf(actor)
  const [state, described, identity, profile] = await Promise.all([
    unlessRefused(query<{ active: boolean; status?: string; rev?: string }>('com.atproto.sync.getRepoStatus', { did })),
    unlessRefused(
      query<{ handle: string; handleIsCorrect: boolean; didDoc: unknown; collections: string[] }>(
        'com.atproto.repo.describeRepo',
        { repo: did },
      ),
    ),
    unlessRefused(
      query<{ handle: string; didDoc: unknown }>('com.atproto.identity.resolveIdentity', { identifier: did }),
    ),
    unlessRefused(query<Profile>('app.bsky.actor.getProfile', { actor: did })),
  ])
  if (!state && !identity)
    throw new Fault(404, 'RepoNotFound', `Neither a repository nor an identity is known here by the name of ${actor}`)
  const document = readDidDocument(described?.didDoc ?? identity?.didDoc)
  const claimed = claimedHandleOf(document)
  return {
    did,
    handle: described?.handle ?? claimed ?? 'handle.invalid',
    isHandleCorrect: described?.handleIsCorrect ?? (claimed !== null && identity?.handle === claimed),
    document,
    state,
    collections: described?.collections ?? null,
    profile,
  }
}

/** Whether an address of a host is that of this server. */
export function isThisServer(host: string): boolean {
  return URL.canParse(host) && new URL(host).host === location.host
}

/** What the server says, or null where it refuses. @throws Fault when it cannot be reached, or fails */
async function unlessRefused<Answer>(answer: Promise<Answer>): Promise<Answer | null> {
  try {
    return await answer
  } catch (error) {
    const fault = Fault.of(error)
    if (fault.status >= 400 && fault.status < 500) return null
    throw error
  }
}
