import { VerificationProjection } from '../../../src/projections/graph/verification.projection.js'
import { account, alice, at, bob, carla, edit, put, remove, type Story, story, together } from '../given.js'

const uri = (rkey: string, did = alice) => `at://${did}/app.bsky.graph.verification/${rkey}`
const of = (subject: string) => ({ subject, handle: 'some.test', displayName: 'Some One' })

let told: Story
beforeEach(async () => {
  told = await story(() => [new VerificationProjection()])
})
afterEach(() => told.close())

it('keeps what was vouched for, tells the subject and is filed under it', async () => {
  await told.given(put(uri('v1'), of(bob)))
  await told.expectRows('bsky_verification', [
    { uri: uri('v1'), did: alice, subject: bob, handle: 'some.test', display_name: 'Some One' },
  ])
  await told.expectRows('bsky_notification', [{ did: bob, author: alice, reason: 'verified', subject: null }])
  await told.expectRows('bsky_backlink', [{ target: bob, path: 'app.bsky.graph.verification:subject', uri: uri('v1') }])
})

it('tells when it is taken away, at that moment', async () => {
  const time = '2026-02-01T00:00:00.000Z'
  await told.given(put(uri('v1'), of(bob)), at(time, remove(uri('v1'))))
  await told.expectRows('bsky_verification', [])
  await told.expectRows('bsky_backlink', [])
  await told.expectRows('bsky_notification', [
    { did: bob, author: alice, uri: uri('v1'), reason: 'unverified', sort_at: Date.parse(time) },
  ])
})

it('tells of the first and of the last of several', async () => {
  await told.given(put(uri('v2'), of(bob)), put(uri('v1'), of(bob)), put(uri('v1', carla), of(bob)))
  await told.expectRows('bsky_notification', [{ uri: uri('v1') }, { uri: uri('v1', carla) }])
  await told.given(remove(uri('v1')))
  await told.expectRows('bsky_notification', [
    { uri: uri('v2'), reason: 'verified' },
    { uri: uri('v1', carla), reason: 'verified' },
  ])
  await told.given(remove(uri('v2')))
  await told.expectRows('bsky_notification', [
    { uri: uri('v2'), reason: 'unverified' },
    { uri: uri('v1', carla), reason: 'verified' },
  ])
})

it('is not taken away by an edit, nor by another record of the same commit', async () => {
  await told.given(put(uri('v1'), of(bob)), edit(uri('v1'), { ...of(bob), handle: 'new.test' }))
  await told.expectRows('bsky_notification', [{ uri: uri('v1'), reason: 'verified' }])
  await told.given(together(remove(uri('v1')), put(uri('v2'), of(bob))))
  await told.expectRows('bsky_notification', [{ uri: uri('v2'), reason: 'verified' }])
})

it('is taken away from one and given to another by an edit of its subject', async () => {
  await told.given(put(uri('v1'), of(bob)), edit(uri('v1'), of(carla)))
  await told.expectRows('bsky_notification', [
    { did: bob, reason: 'unverified' },
    { did: carla, reason: 'verified' },
  ])
})

it('may come and go again under the same key', async () => {
  await told.given(put(uri('v1'), of(bob)), remove(uri('v1')), put(uri('v1'), of(bob)))
  await told.expectRows('bsky_notification', [{ reason: 'unverified' }, { reason: 'verified' }])
  await told.given(remove(uri('v1')))
  await told.expectRows('bsky_notification', [{ reason: 'unverified' }, { reason: 'unverified' }])
})

it.each([
  ['issuer', alice],
  ['subject', bob],
])('what was taken away is forgotten with the account of the %s', async (_side, did) => {
  await told.given(put(uri('v1'), of(bob)), remove(uri('v1')), account(did, 'deactivated'))
  await told.expectRows('bsky_notification', [{ reason: 'unverified' }])
  await told.given(account(did, 'deleted'))
  await told.expectRows('bsky_notification', [])
})

it('erased with the account of the issuer, it tells nobody', async () => {
  const empty = await told.dump()
  await told.given(put(uri('v1'), of(bob)), put(uri('v2'), of(bob)))
  const verifications = new VerificationProjection()
  await told.database.write(async (tx) => {
    for (const rkey of ['v1', 'v2']) await verifications.remove(uri(rkey), tx)
  })
  expect(await told.dump()).toBe(empty)
})

it('of oneself tells nobody', async () => {
  const empty = await told.dump()
  await told.given(put(uri('v1'), of(alice)))
  await told.expectRows('bsky_notification', [])
  await told.given(remove(uri('v1')))
  expect(await told.dump()).toBe(empty)
})
