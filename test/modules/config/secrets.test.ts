import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Config, ConfigError } from '../../../src/modules/config/config.js'
import { Secrets } from '../../../src/modules/config/secrets.js'
import { scratchDirectory } from '../../support/crash.js'

const HEX = 'a1'.repeat(32)
let directory: string
const file = (): string => join(directory, 'secrets.json')
const load = (env: Record<string, string> = {}): Secrets =>
  Secrets.load(Config.fromEnv({ PDS_DATA_DIRECTORY: directory, ...env }))
const kept = (): Record<string, unknown> => JSON.parse(readFileSync(file(), 'utf8')) as Record<string, unknown>

beforeEach(() => (directory = scratchDirectory()))
afterEach(() => rmSync(directory, { recursive: true, force: true }))

describe('Secrets', () => {
  it('are made at the first start, for the owner alone', () => {
    const secrets = load()
    expect(statSync(file()).mode & 0o777).toBe(0o600)
    expect(existsSync(`${file()}.new`)).toBe(false)
    expect(secrets.adminPasswordIsNew).toBe(true)
    expect([secrets.keyEncryptionKey.length, secrets.plcRotationKey.length]).toEqual([32, 32])
    expect(new Set(Object.values(kept())).size).toBe(4)
  })

  it('are the same at the next, and the admin password is not news any more', () => {
    const first = load()
    const second = load()
    expect({ ...second }).toEqual({ ...first, adminPasswordIsNew: false })
  })

  it('make the directory that is to keep them', () => {
    const deep = join(directory, 'a', 'b')
    Secrets.load(Config.fromEnv({ PDS_DATA_DIRECTORY: deep }))
    expect(existsSync(join(deep, 'secrets.json'))).toBe(true)
  })

  it('give way to the environment, without being changed by it', () => {
    const before = load()
    const env = {
      PDS_JWT_SECRET: 'a secret of sixteen',
      PDS_ADMIN_PASSWORD: 'a password',
      PDS_SIGNING_KEY_ENCRYPTION_KEY_HEX: HEX,
      PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: HEX,
    }
    expect(load(env)).toMatchObject({
      jwtSecret: env.PDS_JWT_SECRET,
      adminPassword: env.PDS_ADMIN_PASSWORD,
      keyEncryptionKey: Buffer.from(HEX, 'hex'),
      plcRotationKey: Buffer.from(HEX, 'hex'),
    })
    expect({ ...load() }).toEqual({ ...before, adminPasswordIsNew: false })
  })

  it('have no admin password to show when the operator chose it', () => {
    expect(load({ PDS_ADMIN_PASSWORD: 'a password' }).adminPasswordIsNew).toBe(false)
  })

  it.each(['', '{', 'null', '[]', '"text"', '{}', '\0\0\0', '{"jwtSecret":"x"}'])(
    'that are damaged (%j) stop the start by name, and stay as they are',
    (text) => {
      writeFileSync(file(), text)
      expect(() => load()).toThrow(ConfigError)
      expect(() => load()).toThrow(file())
      expect(readFileSync(file(), 'utf8')).toBe(text)
    },
  )

  it.each(['jwtSecret', 'adminPassword', 'keyEncryptionKey', 'plcRotationKey'])(
    'without a sound %s stop the start',
    (name) => {
      load()
      const sound = kept()
      for (const value of [undefined, '', 5, {}, null]) {
        writeFileSync(file(), JSON.stringify({ ...sound, [name]: value }))
        expect(() => load()).toThrow(ConfigError)
      }
      writeFileSync(file(), JSON.stringify(sound))
      load()
    },
  )

  it('are not repeated in the error about them', () => {
    load()
    const sound = kept()
    writeFileSync(file(), `${JSON.stringify(sound)}x`)
    for (const secret of Object.values(sound)) expect(() => load()).not.toThrow(String(secret))
  })

  it('whose file was left half-written by a crash are made anew: it was never in use', () => {
    writeFileSync(`${file()}.new`, '{"jwtSec', { mode: 0o644 })
    chmodSync(`${file()}.new`, 0o644)
    load()
    expect(statSync(file()).mode & 0o777).toBe(0o600)
    expect(Object.keys(kept())).toHaveLength(4)
  })
})
