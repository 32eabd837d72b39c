import { Controller, Ip, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { AccessGuard } from '../../auth/guards.js'
import { requireFullAccess, Viewer } from '../../auth/viewer.js'
import { ReservedKeys } from '../../identity/reserved-keys.js'
import type { XrpcMethods } from '../../lexicon/types.js'
import { Input, XrpcProcedure, XrpcQuery } from '../../xrpc/xrpc.js'
import { type AccountState, AccountStatus } from './account-status.js'
import { ActivateAccount } from './activate-account.js'
import { DeactivateAccount } from './deactivate-account.js'

type Server<Name extends string> = XrpcMethods[`com.atproto.server.${Name}` & keyof XrpcMethods]

/** How accounts come, rest and go: the part of com.atproto.server that is about that. */
@Controller()
export class LifeController {
  constructor(
    private readonly commands: CommandBus,
    private readonly status: AccountStatus,
    private readonly reserved: ReservedKeys,
  ) {}

  @XrpcProcedure('com.atproto.server.activateAccount')
  @UseGuards(AccessGuard)
  async activateAccount(@Viewer() viewer: Viewer): Promise<void> {
    requireFullAccess(viewer)
    await this.commands.execute(new ActivateAccount(viewer.did))
  }

  @XrpcProcedure('com.atproto.server.deactivateAccount')
  @UseGuards(AccessGuard)
  async deactivateAccount(
    @Viewer() viewer: Viewer,
    @Input() { deleteAfter }: Server<'deactivateAccount'>['input'],
  ): Promise<void> {
    requireFullAccess(viewer)
    await this.commands.execute(new DeactivateAccount(viewer.did, viewer.sessionId, deleteAfter ?? null))
  }

  @XrpcQuery('com.atproto.server.checkAccountStatus')
  @UseGuards(AccessGuard)
  checkAccountStatus(@Viewer() viewer: Viewer): Promise<AccountState> {
    requireFullAccess(viewer)
    return this.status.of(viewer.did)
  }

  /** Asked by whoever is about to move in, before there is an account. */
  @XrpcProcedure('com.atproto.server.reserveSigningKey')
  async reserveSigningKey(
    @Input() { did }: Server<'reserveSigningKey'>['input'],
    @Ip() address: string,
  ): Promise<Server<'reserveSigningKey'>['output']> {
    return { signingKey: await this.reserved.reserve(did ?? null, address) }
  }
}
