import { Injectable } from '@nestjs/common'
import { Config } from '../config/config.js'
import { type Mail, Mailer } from './mailer.js'
import { adviceFor, failureText, type SmtpError } from './smtp-failure.js'

/** What came of a test. */
export type MailTestResult =
  | { sent: true; to: string; server: string; response: string }
  | { sent: false; to: string; server: string | null; error: string; advice: string }

/** Tries the settings for mail out. */
@Injectable()
export class MailTest {
  constructor(
    private readonly config: Config,
    private readonly mailer: Mailer,
  ) {}

  /** Sends one mail at once, and tells what the server says. Never throws for what the server does. */
  async run(to: string): Promise<MailTestResult> {
    const { mail } = this.config
    if (!mail) {
      const advice = 'Set PDS_EMAIL_SMTP_URL (smtps://user:password@host) and PDS_EMAIL_FROM_ADDRESS.'
      return { sent: false, to, server: null, error: 'no mail server is set', advice }
    }
    // Without user and password.
    const server = new URL(mail.smtpUrl).host
    try {
      return { sent: true, to, server, response: await this.mailer.sendNow(testMail(to, this.config.hostname)) }
    } catch (error) {
      const failure = error as SmtpError
      return { sent: false, to, server, error: failureText(failure), advice: adviceFor(failure) }
    }
  }
}

function testMail(to: string, hostname: string): Mail {
  const text = `This is a test. Mail from ${hostname} arrives.`
  return { kind: 'test', did: null, to, subject: `Test of ${hostname}`, text: `${text}\n`, html: `<p>${text}</p>` }
}
