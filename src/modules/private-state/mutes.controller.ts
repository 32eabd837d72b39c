import { Controller, UseGuards } from '@nestjs/common'
import { SignedInGuard, ViewerGuard } from '../auth/viewer.guard.js'
import { Viewer } from '../auth/viewer.js'
import { LIST, POST } from '../lexicon/collections.js'
import type { XrpcMethods } from '../lexicon/types.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { Input, XrpcProcedure } from '../xrpc/xrpc.js'
import { Mutes, type MuteScope } from './mutes.js'
import { Subjects } from './subjects.js'

type In<Name extends string> = XrpcMethods[`app.bsky.graph.${Name}` & keyof XrpcMethods]['input']

/** The mutes of app.bsky.graph. Muting twice and unmuting what is not muted are both fine. */
@Controller()
@UseGuards(ViewerGuard, SignedInGuard)
export class MutesController {
  constructor(
    private readonly mutes: Mutes,
    private readonly subjects: Subjects,
  ) {}

  @XrpcProcedure('app.bsky.graph.muteActor')
  async muteActor(@Viewer() { did }: Viewer, @Input() input: In<'muteActor'>): Promise<void> {
    const subject = await this.subjects.actor(input.actor)
    if (subject === did) throw invalidRequest('Cannot mute oneself')
    const scope: MuteScope[] = []
    if (input.onlyReposts) scope.push('reposts')
    if (input.onlyQuoteposts) scope.push('quoteposts')
    await this.mutes.muteActor(did, subject, { scope: scope.length > 0 ? scope : null })
  }

  @XrpcProcedure('app.bsky.graph.unmuteActor')
  async unmuteActor(@Viewer() { did }: Viewer, @Input() { actor }: In<'unmuteActor'>): Promise<void> {
    await this.mutes.unmuteActor(did, await this.subjects.actor(actor))
  }

  @XrpcProcedure('app.bsky.graph.muteActorList')
  async muteActorList(@Viewer() { did }: Viewer, @Input() { list }: In<'muteActorList'>): Promise<void> {
    await this.mutes.muteList(did, await this.subjects.record(list, LIST))
  }

  @XrpcProcedure('app.bsky.graph.unmuteActorList')
  async unmuteActorList(@Viewer() { did }: Viewer, @Input() { list }: In<'unmuteActorList'>): Promise<void> {
    await this.mutes.unmuteList(did, await this.subjects.record(list, LIST))
  }

  @XrpcProcedure('app.bsky.graph.muteThread')
  async muteThread(@Viewer() { did }: Viewer, @Input() { root }: In<'muteThread'>): Promise<void> {
    await this.mutes.muteThread(did, await this.subjects.record(root, POST))
  }

  @XrpcProcedure('app.bsky.graph.unmuteThread')
  async unmuteThread(@Viewer() { did }: Viewer, @Input() { root }: In<'unmuteThread'>): Promise<void> {
    await this.mutes.unmuteThread(did, await this.subjects.record(root, POST))
  }
}
