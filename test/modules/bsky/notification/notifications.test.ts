import type { AppBskyNotificationListNotifications, AtpAgent } from '@atproto/api'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Lexicons } from '../../../../src/modules/lexicon/lexicons.js'
import { startTestServer, stopTestServer, type TestServer } from '../../../support/server.js'

type Params = AppBskyNotificationListNotifications.QueryParams
type Actor = AtpAgent & { assertDid: string }

const lexicons = new Lexicons()
let server: TestServer
let alice: Actor
let bob: Actor
let carla: Actor
let dan: Actor

/** Notifications as they are shown, checked against the lexicon. */
async function listed(who: AtpAgent, params: Params = {}): Promise<AppBskyNotificationListNotifications.OutputSchema> {
  const { data } = await who.app.bsky.notification.listNotifications(params)
  lexicons.checkOutput('app.bsky.notification.listNotifications', data)
  return data
}

/** `name: reason`, newest first. */
async function told(who: AtpAgent, params: Params = {}): Promise<string[]> {
  const { notifications } = await listed(who, params)
  return notifications.map(({ author, reason }) => `${author.handle.split('.')[0]}: ${reason}`)
}

async function unread(who: AtpAgent, params = {}): Promise<number> {
  return (await who.app.bsky.notification.getUnreadCount(params)).data.count
}

const reply = (text: string, root: Ref, parent = root): Parameters<AtpAgent['post']>[0] => ({
  text,
  reply: { root: { uri: root.uri, cid: root.cid }, parent: { uri: parent.uri, cid: parent.cid } },
})

interface Ref {
  uri: string
  cid: string
}

beforeAll(async () => {
  server = await startTestServer()
  ;[alice, bob, carla, dan] = (await Promise.all(
    ['alice', 'bob', 'carla', 'dan'].map((name) => server.signUp(name)),
  )) as [Actor, Actor, Actor, Actor]
})

afterAll(() => stopTestServer(server))

describe('listNotifications', () => {
  let post: Ref

  it('tells of what others do to what is mine, with their records', async () => {
    post = await alice.post({ text: 'hello' })
    await bob.follow(alice.assertDid)
    const like = await bob.like(post.uri, post.cid)
    await carla.repost(post.uri, post.cid)
    await carla.post(reply('hi', post))
    await dan.post({ text: 'look', embed: { $type: 'app.bsky.embed.record', record: post } })
    await alice.like(post.uri, post.cid)
    expect(await told(alice)).toEqual(['dan: quote', 'carla: reply', 'carla: repost', 'bob: like', 'bob: follow'])
    const { notifications, seenAt, priority } = await listed(alice)
    expect(notifications[3]).toMatchObject({
      uri: like.uri,
      cid: like.cid,
      reasonSubject: post.uri,
      record: { $type: 'app.bsky.feed.like', subject: { uri: post.uri, cid: post.cid } },
      author: { did: bob.assertDid },
      isRead: false,
      labels: [],
    })
    expect(notifications[4]!.reasonSubject).toBeUndefined()
    expect([seenAt, priority]).toEqual([undefined, false])
    expect(await unread(alice)).toBe(5)
    expect(await told(bob)).toEqual([])
  })

  it('in pages, each line once', async () => {
    const lines: string[] = []
    let cursor: string | undefined
    do {
      const { data } = await alice.app.bsky.notification.listNotifications({ limit: 2, cursor })
      lines.push(...data.notifications.map(({ reason }) => reason))
      cursor = data.cursor
    } while (cursor)
    expect(lines).toEqual(['quote', 'reply', 'repost', 'like', 'follow'])
  })

  it('of the reasons that are asked for', async () => {
    expect(await told(alice, { reasons: ['like', 'follow', 'made-up'] })).toEqual(['bob: like', 'bob: follow'])
    expect(await told(alice, { reasons: ['made-up'] })).toEqual([])
  })

  it('with priority, of those alone whom the viewer follows', async () => {
    expect(await told(alice, { priority: true })).toEqual([])
    const follow = await alice.follow(carla.assertDid)
    expect(await told(alice, { priority: true })).toEqual(['carla: reply', 'carla: repost'])
    expect(await unread(alice, { priority: true })).toBe(2)
    await alice.deleteFollow(follow.uri)
  })

  it('by preference, reason by reason', async () => {
    const put = (changes: object): unknown => alice.app.bsky.notification.putPreferencesV2(changes)
    await put({
      like: { include: 'follows', list: true, push: true },
      follow: { include: 'all', list: false, push: true },
    })
    expect(await told(alice)).toEqual(['dan: quote', 'carla: reply', 'carla: repost'])
    expect(await unread(alice)).toBe(3)
    await put({ like: { include: 'all', list: true, push: true }, follow: { include: 'all', list: true, push: true } })
    expect(await told(alice)).toHaveLength(5)
  })

  it('what has been seen is read', async () => {
    const { notifications } = await listed(alice)
    const seenAt = notifications[2]!.indexedAt
    await alice.app.bsky.notification.updateSeen({ seenAt })
    const after = await listed(alice)
    expect(after.seenAt).toBe(seenAt)
    expect(after.notifications.map(({ isRead }) => isRead)).toEqual([false, false, true, true, true])
    expect(await unread(alice)).toBe(2)
  })

  it('nothing of those who are muted or blocked, whoever blocks', async () => {
    await alice.mute(dan.assertDid)
    expect(await told(alice)).not.toContain('dan: quote')
    expect(await unread(alice)).toBe(1)
    await alice.unmute(dan.assertDid)
    const block = await bob.app.bsky.graph.block.create(
      { repo: bob.assertDid },
      { subject: alice.assertDid, createdAt: new Date().toISOString() },
    )
    expect(await told(alice)).toEqual(['dan: quote', 'carla: reply', 'carla: repost'])
    await bob.app.bsky.graph.block.delete({ repo: bob.assertDid, rkey: block.uri.split('/').pop()! })
    expect(await told(alice)).toHaveLength(5)
  })

  it('nothing of muted threads, and of them alone', async () => {
    const other = await alice.post({ text: 'another thread' })
    await bob.like(other.uri, other.cid)
    await alice.app.bsky.graph.muteThread({ root: post.uri })
    expect(await told(alice)).toEqual(['bob: like', 'bob: follow'])
    const [shown] = (await listed(alice)).notifications
    expect(shown!.reasonSubject).toBe(other.uri)
    expect(await unread(alice)).toBe(1)
    await alice.app.bsky.graph.unmuteThread({ root: post.uri })
    await bob.deleteLike((await listed(alice)).notifications[0]!.uri)
    expect(await told(alice)).toHaveLength(5)
  })

  it('no reply that the viewer has hidden', async () => {
    const hidden = (await listed(alice)).notifications[1]!.uri
    const rkey = post.uri.split('/').pop()!
    await alice.app.bsky.feed.threadgate.create(
      { repo: alice.assertDid, rkey },
      { post: post.uri, hiddenReplies: [hidden], createdAt: new Date().toISOString() },
    )
    expect(await told(alice)).toEqual(['dan: quote', 'carla: repost', 'bob: like', 'bob: follow'])
    await alice.app.bsky.feed.threadgate.delete({ repo: alice.assertDid, rkey })
  })

  it('not of what has been taken back, save that a verification has been', async () => {
    const [quote] = (await listed(alice)).notifications
    await dan.deletePost(quote!.uri)
    expect(await told(alice)).not.toContain('dan: quote')
    const made = await dan.com.atproto.repo.createRecord({
      repo: dan.assertDid,
      collection: 'app.bsky.graph.verification',
      record: { subject: alice.assertDid, handle: 'alice.test', displayName: '', createdAt: new Date().toISOString() },
    })
    expect((await told(alice))[0]).toBe('dan: verified')
    const rkey = made.data.uri.split('/').pop()!
    await dan.com.atproto.repo.deleteRecord({ repo: dan.assertDid, collection: 'app.bsky.graph.verification', rkey })
    const [first] = (await listed(alice)).notifications
    expect(first).toMatchObject({
      reason: 'unverified',
      record: { $type: 'app.bsky.notification.defs#recordDeleted' },
    })
  })

  it('refuses what it does not know', async () => {
    await expect(listed(alice, { seenAt: new Date().toISOString() })).rejects.toThrow('unsupported')
    await expect(listed(alice, { cursor: 'nonsense' })).rejects.toThrow('cursor')
    await expect(listed(server.agent())).rejects.toThrow('Authentication Required')
  })
})

