/** Credentials as clients of today use them: @atproto/api over HTTP, two servers, nothing of ours in between. */
import { AtpAgent } from '@atproto/api'
import { verifyJwt } from '@atproto/xrpc-server'
import { Secrets } from '../../src/modules/config/secrets.js'
import { TestServer } from '../support/account-app.js'
import { freePort } from '../support/free-port.js'

let home: TestServer
let other: TestServer
/** Where the second one really is: its name is known to nobody else. */
let otherUrl: string
beforeAll(async () => {
  home = await TestServer.start({ PDS_INVITE_REQUIRED: 'true' })
  // It knows the same identities, and answers to a name of its own.
  const port = await freePort()
  otherUrl = `http://localhost:${port}`
  other = await TestServer.start({
    PDS_PORT: port,
    PDS_HOSTNAME: 'other.test',
    PDS_DEV_MODE: 'true',
    PDS_DID_PLC_URL: home.url,
    PDS_SERVICE_HANDLE_DOMAINS: '.other.test',
    PDS_INVITE_REQUIRED: 'false',
  })
})
afterAll(async () => {
  await other.close()
  await home.close()
})

const operator = (server: TestServer) => ({
  headers: { authorization: `Basic ${Buffer.from(`admin:${server.get(Secrets).adminPassword}`).toString('base64')}` },
  encoding: 'application/json' as const,
})
const person = (name: string) => ({
  handle: `${name}.test`,
  email: `${name}@example.com`,
  password: `${name}-password`,
})

async function invited(name: string): Promise<AtpAgent & { assertDid: string }> {
  const { data } = await home.agent().com.atproto.server.createInviteCode({ useCount: 1 }, operator(home))
  const agent = home.agent()
  await agent.createAccount({ ...person(name), inviteCode: data.code })
  return agent as AtpAgent & { assertDid: string }
}

it('who is invited signs up, and nobody else', async () => {
  const agent = home.agent()
  expect((await agent.com.atproto.server.describeServer()).data).toMatchObject({ inviteCodeRequired: true })
  await expect(agent.createAccount(person('alice'))).rejects.toMatchObject({ error: 'InvalidInviteCode' })
  const { data } = await agent.com.atproto.server.createInviteCodes({ codeCount: 1, useCount: 1 }, operator(home))
  const inviteCode = data.codes[0]!.codes[0]!
  await agent.createAccount({ ...person('alice'), inviteCode })
  expect((await agent.com.atproto.temp.checkSignupQueue()).data.activated).toBe(true)
  await expect(home.agent().createAccount({ ...person('mallory'), inviteCode })).rejects.toMatchObject({
    error: 'InvalidInviteCode',
  })
  const { data: all } = await agent.com.atproto.admin.getInviteCodes({}, operator(home))
  expect(all.codes.find(({ code }) => code === inviteCode)!.uses.map(({ usedBy }) => usedBy)).toEqual([agent.did])
})

it('an app works with its password until that is revoked', async () => {
  const bob = await invited('bob')
  const { data: made } = await bob.com.atproto.server.createAppPassword({ name: 'client' })
  const app = home.agent()
  await app.login({ identifier: 'bob.test', password: made.password })
  const { uri } = await app.post({ text: 'Written by an app' })
  expect(uri).toContain(bob.assertDid)
  expect((await app.getTimeline()).data.feed).toHaveLength(1)
  await expect(app.com.atproto.server.createAppPassword({ name: 'more' })).rejects.toMatchObject({
    error: 'InvalidToken',
  })
  await expect(app.updateHandle({ handle: 'robert.test' })).rejects.toMatchObject({ error: 'InvalidToken' })
  await app.sessionManager.refreshSession()
  await app.post({ text: 'And another one' })

  expect((await bob.com.atproto.server.listAppPasswords()).data.passwords.map(({ name }) => name)).toEqual(['client'])
  await bob.com.atproto.server.revokeAppPassword({ name: 'client' })
  await expect(app.post({ text: 'Too late' })).rejects.toMatchObject({ status: 400 })
  await expect(home.agent().login({ identifier: 'bob.test', password: made.password })).rejects.toMatchObject({
    status: 401,
  })
  expect((await bob.getAuthorFeed({ actor: 'bob.test' })).data.feed).toHaveLength(2)
})

it('a second server knows an account by the token that the first one gives, for what it names and for nothing else', async () => {
  const carla = await invited('carla')
  const lxm = 'app.bsky.notification.getPreferences'
  const tokenFor = async (aud: string, method = lxm) =>
    (await carla.com.atproto.server.getServiceAuth({ aud, lxm: method })).data.token
  const ask = async (token: string) => {
    const answer = await fetch(`${otherUrl}/xrpc/${lxm}`, { headers: { authorization: `Bearer ${token}` } })
    return { status: answer.status, body: (await answer.json()) as unknown }
  }
  const token = await tokenFor('did:web:other.test')
  expect((await ask(token)).status).toBe(200)
  expect(await ask(await tokenFor('did:web:elsewhere.test'))).toMatchObject({ body: { error: 'BadJwtAudience' } })
  expect(await ask(await tokenFor('did:web:other.test', 'app.bsky.actor.getPreferences'))).toMatchObject({
    body: { error: 'BadJwtLexiconMethod' },
  })
  // The official library takes it too.
  const { data: identity } = await carla.com.atproto.identity.resolveDid({ did: carla.assertDid })
  const [method] = (identity.didDoc as { verificationMethod: { publicKeyMultibase: string }[] }).verificationMethod
  const claims = await verifyJwt(token, 'did:web:other.test', lxm, () =>
    Promise.resolve(`did:key:${method!.publicKeyMultibase}`),
  )
  expect(claims).toMatchObject({ iss: carla.assertDid, aud: 'did:web:other.test', lxm })
})

it('an account moves in at a second server with a token of the first; an ordinary app password is not enough', async () => {
  const dan = await invited('dan')
  const { data: made } = await dan.com.atproto.server.createAppPassword({ name: 'client' })
  const { data: trusted } = await dan.com.atproto.server.createAppPassword({ name: 'mover', privileged: true })
  const aud = 'did:web:other.test'
  const lxm = 'com.atproto.server.createAccount'
  const app = home.agent()
  await app.login({ identifier: 'dan.test', password: made.password })
  await expect(app.com.atproto.server.getServiceAuth({ aud, lxm })).rejects.toMatchObject({ status: 400 })

  const mover = home.agent()
  await mover.login({ identifier: 'dan.test', password: trusted.password })
  const { data } = await mover.com.atproto.server.getServiceAuth({ aud, lxm })
  const elsewhere = new AtpAgent({ service: otherUrl })
  const input = { ...person('dan'), handle: 'dan.other.test', did: dan.assertDid }
  await expect(elsewhere.com.atproto.server.createAccount(input)).rejects.toMatchObject({ status: 401 })
  const moved = await elsewhere.com.atproto.server.createAccount(input, {
    headers: { authorization: `Bearer ${data.token}` },
    encoding: 'application/json',
  })
  expect(moved.data).toMatchObject({ did: dan.assertDid, handle: 'dan.other.test' })
})
