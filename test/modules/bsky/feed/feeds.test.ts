import type { AppBskyFeedDefs, AtpAgent } from '@atproto/api'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { media, uploadMedia } from '../../../support/media.js'
import { startTestServer, stopTestServer, type TestServer } from '../../../support/server.js'
import { ADMIN_PASSWORD, operator, takeDown } from '../operator.js'
import {
  block,
  checked,
  type Client,
  create,
  follow,
  like,
  nextMoment,
  post,
  quote,
  type Ref,
  remove,
  reply,
  repost,
  textOf,
  threadgate,
} from '../posting.js'

let server: TestServer
let nobody: AtpAgent
let count = 0

beforeAll(async () => {
  server = await startTestServer({ PDS_ADMIN_PASSWORD: ADMIN_PASSWORD })
  nobody = server.agent()
})
afterAll(() => stopTestServer(server))

/** Accounts of a test's own. */
async function people(many: number): Promise<Client[]> {
  const clients: Client[] = []
  for (let i = 0; i < many; i++) clients.push(await server.signUp(`person${++count}`))
  return clients
}

type Line = AppBskyFeedDefs.FeedViewPost

/** Texts of lines; a repost with `↻`, a pinned post with `📌`. */
function sketch(lines: Line[]): string[] {
  return lines.map(({ post, reason }) => {
    const mark = reason?.$type?.endsWith('#reasonRepost') ? '↻' : reason?.$type?.endsWith('#reasonPin') ? '📌' : ''
    return mark + textOf(post)
  })
}

async function timeline(client: AtpAgent, limit?: number, cursor?: string) {
  return checked('app.bsky.feed.getTimeline', client.app.bsky.feed.getTimeline({ limit, cursor }))
}

async function authorFeed(client: AtpAgent, actor: Client, more: object = {}) {
  const call = client.app.bsky.feed.getAuthorFeed({ actor: actor.assertDid, ...more })
  return checked('app.bsky.feed.getAuthorFeed', call)
}

describe('getTimeline', () => {
  it('has what the viewer and those they follow post and repost, the newest first, page by page', async () => {
    const [alice, bob, carla] = (await people(3)) as [Client, Client, Client]
    await follow(alice, bob)
    const one = await post(bob, 'one')
    await post(alice, 'two')
    const three = await post(carla, 'three')
    await repost(bob, three)
    await repost(alice, one)
    expect(sketch((await timeline(alice)).feed)).toEqual(['↻one', '↻three', 'two', 'one'])
    const pages: string[][] = []
    let cursor: string | undefined
    do {
      const page = await timeline(alice, 2, cursor)
      pages.push(sketch(page.feed))
      cursor = page.cursor
    } while (cursor)
    expect(pages).toEqual([
      ['↻one', '↻three'],
      ['two', 'one'],
    ])
    expect(sketch((await timeline(carla)).feed)).toEqual(['three'])
  })

  it('is for those who are signed in', async () => {
    await expect(timeline(nobody)).rejects.toMatchObject({ status: 401, error: 'AuthMissing' })
    await expect(timeline((await people(1))[0]!, 10, 'nonsense')).rejects.toMatchObject({ error: 'InvalidRequest' })
  })

  it('leaves out muted authors, reposters, reposts and quotes', async () => {
    const [alice, bob, carla] = (await people(3)) as [Client, Client, Client]
    await follow(alice, bob)
    const fromBob = await post(bob, 'plain')
    const fromCarla = await post(carla, 'carla')
    await repost(bob, fromCarla)
    await quote(bob, 'quoting', fromBob)
    const texts = async () => sketch((await timeline(alice)).feed)
    expect(await texts()).toEqual(['quoting', '↻carla', 'plain'])
    await alice.app.bsky.graph.muteActor({ actor: carla.assertDid })
    expect(await texts()).toEqual(['quoting', 'plain'])
    await alice.app.bsky.graph.unmuteActor({ actor: carla.assertDid })
    await alice.app.bsky.graph.muteActor({ actor: bob.assertDid })
    expect(await texts()).toEqual([])
  })

  it('leaves out what answers those with whom there is a block, two posts up', async () => {
    const [alice, bob, carla, dan] = (await people(4)) as [Client, Client, Client, Client]
    await follow(alice, bob)
    const root = await post(carla, 'root')
    const answer = await reply(dan, 'answer', root)
    await reply(bob, 'to dan', answer, root)
    await reply(bob, 'to carla', root)
    const texts = async () => sketch((await timeline(alice)).feed)
    expect(await texts()).toEqual(['to carla', 'to dan'])
    const blocked = await block(alice, carla)
    expect(await texts()).toEqual([])
    await remove(alice, blocked)
    // A block between others makes stubs.
    await block(bob, dan)
    const { feed } = await timeline(alice)
    expect(sketch(feed)).toEqual(['to carla', 'to dan'])
    expect(feed[1]!.reply).toMatchObject({
      parent: { $type: 'app.bsky.feed.defs#blockedPost' },
      root: { $type: 'app.bsky.feed.defs#postView' },
    })
  })

  it('says what replies answer, also in reposts', async () => {
    const [alice, bob, carla] = (await people(3)) as [Client, Client, Client]
    await follow(alice, bob)
    const root = await post(carla, 'root')
    const middle = await reply(alice, 'middle', root)
    const end = await reply(carla, 'end', middle, root)
    await repost(bob, end)
    const { feed } = await timeline(alice)
    expect(feed[0]!.reply).toMatchObject({
      root: { uri: root.uri },
      parent: { uri: middle.uri },
      grandparentAuthor: { did: carla.assertDid },
    })
  })
})

