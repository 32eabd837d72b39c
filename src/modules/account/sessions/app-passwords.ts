import { createHash, createHmac, randomBytes } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import { type Did, encodeBase32 } from '../../../repo-engine/index.js'
import { Clock } from '../../config/clock.js'
import { Database, type Tx } from '../../database/database.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { Passwords } from '../password/passwords.js'

/** An app password as its owner sees it in a list: the password itself was shown once. */
export interface AppPassword {
  name: string
  /** RFC 3339. */
  createdAt: string
  /** Also for chats and for moving out. */
  privileged: boolean
}

/** What somebody has signed in with. */
export interface MatchedAppPassword {
  name: string
  hash: Buffer
  privileged: boolean
}

const MAX_EACH = 200
const MAX_NAME = 256
/** 80 bits in base32: `xxxx-xxxx-xxxx-xxxx`. */
const BYTES = 10
/** Bytes of a hash that the official PDS has made: longer than those made here. */
const OFFICIAL_BYTES = 64
const FORM = /^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/

/**
 * The passwords that an owner gives to apps. They are made here out of chance, so nobody can guess one from its hash,
 * and that need not be slow: a keyed digest finds the one among all that an account has. One that has come with the data of
 * the official PDS is found by the hash that it has from there (scrypt, salted with half the SHA-256 of the DID, which is one
 * for all of an account), until it is used for the first time.
 */
@Injectable()
export class AppPasswords {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly passwords: Passwords,
  ) {}

  /** Makes one. @throws XrpcError 400 InvalidRequest when the name is taken or cannot be used, or there are too many. */
  async create(tx: Tx, did: Did, name: string, privileged: boolean): Promise<AppPassword & { password: string }> {
    if (name.trim() === '' || name.length > MAX_NAME)
      throw invalidRequest(`The name of an app password has 1 to ${MAX_NAME} characters`)
    const password = encodeBase32(randomBytes(BYTES)).match(/.{4}/g)!.join('-')
    const createdAt = this.clock.iso()
    const made = await tx.run(
      `INSERT INTO app_password (did, name, hash, privileged, created_at) SELECT did, ?, ?, ?, ? FROM account WHERE did = ?
       ON CONFLICT DO NOTHING`,
      name,
      hashOf(did, password),
      Number(privileged),
      createdAt,
      did,
    )
    if (made === 0) throw invalidRequest('There is an app password of that name already')
    const { n } = (await tx.get<{ n: number }>('SELECT count(*) AS n FROM app_password WHERE did = ?', did))!
    if (n > MAX_EACH) throw invalidRequest(`An account has ${MAX_EACH} app passwords at most`)
    return { name, password, createdAt, privileged }
  }

  /** The app password that this is, or null; nothing is asked for what cannot be one. */
  async find(did: Did, password: string): Promise<MatchedAppPassword | null> {
    if (!FORM.test(password)) return null
    const hash = hashOf(did, password)
    return (await this.match(did, hash)) ?? ((await this.renew(did, password, hash)) ? this.match(did, hash) : null)
  }

  /**
   * Puts the app passwords that an account has had on the official PDS in the place of those that it has. `hash` is scrypt's,
   * 64 bytes.
   */
  async adopt(tx: Tx, did: Did, all: readonly (AppPassword & { hash: Buffer })[]): Promise<void> {
    await tx.run('DELETE FROM app_password WHERE did = ?', did)
    for (const { name, hash, privileged, createdAt } of all)
      await tx.run(
        'INSERT INTO app_password (did, name, hash, privileged, created_at) VALUES (?, ?, ?, ?, ?)',
        did,
        name,
        hash,
        Number(privileged),
        createdAt,
      )
  }

  /** Gives one from the official PDS the hash of those made here, when this is it. */
  private async renew(did: Did, password: string, hash: Buffer): Promise<boolean> {
    const { read } = this.database
    const old = await read.get('SELECT 1 FROM app_password WHERE did = ? AND length(hash) = ?', did, OFFICIAL_BYTES)
    if (!old) return false
    const salt = createHash('sha256').update(did).digest('hex').slice(0, 32)
    const official = await this.passwords.deriveScrypt(password, salt, OFFICIAL_BYTES)
    const renewed = await this.database.write(async (tx) =>
      tx.run('UPDATE app_password SET hash = ? WHERE did = ? AND hash = ?', hash, did, official),
    )
    return renewed > 0
  }

  private async match(did: Did, hash: Buffer): Promise<MatchedAppPassword | null> {
    const row = await this.database.read.get<{ name: string; privileged: number }>(
      'SELECT name, privileged FROM app_password WHERE did = ? AND hash = ?',
      did,
      hash,
    )
    return row ? { name: row.name, hash, privileged: row.privileged === 1 } : null
  }

  /** Those of an account, newest first. */
  async list(did: Did): Promise<AppPassword[]> {
    const rows = await this.database.read.all<Omit<AppPassword, 'privileged'> & { privileged: number }>(
      'SELECT name, created_at AS createdAt, privileged FROM app_password WHERE did = ? ORDER BY created_at DESC, name',
      did,
    )
    return rows.map((row) => ({ ...row, privileged: row.privileged === 1 }))
  }

  /** Takes one back; what was begun with it is the caller's to end. */
  async remove(tx: Tx, did: Did, name: string): Promise<void> {
    await tx.run('DELETE FROM app_password WHERE did = ? AND name = ?', did, name)
  }
}

function hashOf(did: Did, password: string): Buffer {
  return createHmac('sha256', did).update(password).digest()
}
