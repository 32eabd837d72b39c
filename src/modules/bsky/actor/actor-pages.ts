import { Injectable } from '@nestjs/common'
import type { AppBskyActorDefsProfileView } from '../../lexicon/types.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import type { ReadContext } from '../context.js'
import { Actors } from '../hydrate/actors.js'
import type { Hydration } from '../hydrate/hydration.js'
import { Hydrator } from '../hydrate/hydrator.js'
import { blocks } from '../hydrate/relationships.js'
import { fillPage, type Page, type Place } from '../page.js'
import { profileView } from '../views/profile-view.js'

/** An actor in a listing. */
export interface ActorLine {
  did: string
  place: Place
}

/** Leaves lines out, beyond actors who are not shown to anybody. */
export type ActorRule = (did: string, hydration: Hydration) => boolean

/** Makes pages of actors out of skeletons: hydrates, applies a rule, views, and fills the page up. */
@Injectable()
export class ActorPages {
  constructor(
    private readonly actors: Actors,
    private readonly hydrator: Hydrator,
  ) {}

  /** A page of up to `limit` actors; `read` gives the lines after a place, in order. */
  fill<Line extends ActorLine>(
    context: ReadContext,
    limit: number,
    after: Place,
    read: (after: Place, count: number) => Promise<Line[]>,
    keep: ActorRule = () => true,
  ): Promise<Page<AppBskyActorDefsProfileView>> {
    return fillPage(limit, after, read, (lines) => this.view(context, lines, keep))
  }

  /** The views of lines, undefined for what is left out. */
  async view(
    context: ReadContext,
    lines: readonly { did: string }[],
    keep: ActorRule,
  ): Promise<(AppBskyActorDefsProfileView | undefined)[]> {
    const hydration = await this.hydrator.hydrate(context, { dids: lines.map(({ did }) => did) })
    return lines.map(({ did }) => (keep(did, hydration) ? profileView(did, hydration) : undefined))
  }

  /** Whom a listing is about. @throws XrpcError 400 InvalidRequest for whoever is not here or not shown. */
  async subject(context: ReadContext, actor: string): Promise<AppBskyActorDefsProfileView> {
    const did = await this.actors.didOf(actor)
    const hydration = did && (await this.hydrator.hydrate(context, { dids: [did] }))
    const view = hydration && profileView(did, hydration)
    if (!view) throw invalidRequest(`Actor not found: ${actor}`)
    return view
  }
}

/** No block of any kind between the viewer and the actor. */
export const withoutViewerBlocks: ActorRule = (did, h) => !blocks(h.relationships.get(did))
