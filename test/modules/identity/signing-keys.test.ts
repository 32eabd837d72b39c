import { verifySignature } from '../../../src/repo-engine/index.js'
import { Config } from '../../../src/modules/config/config.js'
import { Secrets } from '../../../src/modules/config/secrets.js'
import type { Database } from '../../../src/modules/database/database.js'
import { SigningKeys } from '../../../src/modules/identity/signing-keys.js'
import { temporaryDatabase, temporaryFolder } from './identity-app.js'

const alice = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
const bob = 'did:plc:bbbbbbbbbbbbbbbbbbbbbbbb'
const message = Buffer.from('a commit')

let database: Database
let secrets: Secrets
let dispose: () => Promise<void>

beforeAll(async () => {
  const folder = temporaryFolder()
  const temporary = await temporaryDatabase()
  database = temporary.database
  secrets = Secrets.load(Config.fromEnv({ PDS_DATA_DIRECTORY: folder.path }))
  dispose = async () => {
    await temporary.close()
    folder.dispose()
  }
})
afterAll(() => dispose())

function withAnotherKey(): SigningKeys {
  const hex = 'ab'.repeat(32)
  const folder = temporaryFolder()
  const other = Secrets.load(
    Config.fromEnv({ PDS_DATA_DIRECTORY: folder.path, PDS_SIGNING_KEY_ENCRYPTION_KEY_HEX: hex }),
  )
  folder.dispose()
  return new SigningKeys(database, other)
}

describe('signing keys', () => {
  it('come back from the database as they went in', async () => {
    const keys = new SigningKeys(database, secrets)
    const key = keys.generate()
    await database.write((tx) => keys.store(tx, alice, key))
    expect(keys.get(alice)).toBe(key)
    expect(await keys.publicKey(alice)).toBe(key.didKey)

    const reopened = new SigningKeys(database, secrets)
    const opened = await reopened.get(alice)
    expect(verifySignature(key.didKey, message, opened.sign(message))).toBe(true)
    // Once opened, it comes at once.
    expect(reopened.get(alice)).toBe(opened)
  })

  it('stay out of the database file', async () => {
    const keys = new SigningKeys(database, secrets)
    const key = keys.generate()
    await database.write((tx) => keys.store(tx, alice, key))
    const row = await database.read.get<{ sealed: Buffer }>('SELECT sealed FROM signing_key WHERE did = ?', alice)
    expect(row!.sealed.length).toBe(12 + 32 + 16)
    expect(row!.sealed.includes(key.exportPrivate())).toBe(false)
  })

  it('are replaced when the write commits, and only then', async () => {
    const keys = new SigningKeys(database, secrets)
    const [first, second] = [keys.generate(), keys.generate()]
    await database.write((tx) => keys.store(tx, alice, first))
    const failed = database.write(async (tx) => {
      await keys.store(tx, alice, second)
      throw new Error('undone')
    })
    await expect(failed).rejects.toThrow('undone')
    expect(keys.get(alice)).toBe(first)
    await database.write((tx) => keys.store(tx, alice, second))
    expect(keys.get(alice)).toBe(second)
    await database.write((tx) => keys.remove(tx, alice))
    expect(await keys.publicKey(alice)).toBeNull()
    await expect(keys.get(alice)).rejects.toThrow(/no signing key/)
  })

  it('cannot be opened with another key, and the error says what to do', async () => {
    const keys = new SigningKeys(database, secrets)
    await database.write((tx) => keys.store(tx, alice, keys.generate()))
    await expect(withAnotherKey().get(alice)).rejects.toThrow(/PDS_SIGNING_KEY_ENCRYPTION_KEY_HEX/)
  })

  it('cannot be put under another DID', async () => {
    const keys = new SigningKeys(database, secrets)
    await database.write(async (tx) => {
      await keys.store(tx, alice, keys.generate())
      await tx.run('INSERT INTO signing_key SELECT ?, public_key, sealed FROM signing_key WHERE did = ?', bob, alice)
    })
    await expect(keys.get(bob)).rejects.toThrow(/cannot be opened/)
  })

  it('have a rotation key beside them, out of the secrets', () => {
    const { rotationKey } = new SigningKeys(database, secrets)
    expect(rotationKey.exportPrivate()).toEqual(secrets.plcRotationKey)
  })
})
