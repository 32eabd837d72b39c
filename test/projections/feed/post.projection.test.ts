import { PostFlag } from '../../../src/projections/feed/post-flags.js'
import { alice, at, bob, carla, dan, edit, put, ref, remove, type Story } from '../given.js'
import { facet, feedStory, mentioning, post, postUri, quoting, reply } from './feed.js'

const image = {
  alt: 'a tree',
  image: {
    $type: 'blob',
    ref: { $link: 'bafkreibme22gw2h7y2h7tg2fhqotaqjucnbc24deqo72b6mkl2egezxhvy' },
    mimeType: 'image/png',
    size: 9,
  },
}
const images = { $type: 'app.bsky.embed.images', images: [image] }
const video = { $type: 'app.bsky.embed.video', video: { ...image.image, mimeType: 'video/mp4' } }
const p1 = postUri(alice, 'p1')

let told: Story
beforeEach(async () => {
  told = await feedStory()
})
afterEach(() => told.close())

/** Who is told of a post, and why. */
const notified = async (uri: string): Promise<string[]> => {
  const rows = await told.database.read.all<{ did: string; reason: string; subject: string | null }>(
    'SELECT did, reason, subject FROM bsky_notification WHERE uri = ? ORDER BY did',
    uri,
  )
  return rows.map(({ did, reason, subject }) => [did.slice(8, -5), reason, subject?.split('/').at(-1)].join(' ').trim())
}
const flagsOf = async (uri: string): Promise<number> =>
  (await told.database.read.get<{ flags: number }>('SELECT flags FROM bsky_post WHERE uri = ?', uri))!.flags

describe('a post', () => {
  it('stands with its feed item and its author’s count, and leaves nothing behind', async () => {
    const empty = await told.dump()
    await told.given(post(alice, 'p1', { ...mentioning(bob), ...quoting(postUri(bob, 'x')), tags: ['one'] }))
    await told.expectRows('bsky_post', [{ uri: p1, did: alice, quote: postUri(bob, 'x'), flags: PostFlag.quote }])
    await told.expectRows('bsky_feed_item', [{ did: alice, uri: p1, post: p1, flags: PostFlag.quote }])
    await told.expectRows('bsky_actor_stat', [{ did: alice, posts: 1 }])
    await told.given(remove(p1))
    expect(await told.dump()).toBe(empty)
  })

  it('edited is as if it had always been so', async () => {
    await told.given(post(alice, 'p1', mentioning(bob)), edit(p1, { text: 'second', ...mentioning(carla) }))
    const edited = await told.dump()
    await told.close()
    told = await feedStory()
    await told.given(post(dan, 'p9'), remove(postUri(dan, 'p9')))
    await told.given(at('2026-01-01T00:00:02.000Z', put(p1, { text: 'second', ...mentioning(carla) })))
    expect(await told.dump()).toBe(edited)
  })

  it.each([
    ['0001-01-01T00:00:00.000Z', Date.parse('0001-01-01T00:00:00.000Z')],
    ['9999-12-31T23:59:59.999Z', Date.parse('2026-01-01T00:00:01.000Z')],
  ])('of %s is sorted by the earlier of that and when it came', async (createdAt, sort_at) => {
    await told.given(post(alice, 'p1', { createdAt }))
    await told.expectRows('bsky_feed_item', [{ uri: p1, sort_at }])
  })

  it('keeps a text with NUL whole', async () => {
    const text = 'before\0after'
    await told.given(post(alice, 'p1', { text }))
    const { json } = (await told.database.read.get<{ json: string }>('SELECT json FROM bsky_post'))!
    expect(JSON.parse(json)).toMatchObject({ text })
  })

  it.each([
    ['images', images, PostFlag.media],
    ['a video', video, PostFlag.media | PostFlag.video],
    ['a quote', quoting(p1).embed, PostFlag.quote],
    ['a feed', { $type: 'app.bsky.embed.record', record: ref(`at://${bob}/app.bsky.feed.generator/g`) }, 0],
    [
      'a quote with a video',
      { $type: 'app.bsky.embed.recordWithMedia', record: { record: ref(p1) }, media: video },
      PostFlag.quote | PostFlag.media | PostFlag.video,
    ],
    ['something unheard of', { $type: 'com.example.embed', images: 5 }, 0],
  ])('with %s has the flags of it', async (_, embed, flags) => {
    await told.given(post(bob, 'p2', { embed }))
    expect(await flagsOf(postUri(bob, 'p2'))).toBe(flags)
  })

  it('is a thread of its author’s own as long as nobody else is in it', async () => {
    await told.given(
      reply(alice, 'p2', p1),
      reply(alice, 'p3', postUri(bob, 'x'), p1),
      reply(alice, 'p4', p1, postUri(bob, 'x')),
    )
    expect(await flagsOf(postUri(alice, 'p2'))).toBe(PostFlag.reply | PostFlag.authorThread)
    expect(await flagsOf(postUri(alice, 'p3'))).toBe(PostFlag.reply)
    expect(await flagsOf(postUri(alice, 'p4'))).toBe(PostFlag.reply)
  })

  it('is filed under everything that it names', async () => {
    const embed = { $type: 'app.bsky.embed.recordWithMedia', record: { record: ref(p1) }, media: images }
    await told.given(reply(bob, 'b1', postUri(carla, 'c1'), p1, { embed, ...mentioning(dan, dan) }))
    const path = (of: string): string => `app.bsky.feed.post:${of}`
    await told.expectRows('bsky_backlink', [
      { target: p1, path: path('embed.record.record.uri') },
      { target: p1, path: path('reply.root.uri') },
      { target: dan, path: path('facets.features.did') },
      { target: postUri(carla, 'c1'), path: path('reply.parent.uri') },
    ])
    await told.expectRows('bsky_post_stat', [
      { uri: p1, replies: 0, quotes: 1 },
      { uri: postUri(carla, 'c1'), replies: 1, quotes: 0 },
    ])
  })

  it('takes no more mentions than its text has room for', async () => {
    await told.given(post(bob, 'p1', mentioning(...Array.from({ length: 1000 }, (_, n) => `did:web:n${n}.test`))))
    expect(await notified(postUri(bob, 'p1'))).toHaveLength(100)
  })
})

