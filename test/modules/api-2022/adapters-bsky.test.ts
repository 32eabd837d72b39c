import { served2022 } from '../../../src/modules/api-2022/serve-2022.js'
import { type Answer, call as callAt, type Call } from '../../e2e/call.js'
import { type Member, startCommunity, stopTestServer } from '../../support/server.js'
import { misfits, type Shape } from './shape.js'
import { ANSWERS, EXTERNAL_EMBED, RECORD_EMBED, UNKNOWN_EMBED } from './shapes.js'

interface Ref {
  uri: string
  cid: string
}

const { server, alice, bob, carla, dan } = await startCommunity(['alice', 'bob', 'carla', 'dan'])

/** Asks, and checks the shape of an answer. */
async function call(name: string, options?: Call): Promise<Answer> {
  const answer = await callAt(server, `app.bsky.${name}`, options)
  if (answer.status === 200 && answer.bytes.length > 0) expect(misfits(answer.json, ANSWERS[name]!)).toEqual([])
  return answer
}

async function write(by: Member, collection: string, record: object): Promise<Ref> {
  const { data } = await by.com.atproto.repo.createRecord({
    repo: by.assertDid,
    collection,
    record: { createdAt: new Date().toISOString(), ...record },
  })
  return { uri: data.uri, cid: data.cid }
}
const putProfile = (by: Member, record: object) =>
  by.com.atproto.repo.putRecord({
    repo: by.assertDid,
    collection: 'app.bsky.actor.profile',
    rkey: 'self',
    record: { $type: 'app.bsky.actor.profile', ...record },
  })
const post = (by: Member, text: string, more: object = {}) => write(by, 'app.bsky.feed.post', { text, ...more })
const follow = (by: Member, whom: Member) => write(by, 'app.bsky.graph.follow', { subject: whom.assertDid })
const verify = (by: Member, whom: Member, displayName: string, handle = whom.session!.handle) =>
  write(by, 'app.bsky.graph.verification', { subject: whom.assertDid, handle, displayName })

let root: Ref
let reply: Ref
let answerToReply: Ref
let like: Ref
let repost: Ref
let following: Ref

beforeAll(async () => {
  await putProfile(alice, { displayName: 'Alice', description: 'I write', pronouns: 'she' })
  following = await follow(bob, alice)
  await follow(carla, alice)
  await follow(alice, bob)
  root = await post(alice, 'root')
  reply = await post(bob, 'reply', { reply: { root, parent: root } })
  answerToReply = await post(carla, 'answer', { reply: { root, parent: reply } })
  like = await write(bob, 'app.bsky.feed.like', { subject: root })
  repost = await write(bob, 'app.bsky.feed.repost', { subject: root })
  await write(carla, 'app.bsky.feed.repost', { subject: root })
})
afterAll(() => stopTestServer(server))

it('a shape is known for every call', () => {
  const names = served2022().flatMap((nsid) => /^app\.bsky\.(.*)/.exec(nsid)?.[1] ?? [])
  expect([...Object.keys(ANSWERS), 'postNotificationsSeen'].sort()).toEqual(names)
})

