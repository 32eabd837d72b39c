import { ActorProjection } from '../../../src/projections/actor/actor.projection.js'
import { ProfileProjection } from '../../../src/projections/actor/profile.projection.js'
import { account, alice, at, bob, carla, edit, identity, put, remove, START, type Story, story } from '../given.js'

const profile = (did: string) => `at://${did}/app.bsky.actor.profile/self`

let told: Story
let other: Story
beforeEach(async () => {
  const actors = () => story((changes) => [new ActorProjection(changes), new ProfileProjection()])
  told = await actors()
  other = await actors()
})
afterEach(async () => {
  await told.close()
  await other.close()
})

/** Whoever is found by a word, in the column that is named or in any. */
async function found(match: string): Promise<string[]> {
  const rows = await told.database.read.all<{ did: string }>(
    'SELECT did FROM bsky_actor WHERE id IN (SELECT rowid FROM bsky_actor_search WHERE bsky_actor_search MATCH ?) ORDER BY did',
    match,
  )
  return rows.map(({ did }) => did)
}

it('knows whoever an identity or account event is about', async () => {
  await told.given(identity(alice, 'alice.test'), account(bob, 'deactivated'), identity(carla, null))
  await told.expectRows('bsky_actor', [
    { did: alice, handle: 'alice.test', status: null, indexed_at: START + 1000 },
    { did: bob, handle: null, status: 'deactivated', indexed_at: START + 2000 },
    { did: carla, handle: null, status: null, indexed_at: START + 3000 },
  ])
})

it('keeps handle and status apart', async () => {
  await told.given(identity(alice, 'alice.test'), account(alice, 'takendown'), identity(alice, 'new.test'))
  await told.expectRows('bsky_actor', [
    { did: alice, handle: 'new.test', status: 'takendown', indexed_at: START + 3000 },
  ])
  await told.given(account(alice, null))
  await told.expectRows('bsky_actor', [{ did: alice, handle: 'new.test', status: null, indexed_at: START + 3000 }])
})

it('finds people by handle, name and description, through every change', async () => {
  await told.given(put(profile(alice), { displayName: 'Alice Müller', description: 'grows roses' }))
  expect(await found('name : muller')).toEqual([alice])
  await told.given(
    identity(alice, 'rosarium.test'),
    edit(profile(alice), { displayName: 'Alice', description: 'tulips' }),
  )
  expect(await found('handle : rosar*')).toEqual([alice])
  expect(await found('tulips')).toEqual([alice])
  expect([...(await found('muller')), ...(await found('roses'))]).toEqual([])
  await told.given(identity(alice, null))
  expect(await found('rosarium')).toEqual([])
  expect(await found('alice')).toEqual([alice])
  await told.given(remove(profile(alice)))
  expect(await found('alice')).toEqual([])
})

it('forgets whoever only a profile told of, when the profile goes', async () => {
  const empty = await told.dump()
  await told.given(put(profile(alice), { displayName: 'Alice' }))
  await told.expectRows('bsky_actor', [{ did: alice, handle: null, status: null, indexed_at: 0 }])
  await told.given(edit(profile(alice), { displayName: 'Alicia' }), remove(profile(alice)))
  expect(await told.dump()).toBe(empty)
})

it('comes out the same whether the profile or the identity came first', async () => {
  const [named, known] = [identity(alice, 'alice.test'), put(profile(alice), { displayName: 'Alice' })]
  const [early, late] = ['2026-01-01T00:00:00.000Z', '2026-01-02T00:00:00.000Z']
  await told.given(at(early, known), at(late, named))
  await other.given(at(late, named), at(early, known))
  expect(await told.dump()).toBe(await other.dump())
  await told.given(remove(profile(alice)))
  await told.expectRows('bsky_actor', [{ did: alice, handle: 'alice.test' }])
})

it('gives a handle to the one who claimed it last, and says whose answers have changed', async () => {
  await told.given(identity(alice, 'shop.test'))
  told.touched()
  await told.given(identity(bob, 'shop.test'))
  expect(told.touched()).toEqual(new Set([alice, bob]))
  await told.expectRows('bsky_actor', [
    { did: alice, handle: null },
    { did: bob, handle: 'shop.test' },
  ])
  expect(await found('shop')).toEqual([bob])
})

it.each([
  ['claims another', identity(bob, 'bob.test')],
  ['has none any more', identity(bob, null)],
  ['is deleted', account(bob, 'deleted')],
])('gives it back when that one %s, as if it had never been claimed', async (_how, leaves) => {
  const [leaving, ...claims] = [
    at('2026-01-05T00:00:00.000Z', leaves),
    at('2026-01-01T00:00:00.000Z', identity(alice, 'shop.test')),
    at('2026-01-02T00:00:00.000Z', identity(carla, 'shop.test')),
  ]
  await told.given(...claims, at('2026-01-03T00:00:00.000Z', identity(bob, 'shop.test')), leaving!)
  await told.expectRows('bsky_actor', [
    { did: alice, handle: null },
    { did: bob, handle: leaves.detail.handle ?? null },
    { did: carla, handle: 'shop.test' },
  ])
  await other.given(...claims, leaving!)
  expect(await told.dump()).toBe(await other.dump())
})

it('leaves a deleted account its row, and of all that came before nothing', async () => {
  const gone = at('2026-01-09T00:00:00.000Z', account(alice, 'deleted'))
  await told.given(account(alice, 'suspended'), identity(alice, 'alice.test'), gone)
  await told.expectRows('bsky_actor', [{ did: alice, handle: null, claim: null, status: 'deleted' }])
  await other.given(gone)
  expect(await told.dump()).toBe(await other.dump())
})