describe('getAuthorFeed', () => {
  it('has five filters', async () => {
    const [alice, bob] = (await people(2)) as [Client, Client]
    const root = await post(alice, 'root')
    const own = await reply(alice, 'own', root)
    const theirs = await post(bob, 'theirs')
    await reply(alice, 'answer', theirs)
    const fromBob = await reply(bob, 'between', root)
    await reply(alice, 'after another', fromBob, root)
    await reply(alice, 'own again', own, root)
    await remove(alice, own)
    await repost(alice, theirs)
    await uploadMedia(alice, 'image/png')
    await post(alice, 'picture', {
      embed: { $type: 'app.bsky.embed.images', images: [{ alt: '', image: media('image/png') }] },
    })
    const texts = async (filter: string) => sketch((await authorFeed(nobody, alice, { filter })).feed)
    expect(await texts('posts_with_replies')).toEqual([
      ...['picture', '↻theirs', 'own again', 'after another', 'answer', 'root'],
    ])
    expect(await texts('posts_no_replies')).toEqual(['picture', '↻theirs', 'root'])
    expect(await texts('posts_with_media')).toEqual(['picture'])
    expect(await texts('posts_with_video')).toEqual([])
    // What goes on from a post that is gone is no whole thread.
    expect(await texts('posts_and_author_threads')).toEqual(['picture', '↻theirs', 'root'])
    await reply(alice, 'whole', root)
    expect(await texts('posts_and_author_threads')).toEqual(['whole', 'picture', '↻theirs', 'root'])
  })

  it('begins with the pinned post where it is asked for', async () => {
    const [alice] = (await people(1)) as [Client]
    const posts: Ref[] = []
    for (const text of ['one', 'two', 'three']) posts.push(await post(alice, text))
    await create(alice, 'app.bsky.actor.profile', { pinnedPost: posts[0] }, 'self')
    const texts = async (more: object) => sketch((await authorFeed(alice, alice, more)).feed)
    expect(await texts({})).toEqual(['three', 'two', 'one'])
    expect(await texts({ includePins: true })).toEqual(['📌one', 'three', 'two'])
    const first = await authorFeed(alice, alice, { includePins: true, limit: 1 })
    expect(sketch(first.feed)).toEqual(['📌one'])
    expect(first.feed[0]!.post.viewer?.pinned).toBe(true)
    expect(await texts({ includePins: true, limit: 2, cursor: first.cursor })).toEqual(['three', 'two'])
  })

  it('tells of blocks, and of nobody', async () => {
    const [alice, bob] = (await people(2)) as [Client, Client]
    await block(alice, bob)
    await expect(authorFeed(alice, bob)).rejects.toMatchObject({ error: 'BlockedActor' })
    await expect(authorFeed(bob, alice)).rejects.toMatchObject({ error: 'BlockedByActor' })
    const call = nobody.app.bsky.feed.getAuthorFeed({ actor: 'missing.test' })
    await expect(call).rejects.toMatchObject({ status: 400, error: 'InvalidRequest', message: 'Profile not found' })
  })

  it('leaves out reposts of those whom the viewer mutes', async () => {
    const [alice, bob, carla] = (await people(3)) as [Client, Client, Client]
    await repost(bob, await post(carla, 'carla'))
    await post(bob, 'bob')
    await alice.app.bsky.graph.muteActor({ actor: carla.assertDid })
    expect(sketch((await authorFeed(alice, bob)).feed)).toEqual(['bob'])
    await alice.app.bsky.graph.muteActor({ actor: bob.assertDid })
    expect(sketch((await authorFeed(alice, bob)).feed)).toEqual(['bob', '↻carla'])
  })

  it('is there for the operator when the account is taken down', async () => {
    const [alice] = (await people(1)) as [Client]
    await post(alice, 'gone')
    await takeDown(server, alice.assertDid, true)
    await expect(authorFeed(nobody, alice)).rejects.toMatchObject({ message: 'Profile not found' })
    expect(sketch((await authorFeed(operator(server), alice)).feed)).toEqual(['gone'])
  })

  it('tells nothing of the thread that a reply is not wanted in', async () => {
    const [alice, bob] = (await people(2)) as [Client, Client]
    const root = await post(alice, 'root')
    await threadgate(alice, root, { allow: [] })
    await reply(bob, 'refused', root)
    const { feed } = await authorFeed(nobody, bob)
    expect(sketch(feed)).toEqual(['refused'])
    expect(feed[0]).not.toHaveProperty('reply')
  })
})