describe('feeds', () => {
  const rootItem = (myState: object | undefined) => ({
    ...root,
    author: { did: alice.assertDid, name: 'alice.test', displayName: 'Alice' },
    record: expect.objectContaining({ $type: 'app.bsky.feed.post', text: 'root' }) as object,
    replyCount: 1,
    repostCount: 2,
    likeCount: 1,
    indexedAt: expect.any(String) as string,
    ...(myState && { myState }),
  })

  it('getHomeFeed has what those write and repost whom one follows', async () => {
    const { json, headers } = await call('getHomeFeed', { as: bob })
    expect(json.feed).toContainEqual(rootItem({ like: like.uri, repost: repost.uri }))
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(headers.get('atproto-repo-rev')).toEqual(expect.any(String))
    const { json: ofAlice } = await call('getHomeFeed', { as: alice })
    expect(ofAlice.feed).toContainEqual({ ...rootItem({}), repostedBy: { did: bob.assertDid, name: 'bob.test' } })
  })

  it('getHomeFeed knows one algorithm', async () => {
    expect((await call('getHomeFeed', { as: bob, params: { algorithm: 'reverse-chronological' } })).status).toBe(200)
    const { status, json } = await call('getHomeFeed', { as: bob, params: { algorithm: 'firehose' } })
    expect({ status, json }).toEqual({
      status: 400,
      json: { error: 'InvalidRequest', message: 'algorithm must be reverse-chronological' },
    })
  })

  it('getHomeFeed needs somebody', async () => {
    const { status, json } = await call('getHomeFeed')
    expect({ status, error: json.error }).toEqual({ status: 401, error: 'AuthMissing' })
  })

  it.each(['before', 'cursor'])('getHomeFeed is paged by %s', async (name) => {
    const { json: whole } = await call('getHomeFeed', { as: alice })
    const { json: first } = await call('getHomeFeed', { as: alice, params: { limit: 1 } })
    const { json: rest } = await call('getHomeFeed', { as: alice, params: { [name]: first.cursor } })
    expect(first.feed).toHaveLength(1)
    expect([...first.feed, ...rest.feed]).toEqual(whole.feed)
    expect(rest.cursor).toBeUndefined()
  })

  it.each(['limit=0', 'limit=101', 'limit=many', 'before=nonsense'])('getHomeFeed refuses %s', async (param) => {
    const [name, value] = param.split('=') as [string, string]
    const { status, json } = await call('getHomeFeed', { as: alice, params: { [name]: value } })
    expect({ status, error: json.error }).toEqual({ status: 400, error: 'InvalidRequest' })
  })

  it.each(['author', 'user', 'actor'])('getAuthorFeed takes %s, and anybody may ask', async (name) => {
    const { json } = await call('getAuthorFeed', { params: { [name]: 'alice.test' } })
    expect(json).toEqual({ feed: [rootItem(undefined)] })
  })

  it('getAuthorFeed shows a pinned post as any other', async () => {
    const pinner = await server.signUp('pinner')
    const first = await post(pinner, 'first')
    await post(pinner, 'second')
    await putProfile(pinner, { pinnedPost: first })
    const params = { author: pinner.assertDid, includePins: true }
    const { json } = await call('getAuthorFeed', { params })
    expect((json.feed as Ref[])[0]!.uri).toBe(first.uri)
  })

  it('getAuthorFeed refuses whom nobody knows, and who is behind a block, as today', async () => {
    const hank = await server.signUp('hank')
    await write(hank, 'app.bsky.graph.block', { subject: dan.assertDid })
    for (const actor of ['nobody.test', 'hank.test']) {
      const { status, json } = await call('getAuthorFeed', { as: dan, params: { author: actor } })
      const today = await callAt(server, 'app.bsky.feed.getAuthorFeed', { as: dan, params: { actor } })
      expect({ status, json }).toEqual({ status: 400, json: today.json as unknown })
    }
  })
})

describe('what posts embed', () => {
  const embedOf = async (embed: object, shape: Shape): Promise<object> => {
    const { uri } = await post(dan, 'embeds', { embed })
    const { json } = await call('getPostThread', { params: { uri } })
    expect(misfits(json.thread.embed, shape)).toEqual([])
    return json.thread.embed as object
  }
  const card = {
    $type: 'app.bsky.embed.external',
    external: { uri: 'https://example.com', title: 'T', description: 'D' },
  }

  it('a quoted post', async () => {
    const embed = { $type: 'app.bsky.embed.record', record: root }
    expect(await embedOf(embed, RECORD_EMBED)).toEqual({
      type: 'record',
      author: { did: alice.assertDid, name: 'alice.test', displayName: 'Alice' },
      record: expect.objectContaining({ text: 'root' }) as object,
    })
  })

  it('a quoted post beside media is the post', async () => {
    const embed = { $type: 'app.bsky.embed.recordWithMedia', record: { record: root }, media: card }
    expect(await embedOf(embed, RECORD_EMBED)).toMatchObject({ type: 'record', record: { text: 'root' } })
  })

  it('a link card', async () => {
    expect(await embedOf(card, EXTERNAL_EMBED)).toEqual({ type: 'external', ...card.external, imageUri: '' })
  })

  it('anything else is of a type unknown then', async () => {
    const gone = { uri: `at://${dan.assertDid}/app.bsky.feed.post/3jzfcijpj2z2a`, cid: root.cid }
    const quote = { $type: 'app.bsky.embed.record', record: gone }
    expect(await embedOf(quote, UNKNOWN_EMBED)).toEqual({ type: 'app.bsky.embed.record#view' })
  })
})

