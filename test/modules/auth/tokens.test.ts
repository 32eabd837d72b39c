import { createHmac } from 'node:crypto'
import { jest } from '@jest/globals'
import { AccessStrategy } from '../../../src/modules/auth/access.strategy.js'
import { Secrets } from '../../../src/modules/config/secrets.js'
import { TestServer } from '../../support/account-app.js'

let server: TestServer
let alice: { did: string; accessJwt: string; refreshJwt: string }
let bob: { did: string; accessJwt: string; refreshJwt: string }
beforeAll(async () => {
  server = await TestServer.start()
  alice = await server.createAccount('alice')
  bob = await server.createAccount('bob')
})
afterAll(() => server.close())

const getSession = (auth?: string) => server.query('com.atproto.server.getSession', { auth })
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
const decode = (part: string | undefined) =>
  JSON.parse(Buffer.from(part!, 'base64url').toString()) as Record<string, unknown>

/** The token with other words in it, signed with the server's own secret unless told. */
function forge(
  token: string,
  { header = {}, claims = {}, secret = server.get(Secrets).jwtSecret, hash = 'sha256' }: Forgery,
): string {
  const [head, payload] = token.split('.').map((part, i) => (i < 2 ? decode(part) : null))
  const message = `${encode({ ...head, ...header })}.${encode({ ...payload, ...claims })}`
  return `${message}.${createHmac(hash, secret).update(message).digest('base64url')}`
}

interface Forgery {
  header?: Record<string, unknown>
  claims?: Record<string, unknown>
  secret?: string
  hash?: string
}

