import { GeneratorProjection } from '../../../src/projections/graph/generator.projection.js'
import { StarterPackProjection } from '../../../src/projections/graph/starter-pack.projection.js'
import { alice, bob, edit, put, remove, type Story, story } from '../given.js'

let told: Story
beforeEach(async () => {
  told = await story(() => [new GeneratorProjection(), new StarterPackProjection()])
})
afterEach(() => told.close())

it('keeps feed generators with the service that makes the feed', async () => {
  const empty = await told.dump()
  const uri = `at://${alice}/app.bsky.feed.generator/cats`
  await told.given(
    put(uri, { did: 'did:web:feeds.test', displayName: 'Cats' }),
    edit(uri, { did: bob, displayName: 'Cats' }),
  )
  await told.expectRows('bsky_generator', [{ uri, did: alice, feed_did: bob }])
  await told.expectRows('bsky_actor_stat', [{ did: alice, generators: 1 }])
  await told.expectRows('bsky_backlink', [{ target: bob, path: 'app.bsky.feed.generator:did', uri }])
  await told.given(remove(uri))
  expect(await told.dump()).toBe(empty)
})

it('keeps starter packs, filed under their list and each of their feeds', async () => {
  const empty = await told.dump()
  const uri = `at://${alice}/app.bsky.graph.starterpack/s1`
  const list = `at://${alice}/app.bsky.graph.list/l1`
  const feed = `at://${bob}/app.bsky.feed.generator/cats`
  await told.given(put(uri, { name: 'Start', list, feeds: [{ uri: feed }, { uri: feed }] }))
  await told.expectRows('bsky_starter_pack', [{ uri, did: alice, list }])
  await told.expectRows('bsky_actor_stat', [{ did: alice, starter_packs: 1 }])
  await told.expectRows('bsky_backlink', [
    { target: list, path: 'app.bsky.graph.starterpack:list', uri },
    { target: feed, path: 'app.bsky.graph.starterpack:feeds.uri', uri },
  ])
  await told.given(remove(uri))
  expect(await told.dump()).toBe(empty)
})
