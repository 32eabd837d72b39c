import { createHmac, hkdfSync } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import { Secret, TOTP } from 'otpauth'
import type { Did } from '../../../repo-engine/index.js'
import { Clock } from '../../config/clock.js'
import { Config } from '../../config/config.js'
import { seal, unseal } from '../../config/sealed.js'
import { Secrets } from '../../config/secrets.js'
import { Database, type Reader, type Tx } from '../../database/database.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { newCode, normalCode } from '../code-text.js'

const SECRET_BYTES = 20
const PERIOD_SECONDS = 30
/** Time steps that a phone's clock may be off, either way. */
const WINDOW = 1
const BACKUP_CODES = 10

/** What an authenticator app is set up with. */
export interface TotpSetup {
  /** `otpauth://totp/…`, as apps read it from a picture. */
  uri: string
  /** The secret in it, in base32, for those who type. */
  secret: string
}

/** What there is for an account; `since` is milliseconds since the epoch. */
export interface TotpState {
  since: number
  backupCodesLeft: number
}

/**
 * Codes of authenticator apps (RFC 6238: SHA-1, six digits, 30 seconds), each good once, and ten backup codes for when the
 * phone is lost. The secret is sealed at rest; of a backup code only a keyed hash is kept.
 */
@Injectable()
export class Totp {
  private readonly backupKey: Buffer

  constructor(
    private readonly database: Database,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
    private readonly config: Config,
  ) {
    this.backupKey = Buffer.from(hkdfSync('sha256', secrets.keyEncryptionKey, '', 'skylog backup codes', 32))
  }

  /** What is set up and confirmed, or null. */
  async state(did: Did, reader: Reader = this.database.read): Promise<TotpState | null> {
    const row = await reader.get<TotpState>(
      `SELECT confirmed_at AS since, (SELECT count(*) FROM backup_code b WHERE b.did = totp.did) AS backupCodesLeft
       FROM totp WHERE did = ? AND confirmed_at IS NOT NULL`,
      did,
    )
    return row ?? null
  }

  /** Makes a secret that counts once it is confirmed, in place of one that was not; null where one was, or no account is. */
  async begin(tx: Tx, did: Did, handle: string): Promise<TotpSetup | null> {
    const secret = new Secret({ size: SECRET_BYTES })
    const begun = await tx.run(
      `INSERT INTO totp (did, sealed, confirmed_at, last_step) SELECT did, ?, NULL, 0 FROM account WHERE did = ?
       ON CONFLICT (did) DO UPDATE SET sealed = excluded.sealed WHERE totp.confirmed_at IS NULL`,
      seal(this.secrets.keyEncryptionKey, purposeOf(did), secret.bytes),
      did,
    )
    if (begun === 0) return null
    const issuer = this.config.hostname
    return { uri: totpOf(secret, { issuer, label: handle }).toString(), secret: secret.base32 }
  }

  /**
   * Turns it on by a first code, and gives the backup codes. @throws XrpcError 400 InvalidToken for a wrong one, InvalidRequest
   * where nothing is being set up; either undoes the write.
   */
  async confirm(tx: Tx, did: Did, code: string): Promise<string[]> {
    const confirmed = await tx.run(
      'UPDATE totp SET confirmed_at = ? WHERE did = ? AND confirmed_at IS NULL',
      this.clock.now(),
      did,
    )
    if (confirmed === 0) throw invalidRequest('Nothing is waiting to be confirmed')
    if (!(await this.useStep(tx, did, code))) throw invalidRequest('Token is invalid', 'InvalidToken')
    await tx.run('DELETE FROM backup_code WHERE did = ?', did)
    const codes = new Set<string>()
    while (codes.size < BACKUP_CODES) codes.add(newCode())
    for (const one of codes)
      await tx.run('INSERT INTO backup_code (did, hash) VALUES (?, ?)', did, this.backupHash(did, one))
    return [...codes]
  }

  /** Uses up a code of the app, or a backup code. False for one that is not right, or was used before. */
  async use(tx: Tx, did: Did, code: string): Promise<boolean> {
    const digits = code.replace(/\s/g, '')
    if (/^\d{6}$/.test(digits)) return this.useStep(tx, did, digits)
    const used = await tx.run('DELETE FROM backup_code WHERE did = ? AND hash = ?', did, this.backupHash(did, code))
    return used > 0
  }

  /** Turns it off. False where it was not on, or being set up. */
  async remove(tx: Tx, did: Did): Promise<boolean> {
    const removed = await tx.run('DELETE FROM totp WHERE did = ?', did)
    await tx.run('DELETE FROM backup_code WHERE did = ?', did)
    return removed > 0
  }

  /** Moves the account to the time step that a code is of; back is not possible (RFC 6238 section 5.2). */
  private async useStep(tx: Tx, did: Did, code: string): Promise<boolean> {
    const row = await tx.get<{ sealed: Buffer }>(
      'SELECT sealed FROM totp WHERE did = ? AND confirmed_at IS NOT NULL',
      did,
    )
    if (!row) return false
    const secret = unseal(this.secrets.keyEncryptionKey, purposeOf(did), row.sealed)
    if (!secret) throw new Error(`the TOTP secret of ${did} was sealed under another key-encryption key`)
    const timestamp = this.clock.now()
    const token = code.replace(/\s/g, '')
    const delta = totpOf(new Secret({ buffer: new Uint8Array(secret).buffer })).validate({
      token,
      timestamp,
      window: WINDOW,
    })
    if (delta === null) return false
    const step = TOTP.counter({ period: PERIOD_SECONDS, timestamp }) + delta
    return (await tx.run('UPDATE totp SET last_step = ? WHERE did = ? AND last_step < ?', step, did, step)) > 0
  }

  private backupHash(did: Did, code: string): string {
    return createHmac('sha256', this.backupKey)
      .update(`${did} ${normalCode(code)}`)
      .digest('base64url')
  }
}

function totpOf(secret: Secret, names: { issuer?: string; label?: string } = {}): TOTP {
  return new TOTP({ ...names, secret, algorithm: 'SHA1', digits: 6, period: PERIOD_SECONDS })
}

/** A signing key is sealed for its DID alone: neither opens in the place of the other. */
function purposeOf(did: Did): string {
  return `totp ${did}`
}
