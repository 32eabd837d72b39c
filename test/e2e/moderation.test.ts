/**
 * Two servers: one whose operator labels, and one that follows its labels and has accounts. Read by @atproto/api as the
 * apps do, and by the consumer of @atproto/sync.
 */
import { AtpAgent, type AppBskyFeedDefs, moderatePost } from '@atproto/api'
import { IdResolver } from '@atproto/identity'
import { type Event, Firehose, MemoryRunner } from '@atproto/sync'
import { until } from '../modules/replication/mirroring.js'
import { operator, ADMIN_PASSWORD } from '../modules/bsky/operator.js'
import { type Client, create, follow, like, post, type Ref, reply } from '../modules/bsky/posting.js'
import { PlcStub } from '../support/plc-stub.js'
import { startTestServer, stopTestServer, type TestServer } from '../support/server.js'
import { freePort } from '../support/free-port.js'
import { endFirehose } from './firehose/end-firehose.js'

const LABELER = 'did:web:labeler.test'

let plc: PlcStub
let port: string
let labeler: TestServer
let server: TestServer
let alice: Client
let did: string
let bob: Client
let first: Ref
let answer: Ref

beforeAll(async () => {
  AtpAgent.configure({ appLabelers: [] })
  plc = await PlcStub.start()
  port = await freePort()
  labeler = await startTestServer({
    PDS_HOSTNAME: 'labeler.test',
    PDS_PORT: port,
    PDS_DEV_MODE: '1',
    PDS_ADMIN_PASSWORD: ADMIN_PASSWORD,
    PDS_DID_PLC_URL: plc.url,
  })
  server = await startTestServer({
    PDS_ADMIN_PASSWORD: ADMIN_PASSWORD,
    PDS_DID_PLC_URL: plc.url,
    APPVIEW_LABELERS: `${LABELER}=http://127.0.0.1:${port}`,
  })
  alice = await server.signUp('alice')
  did = alice.assertDid
  bob = await server.signUp('bob')
  await follow(bob, alice)
  first = await post(alice, 'quokka')
  answer = await reply(alice, 'answer', await post(bob, 'question'))
  await like(alice, answer)
})
afterAll(async () => {
  await stopTestServer(server)
  await stopTestServer(labeler)
  await plc.close()
})

/** The operator of the labeler sets a label, or takes it back. */
async function say(uri: string, val: string, neg = false): Promise<void> {
  const response = await fetch(`http://127.0.0.1:${port}/admin/labels`, {
    method: 'POST',
    headers: { authorization: ADMIN, 'content-type': 'application/json' },
    body: JSON.stringify({ uri, val, neg }),
  })
  expect({ status: response.status, body: await response.json() }).toMatchObject({
    status: 200,
    body: { changed: true },
  })
}
const ADMIN = `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64')}`
/** Bob, as an app that knows the labeler. */
function reader(labelers = LABELER): AtpAgent {
  const client = bob.clone() as AtpAgent
  client.setHeader('atproto-accept-labelers', labelers)
  return client
}
const timelineOf = async (client: AtpAgent): Promise<AppBskyFeedDefs.PostView[]> =>
  (await client.getTimeline()).data.feed.map(({ post }) => post)
const postIn = async (client: AtpAgent, uri = first.uri): Promise<AppBskyFeedDefs.PostView | undefined> =>
  (await timelineOf(client)).find((view) => view.uri === uri)
const valuesOn = async (uri = first.uri): Promise<string[]> =>
  ((await postIn(reader(), uri))?.labels ?? []).map(({ src, val }) => `${src} ${val}`)

function decisionOn(view: AppBskyFeedDefs.PostView) {
  const prefs = {
    adultContentEnabled: false,
    labels: {},
    labelers: [{ did: LABELER, labels: {} }],
    mutedWords: [],
    hiddenPosts: [],
  }
  return moderatePost(view, { userDid: bob.assertDid, prefs })
}

