import type { AppBskyUnspeccedDefs, AtpAgent } from '@atproto/api'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { startCommunity, stopTestServer } from '../../../support/server.js'
import { block, checked, follow, like, post, type Ref, reply, textOf, threadgate } from '../posting.js'

const { server, alice, bob, carla, dan, nobody } = await startCommunity(['alice', 'bob', 'carla', 'dan'])

afterAll(() => stopTestServer(server))

type PostItem = AppBskyUnspeccedDefs.ThreadItemPost
interface Options {
  above?: boolean
  below?: number
  branchingFactor?: number
  sort?: string
}

async function read(client: AtpAgent, anchor: Ref, options: Options = {}) {
  const call = client.app.bsky.unspecced.getPostThreadV2({ anchor: anchor.uri, ...options })
  return checked('app.bsky.unspecced.getPostThreadV2', call)
}

async function other(client: AtpAgent, anchor: Ref) {
  const call = client.app.bsky.unspecced.getPostThreadOtherV2({ anchor: anchor.uri })
  return (await checked('app.bsky.unspecced.getPostThreadOtherV2', call)).thread
}

const isPost = (value: { $type?: string }): value is PostItem =>
  value.$type === 'app.bsky.unspecced.defs#threadItemPost'

/** `depth text` of each item. */
function sketch(items: { depth: number; value: { $type?: string } }[]): string[] {
  return items.map(({ depth, value }) => `${depth} ${isPost(value) ? textOf(value.post) : value.$type!.split('#')[1]}`)
}

const posts = (items: { value: { $type?: string } }[]): PostItem[] => items.map(({ value }) => value).filter(isPost)

