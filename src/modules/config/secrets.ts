import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigError, type Config } from './config.js'
import { syncDirectory, writePrivateFile, writeTemporary } from './private-file.js'

/** What nobody but the operator may know. Taken from the environment, or made at the first start and kept in the data directory. */
export class Secrets {
  /** K-256 private keys that rotate the PLC identities of accounts made here, 32 bytes each: first the one in use. */
  private rotationKeys: Buffer[]

  private constructor(
    private readonly file: string,
    private kept: SecretsFile,
    private readonly config: Config,
    /** True when the admin password has just been made up: the one moment to show it. */
    readonly adminPasswordIsNew: boolean,
  ) {
    this.rotationKeys = this.readRotationKeys()
  }

  /** HS256 secret of session tokens. */
  get jwtSecret(): string {
    return this.config.jwtSecret ?? this.kept.jwtSecret
  }

  get adminPassword(): string {
    return this.config.adminPassword ?? this.kept.adminPassword
  }

  /** AES-256 key that seals the accounts' signing keys at rest: 32 bytes. */
  get keyEncryptionKey(): Buffer {
    return Buffer.from(this.config.signingKeyEncryptionKeyHex ?? this.kept.keyEncryptionKey, 'hex')
  }

  get plcRotationKey(): Buffer {
    return this.rotationKeys[0]!
  }

  /** The rotation key of new identities, then those that are being replaced by it: 32 bytes each, K-256. */
  get plcRotationKeys(): readonly Buffer[] {
    return this.rotationKeys
  }

  /**
   * Makes a new rotation key, durable when this returns; the one before it is kept until it is forgotten.
   * @throws ConfigError where the key is given by the environment
   */
  replacePlcRotationKey(): void {
    if (this.config.plcRotationKeyHex !== null)
      throw new ConfigError(
        'PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX is set: put its value into formerPlcRotationKeys (a list) of ' +
          `${this.file}, set a new one, start again, and rotate then`,
      )
    const { plcRotationKey, formerPlcRotationKeys = [] } = this.kept
    this.keep({
      ...this.kept,
      plcRotationKey: randomBytes(32).toString('hex'),
      formerPlcRotationKeys: [plcRotationKey, ...formerPlcRotationKeys],
    })
  }

  /** Forgets the rotation keys that are not in use any more. */
  forgetFormerPlcRotationKeys(): void {
    this.keep({ ...this.kept, formerPlcRotationKeys: undefined })
  }

  private keep(secrets: SecretsFile): void {
    writePrivateFile(this.file, secrets, temporaryOf(this.file))
    this.kept = secrets
    this.rotationKeys = this.readRotationKeys()
  }

  private readRotationKeys(): Buffer[] {
    const { plcRotationKey, formerPlcRotationKeys = [] } = this.kept
    return [this.config.plcRotationKeyHex ?? plcRotationKey, ...formerPlcRotationKeys].map((key) =>
      Buffer.from(key, 'hex'),
    )
  }

  /** @throws ConfigError when the file that keeps them cannot be read or understood. */
  static load(config: Config): Secrets {
    const file = join(config.dataDirectory, 'secrets.json')
    const isNew = !existsSync(file)
    const kept = isNew ? create(file) : read(file)
    return new Secrets(file, kept, config, isNew && config.adminPassword === null)
  }
}

/**
 * Makes the secrets in the settings, those of a server that was here before, the ones that a new data directory keeps; where
 * it has them already, nothing is done. @throws ConfigError where it keeps others, as {@link Secrets.load}
 */
export function keepSecrets(config: Config): void {
  const file = join(config.dataDirectory, 'secrets.json')
  const given: Partial<SecretsFile> = {
    ...(config.jwtSecret !== null && { jwtSecret: config.jwtSecret }),
    ...(config.adminPassword !== null && { adminPassword: config.adminPassword }),
    ...(config.plcRotationKeyHex !== null && { plcRotationKey: config.plcRotationKeyHex.toLowerCase() }),
  }
  if (!existsSync(file)) create(file, given)
  const kept = read(file)
  const { jwtSecret = kept.jwtSecret, plcRotationKey = kept.plcRotationKey } = given
  const other = 'accounts and their sessions can move into an empty directory only'
  if (jwtSecret !== kept.jwtSecret) throw new ConfigError(`${file} has another jwtSecret: ${other}`)
  // It may have been replaced since, as far as that has come.
  if (![kept.plcRotationKey, ...(kept.formerPlcRotationKeys ?? [])].includes(plcRotationKey))
    throw new ConfigError(`${file} has another plcRotationKey: ${other}`)
}

interface SecretsFile {
  jwtSecret: string
  adminPassword: string
  keyEncryptionKey: string
  plcRotationKey: string
  /** Still rotation keys of some identities here, while these are being moved to the one in use. */
  formerPlcRotationKeys?: string[]
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
  // Losing these loses every account's keys: on disk before anything is sealed with them.
  const temporary = temporaryOf(file)
  writeTemporary(temporary, secrets)
  try {
    linkSync(temporary, file)
  } catch (error) {
    if ((error as { code?: string }).code !== 'EEXIST') throw error
  } finally {
    rmSync(temporary, { force: true })
  }
  syncDirectory(file)
  return read(file)
}

/** Of this process alone: several may start on one directory at once. */
function temporaryOf(file: string): string {
  return `${file}.${process.pid}`
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
      hex.test(secrets.plcRotationKey) &&
      (secrets.formerPlcRotationKeys ?? []).every((key) => hex.test(key))
    )
      return secrets
  } catch (error) {
    throw new ConfigError(`${file} cannot be read: ${(error as Error).message}`)
  }
  throw new ConfigError(
    `${file} is not complete: restore it from a backup, or set the PDS_* secrets in the environment`,
  )
}
