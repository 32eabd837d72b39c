import { Clock } from '../../../src/modules/config/clock.js'
import { Lexicons } from '../../../src/modules/lexicon/lexicons.js'
import { Counters } from '../../../src/modules/rate-limit/counters.js'
import { LIMITS } from '../../../src/modules/rate-limit/limits.js'
import { networkOf } from '../../../src/modules/rate-limit/network.js'
import { RateLimits } from '../../../src/modules/rate-limit/rate-limits.js'
import { type Answer, call, type Call } from '../../e2e/call.js'
import { TestServer } from '../../support/account-app.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DESCRIBE = 'com.atproto.server.describeServer'
const SIGN_IN = 'com.atproto.server.createSession'
const CREATE = 'com.atproto.repo.createRecord'
const DELETE = 'com.atproto.repo.deleteRecord'

let server: TestServer
let alice: { did: string; accessJwt: string }
let bob: { did: string; accessJwt: string }
let addresses = 0

beforeAll(async () => {
  server = await TestServer.start({
    PDS_RATE_LIMITS_ENABLED: 'true',
    PDS_RATE_LIMIT_BYPASS_KEY: 'let-me-through',
    PDS_RATE_LIMIT_BYPASS_IPS: '192.0.2.0/24, 2001:db8::7',
  })
  ;[alice, bob] = [await server.createAccount('alice'), await server.createAccount('bob')]
})
afterAll(() => server.close())
/** Every test is a day of its own, on which nobody has been counted yet. */
beforeEach(() => server.advance(25 * HOUR))

/** A new address on the internet. */
const newcomer = () => `203.0.${Math.floor(++addresses / 250)}.${addresses % 250}`
const from = (address: string, nsid: string, options: Call = {}): Promise<Answer> =>
  call(server, nsid, { ...options, headers: { 'x-forwarded-for': address, ...options.headers } })
const remaining = ({ headers }: Answer) => Number(headers.get('ratelimit-remaining'))

/** Takes most of what a limit has without asking so often. */
function spend(name: string, who: string, points: number): void {
  const limit = Object.values(LIMITS)
    .flat()
    .map((rule) => rule.limit)
    .find((each) => each.name === name)
  server.get(Counters).take(limit ?? { name, points: 0, windowMs: 5 * MINUTE }, who, points)
}

async function tokenOf(name: string): Promise<string> {
  const body = { identifier: `${name}.test`, password: `${name}-password` }
  return (await from(newcomer(), SIGN_IN, { body })).json.accessJwt as string
}

