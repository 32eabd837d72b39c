import { randomInt, timingSafeEqual } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Config } from '../config/config.js'
import { Database, type Tx } from '../database/database.js'
import { type CodePurpose, codeMail } from '../mail/code-mail.js'
import { Mailer } from '../mail/mailer.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import type { Account } from './accounts.js'

const LIFE_MS = 15 * 60 * 1000
/** Base32 without what looks alike; ten of them are 50 bits. */
const ALPHABET = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'
const HALF = 5

/** A code that was handed out, as the operator sees it. */
export interface LivingCode {
  did: Did
  purpose: CodePurpose
  code: string
  /** Milliseconds since the epoch. */
  expiresAt: number
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
    private readonly clock: Clock,
    private readonly config: Config,
  ) {}

  /** Makes a code, in place of the one before it, and sends it to the account's address. */
  async send(tx: Tx, account: Pick<Account, 'did' | 'handle' | 'email'>, purpose: CodePurpose): Promise<void> {
    const code = newCode()
    await tx.run(
      `INSERT INTO email_code (did, purpose, code, created_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (did, purpose) DO UPDATE SET code = excluded.code, created_at = excluded.created_at`,
      account.did,
      purpose,
      code,
      this.clock.now(),
    )
    await this.mailer.send(tx, codeMail(purpose, account, code, this.config.hostname))
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
      normal(code),
    )
    if (!living) throw invalidRequest('Token is invalid', 'InvalidToken')
    return living.did
  }

  /** The codes that still work, of one account or of all, newest first. */
  async living(did: Did | null): Promise<LivingCode[]> {
    const rows = await this.database.read.all<Omit<LivingCode, 'expiresAt'> & { created_at: number }>(
      `SELECT did, purpose, code, created_at FROM email_code
       WHERE created_at > ? AND (? IS NULL OR did = ?) ORDER BY created_at DESC LIMIT 1000`,
      this.clock.now() - LIFE_MS,
      did,
      did,
    )
    return rows.map(({ created_at: createdAt, ...code }) => ({ ...code, expiresAt: createdAt + LIFE_MS }))
  }

  /** Takes back every code of an account. */
  async forget(tx: Tx, did: Did): Promise<void> {
    await tx.run('DELETE FROM email_code WHERE did = ?', did)
  }

  private judge(living: StoredCode | undefined, code: string): void {
    if (!living || !isSame(living.code, normal(code))) throw invalidRequest('Token is invalid', 'InvalidToken')
    if (living.created_at + LIFE_MS <= this.clock.now()) throw invalidRequest('Token is expired', 'ExpiredToken')
  }
}

interface StoredCode {
  code: string
  created_at: number
}

function newCode(): string {
  const half = (): string => Array.from({ length: HALF }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  return `${half()}-${half()}`
}

/** As people type it: in any case, with blanks around. */
function normal(code: string): string {
  return code.trim().toUpperCase()
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}
