/** What labels do in the views of app.bsky, by whose they are and what they say. */
import { AtpAgent, moderatePost, moderateProfile } from '@atproto/api'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { Database } from '../../../../src/modules/database/database.js'
import type { NewLabel } from '../../../../src/modules/moderation/label-row.js'
import { Labels } from '../../../../src/modules/moderation/labels.js'
import type { Did } from '../../../../src/repo-engine/index.js'
import { startTestServer, stopTestServer, type TestServer } from '../../../support/server.js'
import { ADMIN_PASSWORD, operator, takeDown } from '../operator.js'
import { type Client, create, follow, post, quote, type Ref, reply } from '../posting.js'

const SERVER = 'did:web:localhost'
const MOD = 'did:plc:mmmmmmmmmmmmmmmmmmmmmmmm'
const LISTED = 'did:web:labeler.invalid'
const OTHER_CID = 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'

let server: TestServer
let alice: Client
let bob: Client
let carla: Client
let first: Ref
let answer: Ref
let quoting: Ref
const set: NewLabel[] = []

beforeAll(async () => {
  // Clients name the labeler of their app with every request, unless told.
  AtpAgent.configure({ appLabelers: [] })
  server = await startTestServer({
    PDS_ADMIN_PASSWORD: ADMIN_PASSWORD,
    PDS_MOD_SERVICE_DID: MOD,
    APPVIEW_LABELERS: `${LISTED}=http://127.0.0.1:9`,
  })
  alice = await server.signUp('alice')
  bob = await server.signUp('bob')
  carla = await server.signUp('carla')
  await follow(bob, alice)
  first = await post(alice, 'first quokka')
  answer = await reply(alice, 'answer', await post(bob, 'question'))
  quoting = await quote(bob, 'look', first)
  // Another labeler is an account here.
  await create(carla, 'app.bsky.labeler.service', { policies: { labelValues: ['rude'] } }, 'self')
})
afterAll(() => stopTestServer(server))
afterEach(async () => {
  await apply(...set.splice(0).map((label) => ({ ...label, neg: true, cts: undefined, exp: undefined })))
})

function apply(...labels: NewLabel[]): Promise<void> {
  return server.app
    .get(Database, { strict: false })
    .write((tx) => server.app.get(Labels, { strict: false }).apply(tx, labels))
}
async function label(src: string, uri: string, val: string, more: Partial<NewLabel> = {}): Promise<void> {
  const label = { src: src as Did, uri, val, ...more }
  set.push(label)
  await apply(label)
}
/** Somebody who sends these labelers in the header; null: sends none. */
function accepting(client: AtpAgent, labelers: string | null): AtpAgent {
  const copy = client.clone() as AtpAgent
  copy.configureLabelers([])
  if (labelers !== null) copy.setHeader('atproto-accept-labelers', labelers)
  return copy
}
const valuesOf = (labels: { src: string; val: string }[] | undefined): string[] =>
  (labels ?? []).map(({ src, val }) => `${src} ${val}`)

async function timelineOf(client: AtpAgent): Promise<string[]> {
  return (await client.getTimeline()).data.feed.map(({ post: { uri } }) => uri)
}
async function notified(client: AtpAgent): Promise<string[]> {
  return (await client.listNotifications()).data.notifications.map(({ uri }) => uri)
}
async function found(client: AtpAgent): Promise<string[]> {
  return (await client.app.bsky.feed.searchPosts({ q: 'quokka' })).data.posts.map(({ uri }) => uri)
}
async function repliesTo(client: AtpAgent, uri: string): Promise<string[]> {
  const { thread } = (await client.getPostThread({ uri })).data
  return (thread as { replies: { post: Ref }[] }).replies.map(({ post }) => post.uri)
}
const quoted = async (client: AtpAgent): Promise<string> => {
  const { posts } = (await client.getPosts({ uris: [quoting.uri] })).data
  return (posts[0]!.embed as { record: { $type: string } }).record.$type.split('#')[1]!
}

