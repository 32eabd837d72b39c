import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { INestApplication } from '@nestjs/common'
import type { AtpAgent } from '@atproto/api'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Database } from '../../../../src/modules/database/database.js'
import { Lexicons } from '../../../../src/modules/lexicon/lexicons.js'
import { Takedowns } from '../../../../src/modules/moderation/takedowns.js'
import { type Answer, call } from '../../../e2e/call.js'
import { PlcStub } from '../../../support/plc-stub.js'
import { startTestServer, stopTestServer, type TestServer } from '../../../support/server.js'
import { GeneratorStub } from '../generator/generator-stub.js'

type Actor = AtpAgent & { assertDid: string }

/** The DID of the server that is asked. */
const THERE = 'did:web:localhost'
const UNKNOWN = 'did:plc:abcdefghijklmnopqrstuvwx'
const lexicons = new Lexicons()
let plc: PlcStub
/** Bob and carla are there, alice is here. Both servers know one directory of identities. */
let there: TestServer
let here: TestServer
let bob: Actor
let carla: Actor
let alice: { did: string; token: string }
let post: { uri: string; cid: string }

async function ask(nsid: string, params = {}, headers = {}, as: string | undefined = alice.token): Promise<Answer> {
  const answer = await call({ url: addressOf(here) }, nsid, { params, headers, as })
  if (answer.status === 200 && lexicons.method(nsid)) lexicons.checkOutput(nsid, answer.json)
  return answer
}

async function found(nsid: string, params = {}, headers = {}): Promise<any> {
  const { status, json } = await ask(nsid, params, headers)
  expect([nsid, status, json.message]).toEqual([nsid, 200, undefined])
  return json
}

function addressOf({ app }: TestServer): string {
  const { port } = (app as INestApplication).getHttpServer().address() as AddressInfo
  return `http://127.0.0.1:${port}`
}

async function write(collection: string, record: object): Promise<{ uri: string; cid: string }> {
  const body = { repo: alice.did, collection, record: { ...record, createdAt: new Date().toISOString() } }
  const { json } = await call({ url: addressOf(here) }, 'com.atproto.repo.createRecord', { body, as: alice.token })
  return json as { uri: string; cid: string }
}

beforeAll(async () => {
  plc = await PlcStub.start()
  there = await startTestServer({ PDS_DID_PLC_URL: plc.url })
  ;[bob, carla] = [await there.signUp('bob'), await there.signUp('carla')]
  here = await startTestServer({
    PDS_HOSTNAME: 'here.test',
    PDS_SERVICE_HANDLE_DOMAINS: '.test',
    PDS_DEV_MODE: 'true',
    PDS_INVITE_REQUIRED: 'false',
    PDS_DID_PLC_URL: plc.url,
    PDS_BSKY_APP_VIEW_URL: addressOf(there),
    PDS_BSKY_APP_VIEW_DID: THERE,
  })
  const body = { handle: 'alice.test', email: 'alice@example.com', password: 'alice-password' }
  const { json } = await call({ url: addressOf(here) }, 'com.atproto.server.createAccount', { body })
  alice = { did: json.did as string, token: json.accessJwt as string }
  post = await bob.post({ text: 'a word of bob' })
  await carla.post({ text: 'yes', reply: { root: post, parent: post } })
  await carla.like(post.uri, post.cid)
})

afterAll(async () => {
  await stopTestServer(here)
  await stopTestServer(there)
  await plc.close()
})

