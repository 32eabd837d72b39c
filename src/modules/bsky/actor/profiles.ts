import { Injectable } from '@nestjs/common'
import type { AppBskyActorDefsProfileViewDetailed } from '../../lexicon/types.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { Database } from '../../database/database.js'
import { readIn } from '../../database/in-list.js'
import type { ReadContext } from '../context.js'
import { Actors } from '../hydrate/actors.js'
import type { Hydration } from '../hydrate/hydration.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { isShown, profileViewDetailed } from '../views/profile-view.js'

/** How many of the known followers are shown with a profile. */
const KNOWN_SHOWN = 5

/** Profiles in full. */
@Injectable()
export class Profiles {
  constructor(
    private readonly database: Database,
    private readonly actors: Actors,
    private readonly hydrator: Hydrator,
  ) {}

  /**
   * The profile of a handle or DID.
   * @throws XrpcError 400 InvalidRequest when there is none, AccountTakedown, AccountDeactivated.
   */
  async one(context: ReadContext, actor: string): Promise<AppBskyActorDefsProfileViewDetailed> {
    const did = await this.actors.didOf(actor)
    if (did === null) throw invalidRequest('Profile not found')
    const hydration = await this.hydrate(context, [did])
    const found = hydration.actors.get(did)
    if (!found || found.status === 'deleted') throw invalidRequest('Profile not found')
    if (!isShown(did, hydration)) {
      if (found.status === 'deactivated') throw invalidRequest('Account is deactivated', 'AccountDeactivated')
      throw invalidRequest('Account has been suspended', 'AccountTakedown')
    }
    return profileViewDetailed(did, hydration)!
  }

  /** The profiles of those of the actors who are shown, in their order. */
  async many(context: ReadContext, actors: readonly string[]): Promise<AppBskyActorDefsProfileViewDetailed[]> {
    const dids: string[] = []
    for (const actor of actors) {
      const did = await this.actors.didOf(actor)
      if (did) dids.push(did)
    }
    const hydration = await this.hydrate(context, dids)
    return dids.flatMap((did) => profileViewDetailed(did, hydration) ?? [])
  }

  private async hydrate(context: ReadContext, dids: readonly string[]): Promise<Hydration> {
    const hydration = this.hydrator.begin(context)
    await this.addCounts(hydration, dids)
    const known = context.viewer === null ? [] : await this.addKnownFollowers(hydration, context.viewer, dids)
    await this.hydrator.add(hydration, { dids: [...dids, ...known] })
    const joined = dids.flatMap((did) => hydration.actors.get(did)?.profile?.value.joinedViaStarterPack?.uri ?? [])
    if (joined.length > 0) await this.hydrator.add(hydration, { starterPacks: joined })
    return hydration
  }

  private async addCounts({ counts }: Hydration, dids: readonly string[]): Promise<void> {
    const rows = await readIn<{
      did: string
      followers: number
      follows: number
      posts: number
      lists: number
      generators: number
      starter_packs: number
    }>(this.database.read, (marks) => `SELECT * FROM bsky_actor_stat WHERE did IN (${marks})`, dids)
    for (const { did, starter_packs, ...row } of rows) counts.set(did, { ...row, starterPacks: starter_packs })
  }

  /** Adds whom of those that the viewer follows follow each of the actors; gives those who are shown. */
  private async addKnownFollowers(h: Hydration, viewer: string, dids: readonly string[]): Promise<string[]> {
    const shown: string[] = []
    for (const did of dids) {
      if (did === viewer) continue
      const rows = await this.database.read.all<{ did: string }>(KNOWN_FOLLOWERS, viewer, did)
      if (rows.length === 0) continue
      const known = rows.map((row) => row.did)
      h.knownFollowers.set(did, { count: known.length, dids: known.slice(0, KNOWN_SHOWN) })
      shown.push(...known.slice(0, KNOWN_SHOWN))
    }
    return shown
  }
}

const KNOWN_FOLLOWERS = `SELECT DISTINCT f.subject AS did FROM bsky_follow f WHERE f.did = ?
  AND EXISTS (SELECT 1 FROM bsky_follow g WHERE g.did = f.subject AND g.subject = ?)`
