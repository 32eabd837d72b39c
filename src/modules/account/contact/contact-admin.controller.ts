import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { isEmail } from 'class-validator'
import type { Did } from '../../../repo-engine/index.js'
import { ActionLog } from '../../audit/action-log.js'
import { AdminGuard } from '../../auth/guards.js'
import { ModeratorGuard } from '../../auth/moderator.guard.js'
import { Actor } from '../../auth/viewer.js'
import type { XrpcMethods } from '../../lexicon/types.js'
import { MailTest, type MailTestResult } from '../../mail/mail-test.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { Input, XrpcProcedure } from '../../xrpc/xrpc.js'
import { NamedAccounts } from '../named-accounts.js'
import { SetPassword } from '../password/set-password.js'
import { SendModerationMail } from './send-moderation-mail.js'
import { SetEmail } from './set-email.js'

type Admin<Name extends string> = XrpcMethods[`com.atproto.admin.${Name}` & keyof XrpcMethods]

/** What the operator may do with how an account is reached and signed in to: com.atproto.admin, and a test of mail. */
@Controller()
export class ContactAdminController {
  constructor(
    private readonly commands: CommandBus,
    private readonly named: NamedAccounts,
    private readonly mailTest: MailTest,
    private readonly actions: ActionLog,
  ) {}

  @XrpcProcedure('com.atproto.admin.updateAccountEmail')
  @UseGuards(AdminGuard)
  async updateAccountEmail(
    @Input() { account, email }: Admin<'updateAccountEmail'>['input'],
    @Actor() actor: string,
  ): Promise<void> {
    const { did } = await this.named.find(account)
    await this.commands.execute(new SetEmail(did, email))
    await this.actions.noteDone({ actor, action: 'update-email', subject: did })
  }

  @XrpcProcedure('com.atproto.admin.updateAccountPassword')
  @UseGuards(AdminGuard)
  async updateAccountPassword(
    @Input() { did, password }: Admin<'updateAccountPassword'>['input'],
    @Actor() actor: string,
  ): Promise<void> {
    await this.commands.execute(new SetPassword(did as Did, password))
    await this.actions.noteDone({ actor, action: 'update-password', subject: did })
  }

  /** By moderators too. `senderDid` is whoever they say; `comment` is for the log of actions. */
  @XrpcProcedure('com.atproto.admin.sendEmail')
  @UseGuards(ModeratorGuard)
  async sendEmail(
    @Input() { recipientDid, subject, content, comment }: Admin<'sendEmail'>['input'],
    @Actor() actor: string,
  ): Promise<Admin<'sendEmail'>['output']> {
    const sent = await this.commands.execute(new SendModerationMail(recipientDid as Did, subject, content))
    if (sent)
      await this.actions.noteDone({ actor, action: 'send-email', subject: recipientDid, reason: comment ?? subject })
    return { sent }
  }

  /** Body: `{to}`, an address. Sends a mail there at once and gives a {@link MailTestResult}. */
  @Post('/admin/mail/test')
  @UseGuards(AdminGuard)
  @HttpCode(200)
  testMail(@Body() body: unknown): Promise<MailTestResult> {
    const { to } = (body ?? {}) as { to?: unknown }
    if (typeof to !== 'string' || !isEmail(to)) throw invalidRequest('expected {to}, an email address')
    return this.mailTest.run(to)
  }
}
