import { Injectable } from '@nestjs/common'
import { parseDidKey, SigningKey } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { seal } from '../config/sealed.js'
import { Secrets } from '../config/secrets.js'
import { Database } from '../database/database.js'
import { networkOf } from '../rate-limit/network.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { openKey } from './sealed-key.js'

/** How long a key waits for its account. */
const LIFE_MS = 3 * 24 * 60 * 60 * 1000
/** Anybody may ask, so there is an end to it: of all, and of those that one network has asked for. */
const MAX_KEYS = 5_000
const MAX_ASKED = 20

interface Row {
  public_key: string
  sealed: Buffer
}

/**
 * Signing keys that are given out before there is an account: an identity that is about to move here has to name the key
 * that will sign for it. Sealed as other keys are, under their own public part.
 */
@Injectable()
export class ReservedKeys {
  constructor(
    private readonly database: Database,
    private readonly secrets: Secrets,
    private readonly clock: Clock,
  ) {}

  /**
   * did:key of a key that is reserved for three days from now: for a DID always the same one, or, without one, a new one each time.
   * `address` is whoever asks. @throws XrpcError 429 RateLimitExceeded; 503 NotEnoughResources
   */
  async reserve(did: string | null, address: string): Promise<string> {
    const now = this.clock.now()
    const asker = networkOf(address)
    return this.database.write(async (tx) => {
      await tx.run('DELETE FROM reserved_key WHERE created_at <= ?', now - LIFE_MS)
      // Whoever is told of it counts on it from now on.
      const known =
        did &&
        (await tx.get<Row>('UPDATE reserved_key SET created_at = ? WHERE did = ? RETURNING public_key', now, did))
      if (known) return known.public_key
      const count = await tx.get<{ all: number; asked: number }>(
        'SELECT count(*) AS "all", coalesce(sum(CASE WHEN asked_by = ? THEN 1 ELSE 0 END), 0) AS asked FROM reserved_key',
        asker,
      )
      if (count!.asked >= MAX_ASKED) throw new XrpcError(429, 'RateLimitExceeded', 'Too many reserved keys')
      if (count!.all >= MAX_KEYS)
        throw new XrpcError(503, 'NotEnoughResources', 'Too many keys are reserved; try again later')
      const key = SigningKey.generate('k256')
      await tx.run(
        'INSERT INTO reserved_key (public_key, did, sealed, asked_by, created_at) VALUES (?, ?, ?, ?, ?)',
        key.didKey,
        did,
        seal(this.secrets.keyEncryptionKey, key.didKey, key.exportPrivate()),
        asker,
        now,
      )
      return key.didKey
    })
  }

  /** The key that is reserved for a DID; null without one. */
  find(did: string): Promise<SigningKey | null> {
    return this.open('did = ?', did)
  }

  /** The private part of a key that is reserved for a DID, or for nobody; null where it is not, or not any more. */
  byPublicKey(did: string, publicKey: string): Promise<SigningKey | null> {
    return this.open('(did IS NULL OR did = ?) AND public_key = ?', did, publicKey)
  }

  private async open(condition: string, ...values: string[]): Promise<SigningKey | null> {
    const row = await this.database.read.get<Row>(
      `SELECT public_key, sealed FROM reserved_key WHERE ${condition} AND created_at > ?`,
      ...values,
      this.clock.now() - LIFE_MS,
    )
    if (!row) return null
    const secret = openKey(this.secrets.keyEncryptionKey, row.public_key, row.sealed)
    return SigningKey.fromPrivate(parseDidKey(row.public_key).curve, secret)
  }
}
