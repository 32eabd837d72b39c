import { Database } from '../../../src/modules/database/database.js'
import { Passwords } from '../../../src/modules/account/password/passwords.js'
import { TestServer } from '../../support/account-app.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

let server: TestServer
beforeAll(async () => {
  server = await TestServer.start()
})
afterAll(() => server.close())

const signIn = (identifier: string, password: string, more = {}) =>
  server.post('com.atproto.server.createSession', { body: { identifier, password, ...more } })
const refresh = (auth: string) => server.post('com.atproto.server.refreshSession', { auth })
const getSession = (auth: string) => server.query('com.atproto.server.getSession', { auth })
const setStatus = (did: string, status: string | null) =>
  server.get(Database).write(async (tx) => {
    await tx.run('UPDATE repo SET status = ? WHERE did = ?', status, did)
  })

describe('the life of a session', () => {
  it('goes the way that the official client goes', async () => {
    const agent = server.agent()
    await agent.createAccount({ handle: 'alice.test', email: 'Alice@Example.com', password: 'alice-password' })
    const created = agent.session!
    expect(created.handle).toBe('alice.test')
    expect(agent.did).toMatch(/^did:plc:[a-z2-7]{24}$/)

    await agent.login({ identifier: 'ALICE.test', password: 'alice-password' })
    expect(agent.session).toMatchObject({ email: 'alice@example.com', emailConfirmed: false, active: true })
    const { data } = await agent.com.atproto.server.getSession()
    expect(data).toMatchObject({ did: agent.did, handle: 'alice.test', active: true, didDoc: { id: agent.did } })
    expect(agent.pdsUrl?.origin).toBe(server.url)

    const before = agent.session!
    await agent.sessionManager.refreshSession()
    expect(agent.session!.refreshJwt).not.toBe(before.refreshJwt)
    await agent.logout()
    expect((await getSession(before.accessJwt)).body.error).toBe('ExpiredToken')
    expect((await getSession(created.accessJwt)).status).toBe(200)
  })

  it('opens for a handle, an email address or a DID', async () => {
    const { did } = await server.createAccount('bob')
    for (const identifier of ['bob.test', 'Bob.Test', 'BOB@example.com', did])
      expect(await signIn(identifier, 'bob-password')).toMatchObject({ status: 200, body: { did } })
  })

  it('renews a hash that was made with other parameters, for who knows the password', async () => {
    const { did } = await server.createAccount('gil')
    // Of "password", as in test/modules/account/passwords.test.ts.
    const old = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'
    const stored = () => server.get(Database).read.get('SELECT password FROM account WHERE did = ?', did)
    await server.get(Database).write(async (tx) => {
      await tx.run('UPDATE account SET password = ? WHERE did = ?', old, did)
    })
    expect((await signIn('gil.test', 'Password')).status).toBe(401)
    expect(await stored()).toEqual({ password: old })
    expect((await signIn('gil.test', 'password')).status).toBe(200)
    expect(await stored()).not.toEqual({ password: old })
    expect((await signIn('gil.test', 'password')).status).toBe(200)
  })

  it('refreshes an expired access token for a client that does not notice', async () => {
    const agent = server.agent()
    await agent.login({ identifier: 'alice.test', password: 'alice-password' })
    server.advance(2 * HOUR + MINUTE)
    const { success } = await agent.com.atproto.server.getSession()
    expect(success).toBe(true)
  })
})