describe('every request', () => {
  it('is told how it stands, in the official headers, also to pages of other sites', async () => {
    const answer = await from(newcomer(), DESCRIBE)
    const reset = Number(answer.headers.get('ratelimit-reset'))
    expect(answer.headers.get('ratelimit-limit')).toBe('3000')
    expect(remaining(answer)).toBe(2999)
    expect(answer.headers.get('ratelimit-policy')).toBe('3000;w=300')
    expect(reset).toBe(Math.floor((server.get(Clock).now() + 5 * MINUTE) / 1000))
    const exposed = answer.headers.get('access-control-expose-headers')!.split(', ')
    expect(exposed).toEqual(
      expect.arrayContaining(['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset', 'retry-after']),
    )
  })

  it('beyond 3000 in five minutes is refused, until these are over', async () => {
    const address = newcomer()
    spend('all', address, 2999)
    expect(remaining(await from(address, DESCRIBE))).toBe(0)
    server.advance(4 * MINUTE)
    const refused = await from(address, DESCRIBE)
    expect([refused.status, refused.json]).toEqual([
      429,
      { error: 'RateLimitExceeded', message: 'Rate Limit Exceeded' },
    ])
    expect(remaining(refused)).toBe(0)
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(60)
    expect(refused.headers.get('access-control-allow-origin')).toBe('*')
    expect(await from(newcomer(), DESCRIBE)).toMatchObject({ status: 200 })
    server.advance(MINUTE)
    expect(await from(address, DESCRIBE)).toMatchObject({ status: 200 })
  })

  it('counts, also what is not served and what is refused; health, images, preflights and what peers push do not', async () => {
    const address = newcomer()
    await from(address, 'com.example.unheard.of')
    await from(address, CREATE, { body: '{' })
    await from(address, CREATE, { as: 'nonsense', body: {} })
    await call(server, '../.well-known/did.json', { headers: { 'x-forwarded-for': address } })
    await from(address, '_health')
    await call(server, `../img/avatar/plain/${alice.did}/x@jpeg`, { headers: { 'x-forwarded-for': address } })
    await from(address, 'com.atproto.syncUpdateRepo', { params: { did: alice.did }, method: 'POST' })
    await from(address, DESCRIBE, { method: 'OPTIONS' })
    expect(remaining(await from(address, DESCRIBE))).toBe(3000 - 5)
  })

  it('that is too many is refused before its body is read', async () => {
    const address = newcomer()
    spend('all', address, 3000)
    expect(await from(address, CREATE, { as: alice.accessJwt, body: '{' })).toMatchObject({ status: 429 })
  })

  it('of an export has a count of its own, of 6000', async () => {
    const address = newcomer()
    const params = { did: alice.did }
    spend('all', address, 3000)
    const answer = await from(address, 'com.atproto.sync.getRepo', { params })
    expect([answer.status, remaining(answer)]).toEqual([200, 5999])
    spend('getRepo', address, 6000)
    expect(await from(address, 'com.atproto.sync.getRepo', { params })).toMatchObject({ status: 429 })
  })

  it('goes through with the key, or from an address that is let through', async () => {
    const address = newcomer()
    spend('all', address, 3000)
    const withKey = (key: string) => from(address, DESCRIBE, { headers: { 'x-ratelimit-bypass': key } })
    const free = await withKey('let-me-through')
    expect([free.status, free.headers.get('ratelimit-limit')]).toEqual([200, null])
    for (const key of ['', 'let-me', 'let-me-through!']) expect((await withKey(key)).status).toBe(429)
    for (const free of ['192.0.2.200', '2001:db8::7'])
      expect((await from(free, DESCRIBE)).headers.get('ratelimit-limit')).toBeNull()
    expect((await from('2001:db8::8', DESCRIBE)).headers.get('ratelimit-limit')).toBe('3000')
  })
})