describe('a labeler that is followed', () => {
  it('hides a post, and warns of one, in the eyes of an app', async () => {
    await say(first.uri, '!hide')
    await until('it is hidden', async () => (await valuesOn()).includes(`${LABELER} !hide`))
    expect(decisionOn((await postIn(reader()))!).ui('contentList').filter).toBe(true)
    await say(first.uri, '!hide', true)
    await say(first.uri, '!warn')
    await until('it is warned of', async () => (await valuesOn()).join() === `${LABELER} !warn`)
    expect(decisionOn((await postIn(reader()))!).ui('contentView')).toMatchObject({ blur: true, noOverride: false })
    await say(first.uri, '!warn', true)
    await until('it is neither', async () => (await valuesOn()).length === 0)
  })

  it('takes a post down for those who let it redact, and for those who name nobody', async () => {
    await say(first.uri, '!takedown')
    await until('it is gone', async () => (await postIn(reader(`${LABELER};redact`))) === undefined)
    expect(await postIn(bob)).toBeUndefined()
    expect(await valuesOn()).toEqual([`${LABELER} !takedown`])
    await say(first.uri, '!takedown', true)
    await until('it is back', async () => (await postIn(bob)) !== undefined)
  })

  it('is followed on after it was away', async () => {
    await labeler.close()
    labeler = await labeler.restart()
    await say(alice.assertDid, 'spam')
    await until('the label has come', async () => {
      const { labels } = (await reader().getProfile({ actor: alice.assertDid })).data
      return labels?.some(({ val }) => val === 'spam') ?? false
    })
    await say(alice.assertDid, 'spam', true)
  })

  it('is sent what an app reports to it, in the name of who reports', async () => {
    const client = alice.withProxy('atproto_labeler', LABELER)
    const { data } = await client.createModerationReport({
      reasonType: 'com.atproto.moderation.defs#reasonRude',
      subject: { $type: 'com.atproto.repo.strongRef', ...answer },
    })
    expect(data).toMatchObject({ id: 1, reportedBy: alice.assertDid })
    const inbox = async (at: string) =>
      (
        (await (await fetch(`${at}/admin/reports`, { headers: { authorization: ADMIN } })).json()) as {
          reports: object[]
        }
      ).reports
    await until('it is there', async () => (await inbox(`http://127.0.0.1:${port}`)).length === 1)
    for (const at of [server.url, `http://127.0.0.1:${port}`])
      expect(await inbox(at)).toMatchObject([{ reportedBy: alice.assertDid, subject: { uri: answer.uri } }])
  })
})

