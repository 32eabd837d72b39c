import { Controller, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { AccessGuard } from '../../auth/guards.js'
import { requireFullAccess, Viewer } from '../../auth/viewer.js'
import type { XrpcMethods } from '../../lexicon/types.js'
import { Input, XrpcProcedure, XrpcQuery } from '../../xrpc/xrpc.js'
import { AppPasswords } from './app-passwords.js'
import { CreateAppPassword } from './create-app-password.js'
import { RevokeAppPassword } from './revoke-app-password.js'

type Server<Name extends string> = XrpcMethods[`com.atproto.server.${Name}` & keyof XrpcMethods]

/** App passwords, for the owner of an account in person. */
@Controller()
@UseGuards(AccessGuard)
export class AppPasswordController {
  constructor(
    private readonly commands: CommandBus,
    private readonly appPasswords: AppPasswords,
  ) {}

  @XrpcProcedure('com.atproto.server.createAppPassword')
  createAppPassword(
    @Viewer() viewer: Viewer,
    @Input() { name, privileged = false }: Server<'createAppPassword'>['input'],
  ): Promise<Server<'createAppPassword'>['output']> {
    requireFullAccess(viewer)
    return this.commands.execute(new CreateAppPassword(viewer.did, name, privileged))
  }

  @XrpcQuery('com.atproto.server.listAppPasswords')
  async listAppPasswords(@Viewer() viewer: Viewer): Promise<Server<'listAppPasswords'>['output']> {
    requireFullAccess(viewer)
    return { passwords: await this.appPasswords.list(viewer.did) }
  }

  @XrpcProcedure('com.atproto.server.revokeAppPassword')
  async revokeAppPassword(
    @Viewer() viewer: Viewer,
    @Input() { name }: Server<'revokeAppPassword'>['input'],
  ): Promise<void> {
    requireFullAccess(viewer)
    await this.commands.execute(new RevokeAppPassword(viewer.did, name))
  }
}