describe('who is one', () => {
  it.each([
    ['203.0.113.5', '203.0.113.5'],
    ['::ffff:203.0.113.5', '203.0.113.5'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:DB8:1:2::9', '2001:db8:1:2'],
    ['2001:0db8:0001:0002:0000:0000:0000:0001', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:db8:1::', '2001:db8:1:0'],
    ['::1', '0:0:0:0'],
    ['::', '0:0:0:0'],
    ['203.0.113.5:4711', '203.0.113.5'],
    ['[2001:db8:1:2::9]:4711', '2001:db8:1:2'],
    ['[2001:db8:1:2::9]', '2001:db8:1:2'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['x'.repeat(100), 'x'.repeat(64)],
  ])('%s is of the network %s', (address, network) => expect(networkOf(address)).toBe(network))

  it('40. a /64 of IPv6 is one, whichever of its addresses is used', async () => {
    expect(remaining(await from('2001:db8:a:b::1', DESCRIBE))).toBe(2999)
    expect(remaining(await from('2001:db8:a:b:ffff::2', DESCRIBE))).toBe(2998)
    expect(remaining(await from('2001:db8:a:c::1', DESCRIBE))).toBe(2999)
  })

  it('20. X-Forwarded-For is believed of trusted proxies alone, and only the last of what it says', async () => {
    const address = newcomer()
    expect(remaining(await from(`1.1.1.1, ${address}`, DESCRIBE))).toBe(2999)
    expect(remaining(await from(`2.2.2.2, ${address}`, DESCRIBE))).toBe(2998)
    const alone = await TestServer.start({ PDS_RATE_LIMITS_ENABLED: 'true', PDS_TRUSTED_PROXIES: '10.0.0.0/8' })
    for (const left of [2999, 2998]) {
      const headers = { 'x-forwarded-for': newcomer(), 'x-real-ip': newcomer(), forwarded: `for=${newcomer()}` }
      expect(remaining(await call(alone, DESCRIBE, { headers }))).toBe(left)
    }
    await alone.close()
  })
})

describe('40. signing in', () => {
  const signIn = (address: string, identifier: unknown, password = 'wrong-password') =>
    from(address, SIGN_IN, { body: { identifier, password } })

  it('as one account from one address: 30 times in five minutes, right or wrong', async () => {
    const address = newcomer()
    for (let i = 30; i > 0; i--) {
      const identifier = i % 2 === 0 ? 'alice.test' : 'ALICE.test '
      const answer = await signIn(address, identifier, 'short')
      expect([answer.status === 429, remaining(answer)]).toEqual([false, i - 1])
    }
    const refused = await signIn(address, 'alice.test', 'alice-password')
    expect([refused.status, refused.headers.get('ratelimit-policy')]).toEqual([429, '30;w=300'])
    expect((await signIn(address, 'bob.test', 'bob-password')).status).toBe(200)
    expect((await signIn(newcomer(), 'alice.test', 'alice-password')).status).toBe(200)
    server.advance(5 * MINUTE)
    expect((await signIn(address, 'alice.test', 'alice-password')).status).toBe(200)
  })

  it('300 times a day, and no more', async () => {
    const address = newcomer()
    spend('createSession-day', `alice.test ${address}`, 300)
    expect((await signIn(address, 'alice.test', 'alice-password')).status).toBe(429)
  })

  it('by its name of 2022 is the same', async () => {
    const address = newcomer()
    const body = { username: 'alice.test', identifier: 'alice.test', password: 'alice-password' }
    spend('createSession', `alice.test ${address}`, 30)
    expect((await from(address, 'com.atproto.createSession', { body })).status).toBe(429)
  })

  it('as nobody at all is counted, too', async () => {
    const address = newcomer()
    for (const identifier of [null, 7, { a: 1 }, { toString: 1, valueOf: 1 }, 'x'.repeat(100_000)])
      expect((await signIn(address, identifier)).headers.get('ratelimit-limit')).toBe('30')
    expect((await from(address, SIGN_IN, { method: 'POST' })).status).toBe(400)
  })
})

describe('writes', () => {
  const post = (as: string, body: object, nsid = CREATE) => from(newcomer(), nsid, { as, body })
  const record = { repo: '', collection: 'com.example.note', record: { text: 'a' } }

  it('cost three, two and one point, of 5000 an hour', async () => {
    const [as, repo] = [await tokenOf('alice'), alice.did]
    const first = await post(as, { ...record, repo })
    expect([first.status, remaining(first)]).toEqual([200, 2999])
    // The global count is nearer to its end than that of the writes, until these are spent.
    spend('writes-hour', alice.did, 4000)
    const at = { repo, collection: 'com.example.note', rkey: 'a' }
    expect(remaining(await post(as, { ...record, repo }))).toBe(5000 - 3 - 4000 - 3)
    expect(remaining(await post(as, { ...at, record: { text: 'b' } }, 'com.atproto.repo.putRecord'))).toBe(992)
    expect(remaining(await post(as, at, DELETE))).toBe(991)
    const type = (name: string) => `com.atproto.repo.applyWrites#${name}`
    const writes = [
      { $type: type('create'), collection: 'com.example.note', rkey: 'b', value: { text: 'b' } },
      { $type: type('update'), collection: 'com.example.note', rkey: 'b', value: { text: 'c' } },
      { $type: type('delete'), collection: 'com.example.note', rkey: 'b' },
    ]
    const batch = await post(as, { repo, writes }, 'com.atproto.repo.applyWrites')
    expect([batch.status, remaining(batch)]).toEqual([200, 985])
    spend('writes-hour', alice.did, 984)
    const refused = await post(as, { ...record, repo })
    expect([refused.status, refused.headers.get('ratelimit-policy')]).toEqual([429, '5000;w=3600'])
    expect((await post(await tokenOf('bob'), { ...record, repo: bob.did })).status).toBe(200)
    server.advance(HOUR)
    expect((await post(as, { ...record, repo })).status).toBe(200)
  })

  it('of 35,000 points a day', async () => {
    const as = await tokenOf('alice')
    spend('writes-day', alice.did, 34_999)
    expect((await post(as, { ...record, repo: alice.did })).headers.get('ratelimit-policy')).toBe('35000;w=86400')
  })

  it('that are malformed cost too, and take nothing down', async () => {
    const as = await tokenOf('alice')
    spend('writes-hour', alice.did, 4000)
    for (const writes of [null, 'x', {}, [null, 7, 'x', { $type: { toString: 1 } }]])
      expect((await post(as, { repo: alice.did, writes }, 'com.atproto.repo.applyWrites')).status).toBe(400)
    expect(remaining(await post(as, { repo: alice.did, writes: [] }, 'com.atproto.repo.applyWrites'))).toBe(1000 - 7)
  })

  it('by their names of 2022 come from the same points', async () => {
    const as = await tokenOf('alice')
    spend('writes-hour', alice.did, 5000)
    const profile = await from(newcomer(), 'app.bsky.updateProfile', { as, body: { displayName: 'Alice' } })
    expect([profile.status, profile.json.error]).toEqual([429, 'RateLimitExceeded'])
  })
})

describe('the table', () => {
  it('names methods that there are', () => {
    const lexicons = new Lexicons()
    expect(Object.keys(LIMITS).filter((nsid) => lexicons.method(nsid)?.type !== 'procedure')).toEqual([])
  })

  it('has one size for each name', () => {
    const sizes = new Map<string, Set<string>>()
    for (const { limit } of Object.values(LIMITS).flat())
      sizes.set(limit.name, (sizes.get(limit.name) ?? new Set()).add(`${limit.points}/${limit.windowMs}`))
    expect([...sizes].filter(([, { size }]) => size !== 1)).toEqual([])
  })

  it('holds where the methods are served', async () => {
    const as = await tokenOf('bob')
    spend('updateHandle', bob.did, 10)
    expect(
      (await from(newcomer(), 'com.atproto.identity.updateHandle', { as, body: { handle: 'bobby.test' } })).status,
    ).toBe(429)
    const address = newcomer()
    spend('createAccount', address, 100)
    const body = { handle: 'carla.test', email: 'carla@example.com', password: 'carla-password' }
    expect((await from(address, 'com.atproto.server.createAccount', { body })).status).toBe(429)
    expect((await from(newcomer(), 'com.atproto.server.createAccount', { body })).status).toBe(200)
  })
})

describe('the counts', () => {
  it('40. do not grow without end, however many come', () => {
    const counters = new Counters(server.get(Clock))
    const limit = { name: 'test', points: 10, windowMs: MINUTE }
    for (let i = 0; i < 120_000; i++) counters.take(limit, `10.${i}`)
    expect(counters.size).toBe(100_000)
    expect(counters.take(limit, '10.119999').remaining).toBe(8)
  })

  it('are not there when the settings want none', async () => {
    const free = await TestServer.start()
    expect((await call(free, DESCRIBE)).headers.get('ratelimit-limit')).toBeNull()
    expect(() => free.get(RateLimits)).toThrow()
    await free.close()
  })
})
