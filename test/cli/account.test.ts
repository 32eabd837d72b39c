import { join } from 'node:path'
import { startTestServer } from '../support/server.js'
import { dataDirectory, greenground, skylog } from './run-cli.js'
import { sampleRepo, writeCar } from './sample-repo.js'

const directory = dataDirectory()
const env = { PDS_DATA_DIRECTORY: directory }

interface Made {
  did: string
  handle: string
  password?: string
}

/** Of alice, who did not choose it. */
let password: string

it('makes accounts that can sign in, with a given password or one that is made up', async () => {
  const create = ['account', 'create', '--json', '--handle']
  const alice = await skylog([...create, 'alice.test', '--email', 'alice@example.com'], env)
  // An operator needs no invite, whatever the server asks of others.
  const bob = await skylog([...create, 'bob.test', '--email', 'bob@example.com', '--password', 'bob-password'], {
    ...env,
    PDS_INVITE_REQUIRED: 'true',
  })
  expect([alice.code, bob.code]).toEqual([0, 0])
  const { did, ...made } = alice.json() as Made
  password = made.password!
  expect(password).toMatch(/^([a-z2-7]{5}-){3}[a-z2-7]{5}$/)
  expect(bob.json()).toEqual({ did: expect.stringMatching(/^did:plc:/) as string, handle: 'bob.test' })

  const server = await startTestServer({}, directory)
  try {
    for (const [identifier, secret] of [
      ['alice.test', password],
      ['bob@example.com', 'bob-password'],
    ] as const) {
      const agent = server.agent()
      await agent.com.atproto.server.createSession({ identifier, password: secret })
    }
    const agent = server.agent()
    await agent.login({ identifier: 'alice.test', password })
    expect(agent.assertDid).toBe(did)
  } finally {
    await server.close()
  }
})

it('lists them with what they have', async () => {
  const [json, text] = await Promise.all([skylog(['account', 'list', '--json'], env), skylog(['account', 'list'], env)])
  expect(json.json()).toMatchObject([
    { handle: 'alice.test', email: 'alice@example.com', status: 'active', records: 0 },
    { handle: 'bob.test', email: 'bob@example.com', status: 'active', records: 0 },
  ])
  expect(text.stdout).toMatch(/^2 accounts .*handle .*email .*status .*created .*records$/m)
  expect(text.stdout).toMatch(/alice\.test +alice@example\.com +active +\S+ +0$/m)
})

it('refuses a handle that is taken, in one line', async () => {
  const { code, stderr } = await skylog(
    ['account', 'create', '--handle', 'bob.test', '--email', 'rob@example.com'],
    env,
  )
  expect({ code, stderr }).toEqual({ code: 1, stderr: 'skylog: Handle already taken: bob.test\n' })
})

it('gives an account a repository of its own from a file, signed anew, when --did names it', async () => {
  const [alice] = (await skylog(['account', 'list', '--json'], env)).json() as Made[]
  const { did } = alice!
  const file = join(directory, 'alice.car')
  const repo = sampleRepo({ claims: did as never })
  writeCar(file, repo)
  const unnamed = await skylog(['import', file], env)
  expect(unnamed.code).toBe(1)
  const imported = await skylog(['import', file, '--did', did, '--json'], env)
  expect(imported.json()).toMatchObject({ did, hosting: 'hosted', verified: true, records: repo.paths.length })
  expect((imported.json() as { head: string }).head).not.toBe(repo.commit.cid.toString())

  const [verified, listed, foreign] = [
    await skylog(['verify', did, '--json'], env),
    await skylog(['account', 'list', '--json'], env),
    await skylog(['import', greenground, '--did', did], env),
  ]
  expect(verified.json()).toMatchObject({ signature: { state: 'valid' }, problems: [] })
  expect(listed.json()).toMatchObject([{ did, records: repo.paths.length }, {}])
  expect(foreign.stderr).toContain(`not of ${did}`)
})

it('keeps a log that makes the same tree when an import is followed by writes', async () => {
  const server = await startTestServer({}, directory)
  const { com } = server.agent()
  let did: string
  try {
    const { data } = await com.atproto.server.createSession({ identifier: 'alice.test', password })
    did = data.did
    // Not by a client that has signed in: it would follow the DID document to the port that was set when it was made.
    const signedIn = { headers: { authorization: `Bearer ${data.accessJwt}` } }
    const profile = { repo: did, collection: 'app.bsky.actor.profile', rkey: 'self' }
    const record = { $type: profile.collection, displayName: 'Alice' }
    await com.atproto.repo.putRecord({ ...profile, record }, signedIn)
    await com.atproto.repo.deleteRecord(profile, signedIn)
    // With the server running, too.
    expect(await skylog(['verify', did], env)).toMatchObject({ code: 0 })
  } finally {
    await server.close()
  }
  const verified = await skylog(['verify', did, '--json'], env)
  expect(verified.json()).toMatchObject({ signature: { state: 'valid' }, log: { events: 8 }, problems: [] })
})
