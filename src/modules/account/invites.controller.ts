import { Controller, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import type { Did } from '../../repo-engine/index.js'
import { AccessGuard, AdminGuard } from '../auth/guards.js'
import { ModeratorGuard } from '../auth/moderator.guard.js'
import { Actor, requireFullAccess, Viewer } from '../auth/viewer.js'
import type { XrpcMethods } from '../lexicon/types.js'
import { Input, Params, XrpcProcedure, XrpcQuery } from '../xrpc/xrpc.js'
import { ClaimInviteCodes } from './claim-invite-codes.js'
import { CreateInviteCodes } from './create-invite-codes.js'
import { DisableInviteCodes } from './disable-invite-codes.js'
import { InviteQueries, type InviteCodeView } from './invite-queries.js'
import { SetAccountInvites } from './set-account-invites.js'

type Server<Name extends string> = XrpcMethods[`com.atproto.server.${Name}` & keyof XrpcMethods]
type Admin<Name extends string> = XrpcMethods[`com.atproto.admin.${Name}` & keyof XrpcMethods]

/** The codes that an account may give to its friends. */
@Controller()
@UseGuards(AccessGuard)
export class InvitesController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: InviteQueries,
  ) {}

  @XrpcQuery('com.atproto.server.getAccountInviteCodes')
  async getAccountInviteCodes(
    @Viewer() viewer: Viewer,
    @Params() { includeUsed, createAvailable }: Server<'getAccountInviteCodes'>['params'],
  ): Promise<Server<'getAccountInviteCodes'>['output']> {
    requireFullAccess(viewer)
    if (createAvailable) await this.commands.execute(new ClaimInviteCodes(viewer.did))
    const codes = await this.queries.ofAccounts([viewer.did])
    const shown = codes.filter(({ disabled, used, available }) => !disabled && (includeUsed || used < available))
    return { codes: shown.map(viewOf) }
  }
}

/** All codes: the operator makes them, moderators too take them back. */
@Controller()
export class InviteAdminController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: InviteQueries,
  ) {}

  @XrpcProcedure('com.atproto.server.createInviteCode')
  @UseGuards(AdminGuard)
  async createInviteCode(
    @Input() { useCount, forAccount }: Server<'createInviteCode'>['input'],
    @Actor() actor: string,
  ): Promise<Server<'createInviteCode'>['output']> {
    const accounts = forAccount === undefined ? [] : [forAccount as Did]
    const [made] = await this.commands.execute(new CreateInviteCodes(actor, 1, useCount, accounts))
    return { code: made!.codes[0]! }
  }

  @XrpcProcedure('com.atproto.server.createInviteCodes')
  @UseGuards(AdminGuard)
  async createInviteCodes(
    @Input() { codeCount, useCount, forAccounts }: Server<'createInviteCodes'>['input'],
    @Actor() actor: string,
  ): Promise<Server<'createInviteCodes'>['output']> {
    return {
      codes: await this.commands.execute(new CreateInviteCodes(actor, codeCount, useCount, forAccounts as Did[])),
    }
  }

  @XrpcQuery('com.atproto.admin.getInviteCodes')
  @UseGuards(ModeratorGuard)
  async getInviteCodes(
    @Params() { sort, limit, cursor }: Admin<'getInviteCodes'>['params'],
  ): Promise<Admin<'getInviteCodes'>['output']> {
    const page = await this.queries.page(sort, limit, cursor)
    return { ...page, codes: page.codes.map(viewOf) }
  }

  @XrpcProcedure('com.atproto.admin.disableInviteCodes')
  @UseGuards(ModeratorGuard)
  async disableInviteCodes(
    @Input() { codes, accounts }: Admin<'disableInviteCodes'>['input'],
    @Actor() actor: string,
  ): Promise<void> {
    await this.commands.execute(new DisableInviteCodes(actor, codes, accounts))
  }

  @XrpcProcedure('com.atproto.admin.disableAccountInvites')
  @UseGuards(ModeratorGuard)
  async disableAccountInvites(
    @Input() { account, note }: Admin<'disableAccountInvites'>['input'],
    @Actor() actor: string,
  ): Promise<void> {
    await this.commands.execute(new SetAccountInvites(actor, account as Did, false, note))
  }

  @XrpcProcedure('com.atproto.admin.enableAccountInvites')
  @UseGuards(ModeratorGuard)
  async enableAccountInvites(
    @Input() { account, note }: Admin<'enableAccountInvites'>['input'],
    @Actor() actor: string,
  ): Promise<void> {
    await this.commands.execute(new SetAccountInvites(actor, account as Did, true, note))
  }
}

/** Without what no lexicon knows. */
function viewOf({ used: _, ...view }: InviteCodeView): Omit<InviteCodeView, 'used'> {
  return view
}
