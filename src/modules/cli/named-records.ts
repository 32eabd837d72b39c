import { type Did, isAtIdentifier, isDid, isMstKey } from '../../repo-engine/index.js'
import type { Config } from '../config/config.js'
import { findAccount } from './find-account.js'
import { WrongUsage } from './options.js'

/** A record, or all records of an account, as a person names them. */
export interface NamedRecords {
  /** DID or handle. */
  who: string
  /** `collection/rkey`; undefined: all. */
  path: string | undefined
}

/** What `at://alice.test/app.bsky.feed.post/3k…`, a DID or a handle means; null for what is none of these. */
export function namedRecords(text: string): NamedRecords | null {
  const [, who = '', path] = /^(?:at:\/\/)?([^/]+)(?:\/(.+))?$/.exec(text) ?? []
  if (!isAtIdentifier(who) || (path !== undefined && (!text.startsWith('at://') || !isMstKey(path)))) return null
  return { who, path }
}

/** @throws WrongUsage for what is not the at-uri of a record */
export function namedRecord(text: string): NamedRecords & { path: string } {
  const named = text.startsWith('at://') ? namedRecords(text) : null
  if (named?.path === undefined) throw new WrongUsage(`not the at-uri of a record: ${text}`)
  return { who: named.who, path: named.path }
}

/** The DID of whoever is named; a handle must be of an account here. @throws Error where there is none */
export async function didOf(who: string, config: Config): Promise<Did> {
  return isDid(who) ? who : (await findAccount(who, config)).did
}
