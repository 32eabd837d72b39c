import { Controller, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { AccessGuard } from '../../auth/guards.js'
import { AlsoTakendown, requireFullAccess, requireFullAccessOrTakendown, Viewer } from '../../auth/viewer.js'
import type { XrpcMethods } from '../../lexicon/types.js'
import { Input, XrpcProcedure } from '../../xrpc/xrpc.js'
import { DeleteOwnAccount } from '../delete-own-account.js'
import { RequestPasswordReset } from '../password/request-password-reset.js'
import { ResetPassword } from '../password/reset-password.js'
import { ConfirmEmail } from './confirm-email.js'
import { RequestCode } from './request-code.js'
import { RequestEmailUpdate } from './request-email-update.js'
import { UpdateEmail } from './update-email.js'

type Server<Name extends string> = XrpcMethods[`com.atproto.server.${Name}` & keyof XrpcMethods]

/** What goes over an account's mailbox: com.atproto.server. An app password is trusted with none of it. */
@Controller()
export class ContactController {
  constructor(private readonly commands: CommandBus) {}

  @XrpcProcedure('com.atproto.server.requestEmailConfirmation')
  @UseGuards(AccessGuard)
  async requestEmailConfirmation(@Viewer() viewer: Viewer): Promise<void> {
    requireFullAccess(viewer)
    await this.commands.execute(new RequestCode(viewer.did, 'confirm_email'))
  }

  @XrpcProcedure('com.atproto.server.confirmEmail')
  @UseGuards(AccessGuard)
  async confirmEmail(
    @Viewer() viewer: Viewer,
    @Input() { email, token }: Server<'confirmEmail'>['input'],
  ): Promise<void> {
    requireFullAccess(viewer)
    await this.commands.execute(new ConfirmEmail(viewer.did, { email, code: token }))
  }

  @XrpcProcedure('com.atproto.server.requestEmailUpdate')
  @UseGuards(AccessGuard)
  async requestEmailUpdate(@Viewer() viewer: Viewer): Promise<{ tokenRequired: boolean }> {
    requireFullAccess(viewer)
    return { tokenRequired: await this.commands.execute(new RequestEmailUpdate(viewer.did)) }
  }

  @XrpcProcedure('com.atproto.server.updateEmail')
  @UseGuards(AccessGuard)
  async updateEmail(@Viewer() viewer: Viewer, @Input() update: Server<'updateEmail'>['input']): Promise<void> {
    requireFullAccess(viewer)
    await this.commands.execute(new UpdateEmail(viewer.did, update))
  }

  @XrpcProcedure('com.atproto.server.requestPasswordReset')
  async requestPasswordReset(@Input() { email }: Server<'requestPasswordReset'>['input']): Promise<void> {
    await this.commands.execute(new RequestPasswordReset(email))
  }

  @XrpcProcedure('com.atproto.server.resetPassword')
  async resetPassword(@Input() { token, password }: Server<'resetPassword'>['input']): Promise<void> {
    await this.commands.execute(new ResetPassword(token, password))
  }

  /** Also for who is taken down: he may leave. */
  @XrpcProcedure('com.atproto.server.requestAccountDelete')
  @UseGuards(AccessGuard)
  @AlsoTakendown()
  async requestAccountDelete(@Viewer() viewer: Viewer): Promise<void> {
    requireFullAccessOrTakendown(viewer)
    await this.commands.execute(new RequestCode(viewer.did, 'delete_account'))
  }

  @XrpcProcedure('com.atproto.server.deleteAccount')
  async deleteAccount(@Input() { did, password, token }: Server<'deleteAccount'>['input']): Promise<void> {
    await this.commands.execute(new DeleteOwnAccount(did as Did, password, token))
  }
}
