/** The key that backups are encrypted by, in a file as `age-keygen` writes it: comments, and one line `AGE-SECRET-KEY-…`. */
import {
  closeSync,
  createReadStream,
  existsSync,
  fsyncSync,
  openSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, resolve, sep } from 'node:path'
import { ConfigError } from '../config/config.js'
import { syncDirectory } from '../config/private-file.js'
import { BackupProblem } from './backup-target.js'

/** Many times what such a file has. */
const MAX_BYTES = 64 * 1024

/** An identity, which is secret, and the recipient that can be told to others. */
export interface BackupIdentity {
  identity: string
  /** `age1…` */
  recipient: string
}

/** @throws ConfigError for a file that cannot be read, or has something else in it, which is not repeated */
export async function readIdentity(file: string): Promise<BackupIdentity> {
  let text = ''
  try {
    for await (const piece of createReadStream(file, { encoding: 'latin1', end: MAX_BYTES })) text += piece as string
  } catch (error) {
    throw new ConfigError(`the identity of backups cannot be read: ${(error as Error).message}`)
  }
  const { identityToRecipient } = await import('age-encryption')
  const lines = text.split('\n').map((line) => line.trim())
  const [identity, ...more] = lines.filter((line) => line !== '' && !line.startsWith('#'))
  // What the library says of a line that it cannot read may have the line in it.
  const recipient = identity && more.length === 0 ? await identityToRecipient(identity).catch(() => null) : null
  if (!identity || recipient === null)
    throw new ConfigError(`${file} is no identity of age: besides comments it has to have one line, AGE-SECRET-KEY-…`)
  return { identity, recipient }
}

/** Makes an identity in a new file that its owner alone may read, on disk when this returns, and gives its recipient. */
export async function writeNewIdentity(file: string, time: string): Promise<string> {
  const { generateIdentity, identityToRecipient } = await import('age-encryption')
  const identity = await generateIdentity()
  const recipient = await identityToRecipient(identity)
  let handle: number
  try {
    handle = openSync(file, 'wx', 0o600)
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error
    throw new Error(`${file} is there already, and is not written over: backups may need it`, { cause: error })
  }
  try {
    writeFileSync(handle, `# created: ${time}\n# public key: ${recipient}\n${identity}\n`)
    fsyncSync(handle)
  } catch (error) {
    rmSync(file, { force: true })
    throw error
  } finally {
    closeSync(handle)
  }
  syncDirectory(resolve(file))
  return recipient
}

/** @throws BackupProblem for an identity that lies, or would lie, in one of these folders, whatever links lead there */
export function assertElsewhere(file: string, dataDirectory: string, target: string | null = null): void {
  const path = existsSync(file) ? realpathSync(file) : join(realOf(dirname(resolve(file))), basename(file))
  const isIn = (folder: string): boolean => path.startsWith(`${realOf(resolve(folder))}${sep}`)
  if (isIn(dataDirectory))
    throw new BackupProblem(`${file} is in the data directory: whoever loses that loses the key to its backups as well`)
  if (target !== null && isIn(target))
    throw new BackupProblem(`${file} is in ${target}: whoever has the backups there has the key to them as well`)
}

function realOf(folder: string): string {
  return existsSync(folder) ? realpathSync(folder) : folder
}
