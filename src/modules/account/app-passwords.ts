import { createHmac, randomBytes } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import { type Did, encodeBase32 } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Database, type Tx } from '../database/database.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'

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
const FORM = /^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/

/**
 * The passwords that an owner gives to apps. They are made here out of chance, so nobody can guess one from its hash,
 * and that need not be slow: a keyed digest finds the one among all that an account has.
 */
@Injectable()
export class AppPasswords {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Makes one. @throws XrpcError 400 InvalidRequest when the name is taken or cannot be used, or there are too many. */
  async create(tx: Tx, did: Did, name: string, privileged: boolean): Promise<AppPassword & { password: string }> {
    if (name.trim() === '' || name.length > MAX_NAME)
      throw invalidRequest(`The name of an app password has 1 to ${MAX_NAME} characters`)
    const password = encodeBase32(randomBytes(BYTES)).match(/.{4}/g)!.join('-')
    const createdAt = this.clock.iso()
    const made = await tx.run(
      `INSERT INTO app_password (did, name, hash, privileged, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
      did,
      name,
      hashOf(did, password),
      Number(privileged),
      createdAt,
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
