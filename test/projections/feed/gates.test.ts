import { GateFlag } from '../../../src/projections/feed/post-flags.js'
import { alice, bob, carla, dan, edit, put, remove, type Story } from '../given.js'
import {
  feedStory,
  follow,
  gateUri,
  listed,
  mentioning,
  post,
  postgate,
  postgateUri,
  postUri,
  quoting,
  reply,
  rule,
  threadgate,
} from './feed.js'

const p1 = postUri(alice, 'p1')
const b1 = postUri(bob, 'b1')
const list = `at://${alice}/app.bsky.graph.list/l1`

let told: Story
beforeEach(async () => {
  told = await feedStory()
})
afterEach(() => told.close())

const gated = async (uri: string): Promise<number | undefined> =>
  (await told.database.read.get<{ gated: number }>('SELECT gated FROM bsky_post WHERE uri = ?', uri))?.gated
const toldOf = async (uri: string): Promise<string[]> =>
  (
    await told.database.read.all<{ did: string }>('SELECT did FROM bsky_notification WHERE uri = ? ORDER BY did', uri)
  ).map(({ did }) => did)
const replies = async (uri: string): Promise<number> =>
  (await told.database.read.get<{ replies: number }>('SELECT replies FROM bsky_post_stat WHERE uri = ?', uri))
    ?.replies ?? 0

describe('a threadgate', () => {
  it.each([
    ['no rules', {}, [], true],
    ['an empty list of rules', { allow: [] }, [], false],
    ['followers, to one', { allow: [rule('follower')] }, [follow(bob, alice)], true],
    ['followers, to another', { allow: [rule('follower')] }, [follow(alice, bob)], false],
    ['followed, to one', { allow: [rule('following')] }, [follow(alice, bob)], true],
    ['followed, to another', { allow: [rule('following')] }, [follow(bob, alice)], false],
    ['a list, to one on it', { allow: [rule('list', { list })] }, [listed(alice, list, bob)], true],
    ['a list, to one put on it by others', { allow: [rule('list', { list })] }, [listed(bob, list, bob)], false],
    [
      'a list of somebody else',
      { allow: [rule('list', { list: list.replace(alice, dan) })] },
      [listed(dan, list.replace(alice, dan), bob)],
      false,
    ],
    ['mentioned, to another', { allow: [rule('mention')] }, [], false],
    [
      'several rules, to one whom the last one fits',
      { allow: [rule('mention'), rule('follower')] },
      [follow(bob, alice)],
      true,
    ],
    ['a rule unheard of', { allow: [{ $type: 'com.example.rule' }] }, [], false],
  ])('with %s', async (_, gate, before, isAllowed) => {
    await told.given(...before, post(alice, 'p1'), threadgate(alice, 'p1', gate), reply(bob, 'b1', p1))
    expect(await gated(b1)).toBe(isAllowed ? 0 : GateFlag.threadgate)
    expect(await toldOf(b1)).toEqual(isAllowed ? [alice] : [])
    expect(await replies(p1)).toBe(isAllowed ? 1 : 0)
    // The same when it comes last.
    await told.given(remove(gateUri(alice, 'p1')), threadgate(alice, 'p1', gate))
    expect(await gated(b1)).toBe(isAllowed ? 0 : GateFlag.threadgate)
  })

  it('never keeps out the author of the root', async () => {
    await told.given(post(alice, 'p1'), threadgate(alice, 'p1', { allow: [] }), reply(alice, 'p2', p1))
    expect(await gated(postUri(alice, 'p2'))).toBe(0)
  })

  it('is judged when a reply comes: who follows later is not let in, but by the gate’s next version', async () => {
    const gate = { post: p1, allow: [rule('follower')] }
    await told.given(post(alice, 'p1'), threadgate(alice, 'p1', gate), reply(bob, 'b1', p1), follow(bob, alice))
    expect(await gated(b1)).toBe(GateFlag.threadgate)
    await told.given(edit(gateUri(alice, 'p1'), gate))
    expect(await gated(b1)).toBe(0)
  })

  it('that comes, changes and goes takes counts and notifications with it, and caches hear of it', async () => {
    await told.given(post(alice, 'p1'), reply(bob, 'b1', p1), reply(carla, 'c1', b1, p1))
    const open = await told.dump()
    told.touched()
    await told.given(threadgate(alice, 'p1', { allow: [] }))
    expect(await gated(b1)).toBe(GateFlag.threadgate)
    expect([await replies(p1), await replies(b1)]).toEqual([0, 0])
    await told.expectRows('bsky_notification', [])
    const touched = told.touched()
    for (const key of [p1, b1, alice, bob, postUri(carla, 'c1')]) expect(touched).toContain(key)
    await told.given(edit(gateUri(alice, 'p1'), { post: p1, allow: [rule('follower')] }), remove(gateUri(alice, 'p1')))
    expect(await told.dump()).toBe(open)
  })

  it('looks at who is mentioned in the root, whenever that comes, changes or goes', async () => {
    await told.given(threadgate(alice, 'p1', { allow: [rule('mention')] }), reply(bob, 'b1', p1))
    expect(await gated(b1)).toBe(GateFlag.threadgate)
    await told.given(post(alice, 'p1', mentioning(bob)))
    expect(await gated(b1)).toBe(0)
    await told.given(edit(p1, { text: 'nobody' }))
    expect(await gated(b1)).toBe(GateFlag.threadgate)
    await told.given(edit(p1, { text: 'bob', ...mentioning(bob) }), remove(p1))
    expect(await gated(b1)).toBe(GateFlag.threadgate)
  })

  it('that does not stand beside its post is none', async () => {
    const empty = await told.dump()
    await told.given(
      put(gateUri(bob, 'p1'), { post: p1, allow: [] }),
      put(gateUri(alice, 'p2'), { post: p1, allow: [] }),
      remove(gateUri(bob, 'p1')),
      remove(gateUri(alice, 'p2')),
    )
    expect(await told.dump()).toBe(empty)
  })

  it('spares those above a hidden reply what goes on under it', async () => {
    const c1 = postUri(carla, 'c1')
    await told.given(post(alice, 'p1'), reply(bob, 'b1', p1), reply(carla, 'c1', b1, p1))
    expect(await toldOf(c1)).toEqual([alice, bob])
    await told.given(threadgate(alice, 'p1', { hiddenReplies: [b1] }))
    expect(await toldOf(c1)).toEqual([bob])
    await told.given(reply(dan, 'd1', c1, p1))
    expect(await toldOf(postUri(dan, 'd1'))).toEqual([bob, carla])
    await told.given(edit(gateUri(alice, 'p1'), { post: p1 }))
    expect(await toldOf(c1)).toEqual([alice, bob])
  })
})

