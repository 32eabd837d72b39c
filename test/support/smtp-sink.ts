/** A real mail server that keeps what it is sent. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type ParsedMail, simpleParser } from 'mailparser'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export interface SunkMail {
  /** Recipients of the envelope. */
  to: string[]
  /** The header `X-Mail-Kind`. */
  kind: string
  /** The code in the text; empty where there is none. */
  code: string
  parsed: ParsedMail
  /** As it came over the wire. */
  raw: string
}

export interface SinkOptions extends SMTPServerOptions {
  /** Answers a recipient (RCPT TO) with this SMTP error, or takes it. */
  refuse?: (address: string) => { code: number; text: string } | null
  /** Answers the whole mail (after DATA) with this SMTP error, or takes it. */
  refuseContent?: (raw: string) => { code: number; text: string } | null
  port?: number
}

const PATIENCE_MS = 100_000

export class SmtpSink {
  readonly mails: SunkMail[] = []
  /** Recipients that were asked for, refused ones too. */
  readonly asked: string[] = []
  /** Connections that were ever made. */
  connections = 0
  private waiting: (() => void)[] = []
  private taken = 0

  private constructor(
    private readonly server: SMTPServer,
    readonly port: number,
  ) {}

  static async start({ refuse, refuseContent, port = 0, ...options }: SinkOptions = {}): Promise<SmtpSink> {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: options.secure || options.key ? [] : ['STARTTLS'],
      onConnect(_session, done) {
        sink.connections++
        done()
      },
      onRcptTo({ address }, _session, done) {
        sink.asked.push(address)
        const answer = refuse?.(address)
        done(answer ? smtpError(answer) : null)
      },
      onData(stream, session, done) {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => chunks.push(chunk))
        stream.on('end', () => {
          const raw = Buffer.concat(chunks).toString()
          const answer = refuseContent?.(raw)
          if (answer) return done(smtpError(answer))
          const to = session.envelope.rcptTo.map(({ address }) => address)
          void sink.keep(to, raw).then(() => done())
        })
      },
      ...options,
    })
    server.on('error', () => {})
    server.listen(port, '127.0.0.1')
    await once(server.server, 'listening')
    const sink = new SmtpSink(server, (server.server.address() as AddressInfo).port)
    return sink
  }

  /** Settings of a server that sends its mail here. */
  get env(): Record<string, string> {
    return {
      PDS_EMAIL_SMTP_URL: `smtp://127.0.0.1:${this.port}`,
      PDS_EMAIL_FROM_ADDRESS: 'Skylog <mail@skylog.example>',
    }
  }

  /** The next mail that nobody has asked for yet, of a kind if one is named. @throws Error when none comes */
  async next(kind?: string): Promise<SunkMail> {
    const until = Date.now() + PATIENCE_MS
    for (;;) {
      for (; this.taken < this.mails.length; this.taken++) {
        const mail = this.mails[this.taken]!
        if (kind !== undefined && mail.kind !== kind) continue
        this.taken++
        return mail
      }
      const left = until - Date.now()
      if (left <= 0) throw new Error(`no mail${kind ? ` of the kind ${kind}` : ''} has come`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.waiting.push(() => (clearTimeout(timer), resolve()))
      })
    }
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(() => resolve()))
  }

  private async keep(to: string[], raw: string): Promise<void> {
    const parsed = await simpleParser(raw)
    const [code = ''] = /[A-Z2-7]{5}-[A-Z2-7]{5}/.exec(parsed.text ?? '') ?? []
    this.mails.push({ to, kind: parsed.headers.get('x-mail-kind') as string, code, parsed, raw })
    for (const wake of this.waiting.splice(0)) wake()
  }
}

function smtpError({ code, text }: { code: number; text: string }): Error {
  return Object.assign(new Error(text), { responseCode: code })
}
