import { Clock } from '../../../src/modules/config/clock.js'
import { TestServer } from '../../support/account-app.js'
import { type Caller, signUp, withScope } from './app.js'

const type = (name: string) => `app.bsky.actor.defs#${name}`
const ADULT = { $type: type('adultContentPref'), enabled: true }
const FEEDS = { $type: type('savedFeedsPrefV2'), items: [] }
const UNKNOWN = { $type: 'app.bsky.future.defs#tomorrowPref', anything: [{ goes: 1 }] }
const BORN = { $type: type('personalDetailsPref'), birthDate: '2010-06-15T00:00:00.000Z' }

let server: TestServer
let alice: Caller
let app: Caller
beforeAll(async () => {
  server = await TestServer.start()
  alice = await signUp(server, 'alice')
  app = await withScope(server, alice, 'com.atproto.appPassPrivileged')
})
afterAll(() => server.close())

const get = async (caller = alice) =>
  (await caller.get('app.bsky.actor.getPreferences')).body.preferences as Record<string, unknown>[]
const put = (preferences: unknown[], caller = alice) => caller.post('app.bsky.actor.putPreferences', { preferences })

it('are none at first, and then the last that were put, in order', async () => {
  expect(await get()).toEqual([])
  await put([ADULT, UNKNOWN, FEEDS])
  expect(await get()).toEqual([ADULT, UNKNOWN, FEEDS])
  await put([FEEDS])
  expect(await get()).toEqual([FEEDS])
  await put([])
  expect(await get()).toEqual([])
})

it.each([
  ['of another namespace', [ADULT, { $type: 'com.example.pref' }]],
  ['of a namespace that looks like it', [{ $type: 'app.bskyish.pref' }]],
  ['without a type', [{ enabled: true }]],
  ['broken by their lexicon', [{ ...ADULT, enabled: 'yes' }]],
  ['larger than 256 KiB together', Array(30).fill({ ...UNKNOWN, text: 'x'.repeat(10_000) })],
])('are refused when they are %s, and nothing changes', async (_, preferences) => {
  await put([FEEDS])
  expect(await put(preferences as unknown[])).toMatchObject({ status: 400, body: { error: 'InvalidRequest' } })
  expect(await get()).toEqual([FEEDS])
})

it('keep personal details from app passwords, which cannot lose them either', async () => {
  await put([BORN, ADULT])
  expect((await get(app)).map(({ $type }) => $type)).toEqual([ADULT.$type, type('declaredAgePref')])
  await put([FEEDS], app)
  expect(await get()).toMatchObject([BORN, FEEDS, { $type: type('declaredAgePref') }])
  expect(await put([BORN], app)).toMatchObject({ status: 400 })
})

it.each([
  ['2013-06-16', { isOverAge13: false, isOverAge16: false, isOverAge18: false }],
  ['2013-06-15', { isOverAge13: true, isOverAge16: false, isOverAge18: false }],
  ['2000-01-01', { isOverAge13: true, isOverAge16: true, isOverAge18: true }],
])('tell the age of who was born on %s, whatever was put', async (birthDate, ages) => {
  server.advance(Date.parse('2026-06-15T12:00:00Z') - server.get(Clock).now())
  const fresh = await signUp(server, `born${birthDate.replaceAll('-', '')}`)
  const lie = { $type: type('declaredAgePref'), isOverAge13: true, isOverAge16: true, isOverAge18: true }
  await put([{ ...BORN, birthDate: `${birthDate}T00:00:00.000Z` }, lie], fresh)
  expect((await get(fresh)).at(-1)).toEqual({ ...lie, ...ages })
  expect(await get(fresh)).toHaveLength(2)
})

it('survive a write of the same account at the same time', async () => {
  await put([BORN])
  await Promise.all([put([FEEDS], app), put([BORN, ADULT]), put([ADULT], app)])
  expect(await get()).toContainEqual(BORN)
})

it('are what the official client makes of them', async () => {
  const agent = server.agent()
  await agent.createAccount({ handle: 'carla.test', email: 'carla@example.com', password: 'carla-password' })
  await agent.setAdultContentEnabled(true)
  await agent.setPersonalDetails({ birthDate: '1990-01-01T00:00:00.000Z' })
  await agent.addMutedWord({ value: 'spoiler', targets: ['content'], actorTarget: 'all' })
  await agent.setContentLabelPref('nudity', 'hide')
  await agent.addSavedFeeds([{ type: 'timeline', value: 'following', pinned: true }])
  const preferences = await agent.getPreferences()
  expect(preferences).toMatchObject({
    birthDate: new Date('1990-01-01T00:00:00.000Z'),
    moderationPrefs: { adultContentEnabled: true, labels: { nudity: 'hide' }, mutedWords: [{ value: 'spoiler' }] },
  })
  expect(preferences.savedFeeds.map(({ value }) => value)).toContain('following')
})
