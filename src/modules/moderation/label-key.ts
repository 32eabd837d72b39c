import { hkdfSync } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import { type Did, SigningKey } from '../../repo-engine/index.js'
import { Config } from '../config/config.js'
import { Secrets } from '../config/secrets.js'
import { ServerAddress } from '../identity/server-address.js'

/**
 * The key that signs the labels of this server, as its DID document names it. It follows from the key-encryption key and the
 * DID (HKDF, RFC 5869), so there is nothing to be kept of it.
 */
@Injectable()
export class LabelKey {
  /** The source of the labels of this server. */
  readonly did: Did
  private readonly key: SigningKey

  constructor(config: Config, secrets: Secrets, address: ServerAddress) {
    this.did = config.serviceDid as string as Did
    const secret = hkdfSync('sha256', secrets.keyEncryptionKey, config.serviceDid, 'skylog label key', 32)
    this.key = SigningKey.fromPrivate('k256', Buffer.from(secret))
    address.labelsWith(this.key.didKey)
  }

  sign(message: Uint8Array): Buffer {
    return this.key.sign(message)
  }
}
