import { randomBytes } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import { type Did, encodeBase32 } from '../../../repo-engine/index.js'
import { Clock } from '../../config/clock.js'
import { Config } from '../../config/config.js'
import { Database, type Tx } from '../../database/database.js'
import { invalidRequest, type XrpcError } from '../../xrpc/xrpc-error.js'

/** Who gives codes out when it is no account. */
export const OPERATOR = 'admin'

/** For whom codes are made, and what they are good for. */
export interface NewInviteCodes {
  forAccount: Did | typeof OPERATOR
  createdBy: Did | typeof OPERATOR
  /** Sign-ups by each code. */
  uses: number
  disabled?: boolean
}

/** A code as another server has it. Times are RFC 3339. */
export interface AdoptedCode {
  code: string
  /** Sign-ups by it, those that there were included. */
  available: number
  disabled: boolean
  forAccount: string
  createdBy: string
  createdAt: string
}

export interface AdoptedUse {
  code: string
  usedBy: string
  usedAt: string
}

const MAX_LENGTH = 320

/** What is there, has uses left, and belongs to nobody who is taken down or being erased. */
const GOOD = `code = ? AND disabled = 0 AND used < available AND NOT EXISTS (
  SELECT 1 FROM repo WHERE did = for_account AND status IN ('takendown', 'suspended', 'deleted'))`

/**
 * Invite codes. A use is counted by the very write that makes the account, or reserves it while an outside PLC directory is
 * asked: so however many sign up at once, no code lets in more than it should, and none is lost.
 */
@Injectable()
export class InviteCodes {
  constructor(
    private readonly database: Database,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** Makes some codes: `host-name-xxxxx-xxxxx`, 50 bits of chance. */
  async make(
    tx: Tx,
    count: number,
    { forAccount, createdBy, uses, disabled = false }: NewInviteCodes,
  ): Promise<string[]> {
    const codes = Array.from({ length: count }, () => newCode(this.config.hostname))
    const createdAt = this.clock.iso()
    for (const code of codes)
      await tx.run(
        `INSERT INTO invite_code (code, available, disabled, for_account, created_by, created_at)
         VALUES (?, ?, ?, ?, ?, ?)`,
        code,
        uses,
        Number(disabled),
        forAccount,
        createdBy,
        createdAt,
      )
    return codes
  }

  /** Whether somebody may still come by a code: before anything costly is done for him. @throws XrpcError 400 InvalidInviteCode. */
  async check(code: string): Promise<void> {
    if (code.length > MAX_LENGTH || !(await this.database.read.get(`SELECT 1 FROM invite_code WHERE ${GOOD}`, code)))
      throw notAvailable()
  }

  /** Counts a use. Within the write that makes or reserves the account. @throws XrpcError 400 InvalidInviteCode. */
  async use(tx: Tx, code: string, did: Did): Promise<void> {
    if ((await tx.run(`UPDATE invite_code SET used = used + 1 WHERE ${GOOD}`, code)) === 0) throw notAvailable()
    // An account that was here before, and of which something is still to be erased, has come anew.
    await tx.run(
      `INSERT INTO invite_code_use (used_by, code, used_at) VALUES (?, ?, ?)
       ON CONFLICT (used_by) DO UPDATE SET code = excluded.code, used_at = excluded.used_at`,
      did,
      code,
      this.clock.iso(),
    )
  }

  /** Gives back the use of an account that was reserved and never came to be. Does nothing for one that has. */
  async giveBack(tx: Tx, did: Did): Promise<void> {
    const use = await tx.get<{ code: string }>(
      `DELETE FROM invite_code_use WHERE used_by = ?
       AND NOT EXISTS (SELECT 1 FROM repo WHERE did = ? AND hosting = 'hosted') RETURNING code`,
      did,
      did,
    )
    if (use) await tx.run('UPDATE invite_code SET used = used - 1 WHERE code = ? AND used > 0', use.code)
  }

  /** Takes codes back: these, and all those of some accounts. Who has come by them stays. */
  async disable(tx: Tx, codes: readonly string[], accounts: readonly string[]): Promise<void> {
    for (const code of codes) await tx.run('UPDATE invite_code SET disabled = 1 WHERE code = ?', code)
    for (const did of accounts) await tx.run('UPDATE invite_code SET disabled = 1 WHERE for_account = ?', did)
  }

  /** Takes codes in that another server has made, with their uses; those that are here stay as they are. */
  async adopt(tx: Tx, codes: readonly AdoptedCode[], uses: readonly AdoptedUse[]): Promise<void> {
    const used = new Map<string, number>()
    for (const { code } of uses) used.set(code, (used.get(code) ?? 0) + 1)
    for (const { code, available, disabled, forAccount, createdBy, createdAt } of codes)
      await tx.run(
        `INSERT INTO invite_code (code, available, used, disabled, for_account, created_by, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
        code,
        available,
        used.get(code) ?? 0,
        Number(disabled),
        forAccount,
        createdBy,
        createdAt,
      )
    for (const { code, usedBy, usedAt } of uses)
      await tx.run(
        'INSERT INTO invite_code_use (used_by, code, used_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
        usedBy,
        code,
        usedAt,
      )
  }

  /** Whether the codes that an account makes from now on are good for anything. @throws XrpcError 400 AccountNotFound. */
  async setEnabled(tx: Tx, did: Did, enabled: boolean): Promise<void> {
    const changed = await tx.run('UPDATE account SET invites_disabled = ? WHERE did = ?', Number(!enabled), did)
    if (changed === 0) throw invalidRequest(`Could not find account: ${did}`, 'AccountNotFound')
  }
}

/** No dots: it must not look like a link. */
function newCode(hostname: string): string {
  const text = encodeBase32(randomBytes(7)).slice(0, 10)
  return `${hostname.replaceAll('.', '-')}-${text.slice(0, 5)}-${text.slice(5)}`
}

function notAvailable(): XrpcError {
  return invalidRequest('Provided invite code not available', 'InvalidInviteCode')
}