describe('a refresh token', () => {
  it('gives the same successor within its grace, and a new one after each', async () => {
    const { body } = await signIn('alice.test', 'alice-password')
    const first = await refresh(body.refreshJwt as string)
    server.advance(HOUR)
    const again = await refresh(body.refreshJwt as string)
    expect(idOf(again.body.refreshJwt)).toBe(idOf(first.body.refreshJwt))
    const second = await refresh(first.body.refreshJwt as string)
    expect(idOf(second.body.refreshJwt)).not.toBe(idOf(first.body.refreshJwt))
    // The older one still answers, though its successor has been used.
    const late = await refresh(body.refreshJwt as string)
    expect(idOf(late.body.refreshJwt)).toBe(idOf(first.body.refreshJwt))
    // Access tokens from before the refreshes belong to the same session.
    expect((await getSession(body.accessJwt as string)).status).toBe(200)
  })

  it('ends the session when it is used after the grace', async () => {
    const { body } = await signIn('alice.test', 'alice-password')
    const first = await refresh(body.refreshJwt as string)
    server.advance(2 * HOUR + MINUTE)
    const second = await refresh(first.body.refreshJwt as string)
    expect((await getSession(second.body.accessJwt as string)).status).toBe(200)

    const stolen = await refresh(body.refreshJwt as string)
    expect(stolen).toEqual({ status: 400, body: { error: 'ExpiredToken', message: 'Token has been revoked' } })
    expect((await refresh(second.body.refreshJwt as string)).body.error).toBe('ExpiredToken')
    expect((await getSession(second.body.accessJwt as string)).body.error).toBe('ExpiredToken')
  })

  it('used many times at once has one successor', async () => {
    const { body } = await signIn('alice.test', 'alice-password')
    const answers = await Promise.all(Array.from({ length: 8 }, () => refresh(body.refreshJwt as string)))
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200))
    expect(new Set(answers.map((answer) => idOf(answer.body.refreshJwt))).size).toBe(1)
  })

  it('expires, and can sign out even then', async () => {
    const { body } = await signIn('alice.test', 'alice-password')
    const other = await signIn('alice.test', 'alice-password')
    server.advance(90 * DAY + MINUTE)
    expect((await refresh(body.refreshJwt as string)).body.error).toBe('ExpiredToken')
    const signOut = await server.post('com.atproto.server.deleteSession', { auth: other.body.refreshJwt as string })
    expect(signOut.status).toBe(200)
  })

  it('leaves no rows behind once its session is over', async () => {
    const { did } = await server.createAccount('carla')
    for (let i = 0; i < 3; i++) await signIn('carla.test', 'carla-password')
    server.advance(91 * DAY)
    await signIn('carla.test', 'carla-password')
    const rows = await server.get(Database).read.all('SELECT id FROM session WHERE did = ?', did)
    expect(rows).toHaveLength(1)
  })
})

describe('signing in', () => {
  it('is refused in the same words, after the same work, for a stranger and for a wrong password', async () => {
    const passwords = server.get(Passwords)
    const derive = Passwords.prototype['derive']
    let hashes = 0
    passwords['derive'] = (...args: Parameters<typeof derive>) => (hashes++, derive.apply(passwords, args))
    try {
      const refusal = {
        status: 401,
        body: { error: 'AuthenticationRequired', message: 'Invalid identifier or password' },
      }
      for (const [identifier, password] of [
        ['alice.test', 'not-her-password'],
        ['nobody.test', 'alice-password'],
        ['nobody@example.com', 'alice-password'],
        ['did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', 'alice-password'],
        ["' OR 1=1 --", ''],
      ] as const) {
        hashes = 0
        expect(await signIn(identifier, password)).toEqual(refusal)
        expect(hashes).toBe(1)
      }
    } finally {
      passwords['derive'] = derive
    }
  })

  it('lets a deactivated account in and says so', async () => {
    const { did, accessJwt } = await server.createAccount('dan')
    await setStatus(did, 'deactivated')
    const { body } = await signIn('dan.test', 'dan-password')
    expect(body).toMatchObject({ active: false, status: 'deactivated' })
    expect((await getSession(accessJwt)).body).toMatchObject({ active: false, status: 'deactivated' })
  })

  it('refuses an account that is taken down, at once and everywhere', async () => {
    const { did, accessJwt, refreshJwt } = await server.createAccount('erin')
    await setStatus(did, 'takendown')
    const refusal = { error: 'AccountTakedown', message: 'Account has been taken down' }
    expect(await signIn('erin.test', 'erin-password')).toEqual({ status: 401, body: refusal })
    expect((await signIn('erin.test', 'wrong-password')).body.error).toBe('AuthenticationRequired')
    expect(await getSession(accessJwt)).toEqual({ status: 401, body: refusal })
    expect(await refresh(refreshJwt)).toEqual({ status: 401, body: refusal })
    const appeal = await signIn('erin.test', 'erin-password', { allowTakendown: true })
    expect(appeal.body).toMatchObject({ active: false, status: 'takendown' })
    expect((await getSession(appeal.body.accessJwt as string)).body.status).toBe('takendown')
    // What was given for an appeal stays that, even when the account is restored.
    await setStatus(did, null)
    const preferences = await server.query('app.bsky.actor.getPreferences', { auth: appeal.body.accessJwt as string })
    expect(preferences).toEqual({ status: 400, body: { error: 'InvalidToken', message: 'Bad token scope' } })
    expect((await getSession(accessJwt)).status).toBe(200)
  })
})

function idOf(jwt: unknown): unknown {
  const { jti } = JSON.parse(Buffer.from((jwt as string).split('.')[1]!, 'base64url').toString()) as { jti: unknown }
  return jti
}
