import { Injectable } from '@nestjs/common'
import type { AppBskyActorDefsProfileViewDetailed } from '../../lexicon/types.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { Database } from '../../database/database.js'
import { readIn } from '../../database/in-list.js'
import type { ReadContext } from '../context.js'
import { Actors } from '../hydrate/actors.js'
import type { ActorCounts, Hydration } from '../hydrate/hydration.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { profileViewDetailed } from '../views/detailed-profile-view.js'
import { isShown } from '../views/shown.js'
import { KnownFollowersOf } from './known-followers.js'

/** Profiles in full. */
@Injectable()
export class Profiles {
  constructor(
    private readonly database: Database,
    private readonly actors: Actors,
    private readonly hydrator: Hydrator,
    private readonly knownFollowers: KnownFollowersOf,
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
    const { viewer } = context
    const hydration = this.hydrator.begin(context)
    const { actors, counts, knownFollowers } = hydration
    await this.addCounts(counts, viewer === null ? dids : [...dids, viewer])
    const shown = [...dids]
    for (const did of viewer === null ? [] : dids) {
      if (did === viewer) continue
      const follows = counts.get(viewer!)?.follows ?? 0
      const known = await this.knownFollowers.read(did, counts.get(did)?.followers ?? 0, viewer!, follows)
      if (known.count > 0) knownFollowers.set(did, known)
      shown.push(...known.dids)
    }
    await this.hydrator.add(hydration, { dids: shown })
    const joined = dids.flatMap((did) => actors.get(did)?.profile?.value.joinedViaStarterPack?.uri ?? [])
    if (joined.length > 0) await this.hydrator.add(hydration, { starterPacks: joined })
    return hydration
  }

  private async addCounts(counts: Hydration['counts'], dids: readonly string[]): Promise<void> {
    const rows = await readIn<Omit<ActorCounts, 'starterPacks'> & { did: string; starter_packs: number }>(
      this.database.read,
      (marks) => `SELECT * FROM bsky_actor_stat WHERE did IN (${marks})`,
      dids,
    )
    for (const { did, starter_packs, ...row } of rows) counts.set(did, { ...row, starterPacks: starter_packs })
  }
}
