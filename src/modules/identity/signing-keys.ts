import { Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { parseDidKey, SigningKey } from '../../repo-engine/index.js'
import { seal, unseal } from '../config/sealed.js'
import { Secrets } from '../config/secrets.js'
import { Database, type Answer, type Tx } from '../database/database.js'

/** Opened keys that are kept; about 1 KB each. */
const MAX_OPENED = 20_000

interface Row {
  public_key: string
  sealed: Buffer
}

/** The keys that sign the commits of local accounts, sealed at rest under the key-encryption key, for their DID. */
@Injectable()
export class SigningKeys {
  /** Signs the did:plc operations of accounts made here. */
  readonly rotationKey: SigningKey
  private readonly opened = new LRUCache<string, SigningKey>({ max: MAX_OPENED })

  constructor(
    private readonly database: Database,
    private readonly secrets: Secrets,
  ) {
    this.rotationKey = SigningKey.fromPrivate('k256', secrets.plcRotationKey)
  }

  /** A new key, kept nowhere yet. */
  generate(): SigningKey {
    return SigningKey.generate('k256')
  }

  /** Makes this the key of an account, in place of one it may have had. */
  async store(tx: Tx, did: string, key: SigningKey): Promise<void> {
    await tx.run(
      `INSERT INTO signing_key (did, public_key, sealed) VALUES (?, ?, ?)
       ON CONFLICT (did) DO UPDATE SET public_key = excluded.public_key, sealed = excluded.sealed`,
      did,
      key.didKey,
      seal(this.secrets.keyEncryptionKey, did, key.exportPrivate()),
    )
    tx.afterCommit(() => this.opened.set(did, key))
  }

  /** Forgets the key of an account that is deleted. */
  async remove(tx: Tx, did: string): Promise<void> {
    await tx.run('DELETE FROM signing_key WHERE did = ?', did)
    tx.afterCommit(() => this.opened.delete(did))
  }

  /** The key of a local account, at once when it was used lately. @throws Error when there is none or it cannot be opened. */
  get(did: string): Answer<SigningKey> {
    return this.opened.get(did) ?? this.open(did)
  }

  /** did:key of a local account's key, null without one. */
  async publicKey(did: string): Promise<string | null> {
    const row = await this.row(did)
    return row?.public_key ?? null
  }

  private async open(did: string): Promise<SigningKey> {
    const row = await this.row(did)
    if (!row) throw new Error(`there is no signing key of ${did}`)
    const key = SigningKey.fromPrivate(parseDidKey(row.public_key).curve, this.unseal(did, row.sealed))
    // A key stored in the meantime is newer than the row that was read.
    const newer = this.opened.get(did)
    if (newer) return newer
    this.opened.set(did, key)
    return key
  }

  private row(did: string): Answer<Row | undefined> {
    return this.database.read.get<Row>('SELECT public_key, sealed FROM signing_key WHERE did = ?', did)
  }

  private unseal(did: string, sealed: Buffer): Buffer {
    const secret = unseal(this.secrets.keyEncryptionKey, did, sealed)
    if (secret) return secret
    throw new Error(
      `the signing key of ${did} cannot be opened: it was sealed under another key-encryption key. Put back the ` +
        'secrets.json that belongs to this database, or set PDS_SIGNING_KEY_ENCRYPTION_KEY_HEX to its keyEncryptionKey',
    )
  }
}
