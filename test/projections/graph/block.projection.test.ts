import { BlockProjection } from '../../../src/projections/graph/block.projection.js'
import { ListBlockProjection } from '../../../src/projections/graph/list-block.projection.js'
import { alice, bob, carla, put, remove, type Story, story } from '../given.js'

let told: Story
beforeEach(async () => {
  told = await story(() => [new BlockProjection(), new ListBlockProjection()])
})
afterEach(() => told.close())

it.each([
  ['bsky_block', 'app.bsky.graph.block', alice],
  ['bsky_list_block', 'app.bsky.graph.listblock', `at://${carla}/app.bsky.graph.list/l1`],
])('%s holds every record, and the one with the least uri is linked', async (table, collection, subject) => {
  const empty = await told.dump()
  const [first, second] = [`at://${bob}/${collection}/b1`, `at://${bob}/${collection}/b2`] as const
  await told.given(put(second, { subject }), put(first, { subject }))
  await told.expectRows(table, [
    { uri: first, did: bob, subject },
    { uri: second, did: bob, subject },
  ])
  await told.expectRows('bsky_backlink', [{ target: subject, path: `${collection}:subject`, uri: first, did: bob }])
  await told.given(remove(first))
  await told.expectRows('bsky_backlink', [{ target: subject, uri: second }])
  await told.given(remove(second))
  expect(await told.dump()).toBe(empty)
})
