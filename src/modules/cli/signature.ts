import { type DecodedCommit, parseDidKey, verifyCommit } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import type { Config } from '../config/config.js'
import type { Database } from '../database/database.js'
import { type DidDocument, signingKeyOf } from '../identity/did-document.js'
import { DidResolver } from '../identity/did-resolver.js'
import { OwnDocuments } from '../identity/own-documents.js'
import { EmbeddedPlc } from '../identity/plc/embedded-plc.js'
import { HttpPlc } from '../identity/plc/http-plc.js'
import { SafeFetch } from '../identity/safe-fetch.js'
import { ServerAddress } from '../identity/server-address.js'
import { WrongUsage } from './options.js'

/** A document that takes longer counts as one that cannot be had. */
const DOCUMENT_MS = 5_000

/** Whether the head is signed by who it must be signed by. */
export interface SignatureCheck {
  state: 'valid' | 'invalid' | 'unchecked'
  /** did:key that was asked for it; null when none is known. */
  key: string | null
  /** Where that key is from, or why there is none. */
  note: string
}

/** The document of a DID, or null where it cannot be had within a short time. */
export async function documentWithin(dids: DidResolver, did: string): Promise<DidDocument | null> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<null>((resolve) => (timer = setTimeout(resolve, DOCUMENT_MS, null)))
  try {
    return await Promise.race([dids.resolve(did), late])
  } finally {
    clearTimeout(timer)
  }
}

/** The resolver of the server that these settings and this database make; null when there is no PLC directory to ask. */
export function resolverOf(config: Config, database: Database | null): DidResolver | null {
  if (config.plcUrl === null && !database) return null
  const clock = new Clock()
  const fetch = new SafeFetch(config)
  const plc = config.plcUrl === null ? new EmbeddedPlc(database!, clock) : new HttpPlc(config.plcUrl, fetch)
  const own = new OwnDocuments(database ?? NO_DATABASE, new ServerAddress(config), config, clock)
  return new DidResolver(plc, fetch, own, config, clock)
}

/** Where there is no database, this host speaks for no account. */
const NO_DATABASE: Pick<Database, 'read'> = { read: { all: () => [], get: () => undefined } }

/** Checks a key that was given by hand. @throws WrongUsage */
export function checkKeyOption(key: string | undefined): void {
  try {
    if (key !== undefined) parseDidKey(key)
  } catch (error) {
    throw new WrongUsage(`--key: ${(error as Error).message}`)
  }
}

export interface SignatureKeys {
  /** Given by hand: nothing else counts. */
  given?: string
  document: DidDocument | null
  /** The key that signs for a repository hosted here. */
  held: string | null
}

/** Checks a commit by the key that counts most of those that are known. */
export function checkSignature(commit: DecodedCommit, { given, document, held }: SignatureKeys): SignatureCheck {
  const check = (key: string, note: string): SignatureCheck => ({
    state: verifyCommit(commit, key) ? 'valid' : 'invalid',
    key,
    note,
  })
  if (given !== undefined) return check(given, 'the key that was given')
  const published = document && signingKeyOf(document)
  if (published) return check(published, 'the key in the DID document')
  if (held !== null) return check(held, 'the key held here; the DID document cannot be had')
  const note = document ? 'the DID document has no signing key' : 'the DID document cannot be had'
  return { state: 'unchecked', key: null, note }
}
