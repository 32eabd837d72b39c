import { AtpAgent } from '@atproto/api'
import { runInNewContext } from 'node:vm'
import { startTestNetwork, type TestNetwork } from '../../../src/modules/dev-network/test-network.js'

const HOUR_MS = 60 * 60 * 1000
const POST = 'app.bsky.feed.post'

function post(text: string, network: TestNetwork): { $type: string } & Record<string, unknown> {
  return { $type: POST, text, createdAt: new Date(network.clock.now()).toISOString() }
}

describe('a network of one server', () => {
  let network: TestNetwork
  beforeAll(async () => {
    network = await startTestNetwork()
  })
  afterAll(() => network.close())

  it('has accounts, made up where nothing is said of them', async () => {
    const anybody = await network.createAccount()
    const alice = await network.createAccount({ handle: 'alice' })
    expect(anybody.handle).toMatch(/^user-\d+\.test$/)
    expect(alice).toMatchObject({ handle: 'alice.test', password: 'alice.test-password', service: network.url })
    expect(await network.signIn(alice)).toMatchObject({ did: alice.did, email: 'alice.test@example.com' })
  })

  it('has a PLC directory, which knows them', async () => {
    const { did } = await network.createAccount()
    const document = await (await fetch(`${network.plcUrl}/${did}`)).json()
    expect(document).toMatchObject({ id: did, service: [{ serviceEndpoint: network.url }] })
  })

  it('gives sessions that the official client goes on with', async () => {
    const account = await network.createAccount()
    const agent = new AtpAgent({ service: account.service })
    await agent.resumeSession(account)
    await agent.post({ text: 'Hello' })
    const { data } = await agent.getTimeline()
    expect(data.feed.map((item) => item.post.record)).toMatchObject([{ text: 'Hello' }])
  })

  it('takes bytes, and gives them back', async () => {
    const account = await network.createAccount()
    const { blob } = await account.procedure('com.atproto.repo.uploadBlob', new Uint8Array([1, 2, 3]), 'text/plain')
    expect(blob).toMatchObject({ mimeType: 'text/plain', size: 3 })
    // As those of a test in an environment of its own, such as jsdom.
    const foreign = runInNewContext('new Uint8Array([1, 2, 3])') as Uint8Array
    const again = await account.procedure('com.atproto.repo.uploadBlob', foreign, 'text/plain')
    expect(again.blob).toEqual(blob)
    await account.create({ ...post('one', network), embed: undefined })
    const car = await account.query('com.atproto.sync.getRepo', { did: account.did })
    expect(car.length).toBeGreaterThan(100)
  })

  it('rejects with the name of what was wrong', async () => {
    await expect(network.createAccount({ handle: 'a' })).rejects.toMatchObject({ status: 400, error: 'InvalidHandle' })
    await expect(network.createAccount({ pds: 1 })).rejects.toThrow('there is no server 1: the network has 1')
  })

  it('keeps mail, with the codes in it', async () => {
    const { email, handle } = await network.createAccount()
    const anybody = await network.createAccount()
    await anybody.procedure('com.atproto.server.requestPasswordReset', { email })
    const mail = (await network.mails()).at(-1)!
    expect(mail).toMatchObject({ kind: 'reset_password', to: email })
    await anybody.procedure('com.atproto.server.resetPassword', { token: mail.code, password: 'another one' })
    expect(await network.signIn({ handle, password: 'another one' })).toMatchObject({ handle })
  })

  it('asks nobody outside of this machine', async () => {
    const account = await network.createAccount()
    const resolved = account.query('com.atproto.identity.resolveHandle', { handle: 'bsky.app' })
    await expect(resolved).rejects.toMatchObject({ status: 400 })
    const identity = account.query('com.atproto.identity.resolveDid', { did: 'did:web:bsky.app' })
    await expect(identity).rejects.toMatchObject({ error: 'DidNotFound' })
  })

  it('leaves signals to the program around it', () => {
    expect(process.listenerCount('SIGTERM') + process.listenerCount('SIGINT')).toBe(0)
  })
})

