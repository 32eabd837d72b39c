/** `skylog keys rotate`: on a data directory alone, and beside a server. */
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Database } from '../../src/modules/database/database.js'
import { stateOf } from '../../src/modules/identity/plc/operation.js'
import { PlcDirectory } from '../../src/modules/identity/plc/plc-directory.js'
import { checkInvariants } from '../support/invariants.js'
import { startTestServer, type TestServer } from '../support/server.js'
import { exported } from '../e2e/verified.js'
import { dataDirectory, skylog } from './run-cli.js'
import { freePort } from '../support/free-port.js'

const directory = dataDirectory()
let env: Record<string, string>
beforeAll(async () => (env = { PDS_DATA_DIRECTORY: directory, PDS_PORT: await freePort() }))

const create = ['account', 'create', '--json', '--handle']
const rotate = (...args: string[]) => skylog(['keys', 'rotate', ...args, '--json'], env)
const secrets = () =>
  JSON.parse(readFileSync(join(directory, 'secrets.json'), 'utf8')) as {
    plcRotationKey: string
    formerPlcRotationKeys?: string[]
  }

/** Starts a server on the directory for as long as `fn` takes. */
async function served<T>(fn: (server: TestServer) => Promise<T>): Promise<T> {
  const server = await startTestServer(env, directory)
  try {
    return await fn(server)
  } finally {
    await server.close()
  }
}

const keysOf = (server: TestServer, did: string) =>
  server.app
    .get(PlcDirectory, { strict: false })
    .lastOperation(did)
    .then((last) => {
      const { rotationKeys, verificationMethods } = stateOf(last!)!
      return { rotation: rotationKeys, signing: verificationMethods.atproto }
    })

it('makes an account whose DID is its handle, with a document that the server serves', async () => {
  const web = await skylog([...create, 'Alice.test', '--email', 'alice@example.com', '--did-web'], env)
  expect(web).toMatchObject({ code: 0 })
  expect(web.json()).toMatchObject({ did: 'did:web:alice.test', handle: 'alice.test' })
  const twice = await skylog([...create, 'alice.test', '--email', 'twice@example.com', '--did-web'], env)
  expect(twice).toMatchObject({ code: 1 })
  const plain = await skylog([...create, 'bob.test', '--email', 'bob@example.com', '--password', 'bob-password'], env)
  expect(plain.code).toBe(0)
})

it('gives accounts new signing keys, and what they write from then on is verified by these', async () => {
  const before = await served(async (server) => {
    const bob = server.agent()
    await bob.login({ identifier: 'bob.test', password: 'bob-password' })
    await bob.post({ text: 'before' })
    return keysOf(server, bob.assertDid)
  })
  expect((await rotate('--signing', 'bob.test')).json()).toEqual({
    signing: 1,
    rotation: null,
    formerKeys: 0,
    leftOut: [],
  })
  await served(async (server) => {
    const bob = server.agent()
    await bob.login({ identifier: 'bob.test', password: 'bob-password' })
    expect((await keysOf(server, bob.assertDid)).signing).not.toBe(before.signing)
    expect((await exported(bob, bob.assertDid)).records.size).toBe(1)
    // Beside a server, which does it.
    expect((await rotate('--signing', '--all')).json()).toMatchObject({ signing: 2, leftOut: [] })
    await bob.post({ text: 'after' })
    expect((await exported(bob, bob.assertDid)).records.size).toBe(2)
    await checkInvariants(server.app.get(Database, { strict: false }).read)
  })
  const verify = await skylog(['verify', 'did:web:alice.test', '--json'], env)
  expect(verify.code).toBe(0)
})

it("replaces the server's rotation key, which stays a secret of its own", async () => {
  const before = secrets()
  const text = await skylog(['keys', 'rotate', '--rotation', '--all'], env)
  expect(text).toMatchObject({ code: 0 })
  expect(text.stdout).toMatch(/rotation key +new, named by 1 account/)
  const after = secrets()
  expect(after.plcRotationKey).not.toBe(before.plcRotationKey)
  expect(after).toEqual({ ...before, plcRotationKey: after.plcRotationKey })
  expect(statSync(join(directory, 'secrets.json')).mode & 0o777).toBe(0o600)
  for (const key of [before.plcRotationKey, after.plcRotationKey]) expect(text.stdout + text.stderr).not.toContain(key)
  await served(async (server) => {
    const bob = server.agent()
    await bob.login({ identifier: 'bob.test', password: 'bob-password' })
    await bob.com.atproto.identity.updateHandle({ handle: 'bobby.test' })
  })
})

it('will not replace a rotation key that is given by the environment, and says what to do', async () => {
  const hex = { PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: 'a1'.repeat(32) }
  const { code, stderr } = await skylog(['keys', 'rotate', '--rotation', '--all'], { ...env, ...hex })
  expect(code).not.toBe(0)
  expect(stderr).toContain('formerPlcRotationKeys')
  expect(stderr).not.toContain('a1a1')
})

it('says whose and which keys it has to be told', async () => {
  for (const args of [[], ['--signing'], ['bob.test'], ['--signing', '--all', 'bob.test']])
    expect(await rotate(...args)).toMatchObject({ code: 2 })
  expect(await rotate('--signing', 'nobody.test')).toMatchObject({ code: 1 })
})
