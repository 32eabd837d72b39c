import type { AppBskyFeedDefs, AtpAgent } from '@atproto/api'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startCommunity, stopTestServer } from '../../../support/server.js'
import { block, checked, like, post, type Ref, remove, reply, textOf, threadgate } from '../posting.js'

const { server, alice, bob, carla, dan, nobody } = await startCommunity(['alice', 'bob', 'carla', 'dan'])

afterAll(() => stopTestServer(server))

type Thread = AppBskyFeedDefs.ThreadViewPost

async function read(client: AtpAgent, uri: string, depth?: number, parentHeight?: number) {
  return checked('app.bsky.feed.getPostThread', client.app.bsky.feed.getPostThread({ uri, depth, parentHeight }))
}

/** Texts of a tree, stubs by their type: `text(reply, reply)`. */
function sketch(node: unknown): string {
  const { $type, ...thread } = node as Omit<Thread, '$type'> & { $type: string }
  if ($type !== 'app.bsky.feed.defs#threadViewPost') return $type.split('#')[1]!
  const replies = (thread.replies ?? []).map(sketch)
  return replies.length > 0 ? `${textOf(thread.post)}(${replies.join(', ')})` : textOf(thread.post)
}

/** From a post up: texts of the parents, nearest first. */
function ancestors(node: unknown): string[] {
  const { parent } = node as Thread
  return parent ? [sketch(parent), ...ancestors(parent)] : []
}