describe('getPostThread', () => {
  it('has the posts above and below', async () => {
    const { json } = await call('getPostThread', { as: bob, params: { uri: reply.uri } })
    expect(json.thread).toMatchObject({
      uri: reply.uri,
      parent: { uri: root.uri, myState: { like: like.uri } },
      replies: [{ uri: answerToReply.uri, author: { name: 'carla.test' } }],
    })
    expect(json.thread.parent.replies).toBeUndefined()
  })

  it('goes down as far as depth', async () => {
    const { json } = await call('getPostThread', { params: { uri: root.uri, depth: 1 } })
    expect(json.thread.replies).toMatchObject([{ uri: reply.uri }])
    expect(json.thread.replies[0].replies).toBeUndefined()
    const { json: none } = await call('getPostThread', { params: { uri: root.uri, depth: 0 } })
    expect(none.thread.replies).toBeUndefined()
  })

  it('leaves out what is gone or behind a block, and is NotFound for either', async () => {
    const erin = await server.signUp('erin')
    const gone = await post(erin, 'gone')
    const stays = await post(alice, 'stays', { reply: { root: gone, parent: gone } })
    const hidden = await post(erin, 'hidden', { reply: { root: gone, parent: stays } })
    await erin.com.atproto.repo.deleteRecord({
      repo: erin.assertDid,
      collection: 'app.bsky.feed.post',
      rkey: gone.uri.split('/').pop()!,
    })
    await write(erin, 'app.bsky.graph.block', { subject: dan.assertDid })
    const { json } = await call('getPostThread', { as: dan, params: { uri: stays.uri } })
    expect(json.thread.parent).toBeUndefined()
    expect(json.thread.replies).toEqual([])
    for (const { uri } of [gone, hidden]) {
      const answer = await call('getPostThread', { as: dan, params: { uri } })
      expect({ status: answer.status, json: answer.json }).toEqual({
        status: 400,
        json: { error: 'NotFound', message: `Post not found: ${uri}` },
      })
    }
  })
})

describe('who did what', () => {
  it('getLikedBy', async () => {
    const { json } = await call('getLikedBy', { params: { ...root } })
    expect(json).toMatchObject({ ...root, likedBy: [{ did: bob.assertDid, name: 'bob.test' }] })
    const { json: nobody } = await call('getLikedBy', { params: { uri: reply.uri } })
    expect(nobody).toEqual({ uri: reply.uri, likedBy: [] })
  })

  it.each(['DID', 'handle'])('getRepostedBy, by an at-uri of a %s', async (kind) => {
    const uri = kind === 'DID' ? root.uri : root.uri.replace(alice.assertDid, 'alice.test')
    const { json } = await call('getRepostedBy', { params: { uri } })
    expect(json).toMatchObject({ uri, repostedBy: [{ name: 'carla.test' }, { name: 'bob.test' }] })
  })

  it('tells when it was done, not when the profile was made', async () => {
    const fay = await server.signUp('fay')
    await write(fay, 'app.bsky.feed.repost', { subject: reply, createdAt: '2022-10-14T12:00:00.000Z' })
    const { json } = await call('getRepostedBy', { params: { uri: reply.uri } })
    const { createdAt, indexedAt } = (json.repostedBy as { createdAt: string; indexedAt: string }[])[0]!
    expect(createdAt).toBe('2022-10-14T12:00:00.000Z')
    expect(Date.parse(indexedAt)).toBeGreaterThan(Date.now() - 60_000)
  })

  it.each(['getLikedBy', 'getRepostedBy'])('%s is paged by before', async (name) => {
    const list = name === 'getLikedBy' ? 'likedBy' : 'repostedBy'
    const collection = name === 'getLikedBy' ? 'app.bsky.feed.like' : 'app.bsky.feed.repost'
    for (const by of [alice, bob, carla]) await write(by, collection, { subject: answerToReply })
    const { json: first } = await call(name, { params: { uri: answerToReply.uri, limit: 2 } })
    const { json: rest } = await call(name, { params: { uri: answerToReply.uri, limit: 2, before: first.cursor } })
    expect([...first[list], ...rest[list]].map(({ name }: { name: string }) => name)).toEqual([
      'carla.test',
      'bob.test',
      'alice.test',
    ])
    expect(rest.cursor).toBeUndefined()
  })
})