describe('labels that are shown', () => {
  it.each(['!hide', '!warn', 'porn'])('say %s in every view, for clients to act on', async (val) => {
    await label(SERVER, first.uri, val)
    await label(SERVER, alice.assertDid, val)
    const { feed } = (await bob.getTimeline()).data
    const view = feed.find(({ post: { uri } }) => uri === first.uri)!.post
    expect(valuesOf(view.labels)).toEqual([`${SERVER} ${val}`])
    expect(valuesOf(view.author.labels)).toEqual([`${SERVER} ${val}`])
    const profile = (await bob.getProfile({ actor: alice.assertDid })).data
    expect(valuesOf(profile.labels)).toEqual([`${SERVER} ${val}`])
    if (val === 'porn') return
    const options = {
      userDid: bob.assertDid,
      prefs: {
        adultContentEnabled: false,
        labels: {},
        labelers: [{ did: SERVER, labels: {} }],
        mutedWords: [],
        hiddenPosts: [],
      },
    }
    const what = val === '!hide' ? 'filter' : 'blur'
    expect(moderatePost(view, options).ui(val === '!hide' ? 'contentList' : 'contentView')[what]).toBe(true)
    expect(moderateProfile(profile, options).ui(val === '!hide' ? 'profileList' : 'profileView')[what]).toBe(true)
  })

  it('are those of this server and the moderation service, of the listed labelers, and of whom a reader names', async () => {
    for (const src of [SERVER, MOD, LISTED, carla.assertDid]) await label(src, first.uri, 'rude')
    const seen = async (labelers: string | null) => {
      const { data, headers } = await accepting(bob, labelers).getPosts({ uris: [first.uri] })
      return [
        valuesOf(data.posts[0]!.labels)
          .map((text) => text.split(' ')[0])
          .sort(),
        headers['atproto-content-labelers'],
      ]
    }
    expect(await seen(null)).toEqual([
      [SERVER, MOD, LISTED].sort(),
      `${SERVER};redact, ${MOD};redact, ${LISTED};redact`,
    ])
    expect(await seen(carla.assertDid)).toEqual([
      [SERVER, MOD, carla.assertDid].sort(),
      `${SERVER};redact, ${MOD};redact, ${carla.assertDid}`,
    ])
    expect((await seen(`${LISTED};redact, junk, ${carla.assertDid}`))[1]).toBe(
      `${SERVER};redact, ${MOD};redact, ${LISTED};redact, ${carla.assertDid}`,
    )
  })

  it('are not those of a labeler that is taken down', async () => {
    await label(carla.assertDid, first.uri, 'rude')
    const reader = accepting(bob, carla.assertDid)
    const seen = async () => valuesOf((await reader.getPosts({ uris: [first.uri] })).data.posts[0]!.labels)
    expect(await seen()).toHaveLength(1)
    await takeDown(server, carla.assertDid, true)
    expect(await seen()).toEqual([])
    await takeDown(server, carla.assertDid, false)
    expect(await seen()).toHaveLength(1)
  })

  it('are on one version where they say so', async () => {
    await label(SERVER, first.uri, 'old', { cid: OTHER_CID })
    await label(SERVER, first.uri, 'now', { cid: first.cid })
    await label(SERVER, first.uri, '!takedown', { cid: OTHER_CID })
    const { posts } = (await bob.getPosts({ uris: [first.uri] })).data
    expect(valuesOf(posts[0]!.labels)).toEqual([`${SERVER} now`])
  })

  it('run out, and are taken back', async () => {
    await label(SERVER, first.uri, 'gone', { exp: new Date(Date.now() - 1_000).toISOString() })
    await label(SERVER, first.uri, 'brief', { exp: new Date(Date.now() + 60_000).toISOString() })
    await label(SERVER, first.uri, 'wrong')
    await apply({ src: SERVER as Did, uri: first.uri, val: 'wrong', neg: true })
    const { posts } = (await bob.getPosts({ uris: [first.uri] })).data
    expect(valuesOf(posts[0]!.labels)).toEqual([`${SERVER} brief`])
  })

  it('come with those that an author sets', async () => {
    const labels = { $type: 'com.atproto.label.defs#selfLabels', values: [{ val: 'nudity' }] }
    const own = await post(alice, 'art', { labels })
    await label(SERVER, own.uri, '!warn')
    const { posts } = (await bob.getPosts({ uris: [own.uri] })).data
    expect(valuesOf(posts[0]!.labels)).toEqual([`${SERVER} !warn`, `${alice.assertDid} nudity`])
  })
})

