/**
 * Passwords at rest: Argon2id (RFC 9106) with the parameters that OWASP recommends for servers, in the PHC string
 * form `$argon2id$v=19$m=9216,t=4,p=1$<salt>$<hash>`, base64 without padding. Those of accounts that come with the data of
 * the official PDS are as that one keeps them, `<salt>:<hash>`, until their owners sign in: scrypt (RFC 7914) with N=16384,
 * r=8, p=1, the hash 64 bytes in hexadecimal digits, the salt a text.
 */
import { argon2, randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import { Config } from '../../config/config.js'
import { invalidRequest, unauthorized, XrpcError } from '../../xrpc/xrpc-error.js'

// Of the choices that OWASP holds to be equal, one whose memory costs little to come by.
const COST: Cost = { memory: 9_216, passes: 4, lanes: 1 }
/** The least that there is, where nothing is protected (RFC 9106, section 3.1). */
const THROW_AWAY_COST: Cost = { memory: 8, passes: 1, lanes: 1 }
const SALT_BYTES = 16
const HASH_BYTES = 32
const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,3}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/

const SCRYPT = /^([0-9a-f]{32}):([0-9a-f]{128})$/

const MIN_LENGTH = 8
const MAX_LENGTH = 256
/** What older accounts may have; anything longer is not worth hashing. */
export const MAX_LOGIN_LENGTH = 512

/** Hashes at once: each takes 9 MiB and a thread of libuv's four, which files and DNS also need. */
const MAX_RUNNING = 2
const MAX_WAITING = 100

/** What a hash takes: KiB of memory, passes over it, threads. */
interface Cost {
  memory: number
  passes: number
  lanes: number
}

/** Whether this is a password as the official PDS keeps it. */
export function isOfficialHash(stored: string): boolean {
  return SCRYPT.test(stored)
}

/** @throws XrpcError 400 InvalidPassword for a password that a new account may not have. */
export function checkNewPassword(password: string): void {
  if (password.length < MIN_LENGTH)
    throw invalidRequest(`Password too short. Minimum length is ${MIN_LENGTH} characters.`, 'InvalidPassword')
  if (password.length > MAX_LENGTH)
    throw invalidRequest(`Password too long. Maximum length is ${MAX_LENGTH} characters.`, 'InvalidPassword')
}

/** Hashes passwords off the event loop, few at a time. */
@Injectable()
export class Passwords {
  private running = 0
  private readonly waiting: (() => void)[] = []
  private readonly cost: Cost
  /** Stands in for the hash of an account that is not there, so that asking takes as long. */
  private readonly decoy: string

  constructor({ throwAway }: Config) {
    this.cost = throwAway ? THROW_AWAY_COST : COST
    this.decoy = format(this.cost, randomBytes(SALT_BYTES), randomBytes(HASH_BYTES))
  }

  /** Whether this is a password as the official PDS keeps it, or hashed with other parameters than those of now. */
  isOutdated(stored: string): boolean {
    return !stored.startsWith(prefixOf(this.cost))
  }

  /** The text to store. @throws XrpcError 503 NotEnoughResources when too many are waiting. */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES)
    return format(this.cost, salt, await this.derive(password, salt, this.cost, HASH_BYTES))
  }

  /**
   * Whether the password is the stored one; null stands for no account, takes the same time and is never right.
   * @throws XrpcError 503 NotEnoughResources when too many are waiting; 401 for a password longer than any.
   */
  async verify(password: string, stored: string | null): Promise<boolean> {
    if (password.length > MAX_LOGIN_LENGTH) throw unauthorized('Password too long. Consider resetting your password.')
    const older = SCRYPT.exec(stored ?? '')
    if (older) {
      const expected = Buffer.from(older[2]!, 'hex')
      return timingSafeEqual(await this.deriveScrypt(password, older[1]!, expected.length), expected)
    }
    const match = PHC.exec(stored ?? this.decoy)
    if (!match) throw new Error('a stored password hash is damaged')
    const [memory, passes, lanes] = match.slice(1, 4).map(Number) as [number, number, number]
    const salt = Buffer.from(match[4]!, 'base64')
    const expected = Buffer.from(match[5]!, 'base64')
    const actual = await this.derive(password, salt, { memory, passes, lanes }, expected.length)
    return timingSafeEqual(actual, expected) && stored !== null
  }

  /** The scrypt hash that the official PDS makes of a password, `length` bytes. @throws as {@link hash} */
  async deriveScrypt(password: string, salt: string, length: number): Promise<Buffer> {
    await this.enter()
    try {
      return await new Promise((resolve, reject) =>
        scrypt(password, salt, length, (error, hash) => (error ? reject(error) : resolve(hash))),
      )
    } finally {
      this.leave()
    }
  }

  private async derive(
    message: string,
    nonce: Buffer,
    { memory, passes, lanes: parallelism }: Cost,
    tagLength: number,
  ): Promise<Buffer> {
    await this.enter()
    try {
      return await new Promise((resolve, reject) =>
        argon2('argon2id', { message, nonce, memory, passes, parallelism, tagLength }, (error, tag) =>
          error ? reject(error) : resolve(tag),
        ),
      )
    } finally {
      this.leave()
    }
  }

  private async enter(): Promise<void> {
    if (this.running < MAX_RUNNING) this.running++
    else if (this.waiting.length < MAX_WAITING) await new Promise<void>((go) => this.waiting.push(go))
    else throw new XrpcError(503, 'NotEnoughResources', 'Too many sign-ins at once, try again in a moment')
  }

  /** Hands the place to the next in line, or gives it back. */
  private leave(): void {
    const next = this.waiting.shift()
    if (next) next()
    else this.running--
  }
}

function prefixOf({ memory, passes, lanes }: Cost): string {
  return `$argon2id$v=19$m=${memory},t=${passes},p=${lanes}$`
}

function format(cost: Cost, salt: Buffer, hash: Buffer): string {
  const encode = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '')
  return `${prefixOf(cost)}${encode(salt)}$${encode(hash)}`
}
