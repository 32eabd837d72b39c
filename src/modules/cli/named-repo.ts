import { statSync } from 'node:fs'
import { join } from 'node:path'
import { type Did, isDid, isHandle } from '../../repo-engine/index.js'
import type { Config } from '../config/config.js'
import { SqliteDatabase } from '../database/sqlite-database.js'
import { lookUpAccount } from './find-account.js'
import { WrongUsage } from './options.js'

/** A CAR file with its size in bytes, or a repository in the data directory, which need not be there. */
export type NamedRepo = { file: string; size: number } | { did: Did }

/** What an argument names: a file goes before a handle. @throws WrongUsage; Error where there is neither */
export async function namedRepo(target: string, config: Config): Promise<NamedRepo> {
  if (target.startsWith('did:')) {
    if (!isDid(target)) throw new WrongUsage(`not a DID: ${target}`)
    return { did: target }
  }
  const file = statSync(target, { throwIfNoEntry: false })
  // It is read more than once, which a pipe cannot be.
  if (file && !file.isFile()) throw new Error(`${target} is not a file`)
  if (file) return { file: target, size: file.size }
  const { dataDirectory } = config
  if (!isHandle(target) || SqliteDatabase.isMissing(join(dataDirectory, 'skylog.sqlite')))
    throw new Error(`there is no file ${target}`)
  const account = await lookUpAccount(target, config)
  if (!account) throw new Error(`there is no file ${target}, and no account of that name in ${dataDirectory}`)
  return account
}
