import { Injectable } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import { type Preference, Preferences } from '../private-state/preferences.js'
import { OfficialCredentials, soundAccount } from './official-credentials.js'
import { OfficialBlobs, type TakenBlobs } from './official-blobs.js'
import type { OfficialAccount, OfficialDirectory } from './official-directory.js'
import { OfficialRepo, type TakenRepo } from './official-repo.js'

/** What was taken of an account, and what could not be. */
export interface TakenAccount extends TakenRepo, TakenBlobs {
  status: 'active' | 'deactivated' | 'takendown'
  appPasswords: number
  sessions: number
  preferences: number
  takenRecords: number
  /** Sign-ins over OAuth, which are not taken. */
  oauthSessions: number
}

/** Takes over one account of an official PDS with all that it has. */
@Injectable()
export class OfficialPeople {
  constructor(
    private readonly credentials: OfficialCredentials,
    private readonly preferences: Preferences,
    private readonly blobs: OfficialBlobs,
    private readonly repos: OfficialRepo,
  ) {}

  /** For an account that is here: the blobs that a run before has not found. */
  async takeMissingBlobs(did: Did, from: OfficialDirectory, folder: string | null): Promise<TakenBlobs> {
    const store = from.store(did)
    try {
      return await this.blobs.takeMissing(did, store, folder)
    } finally {
      store.close()
    }
  }

  /** `folder`: of the blobs, null for none. @throws Error that says why it cannot be taken; it is not there then, and can be tried again */
  async take(account: OfficialAccount, from: OfficialDirectory, folder: string | null): Promise<TakenAccount> {
    const sound = soundAccount(account, from)
    const store = from.store(account.did)
    try {
      const credentials = await this.credentials.take(account, sound, from, store)
      const preferences = store.preferences().filter(isKept)
      await this.preferences.put(sound.did, preferences, true)
      const blobs = await this.blobs.take(sound.did, store, folder)
      const repo = await this.repos.take(account, sound, store)
      return {
        status: account.takedownRef !== null ? 'takendown' : account.deactivatedAt !== null ? 'deactivated' : 'active',
        ...repo,
        ...credentials,
        ...blobs,
        preferences: preferences.length,
        oauthSessions: from.oauthSessions(account.did),
      }
    } finally {
      store.close()
    }
  }
}

/** Those of app.bsky are all that there are for clients of today. */
function isKept(preference: Record<string, unknown>): preference is Preference {
  return typeof preference.$type === 'string' && preference.$type.startsWith('app.bsky.')
}
