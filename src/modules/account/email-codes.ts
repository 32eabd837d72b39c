import { Injectable } from '@nestjs/common'
import type { Did, Handle } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Config } from '../config/config.js'
import { Database, type Reader, type Tx } from '../database/database.js'
import { type CodePurpose, codeMail } from '../mail/code-mail.js'
import { Mailer } from '../mail/mailer.js'
import { GivenUp, Outbox } from '../outbox/outbox.js'
import { invalidRequest, type XrpcError } from '../xrpc/xrpc-error.js'
import type { Account } from './accounts.js'
import { isSame, newCode, normalCode } from './code-text.js'

const OUTBOX_KIND = 'code-mail'
const LIFE_MS = 15 * 60 * 1000

/** A code that was handed out, as the operator sees it. */
export interface LivingCode {
  did: Did
  handle: Handle
  purpose: CodePurpose
  code: string
  /** Milliseconds since the epoch. */
  expiresAt: number
}

/** A mail that is owed. It names the code by its moment, so that neither an older one nor the code itself is kept. */
interface CodeMail {
  did: Did
  purpose: CodePurpose
  createdAt: number
}

/**
 * Codes that are sent to an account's address to show that it is its owner who is asking. There is one for each purpose,
 * the newest; it works once, within 15 minutes. They are kept readable, because without a mail server the operator
 * hands them out.
 */
@Injectable()
export class EmailCodes {
  constructor(
    private readonly database: Database,
    private readonly mailer: Mailer,
    private readonly outbox: Outbox,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {
    outbox.handle<CodeMail>(OUTBOX_KIND, (mail) => this.deliver(mail))
  }

  /**
   * Makes a code, in place of the one before it, and promises to send it to the account's address. One that is younger than
   * `quietMs` is left as it is, and not sent again: for what is asked by people who need not be the owner. Nothing for an
   * account that is gone.
   */
  async send(tx: Tx, account: Pick<Account, 'did'>, purpose: CodePurpose, quietMs = 0): Promise<void> {
    const { did } = account
    const createdAt = this.clock.now()
    const made = await tx.run(
      `INSERT INTO email_code (did, purpose, code, created_at) SELECT did, ?, ?, ? FROM account WHERE did = ?
       ON CONFLICT (did, purpose) DO UPDATE SET code = excluded.code, created_at = excluded.created_at
         WHERE email_code.created_at <= excluded.created_at - ? OR email_code.created_at > excluded.created_at`,
      purpose,
      newCode(),
      createdAt,
      did,
      quietMs,
    )
    if (made > 0 && this.mailer.isAvailable)
      await this.outbox.add(tx, OUTBOX_KIND, { did, purpose, createdAt } satisfies CodeMail)
  }

  /** Uses a code up. @throws XrpcError 400 InvalidToken, ExpiredToken; nothing is used up then. */
  async use(tx: Tx, did: Did, purpose: CodePurpose, code: string): Promise<void> {
    const living = await tx.get<StoredCode>(
      'DELETE FROM email_code WHERE did = ? AND purpose = ? RETURNING code, created_at',
      did,
      purpose,
    )
    this.judge(living, code)
  }

  /** Whether a code is good, without using it up. @throws as {@link use} */
  async check(did: Did, purpose: CodePurpose, code: string): Promise<void> {
    const living = await this.database.read.get<StoredCode>(
      'SELECT code, created_at FROM email_code WHERE did = ? AND purpose = ?',
      did,
      purpose,
    )
    this.judge(living, code)
  }

  /** Whose code it is; for what is asked by nobody who is signed in. @throws as {@link use} */
  async ownerOf(purpose: CodePurpose, code: string): Promise<Did> {
    const living = await this.database.read.get<{ did: Did }>(
      'SELECT did FROM email_code WHERE purpose = ? AND code = ?',
      purpose,
      normalCode(code),
    )
    if (!living) throw invalidCode()
    return living.did
  }

  /**
   * Uses a code up within a write that commits either way: gives the error instead of throwing it, and nothing is used
   * up then.
   */
  async tryUse(tx: Tx, did: Did, purpose: CodePurpose, code: string): Promise<XrpcError | null> {
    const living = await tx.get<StoredCode>(
      'SELECT code, created_at FROM email_code WHERE did = ? AND purpose = ?',
      did,
      purpose,
    )
    const problem = this.problemWith(living, code)
    if (!problem) await tx.run('DELETE FROM email_code WHERE did = ? AND purpose = ?', did, purpose)
    return problem
  }

  /** As {@link livingCodes}, at this moment. */
  living(did: Did | null): Promise<LivingCode[]> {
    return livingCodes(this.database.read, did, this.clock.now())
  }

  /** Takes back every code of an account. */
  async forget(tx: Tx, did: Did): Promise<void> {
    await tx.run('DELETE FROM email_code WHERE did = ?', did)
  }

  private judge(living: StoredCode | undefined, code: string): void {
    const problem = this.problemWith(living, code)
    if (problem) throw problem
  }

  private problemWith(living: StoredCode | undefined, code: string): XrpcError | null {
    if (!living || !isSame(living.code, normalCode(code))) return invalidCode()
    if (living.created_at + LIFE_MS <= this.clock.now()) return invalidRequest('Token is expired', 'ExpiredToken')
    return null
  }

  /** Sends the code as it stands now to the address as it stands now; a code that is no more is not sent. */
  private async deliver({ did, purpose, createdAt }: CodeMail): Promise<void> {
    const row = await this.database.read.get<Pick<Account, 'handle' | 'email'> & { code: string }>(
      `SELECT c.code, a.handle, a.email FROM email_code c JOIN account a ON a.did = c.did
       WHERE c.did = ? AND c.purpose = ? AND c.created_at = ?`,
      did,
      purpose,
      createdAt,
    )
    if (!row) throw new GivenUp(new Error('the code is used, or replaced'), async () => {})
    const { code, ...account } = row
    await this.mailer.deliver(codeMail(purpose, { did, ...account }, code, this.config.hostname), createdAt + LIFE_MS)
  }
}

interface StoredCode {
  code: string
  created_at: number
}

/** The codes that still work at a moment, of one account or of all, newest first, up to 1,000. */
export async function livingCodes(reader: Reader, did: Did | null, now: number): Promise<LivingCode[]> {
  const rows = await reader.all<Omit<LivingCode, 'expiresAt'> & { createdAt: number }>(
    `SELECT c.did, a.handle, c.purpose, c.code, c.created_at AS createdAt
     FROM email_code c JOIN account a ON a.did = c.did
     WHERE c.created_at > ? AND c.did = coalesce(?, c.did) ORDER BY c.created_at DESC, c.did LIMIT 1000`,
    now - LIFE_MS,
    did,
  )
  return rows.map(({ createdAt, ...code }) => ({ ...code, expiresAt: createdAt + LIFE_MS }))
}

/** In the words by which clients know it. */
function invalidCode(): XrpcError {
  return invalidRequest('Token is invalid', 'InvalidToken')
}
