/** `account adopt`: from the files of a host that is gone to an account that is signed in to and written, as a person would. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AtpAgent } from '@atproto/api'
import { verifyRepoCar } from '@atproto/repo'
import { SigningKey } from '../../src/repo-engine/index.js'
import { PlcStub } from '../support/plc-stub.js'
import { startTestServer, stopTestServer } from '../support/server.js'
import { dataDirectory, skylog } from './run-cli.js'
import { freePort } from '../support/free-port.js'

interface Adopted {
  did: string
  handle: string
  signingKey: string
  rotationKeys: string[]
  password?: string
}

const directory = dataDirectory()
const file = (name: string): string => join(directory, name)
const recovery = SigningKey.generate('k256')
const secret = recovery.exportPrivate().toString('hex')

let plc: PlcStub
/** Settings of the server here, which knows its address before it runs. */
let env: Record<string, string>
const dids: Record<string, string> = {}

beforeAll(async () => {
  plc = await PlcStub.start()
  const old = await startTestServer({ PDS_DID_PLC_URL: plc.url, PDS_RECOVERY_DID_KEY: recovery.didKey })
  for (const name of ['alice', 'bob']) {
    const agent = await old.signUp(name)
    await agent.post({ text: `${name} was there` })
    dids[name] = agent.assertDid
    const { data } = await agent.com.atproto.sync.getRepo({ did: agent.assertDid })
    writeFileSync(file(`${name}.car`), data)
  }
  env = {
    PDS_DATA_DIRECTORY: file('data'),
    PDS_DID_PLC_URL: plc.url,
    PDS_PORT: await freePort(),
    PDS_SERVICE_HANDLE_DOMAINS: '.here.test',
    // An operator needs no invite, whatever the server asks of others.
    PDS_INVITE_REQUIRED: 'true',
  }
  for (const name of ['alice', 'bob'])
    expect(await skylog(['import', file(`${name}.car`)], env)).toMatchObject({ code: 0 })
  await stopTestServer(old)
  writeFileSync(file('recovery.key'), `${secret}\n`)
})
afterAll(() => plc.close())

/** Signs in, finds what was there, writes, and has the export checked against the key in the DID document. */
async function livesHere(name: string, password: string): Promise<void> {
  const did = dids[name]!
  const agent = new AtpAgent({ service: `http://localhost:${env.PDS_PORT}` })
  await agent.login({ identifier: `${name}.here.test`, password })
  expect(agent.assertDid).toBe(did)
  await agent.post({ text: `${name} is here` })
  const { data } = await agent.getAuthorFeed({ actor: did })
  expect(data.feed.map(({ post }) => post.record.text)).toEqual([`${name} is here`, `${name} was there`])
  const { data: identity } = await agent.com.atproto.identity.resolveDid({ did })
  const [method] = identity.didDoc.verificationMethod as { publicKeyMultibase: string }[]
  const car = await agent.com.atproto.sync.getRepo({ did })
  const { creates } = await verifyRepoCar(car.data, did, `did:key:${method!.publicKeyMultibase}`)
  expect(creates).toHaveLength(2)
}

it('refuses without the right key, says which keys there are, and changes nothing', async () => {
  const { alice: did } = dids as { alice: string }
  const adopt = ['account', 'adopt', did, '--email', 'alice@example.com', '--handle', 'alice.here.test']
  writeFileSync(file('wrong.key'), SigningKey.generate('k256').exportPrivate().toString('hex'))
  writeFileSync(file('no.key'), 'quokka')
  const wrong = await skylog([...adopt, '--rotation-key-file', file('wrong.key'), '--password', 'alice-password'], env)
  expect(wrong).toMatchObject({ code: 1, stdout: '' })
  expect(wrong.stderr).toMatch(
    new RegExp(`^skylog: The given key .* is not a rotation key of ${did}.*${recovery.didKey}`),
  )
  const none = await skylog([...adopt, '--rotation-key-file', file('no.key')], env)
  expect(none).toMatchObject({ code: 1, stderr: `skylog: ${file('no.key')} does not hold 64 hexadecimal digits\n` })
  const own = await skylog(adopt, env)
  expect(own.stderr).toContain("This server's own key (did:key:")
  const kept = await skylog(['account', 'adopt', did, '--email', 'alice@example.com'], {
    ...env,
    SKYLOG_ROTATION_KEY_HEX: secret,
  })
  expect(kept.stderr).toContain('Its handle alice.test cannot be kept')
  expect((await skylog(['account', 'list', '--json'], env)).json()).toEqual([])
  expect(plc.logs.get(did)).toHaveLength(1)
})

it('adopts without a server running, by a key in a file', async () => {
  const { alice: did } = dids as { alice: string }
  const { code, stderr, json } = await skylog(
    [
      ...['account', 'adopt', did, '--email', 'alice@example.com', '--handle', 'alice.here.test', '--json'],
      ...['--rotation-key-file', file('recovery.key')],
    ],
    env,
  )
  expect(code).toBe(0)
  const { password, ...adopted } = json() as Adopted
  expect(adopted).toMatchObject({
    did,
    handle: 'alice.here.test',
    rotationKeys: [recovery.didKey, {}, {}].map(() => expect.any(String) as string),
  })
  expect(adopted.rotationKeys[0]).toBe(recovery.didKey)
  expect(stderr).toContain(`Password, shown this once: ${password}\n`)
  expect(await skylog(['verify', did], env)).toMatchObject({ code: 0 })
  const server = await startTestServer(env, env.PDS_DATA_DIRECTORY)
  try {
    await livesHere('alice', password!)
  } finally {
    await server.close()
  }
})

it('has a running server do it, by a key in the environment', async () => {
  const { bob: did } = dids as { bob: string }
  const server = await startTestServer(env, env.PDS_DATA_DIRECTORY)
  try {
    const { code, stdout, stderr } = await skylog(
      [
        'account',
        'adopt',
        did,
        '--email',
        'bob@example.com',
        '--handle',
        'bob.here.test',
        '--password',
        'bob-password',
      ],
      { ...env, SKYLOG_ROTATION_KEY_HEX: secret },
    )
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(
      /^Account adopted\n {2}did +did:plc:\S+\n {2}handle +bob\.here\.test\n {2}signing key +did:key:\S+\n/,
    )
    expect(stdout).toContain(recovery.didKey)
    expect(stdout).not.toContain('bob-password')
    await livesHere('bob', 'bob-password')
  } finally {
    await server.close()
  }
  for (const name of ['alice', 'bob']) expect(await skylog(['verify', dids[name]!], env)).toMatchObject({ code: 0 })
  expect(await skylog(['rebuild', '--verify'], env)).toMatchObject({ code: 0 })
  const again = await skylog(['account', 'adopt', did, '--email', 'bob@example.com', '--password', 'bob-password'], env)
  expect(again).toMatchObject({ code: 1, stderr: `skylog: ${did} has its account here already\n` })
})
