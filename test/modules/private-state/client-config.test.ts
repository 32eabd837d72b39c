import { TestServer } from '../../support/account-app.js'
import { type Caller, signUp } from './app.js'

let server: TestServer
let alice: Caller
beforeAll(async () => {
  server = await TestServer.start()
  alice = await signUp(server, 'alice')
})
afterAll(() => server.close())

it.each<[string, object, object]>([
  ['app.bsky.unspecced.getConfig', {}, { checkEmailConfirmed: false }],
  ['app.bsky.unspecced.getAgeAssuranceState', {}, { status: 'unknown' }],
  ['app.bsky.ageassurance.getConfig', {}, { regions: [] }],
  ['app.bsky.ageassurance.getState', { countryCode: 'GB' }, { state: { status: 'unknown', access: 'unknown' } }],
  ['app.bsky.video.getUploadLimits', {}, { canUpload: false }],
])('a client that starts is answered: %s', async (nsid, params, expected) => {
  expect(await alice.get(nsid, params as Record<string, string>)).toMatchObject({ status: 200, body: expected })
})

it('tells since when the account has been here', async () => {
  const { body } = await alice.get('app.bsky.ageassurance.getState', { countryCode: 'DE' })
  const { accountCreatedAt } = body.metadata as { accountCreatedAt: string }
  expect(Math.abs(Date.parse(accountCreatedAt) - Date.now())).toBeLessThan(60_000)
})

it('takes what was done in a feed, and makes nothing of it', async () => {
  const item = `at://${alice.did}/app.bsky.feed.post/x`
  const interactions = [{ item, event: 'app.bsky.feed.defs#interactionSeen' }]
  expect(await alice.post('app.bsky.feed.sendInteractions', { interactions })).toEqual({ status: 200, body: {} })
})
