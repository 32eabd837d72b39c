/** Private keys at rest: nonce (12) | AES-256-GCM ciphertext (32) | tag (16). Pure but for the nonce. */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const CIPHER = 'aes-256-gcm'
const NONCE_LENGTH = 12
const TAG_LENGTH = 16

/** Seals a private key. `owner` is additional data, so that what was sealed for one says nothing under another. */
export function sealKey(keyEncryptionKey: Buffer, owner: string, secret: Buffer): Buffer {
  const nonce = randomBytes(NONCE_LENGTH)
  const cipher = createCipheriv(CIPHER, keyEncryptionKey, nonce).setAAD(Buffer.from(owner))
  return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()])
}

/** Opens a sealed key. @throws Error where it was sealed for another owner, or under another key-encryption key. */
export function openKey(keyEncryptionKey: Buffer, owner: string, sealed: Buffer): Buffer {
  const nonce = sealed.subarray(0, NONCE_LENGTH)
  const secret = sealed.subarray(NONCE_LENGTH, -TAG_LENGTH)
  try {
    const decipher = createDecipheriv(CIPHER, keyEncryptionKey, nonce, { authTagLength: TAG_LENGTH })
      .setAAD(Buffer.from(owner))
      .setAuthTag(sealed.subarray(-TAG_LENGTH))
    return Buffer.concat([decipher.update(secret), decipher.final()])
  } catch {
    throw new Error(
      `the signing key of ${owner} cannot be opened: it was sealed under another key-encryption key. Put back the ` +
        'secrets.json that belongs to this database, or set PDS_SIGNING_KEY_ENCRYPTION_KEY_HEX to its keyEncryptionKey',
    )
  }
}
