import { join } from 'node:path'
import type { Did } from '../../repo-engine/index.js'
import type { Config } from '../config/config.js'
import type { Reader } from '../database/database.js'

/** An account as commands speak of it. */
export interface FoundAccount {
  did: Did
  handle: string
  email: string
}

/** Reads the database of a data directory, beside a server that may be running on it. @throws Error where there is none */
export async function readDatabase<T>({ dataDirectory }: Config, read: (reader: Reader) => Promise<T>): Promise<T> {
  const { SqliteDatabase } = await import('../database/sqlite-database.js')
  const database = await SqliteDatabase.openReadOnly(join(dataDirectory, 'skylog.sqlite'))
  return read(database.read).finally(() => database.close())
}

/** The account of a handle, in any case, or of a DID; null without one. @throws Error as {@link readDatabase} */
export async function lookUpAccount(who: string, config: Config): Promise<FoundAccount | null> {
  const found = await readDatabase(config, async (reader) =>
    reader.get<FoundAccount>(
      'SELECT did, handle, email FROM account WHERE did = ? OR handle = ?',
      who,
      who.toLowerCase(),
    ),
  )
  return found ?? null
}

/** As {@link lookUpAccount}. @throws Error without one, too */
export async function findAccount(who: string, config: Config): Promise<FoundAccount> {
  const found = await lookUpAccount(who, config)
  if (!found) throw new Error(`there is no account ${who} in ${config.dataDirectory}`)
  return found
}