describe('getPostThreadV2', () => {
  let root: Ref
  let op1: Ref
  let op2: Ref
  let fromBob: Ref
  let fromCarla: Ref

  beforeAll(async () => {
    root = await post(alice, 'root')
    fromBob = await reply(bob, 'bob', root)
    fromCarla = await reply(carla, 'carla', root)
    op1 = await reply(alice, 'op1', root)
    op2 = await reply(alice, 'op2', op1, root)
    await reply(dan, 'dan under op1', op1, root)
    await reply(alice, 'alice under bob', fromBob, root)
  })

  it('lists the anchor and each reply before those to it, the author of the root first', async () => {
    const { thread, hasOtherReplies } = await read(nobody, root)
    expect(sketch(thread)).toEqual([
      ...['0 root', '1 op1', '2 op2', '2 dan under op1'],
      ...['1 bob', '2 alice under bob', '1 carla'],
    ])
    expect(hasOtherReplies).toBe(false)
  })

  it('puts the viewer next, then those whom they follow', async () => {
    expect(sketch((await read(carla, root)).thread).slice(4)).toEqual(['1 carla', '1 bob', '2 alice under bob'])
    await follow(dan, carla)
    expect(sketch((await read(dan, root, { below: 1 })).thread)).toEqual(['0 root', '1 op1', '1 carla', '1 bob'])
  })

  it('sorts as is asked for', async () => {
    const order = async (sort: string) => sketch((await read(nobody, root, { below: 1, sort })).thread).slice(2)
    expect(await order('oldest')).toEqual(['1 bob', '1 carla'])
    expect(await order('newest')).toEqual(['1 carla', '1 bob'])
    await like(alice, fromBob)
    await like(dan, fromCarla)
    expect(await order('top')).toEqual(['1 bob', '1 carla'])
  })

  it('shows what is above, from the root down', async () => {
    const { thread } = await read(nobody, op2)
    expect(sketch(thread)).toEqual(['-2 root', '-1 op1', '0 op2'])
    expect(sketch((await read(nobody, op2, { above: false })).thread)).toEqual(['0 op2'])
  })

  it('numbers the thread of the author of the root', async () => {
    const numbers = posts((await read(nobody, root)).thread).map((item) => [
      textOf(item.post),
      item.opThread,
      item.opThreadPostIndex,
      item.opThreadPostCount,
    ])
    expect(numbers).toEqual([
      ['root', true, 1, 3],
      ['op1', true, 2, 3],
      ['op2', true, 3, 3],
      ['dan under op1', false, undefined, undefined],
      ['bob', false, undefined, undefined],
      ['alice under bob', false, undefined, undefined],
      ['carla', false, undefined, undefined],
    ])
  })

  it('says how many replies are not shown', async () => {
    const more = async (options: Options) =>
      posts((await read(nobody, root, options)).thread).map((item) => [textOf(item.post), item.moreReplies])
    expect(await more({ below: 1 })).toEqual([
      ['root', 0],
      ['op1', 2],
      ['bob', 1],
      ['carla', 0],
    ])
    expect((await more({ branchingFactor: 1 })).slice(0, 3)).toEqual([
      ['root', 0],
      ['op1', 1],
      ['op2', 0],
    ])
  })

  it('has items for what is not there or behind a block', async () => {
    const none = { uri: `at://${alice.assertDid}/app.bsky.feed.post/none`, cid: root.cid }
    expect(sketch((await read(nobody, none)).thread)).toEqual(['0 threadItemNotFound'])
    const start = await post(bob, 'start')
    const answer = await reply(carla, 'answer', start)
    await block(dan, bob)
    expect(sketch((await read(dan, start)).thread)).toEqual(['0 threadItemBlocked'])
    expect(sketch((await read(dan, answer)).thread)).toEqual(['-1 threadItemBlocked', '0 answer'])
  })

  it('hides from nobody what wants people to be signed in', async () => {
    const shy = await server.signUp('shy')
    await shy.com.atproto.repo.putRecord({
      repo: shy.assertDid,
      collection: 'app.bsky.actor.profile',
      rkey: 'self',
      record: {
        $type: 'app.bsky.actor.profile',
        labels: { $type: 'com.atproto.label.defs#selfLabels', values: [{ val: '!no-unauthenticated' }] },
      },
    })
    const start = await post(shy, 'shy')
    const answer = await reply(bob, 'answer', start)
    await reply(shy, 'shy again', answer, start)
    expect(sketch((await read(nobody, start)).thread)).toEqual(['0 threadItemNoUnauthenticated'])
    expect(sketch((await read(nobody, answer)).thread)).toEqual(['-1 threadItemNoUnauthenticated', '0 answer'])
    expect(sketch((await read(bob, start)).thread)).toEqual(['0 shy', '1 answer', '2 shy again'])
  })
})

describe('getPostThreadOtherV2', () => {
  it('has the replies that are hidden, muted, or pins', async () => {
    const root = await post(alice, 'root')
    await reply(bob, 'plain', root)
    const hidden = await reply(carla, 'hidden', root)
    await reply(dan, 'muted', root)
    await reply(bob, '📌', root)
    const gate = await threadgate(alice, root, { hiddenReplies: [hidden.uri] })
    const viewer = await server.signUp('erin')
    await viewer.app.bsky.graph.muteActor({ actor: dan.assertDid })

    const { thread, hasOtherReplies, threadgate: shown } = await read(viewer, root)
    expect(sketch(thread)).toEqual(['0 root', '1 plain'])
    expect(hasOtherReplies).toBe(true)
    expect(shown?.uri).toBe(gate.uri)
    const aside = await other(viewer, root)
    expect(sketch(aside)).toEqual(['1 📌', '1 hidden', '1 muted'])
    expect(posts(aside).map((item) => [item.hiddenByThreadgate, item.mutedByViewer])).toEqual([
      [false, false],
      [true, false],
      [false, true],
    ])
    // One's own reply is never hidden from oneself.
    expect(sketch((await read(carla, root)).thread)).toContain('1 hidden')
    expect(await other(viewer, { uri: `at://${alice.assertDid}/app.bsky.feed.post/none`, cid: '' })).toEqual([])
  })
})