describe('an access token', () => {
  it('has the shape of the official one', () => {
    const [header, payload] = alice.accessJwt.split('.')
    expect(decode(header)).toEqual({ typ: 'at+jwt', alg: 'HS256' })
    const claims = decode(payload)
    expect(claims).toMatchObject({ scope: 'com.atproto.access', sub: alice.did, aud: 'did:web:localhost' })
    expect((claims.exp as number) - (claims.iat as number)).toBe(2 * 60 * 60)
    const refresh = alice.refreshJwt.split('.')
    expect(decode(refresh[0])).toEqual({ typ: 'refresh+jwt', alg: 'HS256' })
    expect(decode(refresh[1])).toMatchObject({
      scope: 'com.atproto.refresh',
      sub: alice.did,
      aud: 'did:web:localhost',
      jti: expect.any(String) as string,
    })
  })

  it('works under any spelling of the scheme', async () => {
    expect((await getSession(`bearer ${alice.accessJwt}`)).status).toBe(200)
  })

  it('is asked for in the official words', async () => {
    expect(await getSession()).toEqual({
      status: 401,
      body: { error: 'AuthMissing', message: 'Authentication Required' },
    })
  })

  const forgeries: [string, () => string, string, string][] = [
    ['nothing behind Bearer', () => 'Bearer ', 'AuthMissing', 'Authentication Required'],
    ['another scheme', () => 'Basic YWRtaW46YWRtaW4=', 'InvalidToken', 'Unexpected authorization type'],
    ['no token at all', () => 'gibberish', 'InvalidToken', 'Token could not be verified'],
    [
      'two parts',
      () => alice.accessJwt.split('.').slice(0, 2).join('.'),
      'InvalidToken',
      'Token could not be verified',
    ],
    [
      'another secret',
      () => forge(alice.accessJwt, { secret: 'guess' }),
      'InvalidToken',
      'Token could not be verified',
    ],
    [
      'a changed payload',
      () => {
        const [header, payload, signature] = alice.accessJwt.split('.')
        return `${header}.${encode({ ...decode(payload), sub: bob.did })}.${signature}`
      },
      'InvalidToken',
      'Token could not be verified',
    ],
    [
      'alg none',
      () => `${encode({ typ: 'at+jwt', alg: 'none' })}.${alice.accessJwt.split('.')[1]}.`,
      'InvalidToken',
      'Token could not be verified',
    ],
    [
      'another alg of the same secret',
      () => forge(alice.accessJwt, { header: { alg: 'HS512' }, hash: 'sha512' }),
      'InvalidToken',
      'Token could not be verified',
    ],
    ['another typ', () => forge(alice.accessJwt, { header: { typ: 'JWT' } }), 'InvalidToken', 'Invalid token type'],
    ['no typ', () => forge(alice.accessJwt, { header: { typ: undefined } }), 'InvalidToken', 'Invalid token type'],
    [
      'another audience',
      () => forge(alice.accessJwt, { claims: { aud: 'did:web:elsewhere.test' } }),
      'InvalidToken',
      'Token could not be verified',
    ],
    [
      'no audience',
      () => forge(alice.accessJwt, { claims: { aud: undefined } }),
      'InvalidToken',
      'Token could not be verified',
    ],
    ['an unknown scope', () => forge(alice.accessJwt, { claims: { scope: 'all' } }), 'InvalidToken', 'Bad token scope'],
    ['no expiry', () => forge(alice.accessJwt, { claims: { exp: undefined } }), 'InvalidToken', 'Malformed token'],
    ['an expiry of zero', () => forge(alice.accessJwt, { claims: { exp: 0 } }), 'ExpiredToken', 'Token has expired'],
    // As the official PDS makes them: who moved here from one refreshes it.
    ['no session', () => forge(alice.accessJwt, { claims: { sid: undefined } }), 'ExpiredToken', 'Token has expired'],
    ['no DID', () => forge(alice.accessJwt, { claims: { sub: 'alice.test' } }), 'InvalidToken', 'Malformed token'],
    [
      "somebody else's session",
      () => forge(alice.accessJwt, { claims: { sub: bob.did } }),
      'ExpiredToken',
      'Token has been revoked',
    ],
    ['a refresh token', () => alice.refreshJwt, 'InvalidToken', 'Bad token scope'],
    [
      'a refresh token with an access scope',
      () => forge(alice.refreshJwt, { claims: { scope: 'com.atproto.access' } }),
      'InvalidToken',
      'Invalid token type',
    ],
  ]
  it.each(forgeries)('is not %s', async (_, token, error, message) => {
    const text = token()
    const answer = await getSession(text.includes(' ') ? text : `Bearer ${text}`)
    expect(answer.body).toEqual({ error, message })
    expect(answer.status).toBe(error === 'AuthMissing' ? 401 : 400)
  })

  it('is no refresh token, and does not sign out', async () => {
    for (const method of ['refreshSession', 'deleteSession']) {
      const answer = await server.post(`com.atproto.server.${method}`, { auth: alice.accessJwt })
      expect(answer).toEqual({ status: 400, body: { error: 'InvalidToken', message: 'Bad token scope' } })
      expect((await server.post(`com.atproto.server.${method}`)).body.error).toBe('AuthMissing')
    }
    expect((await getSession(alice.accessJwt)).status).toBe(200)
  })

  it('dies with its session, also where it has been seen before', async () => {
    const carla = await server.createAccount('carla')
    expect((await getSession(carla.accessJwt)).status).toBe(200)
    expect((await server.post('com.atproto.server.deleteSession', { auth: carla.refreshJwt })).status).toBe(200)
    expect(await getSession(carla.accessJwt)).toEqual({
      status: 400,
      body: { error: 'ExpiredToken', message: 'Token has been revoked' },
    })
  })

  it('expires after two hours, also where it has been seen before', async () => {
    const dan = await server.createAccount('dan')
    expect((await getSession(dan.accessJwt)).status).toBe(200)
    server.advance(2 * 60 * 60 * 1000 + 1000)
    expect((await getSession(dan.accessJwt)).body).toEqual({ error: 'ExpiredToken', message: 'Token has expired' })
  })
})

it('the signature of a token is checked once', async () => {
  const { accessJwt } = await server.createAccount('erin')
  const checked = jest.spyOn(server.get(AccessStrategy), 'authenticate')
  for (let i = 0; i < 3; i++) expect((await getSession(accessJwt)).status).toBe(200)
  expect(checked).toHaveBeenCalledTimes(1)
  checked.mockRestore()
})
