import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import type { SendMailOptions, Transporter } from 'nodemailer'
import { Clock } from '../config/clock.js'
import { Config, type MailSettings } from '../config/config.js'
import type { ThrowAway } from '../config/throw-away.js'
import type { Tx } from '../database/database.js'
import { GivenUp, Outbox } from '../outbox/outbox.js'
import { adviceFor, failureText, isRefusal, type SmtpError } from './smtp-failure.js'
import { openTransport } from './smtp-transport.js'

const OUTBOX_KIND = 'mail'
/** How long a server may say nothing, and how long it may take for a mail: one that drips is let go as well. */
const TIMEOUT_MS = 20_000
const SEND_MS = 60_000
/** Connections to one mail server. */
const MAX_CONNECTIONS = 4
/** How long a mail server may be away before a mail that says nothing else is given up. */
const PATIENCE_MS = 3 * 24 * 60 * 60 * 1000

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
  /** One address, without a name. */
  to: string
  subject: string
  text: string
  html: string
  /** What no log may repeat of it. */
  secret?: string
}

/** Sends mail: promised with what it tells of, sent until a mail server has taken it. */
@Injectable()
export class Mailer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('Mail')
  private readonly transports = new Map<string, Transporter>()
  private stopped = false

  constructor(
    private readonly config: Config,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
    private readonly http: HttpAdapterHost,
  ) {
    outbox.handle<Mail & { until: number }>(OUTBOX_KIND, ({ until, ...mail }) => this.deliver(mail, until))
  }

  /** Whether codes reach people by mail; else the operator hands them out. */
  get isAvailable(): boolean {
    return this.config.throwAway !== null || this.config.mail !== null
  }

  /** Promises a mail, and tells whether it could: nothing is promised where no mail server is. */
  async send(tx: Tx, mail: Mail): Promise<boolean> {
    if (!this.config.throwAway && !this.settingsFor(mail.kind)) return false
    await this.outbox.add(tx, OUTBOX_KIND, { ...mail, until: this.clock.now() + PATIENCE_MS })
    return true
  }

  /**
   * Sends a mail as the work of an outbox. @throws GivenUp when the server will never take it, or from the moment `until`
   * (milliseconds since the epoch) on; Error when it is worth another try.
   */
  async deliver(mail: Mail, until: number): Promise<void> {
    const { kind, did, secret } = mail
    let reason = 'the mail server did not take it in time'
    try {
      if (until > this.clock.now()) return void (await this.sendNow(mail))
    } catch (error) {
      reason = failureText(error as SmtpError, secret)
      if (!isRefusal(error as SmtpError)) throw new Error(reason)
    }
    this.logger.warn(`A mail of the kind ${kind}${did ? ` for ${did}` : ''} is given up: ${reason}`)
    throw new GivenUp(new Error(reason), async () => {})
  }

  /** Hands a mail to the server, and gives its answer. @throws SmtpError when that does not take it; Error without one. */
  async sendNow(mail: Mail): Promise<string> {
    const { throwAway } = this.config
    if (throwAway) return this.keep(throwAway, mail)
    const settings = this.settingsFor(mail.kind)
    if (!settings) throw new Error('no mail server is set: PDS_EMAIL_SMTP_URL')
    const { to, subject, text, html, kind } = mail
    // An address with its parts apart is not taken for a list; a header is one line.
    const sent = (await this.transport(settings).sendMail({
      from: settings.from,
      to: { name: '', address: to },
      subject: subject.replace(/[\p{Cc}\u2028\u2029]+/gu, ' '),
      text,
      html,
      headers: { 'X-Mail-Kind': kind, 'Auto-Submitted': 'auto-generated' },
      signal: AbortSignal.timeout(SEND_MS),
    } as SendMailOptions)) as { response: string }
    return sent.response
  }

  /** Says in the log when mail cannot be sent, which nobody else would tell before it is needed. The start does not wait. */
  onApplicationBootstrap(): void {
    // A command that only borrows the server's rooms sends nothing unless it is told to.
    if (!this.http.httpAdapter || this.config.throwAway) return
    const all = [this.config.mail, this.config.moderationMail].filter((settings) => settings !== null)
    for (const [url, settings] of new Map(all.map((one) => [one.smtpUrl, one])))
      void this.transport(settings)
        .verify()
        .catch((error: SmtpError) => {
          if (this.stopped) return
          const { host } = new URL(url)
          this.logger.warn(`The mail server ${host} cannot be used: ${failureText(error)}. ${adviceFor(error)}`)
        })
  }

  /** What is being sent is cut off: it stays promised, and the next run sends it. */
  onApplicationShutdown(): void {
    this.stopped = true
    for (const transport of this.transports.values()) (transport as Closing).close({ force: true })
  }

  private keep(throwAway: ThrowAway, { kind, to, subject, text }: Mail): string {
    throwAway.keepMail({ kind, to, subject, text })
    return 'kept'
  }

  private settingsFor(kind: MailKind): MailSettings | null {
    return kind === 'moderation' ? this.config.moderationMail : this.config.mail
  }

  private transport(settings: MailSettings): Transporter {
    let transport = this.transports.get(settings.smtpUrl)
    if (!transport) {
      transport = openTransport(settings, this.config.hostname, { pool: MAX_CONNECTIONS, timeoutMs: TIMEOUT_MS })
      // What goes wrong with a connection that nothing is sent over is no mail's failure.
      transport.on('error', () => {})
      this.transports.set(settings.smtpUrl, transport)
    }
    return transport
  }
}

/** As the pool closes, which its types do not tell. */
interface Closing {
  close(how: { force: boolean }): void
}
