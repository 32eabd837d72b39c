import { randomBytes } from 'node:crypto'
import { encodeBase32 } from '../../repo-engine/cid.js'

/** 100 bits, in letters that can be read out: `xxxxx-xxxxx-xxxxx-xxxxx`. */
export function newPassword(): string {
  return encodeBase32(randomBytes(13)).slice(0, 20).match(/.{5}/g)!.join('-')
}
