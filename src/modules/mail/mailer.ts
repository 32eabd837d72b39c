import { Injectable } from '@nestjs/common'
import { createTransport, type Transporter } from 'nodemailer'
import { Config, type MailSettings } from '../config/config.js'
import type { Tx } from '../database/database.js'
import { Outbox } from '../outbox/outbox.js'

const OUTBOX_KIND = 'mail'
const TIMEOUT_MS = 20_000

/** What a mail is about: the header `X-Mail-Kind`, by which programs and filters tell them apart. */
export type MailKind =
  | 'confirm_email'
  | 'update_email'
  | 'reset_password'
  | 'delete_account'
  | 'plc_operation'
  | 'sign_in'
  | 'moderation'
  | 'test'

export interface Mail {
  kind: MailKind
  /** The account that it is for, with which it is forgotten. */
  did: string | null
  to: string
  subject: string
  text: string
  html: string
}

/** Sends mail: promised with what it tells of, sent until a mail server has taken it. */
@Injectable()
export class Mailer {
  private readonly transports = new Map<string, Transporter>()

  constructor(
    private readonly config: Config,
    private readonly outbox: Outbox,
  ) {
    outbox.handle<Mail>(OUTBOX_KIND, (mail) => this.sendNow(mail))
  }

  /** Whether codes reach people by mail; else the operator hands them out. */
  get isAvailable(): boolean {
    return this.config.mail !== null
  }

  /** Promises a mail. Nothing is promised where no mail server is. */
  async send(tx: Tx, mail: Mail): Promise<void> {
    if (this.settingsFor(mail.kind)) await this.outbox.add(tx, OUTBOX_KIND, mail)
  }

  /** Hands a mail to the server. @throws Error when that does not take it, or there is none */
  async sendNow(mail: Mail): Promise<void> {
    const settings = this.settingsFor(mail.kind)
    if (!settings) throw new Error('no mail server is set: PDS_EMAIL_SMTP_URL')
    const { to, subject, text, html, kind } = mail
    await this.transport(settings).sendMail({
      from: settings.from,
      to,
      subject,
      text,
      html,
      headers: { 'X-Mail-Kind': kind },
    })
  }

  private settingsFor(kind: MailKind): MailSettings | null {
    return kind === 'moderation' ? this.config.moderationMail : this.config.mail
  }

  private transport({ smtpUrl }: MailSettings): Transporter {
    let transport = this.transports.get(smtpUrl)
    if (!transport) {
      const timeouts = { connectionTimeout: TIMEOUT_MS, greetingTimeout: TIMEOUT_MS, socketTimeout: TIMEOUT_MS }
      transport = createTransport({ url: smtpUrl, ...timeouts })
      this.transports.set(smtpUrl, transport)
    }
    return transport
  }
}
