import { Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { parseDidKey, SigningKey } from '../../repo-engine/index.js'
import { seal } from '../config/sealed.js'
import { Secrets } from '../config/secrets.js'
import { upTo } from '../config/up-to.js'
import { Database, type Answer, type Reader, type Tx } from '../database/database.js'
import { openKey } from './sealed-key.js'

/** Opened keys that are kept; about 1 KB each. */
const MAX_OPENED = 20_000

interface Row {
  public_key: string
  sealed: Buffer
}

/**
 * The keys that sign the commits of local accounts, sealed at rest under the key-encryption key, for their DID; and the keys
 * that rotate their identities.
 */
@Injectable()
export class SigningKeys {
  private readonly opened = new LRUCache<string, SigningKey>(upTo(MAX_OPENED))
  private rotation: { secrets: readonly Buffer[]; keys: readonly SigningKey[] } | undefined

  constructor(
    private readonly database: Database,
    private readonly secrets: Secrets,
  ) {}

  /** Signs the did:plc operations of accounts made here. */
  get rotationKey(): SigningKey {
    return this.rotationKeys[0]!
  }

  /** The rotation key of today, then those that identities here are being moved away from. */
  get rotationKeys(): readonly SigningKey[] {
    const secrets = this.secrets.plcRotationKeys
    if (this.rotation?.secrets !== secrets)
      this.rotation = { secrets, keys: secrets.map((secret) => SigningKey.fromPrivate('k256', secret)) }
    return this.rotation.keys
  }

  /** A new key, kept nowhere yet. */
  generate(): SigningKey {
    return SigningKey.generate('k256')
  }

  /**
   * Makes this the key of an account, in place of one it may have had, of which the public part is kept. To be called before
   * anything that it signs is appended. One that was reserved is so no longer.
   */
  async store(tx: Tx, did: string, key: SigningKey): Promise<void> {
    await tx.run(
      `INSERT INTO retired_key (did, until_seq, public_key)
       SELECT did, (SELECT coalesce(max(seq), 0) FROM commit_log), public_key FROM signing_key WHERE did = ? AND public_key <> ?
       ON CONFLICT (did, until_seq) DO NOTHING`,
      did,
      key.didKey,
    )
    await tx.run(
      `INSERT INTO signing_key (did, public_key, sealed) VALUES (?, ?, ?)
       ON CONFLICT (did) DO UPDATE SET public_key = excluded.public_key, sealed = excluded.sealed`,
      did,
      key.didKey,
      seal(this.secrets.keyEncryptionKey, did, key.exportPrivate()),
    )
    await tx.run('DELETE FROM reserved_key WHERE public_key = ?', key.didKey)
    tx.afterCommit(() => this.opened.set(did, key))
  }

  /** Keeps a key that an account is about to get. False, and nothing is done, where it is about to get one already. */
  async prepare(tx: Tx, did: string, key: SigningKey): Promise<boolean> {
    const kept = await tx.run(
      'INSERT INTO next_signing_key (did, public_key, sealed) VALUES (?, ?, ?) ON CONFLICT (did) DO NOTHING',
      did,
      key.didKey,
      seal(this.secrets.keyEncryptionKey, did, key.exportPrivate()),
    )
    return kept > 0
  }

  /** The key that an account is about to get; null without one. */
  async prepared(did: string, reader: Reader = this.database.read): Promise<SigningKey | null> {
    const row = await reader.get<Row>('SELECT public_key, sealed FROM next_signing_key WHERE did = ?', did)
    return row ? this.unseal(did, row) : null
  }

  /** Forgets the key that an account was about to get, because it has it now or never will. */
  async dropPrepared(tx: Tx, did: string): Promise<void> {
    await tx.run('DELETE FROM next_signing_key WHERE did = ?', did)
  }

  /** Forgets the keys of an account that is deleted. */
  async remove(tx: Tx, did: string): Promise<void> {
    await tx.run('DELETE FROM signing_key WHERE did = ?', did)
    await this.dropPrepared(tx, did)
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
    const key = this.unseal(did, row)
    // A key stored in the meantime is newer than the row that was read.
    const newer = this.opened.get(did)
    if (newer) return newer
    this.opened.set(did, key)
    return key
  }

  private row(did: string): Answer<Row | undefined> {
    return this.database.read.get<Row>('SELECT public_key, sealed FROM signing_key WHERE did = ?', did)
  }

  private unseal(did: string, { public_key, sealed }: Row): SigningKey {
    return SigningKey.fromPrivate(parseDidKey(public_key).curve, openKey(this.secrets.keyEncryptionKey, did, sealed))
  }
}
