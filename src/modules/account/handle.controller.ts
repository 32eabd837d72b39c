import { Controller, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { AccessGuard } from '../auth/guards.js'
import { requireFullAccess, Viewer } from '../auth/viewer.js'
import type { XrpcMethods } from '../lexicon/types.js'
import { Input, XrpcProcedure } from '../xrpc/xrpc.js'
import { UpdateHandle } from './update-handle.js'

/** What the owner of an account may change of its identity: com.atproto.identity. */
@Controller()
export class HandleController {
  constructor(private readonly commands: CommandBus) {}

  @XrpcProcedure('com.atproto.identity.updateHandle')
  @UseGuards(AccessGuard)
  async updateHandle(
    @Viewer() viewer: Viewer,
    @Input() { handle }: XrpcMethods['com.atproto.identity.updateHandle']['input'],
  ): Promise<void> {
    requireFullAccess(viewer)
    await this.commands.execute(new UpdateHandle(viewer.did, handle))
  }
}