describe('what is not here is fetched from the AppView of the settings', () => {
  it('actors and what they have', async () => {
    expect(await found('app.bsky.actor.getProfile', { actor: 'bob.test' })).toMatchObject({ did: bob.assertDid })
    expect(await found('app.bsky.actor.getProfile', { actor: bob.assertDid })).toMatchObject({ handle: 'bob.test' })
    const { feed } = await found('app.bsky.feed.getAuthorFeed', { actor: 'bob.test' })
    expect(feed[0].post.record.text).toBe('a word of bob')
    expect((await found('app.bsky.graph.getFollowers', { actor: bob.assertDid })).followers).toEqual([])
  })

  it('posts and what belongs to them', async () => {
    const { thread } = await found('app.bsky.feed.getPostThread', { uri: post.uri })
    expect(thread.replies).toHaveLength(1)
    const { likes } = await found('app.bsky.feed.getLikes', { uri: post.uri })
    expect(likes[0].actor.did).toBe(carla.assertDid)
  })

  it('beside what is here, in the order that it was asked for', async () => {
    const own = await write('app.bsky.feed.post', { text: 'a word of alice' })
    const { posts } = await found('app.bsky.feed.getPosts', { uris: [post.uri, own.uri] })
    expect(posts.map(({ record }: any) => record.text)).toEqual(['a word of bob', 'a word of alice'])
    const actors = ['carla.test', alice.did, 'nobody.test', bob.assertDid]
    const { profiles } = await found('app.bsky.actor.getProfiles', { actors })
    expect(profiles.map(({ handle }: any) => handle)).toEqual(['carla.test', 'alice.test', 'bob.test'])
  })

  it('but never about repositories that are here', async () => {
    const gone = `at://${alice.did}/app.bsky.feed.post/3jzfcijpj2z2a`
    expect(await ask('app.bsky.feed.getPostThread', { uri: gone })).toMatchObject({
      status: 400,
      json: { error: 'NotFound' },
    })
  })

  it('what nobody knows is the error that it is', async () => {
    expect(await ask('app.bsky.actor.getProfile', { actor: UNKNOWN })).toMatchObject({
      status: 400,
      json: { error: 'InvalidRequest', message: 'Profile not found' },
    })
  })

  it('as the account that asks, which the AppView knows by its signature', async () => {
    const block = { repo: bob.assertDid, collection: 'app.bsky.graph.block', rkey: '3jzfcijpj2z2a' }
    await bob.com.atproto.repo.putRecord({
      ...block,
      record: { subject: alice.did, createdAt: new Date().toISOString() },
    })
    const { viewer } = await found('app.bsky.actor.getProfile', { actor: 'bob.test' })
    expect(viewer).toMatchObject({ blockedBy: true })
    const { json } = await call({ url: addressOf(here) }, 'app.bsky.actor.getProfile', {
      params: { actor: 'bob.test' },
    })
    expect(json.viewer).toBeUndefined()
    await bob.com.atproto.repo.deleteRecord(block)
  })

  it('what is searched for and not found here, page by page', async () => {
    const { posts } = await found('app.bsky.feed.searchPosts', { q: 'alice' })
    expect(posts.map(({ record }: any) => record.text)).toEqual(['a word of alice'])
    await bob.post({ text: 'rare thing one' })
    await bob.post({ text: 'rare thing two' })
    const first = await found('app.bsky.feed.searchPosts', { q: 'rare', limit: 1, sort: 'latest' })
    expect(first.posts.map(({ record }: any) => record.text)).toEqual(['rare thing two'])
    const cursor = first.cursor as string
    const second = await found('app.bsky.feed.searchPosts', { q: 'rare', limit: 1, sort: 'latest', cursor })
    expect(second.posts.map(({ record }: any) => record.text)).toEqual(['rare thing one'])
  })

  it('methods that are not served here', async () => {
    expect(await ask('app.bsky.unheard.of')).toMatchObject({ status: 501, json: { error: 'MethodNotImplemented' } })
    expect(await ask('com.example.unheard.of')).toMatchObject({ status: 501 })
  })

  it('from here alone, when the AppView is away', async () => {
    const alone = await startTestServer({ PDS_BSKY_APP_VIEW_URL: 'http://127.0.0.1:1', PDS_BSKY_APP_VIEW_DID: THERE })
    const dan = await alone.signUp('dan')
    const { status, json } = await call(alone, 'app.bsky.actor.getProfile', { params: { actor: 'bob.test' }, as: dan })
    expect([status, json]).toEqual([400, { error: 'InvalidRequest', message: 'Profile not found' }])
    const { data } = await dan.getProfiles({ actors: [dan.assertDid, UNKNOWN] })
    expect(data.profiles).toHaveLength(1)
    await stopTestServer(alone)
  })

  it('from here alone, when what it answers is no JSON', async () => {
    const page = createServer((_, response) => void response.end('<html>be right back</html>'))
    await new Promise<void>((ready) => page.listen(0, 'localhost', ready))
    const { port } = page.address() as AddressInfo
    const alone = await startTestServer({
      PDS_BSKY_APP_VIEW_URL: `http://localhost:${port}`,
      PDS_BSKY_APP_VIEW_DID: THERE,
    })
    const dan = await alone.signUp('dan')
    const { data } = await dan.getProfiles({ actors: [dan.assertDid, UNKNOWN] })
    expect(data.profiles).toHaveLength(1)
    expect((await dan.app.bsky.feed.searchPosts({ q: 'rare' })).data.posts).toEqual([])
    await expect(dan.getProfile({ actor: UNKNOWN })).rejects.toThrow('Profile not found')
    const cursor = 'upstream:2'
    await expect(dan.app.bsky.feed.searchPosts({ q: 'rare', cursor })).rejects.toMatchObject({ status: 502 })
    await stopTestServer(alone)
    await new Promise((closed) => page.close(closed))
  })

  it('but not what is taken down here, though it was never here', async () => {
    const takeDown = async (subject: string, applied: boolean) => {
      const { app } = here
      const takedowns = app.get(Takedowns, { strict: false })
      await app.get(Database, { strict: false }).write((tx) => takedowns.set(tx, subject, { applied }))
    }
    await takeDown(post.uri, true)
    expect((await found('app.bsky.feed.getPosts', { uris: [post.uri] })).posts).toEqual([])
    expect(await ask('app.bsky.feed.getPostThread', { uri: post.uri })).toMatchObject({ status: 400 })
    expect((await found('app.bsky.actor.getProfile', { actor: bob.assertDid })).handle).toBe('bob.test')
    await takeDown(post.uri, false)
    expect((await found('app.bsky.feed.getPosts', { uris: [post.uri] })).posts).toHaveLength(1)
    await takeDown(bob.assertDid, true)
    expect((await found('app.bsky.feed.getPosts', { uris: [post.uri] })).posts).toEqual([])
    expect(await ask('app.bsky.actor.getProfile', { actor: bob.assertDid })).toMatchObject({ status: 400 })
    await takeDown(bob.assertDid, false)
  })

  it('never in circles', async () => {
    const params = { actor: UNKNOWN }
    const headers = { via: '1.1 did:web:elsewhere.test, 1.1 did:web:here.test' }
    expect(await ask('app.bsky.actor.getProfile', { actor: 'bob.test' }, headers)).toMatchObject({ status: 400 })
    expect(await ask('app.bsky.actor.getProfile', params)).toMatchObject({ status: 400 })
  })
})