describe('!takedown', () => {
  it.each([
    ['this server', SERVER, null],
    ['this server, whomever the reader names', SERVER, 'did:plc:ar7c4by46qjdydhdevvrndac'],
    ['the moderation service', MOD, 'did:plc:ar7c4by46qjdydhdevvrndac'],
    ['a listed labeler', LISTED, null],
    ['a labeler that the reader lets redact', LISTED, `${LISTED};redact`],
  ])('on a post by %s takes it out of every view', async (_, src, header) => {
    const reader = accepting(bob, header)
    expect(await timelineOf(reader)).toContain(first.uri)
    await label(src, first.uri, '!takedown')
    await label(src, answer.uri, '!takedown')
    expect(await timelineOf(reader)).not.toContain(first.uri)
    expect(await found(reader)).toEqual([])
    expect((await reader.getPosts({ uris: [first.uri] })).data.posts).toEqual([])
    expect(
      (await reader.getAuthorFeed({ actor: alice.assertDid })).data.feed.map(({ post: { uri } }) => uri),
    ).not.toContain(first.uri)
    await expect(reader.getPostThread({ uri: first.uri })).rejects.toMatchObject({ error: 'NotFound' })
    expect(await notified(reader)).not.toContain(answer.uri)
    expect(await quoted(reader)).toBe('viewNotFound')
    expect((await operator(server).getPosts({ uris: [first.uri] })).data.posts).toHaveLength(1)
    await apply({ src: src as Did, uri: first.uri, val: '!takedown', neg: true })
    expect(await timelineOf(reader)).toContain(first.uri)
    expect(await found(reader)).toEqual([first.uri])
    expect(await quoted(reader)).toBe('viewRecord')
  })

  it('by a labeler that the reader names without redact is a label as any other', async () => {
    await label(LISTED, first.uri, '!takedown')
    const { posts } = (await accepting(bob, LISTED).getPosts({ uris: [first.uri] })).data
    expect(valuesOf(posts[0]!.labels)).toEqual([`${LISTED} !takedown`])
    expect((await accepting(bob, carla.assertDid).getPosts({ uris: [first.uri] })).data.posts[0]!.labels).toEqual([])
  })

  it('on an account takes all of it out of every view', async () => {
    await label(MOD, alice.assertDid, '!takedown')
    await expect(bob.getProfile({ actor: alice.assertDid })).rejects.toMatchObject({ error: 'AccountTakedown' })
    expect(await timelineOf(bob)).not.toContain(first.uri)
    expect(await found(bob)).toEqual([])
    expect(await notified(bob)).not.toContain(answer.uri)
    expect((await bob.searchActors({ q: 'alice' })).data.actors).toEqual([])
    expect((await bob.getFollows({ actor: bob.assertDid })).data.follows).toEqual([])
    expect((await operator(server).getProfile({ actor: alice.assertDid })).data.did).toBe(alice.assertDid)
  })

  it('on a profile takes that out, and leaves the account', async () => {
    const profile = `at://${alice.assertDid}/app.bsky.actor.profile/self`
    await create(alice, 'app.bsky.actor.profile', { displayName: 'Rude Words', description: 'ruder' }, 'self')
    const shown = async (client: AtpAgent) => {
      const { displayName, description } = (await client.getProfile({ actor: alice.assertDid })).data
      return [displayName, description]
    }
    expect(await shown(bob)).toEqual(['Rude Words', 'ruder'])
    await label(MOD, profile, '!takedown')
    expect(await shown(bob)).toEqual([undefined, undefined])
    expect((await bob.getPosts({ uris: [first.uri] })).data.posts[0]!.author.displayName).toBeUndefined()
    expect(await timelineOf(bob)).toContain(first.uri)
    expect(await shown(operator(server))).toEqual(['Rude Words', 'ruder'])
  })

  it('on a list, a feed or a labeler takes that out', async () => {
    const list = await create(alice, 'app.bsky.graph.list', { name: 'list', purpose: 'app.bsky.graph.defs#curatelist' })
    const feed = await create(
      alice,
      'app.bsky.feed.generator',
      { did: 'did:web:feed.invalid', displayName: 'feed' },
      'feed',
    )
    const labeler = `at://${carla.assertDid}/app.bsky.labeler.service/self`
    const lists = async (client: AtpAgent) =>
      (await client.app.bsky.graph.getLists({ actor: alice.assertDid })).data.lists
    const feeds = async (client: AtpAgent) =>
      (await client.app.bsky.feed.getActorFeeds({ actor: alice.assertDid })).data.feeds
    const labelers = async (client: AtpAgent) =>
      (await client.app.bsky.labeler.getServices({ dids: [carla.assertDid] })).data.views
    const counts = async (client: AtpAgent) =>
      [await lists(client), await feeds(client), await labelers(client)].map(({ length }) => length)
    expect(await counts(bob)).toEqual([1, 1, 1])
    for (const uri of [list.uri, feed.uri, labeler]) await label(SERVER, uri, '!takedown')
    expect(await counts(bob)).toEqual([0, 0, 0])
    expect(await counts(operator(server))).toEqual([1, 1, 1])
    await expect(bob.app.bsky.graph.getList({ list: list.uri })).rejects.toThrow('List not found')
  })
})

