import { Database } from '../../../src/modules/database/database.js'
import { ActivitySubscriptions } from '../../../src/modules/private-state/activity-subscriptions.js'
import { NotificationPreferences } from '../../../src/modules/private-state/notification-preferences.js'
import { Seen } from '../../../src/modules/private-state/seen.js'
import { TestServer } from '../../support/account-app.js'
import { type Caller, FIRST, signUp, touchedBy } from './app.js'

const DAN = `did:plc:${'d'.repeat(24)}`

let server: TestServer
let alice: Caller
let bob: Caller
beforeAll(async () => {
  server = await TestServer.start()
  alice = await signUp(server, 'alice')
  bob = await signUp(server, 'bob')
})
afterAll(() => server.close())

describe('what has been seen', () => {
  const see = (seenAt: string) => alice.post('app.bsky.notification.updateSeen', { seenAt })

  it('never becomes less', async () => {
    const seen = server.get(Seen)
    expect(await seen.of(alice.did)).toBeNull()
    await see('2024-05-05T10:00:00+02:00')
    expect(await seen.of(alice.did)).toBe(Date.parse('2024-05-05T08:00:00Z'))
    await see('2024-05-04T10:00:00Z')
    expect(await seen.of(alice.did)).toBe(Date.parse('2024-05-05T08:00:00Z'))
    expect(await seen.of(bob.did)).toBeNull()
  })

  it('is not what is still to come', async () => {
    await see('9999-12-31T23:59:59Z')
    expect(await server.get(Seen).of(alice.did)).toBeLessThanOrEqual(Date.now())
    expect(await see('yesterday')).toMatchObject({ status: 400 })
  })
})

describe('preferences', () => {
  const get = async (caller: Caller) => (await caller.get('app.bsky.notification.getPreferences')).body.preferences
  const put = (changes: object) => alice.post('app.bsky.notification.putPreferencesV2', changes)
  const everything = { include: 'all', list: true, push: true }

  it('are all there before any is chosen', async () => {
    const preferences = (await get(bob)) as Record<string, object>
    expect(Object.keys(preferences)).toHaveLength(13)
    expect(preferences).toMatchObject({ like: everything, verified: { list: true, push: true } })
    expect(preferences.chat).toEqual({ include: 'all', push: true })
  })

  it('change one by one', async () => {
    const like = { include: 'follows', list: true, push: false }
    expect((await put({ like })).body.preferences).toMatchObject({ like, repost: everything })
    await put({ verified: { list: false, push: true } })
    expect(await get(alice)).toMatchObject({ like, repost: everything, verified: { list: false, push: true } })
    expect(await server.get(NotificationPreferences).of(alice.did)).toEqual(await get(alice))
  })

  it('keep to what is known', async () => {
    const { body } = await put({ follow: { ...everything, include: 'nobody', colour: 'red' }, weather: { push: true } })
    expect(body.preferences).toMatchObject({ follow: everything })
    expect(JSON.stringify(body)).not.toMatch(/red|weather/)
    expect(await put({ __proto__: { push: true }, chat: { push: true } })).toMatchObject({ status: 400 })
  })

  it('have a switch from before', async () => {
    await put({ reply: { include: 'all', list: false, push: false } })
    await alice.post('app.bsky.notification.putPreferences', { priority: true })
    expect(await get(alice)).toMatchObject({
      reply: { include: 'follows', list: false, push: false },
      mention: { include: 'follows' },
      quote: { include: 'follows' },
    })
    await alice.post('app.bsky.notification.putPreferences', { priority: false })
    expect(await get(alice)).toMatchObject({ reply: { include: 'all' }, mention: { include: 'all' } })
  })
})

describe('activity subscriptions', () => {
  const put = (subject: string, post: boolean, reply: boolean, caller = alice) =>
    caller.post('app.bsky.notification.putActivitySubscription', { subject, activitySubscription: { post, reply } })

  it('are put, changed and ended', async () => {
    const subscriptions = server.get(ActivitySubscriptions)
    const told = { post: true, reply: false }
    expect((await put(bob.did, true, false)).body).toEqual({ subject: bob.did, activitySubscription: told })
    expect(await subscriptions.of(alice.did, [bob.did, DAN])).toEqual(new Map([[bob.did, told]]))
    server.advance(1_000)
    await put(DAN, true, true)
    await put(bob.did, true, true)
    expect(await subscriptions.all(alice.did)).toEqual(
      new Map([
        [bob.did, { post: true, reply: true }],
        [DAN, { post: true, reply: true }],
      ]),
    )
    const lines = await subscriptions.list(alice.did, FIRST, 10)
    expect(lines.map(({ place }) => place.key)).toEqual([DAN, bob.did])
    expect((await put(bob.did, false, false)).body).toEqual({ subject: bob.did })
    expect(await subscriptions.of(alice.did, [bob.did])).toEqual(new Map())
    expect(await touchedBy(server, () => put(DAN, false, false))).toEqual([alice.did, DAN].sort())
  })

  it('are not to oneself', async () => {
    expect(await put(alice.did, true, false)).toMatchObject({ status: 400 })
  })

  it('are at most 1,000', async () => {
    await server.get(Database).write(async (tx) => {
      for (let i = 0; i < 1_000; i++)
        await tx.run('INSERT INTO activity_subscription VALUES (?, ?, 1, 0, 1)', bob.did, `did:plc:${i}`)
    })
    expect(await put(DAN, true, false, bob)).toMatchObject({ status: 400 })
    expect(await put('did:plc:7', true, true, bob)).toMatchObject({ status: 200 })
    expect(await server.get(ActivitySubscriptions).of(bob.did, [DAN])).toEqual(new Map())
  })
})

describe('push registrations', () => {
  const device = { serviceDid: 'did:web:push.test', platform: 'ios', token: 't', appId: 'app' }
  const stored = () =>
    server.get(Database).read.all('SELECT token, age_restricted FROM push_registration WHERE did = ?', alice.did)

  it('are stored once and removed', async () => {
    await alice.post('app.bsky.notification.registerPush', device)
    await alice.post('app.bsky.notification.registerPush', { ...device, ageRestricted: true })
    expect(await stored()).toEqual([{ token: 't', age_restricted: 1 }])
    await alice.post('app.bsky.notification.unregisterPush', device)
    expect(await stored()).toEqual([])
  })

  it.each([
    ['an unknown platform', { platform: 'fridge' }],
    ['a token of 5 kB', { token: 'x'.repeat(5_000) }],
    ['an endless app id', { appId: 'x'.repeat(5_000) }],
  ])('are refused for %s', async (_, wrong) => {
    expect(await alice.post('app.bsky.notification.registerPush', { ...device, ...wrong })).toMatchObject({
      status: 400,
    })
  })

  it('are those of the last 50 devices', async () => {
    for (let i = 0; i < 53; i++) {
      await alice.post('app.bsky.notification.registerPush', { ...device, token: `t${i}` })
      server.advance(1)
    }
    expect(await stored()).toHaveLength(50)
    expect(await stored()).not.toContainEqual({ token: 't2', age_restricted: 0 })
  })
})