describe('a postgate', () => {
  it('closes a post to quotes, but not to its author’s', async () => {
    await told.given(post(alice, 'p1'), postgate(alice, 'p1'))
    await told.given(post(bob, 'b1', quoting(p1)), post(alice, 'p2', quoting(p1)))
    expect(await gated(b1)).toBe(GateFlag.postgate)
    expect(await gated(postUri(alice, 'p2'))).toBe(0)
    await told.expectRows('bsky_notification', [])
    await told.expectRows('bsky_post_stat', [{ uri: p1, quotes: 2 }])
  })

  it('judges the quotes there are when it comes, changes and goes', async () => {
    await told.given(post(bob, 'b1', quoting(p1)))
    const open = await told.dump()
    await told.given(postgate(alice, 'p1'))
    expect(await gated(b1)).toBe(GateFlag.postgate)
    await told.given(edit(postgateUri(alice, 'p1'), { post: p1, embeddingRules: [] }))
    expect(await gated(b1)).toBe(0)
    expect(await toldOf(b1)).toEqual([alice])
    await told.given(remove(postgateUri(alice, 'p1')))
    expect(await told.dump()).toBe(open)
  })

  it('and a threadgate are judged apart', async () => {
    await told.given(post(alice, 'p1'), threadgate(alice, 'p1', { allow: [] }), postgate(alice, 'p1'))
    await told.given(reply(bob, 'b1', p1, p1, quoting(p1)))
    expect(await gated(b1)).toBe(GateFlag.threadgate | GateFlag.postgate)
    await told.given(remove(gateUri(alice, 'p1')))
    expect(await gated(b1)).toBe(GateFlag.postgate)
    expect(await toldOf(b1)).toEqual([alice])
  })

  it('that does not stand beside its post is none', async () => {
    await told.given(
      put(postgateUri(bob, 'p1'), { post: p1, embeddingRules: [{ $type: 'app.bsky.feed.postgate#disableRule' }] }),
    )
    await told.expectRows('bsky_postgate', [])
  })
})
