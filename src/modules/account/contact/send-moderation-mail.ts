import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import type { Did } from '../../../repo-engine/index.js'
import { Config } from '../../config/config.js'
import { Database } from '../../database/database.js'
import { Mailer } from '../../mail/mailer.js'
import { moderationMail } from '../../mail/moderation-mail.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { Accounts } from '../accounts.js'

const MAX_SUBJECT = 200
const MAX_CONTENT = 100_000

/** Writes to an account as a moderator: gives whether the mail is on its way, which it is not without a mail server. */
export class SendModerationMail extends Command<boolean> {
  constructor(
    readonly recipient: Did,
    readonly subject: string | undefined,
    readonly content: string,
  ) {
    super()
  }
}

/** @throws XrpcError 400 InvalidRequest without such an account, or for a mail that is too long. */
@CommandHandler(SendModerationMail)
export class SendModerationMailHandler implements ICommandHandler<SendModerationMail> {
  constructor(
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly mailer: Mailer,
    private readonly config: Config,
  ) {}

  async execute({ recipient, subject, content }: SendModerationMail): Promise<boolean> {
    const { hostname } = this.config
    if (content.length > MAX_CONTENT) throw invalidRequest(`The content may have ${MAX_CONTENT} characters`)
    if (subject !== undefined && subject.length > MAX_SUBJECT)
      throw invalidRequest(`The subject may have ${MAX_SUBJECT} characters`)
    if (!(await this.accounts.byDid(recipient))) throw invalidRequest('Recipient not found')
    return this.database.write(async (tx) => {
      const present = await this.accounts.lockEmail(tx, recipient)
      if (!present) throw invalidRequest('Recipient not found')
      const to = { did: recipient, email: present.email }
      return this.mailer.send(tx, moderationMail(to, subject ?? `Message from the moderators of ${hostname}`, content))
    })
  }
}