describe('atproto-proxy', () => {
  let service: GeneratorStub

  beforeAll(async () => {
    service = await GeneratorStub.start()
    service.answers['app.bsky.feed.sendInteractions'] = () => [200, {}]
    service.answers['chat.bsky.convo.listConvos'] = () => [200, { convos: [] }, { 'set-cookie': 'a=b', via: 'x' }]
    service.answers['app.bsky.actor.getProfile'] = () => [404, { error: 'Nowhere', message: 'not there' }]
  })

  afterAll(() => service.close())

  const to = (id: string): Record<string, string> => ({ 'atproto-proxy': `${service.did}#${id}` })

  it('sends the whole call to the service that it names', async () => {
    const answer = await ask('chat.bsky.convo.listConvos', { limit: 3 }, to('bsky_fg'))
    expect([answer.status, answer.json]).toEqual([200, { convos: [] }])
    expect(answer.headers.get('set-cookie')).toBeNull()
    const [asked] = service.asked
    expect(asked!.query.get('limit')).toBe('3')
    const [, payload] = asked!.headers.authorization!.split(' ')[1]!.split('.')
    expect(JSON.parse(Buffer.from(payload!, 'base64url').toString())).toMatchObject({
      iss: alice.did,
      aud: service.did,
      lxm: 'chat.bsky.convo.listConvos',
    })
    expect(await ask('app.bsky.actor.getProfile', { actor: alice.did }, to('bsky_fg'))).toMatchObject({
      status: 404,
      json: { error: 'Nowhere', message: 'not there' },
    })
  })

  it('with what the client says', async () => {
    const body = { interactions: [{ event: 'app.bsky.feed.defs#interactionSeen', item: post.uri }] }
    const sent = { body, as: alice.token, headers: to('bsky_fg') }
    const { status } = await call({ url: addressOf(here) }, 'app.bsky.feed.sendInteractions', sent)
    expect(status).toBe(200)
    expect(JSON.parse(service.asked.at(-1)!.body)).toEqual(body)
    const plain = await call({ url: addressOf(here) }, 'app.bsky.feed.sendInteractions', { body, as: alice.token })
    expect([plain.status, plain.json]).toEqual([200, {}])
  })

  it('to the AppView of the settings, also about what is here', async () => {
    const headers = { 'atproto-proxy': `${THERE}#bsky_appview` }
    expect(await ask('app.bsky.actor.getProfile', { actor: alice.did }, headers)).toMatchObject({ status: 400 })
  })

  it('to that AppView, where something is changed, too', async () => {
    const headers = { 'atproto-proxy': `${THERE}#bsky_appview` }
    const muted = async (to: Record<string, string>): Promise<unknown[]> =>
      (await found('app.bsky.graph.getMutes', {}, to)).mutes
    const sent = { body: { actor: bob.assertDid }, as: alice.token, headers }
    const { status } = await call({ url: addressOf(here) }, 'app.bsky.graph.muteActor', sent)
    expect(status).toBe(200)
    expect([(await muted(headers)).length, (await muted({})).length]).toEqual([1, 0])
    await call({ url: addressOf(here) }, 'app.bsky.graph.unmuteActor', sent)
    expect(await muted(headers)).toEqual([])
  })

  it('is answered from here when it names this server, or an AppView that is not to be found', async () => {
    for (const did of ['did:web:here.test', 'did:web:api.bsky.invalid']) {
      const headers = { 'atproto-proxy': `${did}#bsky_appview` }
      expect(await found('app.bsky.actor.getProfile', { actor: alice.did }, headers)).toMatchObject({ did: alice.did })
    }
  })

  it('makes nobody ask for nobody, and takes nothing that is no service', async () => {
    const before = service.asked.length
    const nobody = await call({ url: addressOf(here) }, 'chat.bsky.convo.listConvos', { headers: to('bsky_fg') })
    expect([nobody.status, nobody.json.error]).toEqual([401, 'AuthMissing'])
    for (const header of ['', 'x', service.did, `${service.did}#`, `${service.did}#none`, `#x`, `${service.did}#a#b`]) {
      const { status } = await ask('chat.bsky.convo.listConvos', {}, { 'atproto-proxy': header })
      expect([header, status]).toEqual([header, 400])
    }
    expect(service.asked.length).toBe(before)
  })

  it('leaves the account with its own server', async () => {
    const { preferences } = await found('app.bsky.actor.getPreferences', {}, to('bsky_fg'))
    expect(preferences).toEqual([])
    expect(await ask('com.atproto.admin.getAccountInfo', {}, to('bsky_fg'))).not.toMatchObject({ status: 200 })
  })
})
