/**
 * Secrets as they stand in the database: nonce (12) | AES-256-GCM ciphertext (as long as the secret) | tag (16). What they
 * are for is additional data, so that a row says nothing in the place of another.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'

const CIPHER = 'aes-256-gcm'
const NONCE_LENGTH = 12
const TAG_LENGTH = 16

/** Seals a secret under a key of 32 bytes. */
export function seal(key: Buffer, purpose: string, secret: Uint8Array): Buffer {
  const nonce = randomBytes(NONCE_LENGTH)
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(purpose))
  return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()])
}

/** The secret, or null where it was sealed under another key, for another purpose, or is damaged. */
export function unseal(key: Buffer, purpose: string, sealed: Buffer): Buffer | null {
  const nonce = sealed.subarray(0, NONCE_LENGTH)
  const secret = sealed.subarray(NONCE_LENGTH, -TAG_LENGTH)
  try {
    const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_LENGTH })
      .setAAD(Buffer.from(purpose))
      .setAuthTag(sealed.subarray(-TAG_LENGTH))
    return Buffer.concat([decipher.update(secret), decipher.final()])
  } catch {
    return null
  }
}
