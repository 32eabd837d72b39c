import { Body, Controller, HttpCode, Post, UseGuards } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { isEmail } from 'class-validator'
import type { Did } from '../../../repo-engine/index.js'
import { AdminGuard } from '../../auth/guards.js'
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
@UseGuards(AdminGuard)
export class ContactAdminController {
  constructor(
    private readonly commands: CommandBus,
    private readonly named: NamedAccounts,
    private readonly mailTest: MailTest,
  ) {}

  @XrpcProcedure('com.atproto.admin.updateAccountEmail')
  async updateAccountEmail(@Input() { account, email }: Admin<'updateAccountEmail'>['input']): Promise<void> {
    const { did } = await this.named.find(account)
    await this.commands.execute(new SetEmail(did, email))
  }

  @XrpcProcedure('com.atproto.admin.updateAccountPassword')
  async updateAccountPassword(@Input() { did, password }: Admin<'updateAccountPassword'>['input']): Promise<void> {
    await this.commands.execute(new SetPassword(did as Did, password))
  }

  /** `senderDid` and `comment` are for the records of whoever sends; none are kept here. */
  @XrpcProcedure('com.atproto.admin.sendEmail')
  async sendEmail(
    @Input() { recipientDid, subject, content }: Admin<'sendEmail'>['input'],
  ): Promise<Admin<'sendEmail'>['output']> {
    return { sent: await this.commands.execute(new SendModerationMail(recipientDid as Did, subject, content)) }
  }

  /** Body: `{to}`, an address. Sends a mail there at once and gives a {@link MailTestResult}. */
  @Post('/admin/mail/test')
  @HttpCode(200)
  testMail(@Body() body: unknown): Promise<MailTestResult> {
    const { to } = (body ?? {}) as { to?: unknown }
    if (typeof to !== 'string' || !isEmail(to)) throw invalidRequest('expected {to}, an email address')
    return this.mailTest.run(to)
  }
}