describe('its clock', () => {
  it('stands still, and is moved', async () => {
    await using network = await startTestNetwork({ time: '2030-01-01T00:00:00Z' })
    await network.clock.freeze()
    await network.clock.set('2030-01-01T00:00:00Z')
    const alice = await network.createAccount({ handle: 'alice' })
    const { uri } = await alice.create(post('Happy new year', network))
    const { posts } = await alice.query('app.bsky.feed.getPosts', { uris: [uri] })
    expect(posts[0].indexedAt).toBe('2030-01-01T00:00:00.000Z')
    await network.clock.advance(1.5 * HOUR_MS)
    expect(new Date(network.clock.now()).toISOString()).toBe('2030-01-01T01:30:00.000Z')
    await network.clock.resume()
    expect(network.clock.now()).toBeGreaterThanOrEqual(Date.parse('2030-01-01T01:30:00Z'))
    await expect(network.clock.set('tomorrow')).rejects.toThrow('not a moment: tomorrow')
    await expect(network.clock.advance(NaN)).rejects.toThrow('not a number of milliseconds: NaN')
  })

  it('ends sessions, and codes', async () => {
    await using network = await startTestNetwork()
    const alice = await network.createAccount({ handle: 'alice' })
    await alice.procedure('com.atproto.server.requestPasswordReset', { email: alice.email })
    const [mail] = await network.mails()
    await network.clock.advance(3 * HOUR_MS)
    await expect(alice.query('com.atproto.server.getSession')).rejects.toMatchObject({ error: 'ExpiredToken' })
    const reset = alice.procedure('com.atproto.server.resetPassword', { token: mail!.code, password: 'another one' })
    await expect(reset).rejects.toMatchObject({ error: 'ExpiredToken' })
    const again = await network.signIn(alice)
    expect(await again.query('com.atproto.server.getSession')).toMatchObject({ did: alice.did })
  })

  it('has what is due done: an account is deleted on its day', async () => {
    await using network = await startTestNetwork()
    const alice = await network.createAccount({ handle: 'alice' })
    const deleteAfter = new Date(network.clock.now() + 24 * HOUR_MS).toISOString()
    await alice.procedure('com.atproto.server.deactivateAccount', { deleteAfter })
    await network.clock.advance(23 * HOUR_MS)
    await network.settled()
    const bob = await network.createAccount({ handle: 'bob' })
    const status = async () => (await network.signIn(bob)).query('com.atproto.sync.getRepoStatus', { did: alice.did })
    expect(await status()).toMatchObject({ status: 'deactivated' })
    await network.clock.advance(2 * HOUR_MS)
    await network.settled()
    await expect(status()).rejects.toMatchObject({ error: 'RepoNotFound' })
  })

  it('may be set back: revs go on, and so do record keys', async () => {
    await using network = await startTestNetwork()
    const alice = await network.createAccount({ handle: 'alice' })
    const keyOf = async (): Promise<string> => (await alice.create(post('tick', network))).uri.split('/').at(-1)!
    const keys = [await keyOf()]
    await network.clock.advance(-5 * HOUR_MS)
    keys.push(await keyOf(), await keyOf())
    expect(keys.toSorted()).toEqual(keys)
    const { rev } = await alice.query('com.atproto.sync.getLatestCommit', { did: alice.did })
    expect(rev > keys.at(-1)!).toBe(true)
  })
})

describe('a network of three', () => {
  it('carries posts, names and pictures from one to the others', async () => {
    await using network = await startTestNetwork({ pds: 3 })
    const [alice, bob, carla] = await Promise.all(
      ['alice', 'bob', 'carla'].map((handle, pds) => network.createAccount({ handle, pds })),
    )
    expect([alice, bob, carla].map((account) => account!.handle)).toEqual([
      'alice.test',
      'bob.pds2.test',
      'carla.pds3.test',
    ])
    await network.settled()
    const { did } = await alice!.query('com.atproto.identity.resolveHandle', { handle: 'bob.pds2.test' })
    const createdAt = new Date(network.clock.now()).toISOString()
    await alice!.create({ $type: 'app.bsky.graph.follow', subject: did, createdAt })
    await bob!.create(post('From the second server', network))
    await carla!.create(post('From the third', network))
    await network.settled()
    const { feed } = await alice!.query('app.bsky.feed.getTimeline')
    expect(feed).toMatchObject([
      { post: { author: { handle: 'bob.pds2.test' }, record: { text: 'From the second server' } } },
    ])
  })

  it('tells the others that an account has gone', async () => {
    await using network = await startTestNetwork({ pds: 2 })
    const bob = await network.createAccount({ handle: 'bob', pds: 1 })
    const alice = await network.createAccount({ handle: 'alice' })
    await network.settled()
    await bob.procedure('com.atproto.server.deactivateAccount', {})
    await network.settled()
    const status = alice.query('com.atproto.sync.getRepoStatus', { did: bob.did })
    expect(await status).toMatchObject({ status: 'deactivated' })
  })
})

it('takes settings, but not those that make it a network', async () => {
  await using network = await startTestNetwork({ settings: { PDS_INVITE_REQUIRED: 'true' } })
  await expect(network.createAccount()).rejects.toMatchObject({ error: 'InvalidInviteCode' })
  await expect(startTestNetwork({ settings: { PDS_PORT: '2583' } })).rejects.toThrow('PDS_PORT is up to the network')
  await expect(startTestNetwork({ settings: { PDS_INVITES_REQUIRED: 'true' } })).rejects.toThrow(
    'there is no PDS_INVITES_REQUIRED',
  )
  await expect(startTestNetwork({ settings: { PDS_INVITE_REQUIRED: 'perhaps' } })).rejects.toThrow(
    'PDS_INVITE_REQUIRED',
  )
  await expect(startTestNetwork({ pds: 0 })).rejects.toThrow('a network has 1 to 20 servers')
})

it('closes once, whoever asks for it', async () => {
  const network = await startTestNetwork()
  await Promise.all([network.close(), network.close()])
  await expect(fetch(network.url)).rejects.toThrow()
  await expect(network.settled()).rejects.toThrow('the network has ended')
  await expect(network.mails()).rejects.toThrow('the network has ended')
  await expect(network.createAccount()).rejects.toThrow('the network has ended')
})