describe('who is told of a post', () => {
  it('each once, for the first of mention, quote and reply, and never its author', async () => {
    await told.given(post(alice, 'p1'), post(bob, 'b1'), post(carla, 'c1'))
    await told.given(reply(dan, 'd1', p1, p1, { ...mentioning(bob, bob, dan), ...quoting(p1) }))
    expect(await notified(postUri(dan, 'd1'))).toEqual(['alice quote p1', 'bob mention'])
    await told.given(reply(carla, 'c2', p1, p1, { ...mentioning(alice), ...quoting(postUri(alice, 'p9')) }))
    expect(await notified(postUri(carla, 'c2'))).toEqual(['alice mention'])
    await told.given(reply(alice, 'p2', p1, p1, mentioning(alice)))
    expect(await notified(postUri(alice, 'p2'))).toEqual([])
  })

  it('the authors of five posts above it, in whatever order they came, and caches hear of it', async () => {
    const dids = Array.from({ length: 7 }, (_, n) => `did:web:n${n}.test`)
    const uris = dids.map((did, n) => postUri(did, `r${n}`))
    const chain = dids.map((did, n) => (n === 0 ? post(did, 'r0') : reply(did, `r${n}`, uris[n - 1]!, uris[0])))
    const last = ['n1 reply r1', 'n2 reply r2', 'n3 reply r3', 'n4 reply r4', 'n5 reply r5']
    await told.given(...chain.slice(0, 6))
    told.touched()
    await told.given(chain[6]!)
    expect(await notified(uris[6]!)).toEqual(last)
    expect(told.touched()).toContain(dids[2])
    const inOrder = (await told.dump()).replace(/"(sort|indexed)_at":\d+/g, '')
    await told.close()
    told = await feedStory()
    await told.given(...chain.toReversed())
    expect((await told.dump()).replace(/"(sort|indexed)_at":\d+/g, '')).toBe(inOrder)
  })

  it('nobody above a post that is missing, until it comes', async () => {
    const [b1, c1] = [postUri(bob, 'b1'), postUri(carla, 'c1')]
    await told.given(post(alice, 'p1'), reply(bob, 'b1', p1), reply(carla, 'c1', b1, p1), reply(dan, 'd1', c1, p1))
    const whole = await told.dump()
    told.touched()
    await told.given(remove(b1))
    expect(await notified(c1)).toEqual([])
    expect(await notified(postUri(dan, 'd1'))).toEqual(['carla reply c1'])
    expect(told.touched()).toContain(alice)
    await told.given(at('2026-01-01T00:00:02.000Z', reply(bob, 'b1', p1)))
    expect(await told.dump()).toBe(whole)
  })

  it('in a cycle of replies everyone once, and it ends', async () => {
    const empty = await told.dump()
    const [a, b, c] = [p1, postUri(bob, 'b1'), postUri(carla, 'c1')]
    await told.given(
      reply(alice, 'p1', c, c),
      reply(bob, 'b1', a, c),
      reply(carla, 'c1', b, c),
      reply(dan, 'd1', postUri(dan, 'd1')),
    )
    expect(await notified(a)).toEqual(['bob reply b1', 'carla reply c1'])
    expect(await notified(c)).toEqual(['alice reply p1', 'bob reply b1'])
    expect(await notified(postUri(dan, 'd1'))).toEqual([])
    await told.given(remove(a), remove(b), remove(c), remove(postUri(dan, 'd1')))
    expect(await told.dump()).toBe(empty)
  })

  it('in a loop of quotes whoever is quoted', async () => {
    const empty = await told.dump()
    await told.given(post(alice, 'p1', quoting(postUri(bob, 'b1'))), post(bob, 'b1', quoting(p1)))
    expect(await notified(p1)).toEqual(['bob quote b1'])
    expect(await notified(postUri(bob, 'b1'))).toEqual(['alice quote p1'])
    await told.given(remove(p1), remove(postUri(bob, 'b1')))
    expect(await told.dump()).toBe(empty)
  })

  it('nobody by a facet of another kind', async () => {
    await told.given(post(alice, 'p1', { facets: [facet({ $type: 'com.example.facet', did: bob })] }))
    expect(await notified(p1)).toEqual([])
  })
})