describe('a takedown', () => {
  const events: Event[] = []
  const runner = new MemoryRunner({ startCursor: 0 })
  let firehose: Firehose
  beforeAll(() => {
    firehose = new Firehose({
      service: server.url.replace('http', 'ws'),
      idResolver: new IdResolver({ plcUrl: plc.url, fetch, timeout: 60_000 }),
      runner,
      handleEvent: (event) => void events.push(event),
      onError: (error) => {
        throw error
      },
      unauthenticatedHandles: true,
    })
    void firehose.start()
  })
  afterAll(() => endFirehose(firehose, runner))

  const set = (subject: object, applied: boolean) =>
    operator(server).com.atproto.admin.updateSubjectStatus({ subject: subject as never, takedown: { applied } })
  /** Where something of alice can be seen, by the name of the call. */
  async function seen(): Promise<string[]> {
    const nobody = server.agent()
    const calls: Record<string, () => Promise<boolean>> = {
      getProfile: () => bob.getProfile({ actor: did }).then(() => true),
      getTimeline: async () => (await postIn(bob)) !== undefined,
      getAuthorFeed: async () => (await bob.getAuthorFeed({ actor: did })).data.feed.length > 0,
      getPostThread: () => bob.getPostThread({ uri: first.uri }).then(() => true),
      getPosts: async () => (await bob.getPosts({ uris: [first.uri] })).data.posts.length > 0,
      getLikes: async () => (await bob.getLikes({ uri: answer.uri })).data.likes.length > 0,
      getFollows: async () => (await bob.getFollows({ actor: bob.assertDid })).data.follows.length > 0,
      searchPosts: async () => (await bob.app.bsky.feed.searchPosts({ q: 'quokka' })).data.posts.length > 0,
      searchActors: async () => (await bob.searchActors({ q: 'alice' })).data.actors.length > 0,
      listNotifications: async () => (await bob.listNotifications()).data.notifications.length > 0,
      resolveHandle: () => nobody.resolveHandle({ handle: 'alice.test' }).then(() => true),
      getRepo: () => nobody.com.atproto.sync.getRepo({ did: did }).then(() => true),
      createSession: () =>
        server
          .agent()
          .login({ identifier: 'alice.test', password: 'alice-password' })
          .then(() => true),
    }
    const answers = await Promise.all(
      Object.entries(calls).map(async ([name, call]) => [name, await call().catch(() => false)] as const),
    )
    return answers.filter(([, is]) => is).map(([name]) => name)
  }

  it('of an account is everywhere when the call returns, and nowhere when it is taken back', async () => {
    const before = await seen()
    expect(before).toHaveLength(13)
    const repo = { $type: 'com.atproto.admin.defs#repoRef', did: did }
    await set(repo, true)
    expect(await seen()).toEqual([])
    const { data } = await server.agent().com.atproto.sync.getRepoStatus({ did: did })
    expect(data).toMatchObject({ active: false, status: 'takendown' })
    await expect(post(alice, 'no')).rejects.toMatchObject({ error: 'AccountTakedown' })
    await set(repo, false)
    expect(await seen()).toEqual(before)
    // An app that has heard of a takedown forgets its session.
    await alice.login({ identifier: did, password: 'alice-password' })
    await post(alice, 'yes')
    const statuses = () => events.flatMap((event) => (event.event === 'account' ? [[event.did, event.status]] : []))
    await until('the firehose has told', () => statuses().length >= 4)
    expect(statuses().slice(-2)).toEqual([
      [did, 'takendown'],
      [did, undefined],
    ])
  })

  it('of a record takes it out of what is read by name, and out of every view', async () => {
    const record = { $type: 'com.atproto.repo.strongRef', ...first }
    const [repo, collection, rkey] = first.uri.slice('at://'.length).split('/') as [string, string, string]
    const named = () =>
      server
        .agent()
        .com.atproto.repo.getRecord({ repo, collection, rkey })
        .then(
          () => true,
          () => false,
        )
    await set(record, true)
    expect(await named()).toBe(false)
    expect(await postIn(bob)).toBeUndefined()
    const gone = ['getTimeline', 'getPostThread', 'getPosts', 'searchPosts']
    expect((await seen()).filter((name) => gone.includes(name))).toEqual([])
    await set(record, false)
    expect(await named()).toBe(true)
    expect(await seen()).toHaveLength(13)
  })

  it('of whoever has begun a thread takes the rules of the thread out as well', async () => {
    const root = await post(alice, 'mine to rule')
    const rkey = root.uri.split('/').pop()!
    const gate = { post: root.uri, createdAt: new Date().toISOString() }
    await create(alice, 'app.bsky.feed.threadgate', gate, rkey)
    const reply = await post(bob, 'a reply', { reply: { root, parent: root } })
    const ruled = async () => (await bob.getPostThread({ uri: reply.uri })).data.threadgate !== undefined
    expect(await ruled()).toBe(true)
    const subject = { $type: 'com.atproto.admin.defs#repoRef', did }
    await set(subject, true)
    expect(await ruled()).toBe(false)
    await set(subject, false)
    expect(await ruled()).toBe(true)
  })

  it('of a list leaves its members as they are', async () => {
    const purpose = 'app.bsky.graph.defs#modlist'
    const list = await create(alice, 'app.bsky.graph.list', { name: 'list', purpose })
    await set({ $type: 'com.atproto.repo.strongRef', ...list }, true)
    await expect(bob.app.bsky.graph.getList({ list: list.uri })).rejects.toThrow('List not found')
    expect((await operator(server).app.bsky.graph.getList({ list: list.uri })).data.list.name).toBe('list')
  })
})
