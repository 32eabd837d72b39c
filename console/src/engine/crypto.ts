/** What the engine asks of node:crypto, for the browser: SHA-256 that answers at once (Web Crypto only promises). */
import { sha256 } from '@noble/hashes/sha2.js'

/**
 * As `hash` of node:crypto, for one algorithm.
 * @returns for `binary` one character a byte, for `buffer` the bytes, else hexadecimal digits
 */
export function hash(algorithm: 'sha256', data: Uint8Array | string, encoding: 'binary'): string
export function hash(algorithm: 'sha256', data: Uint8Array | string, encoding: 'buffer'): Uint8Array
export function hash(algorithm: 'sha256', data: Uint8Array | string, encoding?: 'hex'): string
export function hash(
  algorithm: 'sha256',
  data: Uint8Array | string,
  encoding: 'binary' | 'buffer' | 'hex' = 'hex',
): Uint8Array | string {
  if (algorithm !== 'sha256') throw new Error(`no ${String(algorithm)} in the browser`)
  const digest = sha256(typeof data === 'string' ? new TextEncoder().encode(data) : data)
  if (encoding === 'buffer') return digest
  if (encoding === 'binary') return String.fromCharCode(...digest)
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
