import { unseal } from '../config/sealed.js'

/** Opens a private key that was sealed for its owner. @throws Error where it was for another, or under another key-encryption key. */
export function openKey(keyEncryptionKey: Buffer, owner: string, sealed: Buffer): Buffer {
  const secret = unseal(keyEncryptionKey, owner, sealed)
  if (secret) return secret
  throw new Error(
    `the signing key of ${owner} cannot be opened: it was sealed under another key-encryption key. Put back the ` +
      'secrets.json that belongs to this database, or set PDS_SIGNING_KEY_ENCRYPTION_KEY_HEX to its keyEncryptionKey',
  )
}
