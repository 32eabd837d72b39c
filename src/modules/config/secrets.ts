import { randomBytes } from 'node:crypto'
import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { ConfigError, type Config } from './config.js'

/** What nobody but the operator may know. Taken from the environment, or made at the first start and kept in the data directory. */
export class Secrets {
  private constructor(
    /** HS256 secret of session tokens. */
    readonly jwtSecret: string,
    readonly adminPassword: string,
    /** AES-256 key that seals the accounts' signing keys at rest: 32 bytes. */
    readonly keyEncryptionKey: Buffer,
    /** K-256 private key that rotates the PLC identities of accounts made here: 32 bytes. */
    readonly plcRotationKey: Buffer,
    /** True when the admin password has just been made up: the one moment to show it. */
    readonly adminPasswordIsNew: boolean,
  ) {}

  /** @throws ConfigError when the file that keeps them cannot be read or understood. */
  static load(config: Config): Secrets {
    const file = join(config.dataDirectory, 'secrets.json')
    const isNew = !existsSync(file)
    const kept = isNew ? create(file) : read(file)
    return new Secrets(
      config.jwtSecret ?? kept.jwtSecret,
      config.adminPassword ?? kept.adminPassword,
      Buffer.from(config.signingKeyEncryptionKeyHex ?? kept.keyEncryptionKey, 'hex'),
      Buffer.from(config.plcRotationKeyHex ?? kept.plcRotationKey, 'hex'),
      isNew && config.adminPassword === null,
    )
  }
}

/**
 * Makes the secrets in the settings, those of a server that was here before, the ones that a new data directory keeps; where
 * it has them already, nothing is done. @throws ConfigError where it keeps others, as {@link Secrets.load}
 */
export function keepSecrets(config: Config): void {
  const file = join(config.dataDirectory, 'secrets.json')
  const { jwtSecret, adminPassword, plcRotationKeyHex: plcRotationKey } = config
  const given = Object.entries({ jwtSecret, adminPassword, plcRotationKey }).filter(([, secret]) => secret !== null)
  if (!existsSync(file)) create(file, Object.fromEntries(given))
  const kept = read(file)
  for (const name of ['jwtSecret', 'plcRotationKey'] as const)
    if (given.some(([key, secret]) => key === name && secret !== kept[name]))
      throw new ConfigError(
        `${file} has another ${name}: accounts and their sessions can move into an empty directory only`,
      )
}

interface SecretsFile {
  jwtSecret: string
  adminPassword: string
  keyEncryptionKey: string
  plcRotationKey: string
}

/** Makes the file, unless another process that starts at the same time has just made it: then that one's counts. */
function create(file: string, given: Partial<SecretsFile> = {}): SecretsFile {
  const secrets: SecretsFile = {
    jwtSecret: randomBytes(32).toString('hex'),
    adminPassword: randomBytes(16).toString('hex'),
    keyEncryptionKey: randomBytes(32).toString('hex'),
    plcRotationKey: randomBytes(32).toString('hex'),
    ...given,
  }
  mkdirSync(dirname(file), { recursive: true })
  const temporary = `${file}.${process.pid}`
  // One left by a crash would keep its mode.
  rmSync(temporary, { force: true })
  // Losing these loses every account's keys: on disk before anything is sealed with them.
  const handle = openSync(temporary, 'wx', 0o600)
  writeSync(handle, `${JSON.stringify(secrets, null, 2)}\n`)
  fsyncSync(handle)
  closeSync(handle)
  try {
    linkSync(temporary, file)
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error
  } finally {
    rmSync(temporary, { force: true })
  }
  const directory = openSync(dirname(file), 'r')
  fsyncSync(directory)
  closeSync(directory)
  return read(file)
}

function read(file: string): SecretsFile {
  try {
    const secrets = JSON.parse(readFileSync(file, 'utf8')) as SecretsFile
    const hex = /^[0-9a-f]{64}$/
    const texts = typeof secrets.jwtSecret === 'string' && typeof secrets.adminPassword === 'string'
    if (
      texts &&
      secrets.jwtSecret &&
      secrets.adminPassword &&
      hex.test(secrets.keyEncryptionKey) &&
      hex.test(secrets.plcRotationKey)
    )
      return secrets
  } catch (error) {
    throw new ConfigError(`${file} cannot be read: ${(error as Error).message}`)
  }
  throw new ConfigError(
    `${file} is not complete: restore it from a backup, or set the PDS_* secrets in the environment`,
  )
}