describe('activity subscriptions', () => {
  const subscribe = (to: Actor, post: boolean, reply: boolean): unknown =>
    dan.app.bsky.notification.putActivitySubscription({ subject: to.assertDid, activitySubscription: { post, reply } })

  it('tell of posts since then, of those who let their followers know', async () => {
    const root = await bob.post({ text: 'before' })
    await subscribe(bob, true, false)
    await bob.post({ text: 'after' })
    await bob.post(reply('a reply', root))
    await carla.post({ text: 'of somebody else' })
    expect(await told(dan)).toEqual([])
    await dan.follow(bob.assertDid)
    expect(await told(dan)).toEqual(['bob: subscribed-post'])
    const [line] = (await listed(dan)).notifications
    expect(line).toMatchObject({ record: { text: 'after' }, isRead: false })
    expect(await unread(dan)).toBe(1)
    await subscribe(bob, true, true)
    expect(await told(dan)).toEqual(['bob: subscribed-post', 'bob: subscribed-post'])
  })

  it('once, when the post tells of something else too', async () => {
    await bob.post({
      text: '@dan.test',
      facets: [
        {
          index: { byteStart: 0, byteEnd: 9 },
          features: [{ $type: 'app.bsky.richtext.facet#mention', did: dan.assertDid }],
        },
      ],
    })
    expect(await told(dan)).toEqual(['bob: mention', 'bob: subscribed-post', 'bob: subscribed-post'])
  })

  it('come in pages among the others', async () => {
    const lines: string[] = []
    let cursor: string | undefined
    do {
      const { data } = await dan.app.bsky.notification.listNotifications({ limit: 1, cursor })
      lines.push(...data.notifications.map(({ reason }) => reason))
      cursor = data.cursor
    } while (cursor)
    expect(lines).toEqual(['mention', 'subscribed-post', 'subscribed-post'])
  })

  it('end where the author wants none', async () => {
    await bob.com.atproto.repo.putRecord({
      repo: bob.assertDid,
      collection: 'app.bsky.notification.declaration',
      rkey: 'self',
      record: { $type: 'app.bsky.notification.declaration', allowSubscriptions: 'mutuals' },
    })
    expect(await told(dan)).toEqual(['bob: mention'])
    await bob.follow(dan.assertDid)
    expect(await told(dan)).toContain('bob: subscribed-post')
  })

  it('are listed', async () => {
    await subscribe(carla, true, true)
    const { data } = await dan.app.bsky.notification.listActivitySubscriptions({})
    lexicons.checkOutput('app.bsky.notification.listActivitySubscriptions', data)
    expect(data.subscriptions.map(({ did }) => did)).toEqual([carla.assertDid, bob.assertDid])
    expect(data.subscriptions[0]!.viewer?.activitySubscription).toEqual({ post: true, reply: true })
    expect(data.cursor).toBeUndefined()
  })
})