describe('getPostThread', () => {
  let root: Ref
  let one: Ref
  let two: Ref
  let deep: Ref

  beforeAll(async () => {
    root = await post(alice, 'root')
    one = await reply(bob, 'one', root)
    two = await reply(carla, 'two', root)
    deep = await reply(alice, 'deep', one, root)
    await reply(bob, 'deeper', deep, root)
  })

  it('shows what is below, the newest first', async () => {
    const { thread } = await read(nobody, root.uri)
    expect(sketch(thread)).toBe('root(two, one(deep(deeper)))')
  })

  it('goes as deep and as high as is asked for', async () => {
    expect(sketch((await read(nobody, root.uri, 1)).thread)).toBe('root(two, one)')
    expect((await read(nobody, root.uri, 0)).thread).not.toHaveProperty('replies')
    const { thread } = await read(nobody, deep.uri)
    expect(sketch(thread)).toBe('deep(deeper)')
    expect(ancestors(thread)).toEqual(['one', 'root'])
    expect(ancestors((await read(nobody, deep.uri, 6, 1)).thread)).toEqual(['one'])
    expect(ancestors((await read(nobody, deep.uri, 6, 0)).thread)).toEqual([])
  })

  it('finds a post by the handle of its author', async () => {
    const { thread } = await read(nobody, root.uri.replace(alice.assertDid, 'alice.test'))
    expect((thread as Thread).post.uri).toBe(root.uri)
  })

  it('tells NotFound of a post that is not there', async () => {
    for (const uri of [`at://${alice.assertDid}/app.bsky.feed.post/none`, 'at://nobody.test/app.bsky.feed.post/none'])
      await expect(read(nobody, uri)).rejects.toMatchObject({ status: 400, error: 'NotFound' })
  })

  it('says which replies the author of the root likes', async () => {
    const liked = await like(alice, two)
    const { thread } = await read(nobody, root.uri)
    const contexts = (thread as Thread).replies!.map((node) => (node as Thread).threadContext)
    expect(contexts).toEqual([{ rootAuthorLike: liked.uri }, {}])
  })

  it('has a stub where a parent is gone, and no replies that are', async () => {
    const start = await post(alice, 'start')
    const middle = await reply(bob, 'middle', start)
    const end = await reply(carla, 'end', middle, start)
    await remove(bob, middle)
    const { thread } = await read(nobody, end.uri)
    expect(ancestors(thread)).toEqual(['notFoundPost'])
    expect(sketch((await read(nobody, start.uri)).thread)).toBe('start')
  })

  it('hides those with whom there is a block', async () => {
    const start = await post(alice, 'start')
    const answer = await reply(dan, 'answer', start)
    const further = await reply(carla, 'further', answer, start)
    await reply(bob, 'other', start)
    const between = await block(dan, carla)
    // Between others: the reply is left out, and what it answers is a stub.
    expect(sketch((await read(nobody, start.uri)).thread)).toBe('start(other, answer)')
    expect(ancestors((await read(nobody, further.uri)).thread)).toEqual(['blockedPost'])
    // With the viewer: a stub.
    expect(sketch((await read(carla, start.uri)).thread)).toBe('start(other, blockedPost)')
    expect(sketch((await read(carla, answer.uri)).thread)).toBe('blockedPost')
    expect((await read(carla, answer.uri)).thread).toMatchObject({
      author: { did: dan.assertDid, viewer: { blockedBy: true } },
    })
    await remove(dan, between)
    expect(sketch((await read(carla, start.uri)).thread)).toBe('start(other, answer(further))')
  })

  it('leaves out what the gate does not allow, and shows the gate', async () => {
    const start = await post(alice, 'gated')
    const { uri } = await threadgate(alice, start, { allow: [] })
    const refused = await reply(bob, 'refused', start)
    const own = await reply(alice, 'own', start)
    const { thread, threadgate: gate } = await read(bob, start.uri)
    expect(sketch(thread)).toBe('gated(own)')
    expect(gate).toMatchObject({ uri, lists: [] })
    expect((thread as Thread).post.viewer).toMatchObject({ replyDisabled: true })
    // By itself it is shown, without what is around it.
    const alone = (await read(bob, refused.uri)).thread
    expect(alone).not.toHaveProperty('parent')
    expect(alone).not.toHaveProperty('replies')
    expect((await read(nobody, own.uri)).threadgate).toMatchObject({ uri })
  })

  it('ends where replies name another thread', async () => {
    const start = await post(alice, 'here')
    const other = await post(bob, 'there')
    const stray = await reply(carla, 'stray', start, other)
    expect(sketch((await read(nobody, start.uri)).thread)).toBe('here')
    expect(ancestors((await read(nobody, stray.uri)).thread)).toEqual([])
  })

  it('is bounded, however wide, deep or circular', async () => {
    const start = await post(alice, 'wide')
    const writes = Array.from({ length: 1_200 }, (_, i) => ({
      $type: 'com.atproto.repo.applyWrites#create' as const,
      collection: 'app.bsky.feed.post',
      value: {
        $type: 'app.bsky.feed.post',
        text: `${i}`,
        createdAt: new Date(Date.UTC(2024, 0, 1, 0, 0, i)).toISOString(),
        reply: { root: start, parent: start },
      },
    }))
    for (let i = 0; i < writes.length; i += 200)
      await bob.com.atproto.repo.applyWrites({ repo: bob.assertDid, writes: writes.slice(i, i + 200) })
    const wide = (await read(alice, start.uri, 1000)).thread as Thread
    expect(wide.replies).toHaveLength(1_000)
    expect(textOf((wide.replies![0] as Thread).post)).toBe('1199')

    const first: Ref = { uri: `at://${dan.assertDid}/app.bsky.feed.post/3lcirclefirst`, cid: start.cid }
    const second: Ref = { uri: `at://${dan.assertDid}/app.bsky.feed.post/3lcirclesecnd`, cid: start.cid }
    for (const [at, parent] of [
      ['3lcirclefirst', second],
      ['3lcirclesecnd', first],
    ] as const)
      await dan.com.atproto.repo.putRecord({
        repo: dan.assertDid,
        collection: 'app.bsky.feed.post',
        rkey: at,
        record: {
          $type: 'app.bsky.feed.post',
          text: at,
          createdAt: '2024-01-01T00:00:00Z',
          reply: { root: second, parent },
        },
      })
    const circle = (await read(nobody, first.uri, 1000, 1000)).thread
    expect(JSON.stringify(circle).length).toBeLessThan(10_000)
    const flat = await nobody.app.bsky.unspecced.getPostThreadV2({ anchor: first.uri, below: 20 })
    expect(flat.data.thread.length).toBeLessThan(5)
  })
})
