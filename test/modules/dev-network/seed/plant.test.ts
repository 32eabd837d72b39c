import sharp from 'sharp'
import { community } from '../../../../src/modules/dev-network/seed/community.js'
import { facetsOf } from '../../../../src/modules/dev-network/seed/facets.js'
import { pictureOf } from '../../../../src/modules/dev-network/seed/picture.js'
import { startTestNetwork } from '../../../../src/modules/dev-network/test-network.js'

it('puts the cast and what they say into a network', async () => {
  await using network = await startTestNetwork()
  const [alice, ...others] = await network.seed()
  expect([alice, ...others].map((account) => account!.handle)).toEqual([
    'alice.test',
    'bob.test',
    'carla.test',
    'dan.test',
  ])

  const profile = await alice!.query('app.bsky.actor.getProfile', { actor: 'alice.test' })
  expect(profile).toMatchObject({ displayName: 'Alice', followersCount: 3, followsCount: 3, postsCount: 3 })
  const avatar = Buffer.from(await (await fetch(profile.avatar!)).arrayBuffer())
  expect(await sharp(avatar).metadata()).toMatchObject({ format: 'jpeg', width: 128, height: 128 })

  const { feed } = await alice!.query('app.bsky.feed.getTimeline', { limit: 50 })
  const texts = feed.map(({ post }: any) => post.record.text)
  expect(texts).toContain('It has stood in my kitchen since this morning. Thank you, @carla.test!')
  const table: any = feed.find(({ post }: any) => post.record.text.startsWith('A table for'))!.post
  expect(table).toMatchObject({ likeCount: 3, repostCount: 2, replyCount: 1, quoteCount: 1 })
  expect(table.embed.images).toHaveLength(2)
  expect(table.record.facets.map(({ features }: any) => features[0].$type)).toEqual([
    'app.bsky.richtext.facet#mention',
    'app.bsky.richtext.facet#tag',
  ])
  const { thread }: any = await alice!.query('app.bsky.feed.getPostThread', { uri: table.uri })
  expect(thread.replies[0].replies[0].post.record.reply.root.uri).toBe(table.uri)
  const { lists } = await alice!.query('app.bsky.graph.getLists', { actor: 'alice.test' })
  expect(lists).toMatchObject([{ name: 'Neighbours', listItemCount: 2 }])
})

it('puts them on several servers, one after another', async () => {
  await using network = await startTestNetwork({ pds: 2, seed: 6 })
  const carla = await network.signIn({ handle: 'carla.test', password: 'carla.test-password' })
  const { followers } = await carla.query('app.bsky.graph.getFollowers', { actor: 'alice.test' })
  expect(followers.map(({ handle }: any) => handle).sort()).toEqual(
    expect.arrayContaining(['bob.pds2.test', 'carla.test', 'dan.pds2.test']),
  )
})

it('is the same every time, for any number of people', () => {
  for (const count of [1, 2, 3, 4, 5, 40, 500]) {
    const { people, posts } = community(count)
    expect({ people, posts }).toEqual(community(count))
    expect(new Set(people.map(({ name }) => name)).size).toBe(count)
    const names = new Set(people.map(({ name }) => name))
    for (const { by, likedBy } of posts) expect([by, ...likedBy!].every((name) => names.has(name))).toBe(true)
    // What is answered has been said.
    const said = new Set<string>()
    for (const { id, replyTo, quotes } of posts) {
      for (const above of [replyTo, quotes]) expect(above === undefined || said.has(above)).toBe(true)
      said.add(id)
    }
  }
})

it('counts places in a text in bytes', () => {
  const facets = facetsOf('Grüße @bob.test, see https://a.example/b #ok', () => 'did:plc:bob')
  expect(facets.map(({ index }) => index)).toEqual([
    { byteStart: 8, byteEnd: 17 },
    { byteStart: 23, byteEnd: 42 },
    { byteStart: 43, byteEnd: 46 },
  ])
  expect(facetsOf('@nobody.test', () => null)).toEqual([])
})

it('draws pictures that differ', async () => {
  const [one, other, wide] = [pictureOf('alice'), pictureOf('bob'), pictureOf('alice', 3)]
  expect(await sharp(one).metadata()).toMatchObject({ format: 'png', width: 128, height: 128 })
  expect(await sharp(wide).metadata()).toMatchObject({ width: 384, height: 128 })
  expect(one.equals(other)).toBe(false)
  expect(one.equals(pictureOf('alice'))).toBe(true)
})