describe('getListFeed', () => {
  it('has what the members of a list post', async () => {
    const [alice, bob, carla, dan] = (await people(4)) as [Client, Client, Client, Client]
    const list = await create(alice, 'app.bsky.graph.list', { name: 'list', purpose: 'app.bsky.graph.defs#curatelist' })
    for (const member of [bob, carla])
      await create(alice, 'app.bsky.graph.listitem', { list: list.uri, subject: member.assertDid })
    const one = await post(bob, 'one')
    await post(carla, 'two')
    await post(dan, 'not here')
    await repost(carla, one)
    await reply(bob, 'three', one)
    const read = async (client: AtpAgent, limit?: number, cursor?: string) => {
      const call = client.app.bsky.feed.getListFeed({ list: list.uri, limit, cursor })
      return checked('app.bsky.feed.getListFeed', call)
    }
    expect(sketch((await read(nobody)).feed)).toEqual(['three', 'two', 'one'])
    const first = await read(nobody, 2)
    expect(sketch((await read(nobody, 2, first.cursor)).feed)).toEqual(['one'])
    await block(carla, alice)
    expect(sketch((await read(nobody)).feed)).toEqual(['three', 'one'])
    const unknown = nobody.app.bsky.feed.getListFeed({ list: `${list.uri}x` })
    await expect(unknown).rejects.toMatchObject({ status: 400, error: 'UnknownList' })
  })
})

describe('getActorLikes', () => {
  it('has the posts that an account likes, for itself alone', async () => {
    const [alice, bob, carla] = (await people(3)) as [Client, Client, Client]
    const one = await post(bob, 'one')
    const two = await post(carla, 'two')
    await like(alice, two)
    const again = await like(alice, one)
    const read = async (client: AtpAgent, limit?: number, cursor?: string) => {
      const call = client.app.bsky.feed.getActorLikes({ actor: alice.assertDid, limit, cursor })
      return checked('app.bsky.feed.getActorLikes', call)
    }
    expect(sketch((await read(alice)).feed)).toEqual(['one', 'two'])
    const first = await read(alice, 1)
    const last = await read(alice, 1, first.cursor)
    expect(sketch(last.feed)).toEqual(['two'])
    expect(last.cursor).toBeUndefined()
    for (const client of [nobody, bob])
      await expect(read(client)).rejects.toMatchObject({ status: 400, message: 'Profile not found' })
    await remove(alice, again)
    expect(sketch((await read(alice)).feed)).toEqual(['two'])
    await block(carla, alice)
    expect(sketch((await read(alice)).feed)).toEqual([])
  })
})

describe('Atproto-Repo-Rev', () => {
  it('says how new the viewer’s own repository is in an answer', async () => {
    const [alice] = (await people(1)) as [Client]
    const { data } = await alice.com.atproto.repo.createRecord({
      repo: alice.assertDid,
      collection: 'app.bsky.feed.post',
      record: { $type: 'app.bsky.feed.post', text: 'new', createdAt: nextMoment() },
    })
    const { headers } = await alice.app.bsky.feed.getTimeline()
    expect(headers['atproto-repo-rev']).toBe(data.commit!.rev)
    const public_ = await nobody.app.bsky.feed.getAuthorFeed({ actor: alice.assertDid })
    expect(public_.headers['atproto-repo-rev']).toBeUndefined()
  })
})