describe('users', () => {
  it.each(['user', 'actor'])('getProfile takes %s', async (name) => {
    const { json } = await call('getProfile', { as: bob, params: { [name]: 'alice.test' } })
    expect(json).toEqual({
      did: alice.assertDid,
      name: 'alice.test',
      displayName: 'Alice',
      description: 'I write',
      followersCount: 2,
      followsCount: 1,
      postsCount: expect.any(Number) as number,
      pinnedBadges: [],
      myState: { follow: following.uri },
    })
  })

  it('getProfile for nobody, and of nobody', async () => {
    const { json } = await call('getProfile', { params: { user: dan.assertDid } })
    expect(json).toMatchObject({ name: 'dan.test', followersCount: 0, pinnedBadges: [] })
    expect(json.myState).toBeUndefined()
    const { status, json: unknown } = await call('getProfile', { params: { user: 'nobody.test' } })
    expect({ status, unknown }).toEqual({
      status: 400,
      unknown: { error: 'InvalidRequest', message: 'Profile not found' },
    })
  })

  it('getUserFollowers and getUserFollows', async () => {
    const subject = { did: alice.assertDid, name: 'alice.test', displayName: 'Alice' }
    const { json: first } = await call('getUserFollowers', { params: { user: 'alice.test', limit: 1 } })
    expect(first).toMatchObject({ subject, followers: [{ did: carla.assertDid, name: 'carla.test' }] })
    const { json: rest } = await call('getUserFollowers', { params: { user: 'alice.test', before: first.cursor } })
    expect(rest).toMatchObject({ subject, followers: [{ did: bob.assertDid, name: 'bob.test' }] })
    const { json } = await call('getUserFollows', { params: { user: alice.assertDid } })
    expect(json).toMatchObject({ subject, follows: [{ did: bob.assertDid, name: 'bob.test' }] })
    expect(json.follows).toHaveLength(1)
  })

  it.each(['getUserFollowers', 'getUserFollows'])('%s refuses nobody as today', async (name) => {
    const { status, json } = await call(name, { params: { user: 'nobody.test' } })
    expect({ status, error: json.error }).toEqual({ status: 400, error: 'InvalidRequest' })
  })

  it.each(['term', 'q'])('getUsersSearch and getUsersTypeahead take %s', async (name) => {
    const user = { did: alice.assertDid, name: 'alice.test', displayName: 'Alice' }
    const { json: found } = await call('getUsersSearch', { params: { [name]: 'alic' } })
    expect(found.users).toEqual([{ ...user, description: 'I write', indexedAt: expect.any(String) as string }])
    const { json: guessed } = await call('getUsersTypeahead', { params: { [name]: 'alic', limit: 5 } })
    expect(guessed).toEqual({ users: [user] })
  })
})

describe('notifications', () => {
  it('getNotifications has the reasons of then, and others by their own names', async () => {
    const gail = await server.signUp('gail')
    const own = await post(gail, 'own')
    const quoting = await post(bob, 'quote', { embed: { $type: 'app.bsky.embed.record', record: own } })
    await follow(bob, gail)
    await write(bob, 'app.bsky.feed.like', { subject: own })
    await post(bob, 'reply', { reply: { root: own, parent: own } })
    const bobs = await write(bob, 'app.bsky.feed.repost', { subject: own })
    await write(carla, 'app.bsky.feed.repost', { subject: own, via: bobs })
    await verify(bob, gail, '')
    const { json } = await call('getNotifications', { as: gail })
    const reasons = (json.notifications as { reason: string }[]).map(({ reason }) => reason)
    expect(reasons.sort()).toEqual(['badge', 'follow', 'like', 'mention', 'reply', 'repost', 'repost'])
    expect(json.notifications).toContainEqual({
      ...quoting,
      author: { did: bob.assertDid, name: 'bob.test' },
      reason: 'mention',
      reasonSubject: own.uri,
      record: expect.objectContaining({ text: 'quote' }) as object,
      isRead: false,
      indexedAt: expect.any(String) as string,
    })
    const { json: told } = await call('getNotificationCount', { as: gail })
    expect(told).toEqual({ count: reasons.length })
    const { json: first } = await call('getNotifications', { as: gail, params: { limit: 4 } })
    const { json: rest } = await call('getNotifications', { as: gail, params: { limit: 4, before: first.cursor } })
    expect([first.notifications.length, rest.notifications.length]).toEqual([4, 3])
  })

  it('postNotificationsSeen marks them read, and answers nothing', async () => {
    const { json: before } = await call('getNotificationCount', { as: alice })
    expect(before.count).toBeGreaterThan(0)
    const body = { seenAt: new Date().toISOString() }
    const { status, bytes } = await call('postNotificationsSeen', { as: alice, body })
    expect({ status, length: bytes.length }).toEqual({ status: 200, length: 0 })
    expect((await call('getNotificationCount', { as: alice })).json).toEqual({ count: 0 })
    const { json } = await call('getNotifications', { as: alice })
    expect((json.notifications as { isRead: boolean }[]).every(({ isRead }) => isRead)).toBe(true)
  })

  it.each([{}, { seenAt: 'yesterday' }, undefined])('postNotificationsSeen refuses %j', async (body) => {
    const { status, json } = await call('postNotificationsSeen', { as: alice, method: 'POST', body })
    expect({ status, error: json.error }).toEqual({ status: 400, error: 'InvalidRequest' })
  })

  it.each(['getNotifications', 'getNotificationCount'])('%s needs somebody', async (name) => {
    expect((await call(name)).status).toBe(401)
  })
})
