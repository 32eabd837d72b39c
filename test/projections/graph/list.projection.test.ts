import { ListItemProjection } from '../../../src/projections/graph/list-item.projection.js'
import { ListProjection } from '../../../src/projections/graph/list.projection.js'
import { alice, bob, carla, edit, put, remove, type Story, story } from '../given.js'

const list = `at://${alice}/app.bsky.graph.list/l1`
const item = (did: string, rkey: string) => `at://${did}/app.bsky.graph.listitem/${rkey}`
const about = { name: 'gardeners', purpose: 'app.bsky.graph.defs#curatelist' }

let told: Story
beforeEach(async () => {
  told = await story(() => [new ListProjection(), new ListItemProjection()])
})
afterEach(() => told.close())

it('keeps a list with its purpose and counts it, through edits', async () => {
  const empty = await told.dump()
  await told.given(put(list, about), edit(list, { ...about, purpose: 'app.bsky.graph.defs#modlist' }))
  await told.expectRows('bsky_list', [{ uri: list, did: alice, purpose: 'app.bsky.graph.defs#modlist' }])
  await told.expectRows('bsky_actor_stat', [{ did: alice, lists: 1 }])
  await told.given(remove(list))
  expect(await told.dump()).toBe(empty)
})

it('keeps every item, also before the list has come, and files each under list and subject', async () => {
  const empty = await told.dump()
  await told.given(put(item(alice, 'i2'), { list, subject: bob }), put(item(alice, 'i1'), { list, subject: bob }))
  await told.expectRows('bsky_list_item', [
    { uri: item(alice, 'i1'), list, subject: bob },
    { uri: item(alice, 'i2'), list, subject: bob },
  ])
  await told.expectRows('bsky_backlink', [
    { target: list, path: 'app.bsky.graph.listitem:list', uri: item(alice, 'i1') },
    { target: list, path: 'app.bsky.graph.listitem:list', uri: item(alice, 'i2') },
    { target: bob, path: 'app.bsky.graph.listitem:subject', uri: item(alice, 'i1') },
    { target: bob, path: 'app.bsky.graph.listitem:subject', uri: item(alice, 'i2') },
  ])
  await told.given(remove(item(alice, 'i2')), remove(item(alice, 'i1')))
  expect(await told.dump()).toBe(empty)
})

it('lets nobody put people on the list of another', async () => {
  const empty = await told.dump()
  const uri = item(carla, 'i1')
  await told.given(put(uri, { list, subject: bob }))
  expect(await told.dump()).toBe(empty)
  await told.given(
    put(item(alice, 'i1'), { list, subject: bob }),
    edit(item(alice, 'i1'), { list: list.replace(alice, carla), subject: bob }),
  )
  expect(await told.dump()).toBe(empty)
  await told.given(remove(uri))
})