describe('needs-review', () => {
  it('keeps a stranger out of threads and notifications, not out of sight, and is not shown', async () => {
    const uri = answer.uri
    const question = (await bob.getPosts({ uris: [uri] })).data.posts[0]!.record as { reply: { parent: Ref } }
    const { parent } = question.reply
    await label(MOD, uri, 'needs-review')
    expect(await repliesTo(carla, parent.uri)).toEqual([])
    expect(await repliesTo(alice, parent.uri)).toEqual([uri])
    // Bob follows her.
    expect(await repliesTo(bob, parent.uri)).toEqual([uri])
    expect(await notified(bob)).toContain(uri)
    expect((await carla.getPosts({ uris: [uri] })).data.posts[0]!.labels).toEqual([])
  })

  it('by a labeler that may not redact is a label as any other', async () => {
    await label(LISTED, answer.uri, 'needs-review')
    const reader = accepting(carla, LISTED)
    const { posts } = (await reader.getPosts({ uris: [answer.uri] })).data
    expect(valuesOf(posts[0]!.labels)).toEqual([`${LISTED} needs-review`])
  })
})

it('!no-unauthenticated is told, and in threads heeded, where nobody is signed in', async () => {
  const labels = { $type: 'com.atproto.label.defs#selfLabels', values: [{ val: '!no-unauthenticated' }] }
  await create(carla, 'app.bsky.actor.profile', { labels }, 'self')
  const shy = await post(carla, 'for those who are signed in')
  const nobody = server.agent()
  const profile = (await nobody.getProfile({ actor: carla.assertDid })).data
  expect(valuesOf(profile.labels)).toEqual([`${carla.assertDid} !no-unauthenticated`])
  const anchor = async (client: AtpAgent) => {
    const { thread } = (await client.app.bsky.unspecced.getPostThreadV2({ anchor: shy.uri })).data
    return thread[0]!.value.$type
  }
  expect(await anchor(nobody)).toBe('app.bsky.unspecced.defs#threadItemNoUnauthenticated')
  expect(await anchor(bob)).toBe('app.bsky.unspecced.defs#threadItemPost')
})
