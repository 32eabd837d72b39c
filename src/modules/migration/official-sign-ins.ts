import { Injectable } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import { AppPasswords } from '../account/sessions/app-passwords.js'
import { isOfficialHash } from '../account/password/passwords.js'
import { type ResumedToken, Sessions } from '../auth/sessions.js'
import type { AccessScope } from '../auth/tokens.js'
import type { Tx } from '../database/database.js'
import type { OfficialDirectory, OfficialRefreshToken } from './official-directory.js'

/** Takes over how apps are signed in: with passwords of their own, and with sessions that go on. */
@Injectable()
export class OfficialSignIns {
  constructor(
    private readonly appPasswords: AppPasswords,
    private readonly sessions: Sessions,
  ) {}

  /** Gives how many of each were taken. */
  async take(tx: Tx, did: Did, from: OfficialDirectory): Promise<{ appPasswords: number; sessions: number }> {
    const passwords = from.appPasswords(did).filter(({ passwordScrypt }) => isOfficialHash(passwordScrypt))
    await this.appPasswords.adopt(
      tx,
      did,
      passwords.map(({ name, passwordScrypt, privileged, createdAt }) => ({
        name,
        // The salt follows from the DID.
        hash: Buffer.from(passwordScrypt.slice(passwordScrypt.indexOf(':') + 1), 'hex'),
        privileged: privileged === 1,
        createdAt,
      })),
    )
    // A session whose end nobody knows has ended.
    const tokens = from.refreshTokens(did).map(resumed)
    const ending = tokens.filter(({ expiresAt }) => !Number.isNaN(expiresAt))
    const sessions = await this.sessions.resume(tx, did, ending)
    return { appPasswords: passwords.length, sessions }
  }
}

function resumed({ id, nextId, expiresAt, appPasswordName, privileged }: OfficialRefreshToken): ResumedToken {
  const ofApp: AccessScope = privileged ? 'com.atproto.appPassPrivileged' : 'com.atproto.appPass'
  const scope = appPasswordName === null ? 'com.atproto.access' : ofApp
  return { id, nextId, expiresAt: Date.parse(expiresAt), scope, appPassword: appPasswordName }
}
