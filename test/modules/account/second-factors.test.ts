import { createHmac } from 'node:crypto'
import { CommandBus } from '@nestjs/cqrs'
import type { Did } from '../../../src/repo-engine/index.js'
import { DeleteAccount } from '../../../src/modules/account/life/delete-account.js'
import { Clock } from '../../../src/modules/config/clock.js'
import { Database } from '../../../src/modules/database/database.js'
import { TestServer } from '../../support/account-app.js'
import { plainJson } from '../../support/plain-json.js'

const MINUTE = 60_000
const STEP = 30_000
const ADMIN = 'admin:admin-password'

let server: TestServer
/** Stands still, so that no time step ends while a code is on its way. */
let time = Date.now()
beforeAll(async () => {
  server = await TestServer.start({ PDS_ADMIN_PASSWORD: 'admin-password' })
  server.get(Clock).now = () => time
})
afterAll(() => server.close())

const call = (path: string, token: string | null, body?: unknown) => plainJson(`${server.url}${path}`, token, body)
const signIn = (name: string, authFactorToken?: string, password = `${name}-password`) =>
  server.post('com.atproto.server.createSession', { body: { identifier: `${name}.test`, password, authFactorToken } })
const advance = (ms: number) => void (time += ms)

/** An authenticator app (RFC 6238 over RFC 4226), which has its own idea of the time. */
class Phone {
  private readonly key: Buffer

  constructor(uri: string) {
    const secret = new URL(uri).searchParams.get('secret')!
    const bits = [...secret].map((letter) =>
      'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
    )
    this.key = Buffer.from(
      bits
        .join('')
        .match(/.{8}/g)!
        .map((byte) => parseInt(byte, 2)),
    )
  }

  /** The code that it shows, so many steps ahead of the server. */
  code(steps = 0): string {
    const counter = Buffer.alloc(8)
    counter.writeBigUInt64BE(BigInt(Math.floor(time / STEP) + steps))
    const mac = createHmac('sha1', this.key).update(counter).digest()
    const number = mac.readUInt32BE(mac.at(-1)! & 15) & 0x7fffffff
    return String(number % 1_000_000).padStart(6, '0')
  }
}

interface Owner {
  did: string
  token: string
  phone: Phone
  backupCodes: string[]
}

/** Somebody with an authenticator app. */
async function withPhone(name: string): Promise<Owner> {
  const { did, accessJwt: token } = await server.createAccount(name)
  const begun = await call('/account/totp/begin', token, { password: `${name}-password` })
  const phone = new Phone(begun.body.uri as string)
  const { status, body } = await call('/account/totp/confirm', token, { code: phone.code() })
  if (status !== 200) throw new Error(JSON.stringify(body))
  // The first code is used up.
  advance(STEP)
  return { did, token, phone, backupCodes: body.backupCodes as string[] }
}

/** A code that is right for nobody at that moment. */
const wrongCode = (phone: Phone) => {
  const right = [-2, -1, 0, 1, 2].map((steps) => phone.code(steps))
  return ['000000', '111111', '222222', '333333', '444444', '555555'].find((code) => !right.includes(code))!
}

describe('an authenticator app', () => {
  it('is set up by a first code, and asked for from then on', async () => {
    const { accessJwt: token } = await server.createAccount('alice')
    expect(await call('/account/totp/confirm', token, { code: '123456' })).toMatchObject({ status: 400 })
    const { status, body } = await call('/account/totp/begin', token, { password: 'alice-password' })
    expect(status).toBe(200)
    const { uri, secret } = body as { uri: string; secret: string }
    expect(secret).toMatch(/^[A-Z2-7]{32}$/)
    expect(uri).toMatch(/^otpauth:\/\/totp\/localhost:alice\.test\?/)
    expect(uri).toContain(`secret=${secret}`)

    // Nothing is asked for while nobody has shown that it works.
    const phone = new Phone(uri)
    expect(await call('/account/totp/confirm', token, { code: wrongCode(phone) })).toMatchObject({
      status: 400,
      body: { error: 'InvalidToken' },
    })
    expect((await signIn('alice')).status).toBe(200)
    expect((await call('/account/factors', token)).body).toEqual({
      email: { on: false, confirmed: false },
      totp: { on: false },
    })

    const confirmed = await call('/account/totp/confirm', token, { code: phone.code() })
    expect(confirmed.body.backupCodes).toHaveLength(10)
    expect((await call('/account/factors', token)).body).toMatchObject({ totp: { on: true, backupCodesLeft: 10 } })
    expect(await call('/account/totp/begin', token, { password: 'alice-password' })).toMatchObject({ status: 400 })
    expect(await call('/account/totp/confirm', token, { code: phone.code(1) })).toMatchObject({ status: 400 })

    expect(await signIn('alice')).toMatchObject({ status: 401, body: { error: 'AuthFactorTokenRequired' } })
    expect(await signIn('alice', '')).toMatchObject({ status: 401, body: { error: 'AuthFactorTokenRequired' } })
    expect(await signIn('alice', phone.code(), 'wrong')).toMatchObject({ body: { error: 'AuthenticationRequired' } })
    advance(STEP)
    expect((await signIn('alice', phone.code())).status).toBe(200)
  })

  it('is set up by who knows the password, and not by a session alone', async () => {
    const { accessJwt: token } = await server.createAccount('thea')
    expect(await call('/account/totp/begin', token, {})).toMatchObject({ status: 400 })
    const wrong = { status: 401, body: { message: 'Invalid password' } }
    for (let n = 0; n < 5; n++)
      expect(await call('/account/totp/begin', token, { password: 'a guess' })).toMatchObject(wrong)
    expect(await call('/account/totp/begin', token, { password: 'thea-password' })).toMatchObject({ status: 429 })
    expect((await signIn('thea')).status).toBe(200)
  })

  it('is right one step early or late, and every code is good once, also an older one', async () => {
    const { phone } = await withPhone('bob')
    const invalid = { status: 401, body: { error: 'InvalidToken', message: 'Token is invalid' } }
    advance(5 * STEP)
    expect((await signIn('bob', phone.code())).status).toBe(200)
    expect(await signIn('bob', phone.code())).toMatchObject(invalid)
    expect(await signIn('bob', phone.code(-1))).toMatchObject(invalid)
    expect((await signIn('bob', phone.code(1))).status).toBe(200)
    expect(await signIn('bob', phone.code(1))).toMatchObject(invalid)
    advance(5 * STEP)
    expect(await signIn('bob', phone.code(2))).toMatchObject(invalid)
    expect(await signIn('bob', phone.code(-2))).toMatchObject(invalid)
    const typed = phone.code(-1)
    expect((await signIn('bob', ` ${typed.slice(0, 3)} ${typed.slice(3)} `)).status).toBe(200)
  })

  it('lets one of two in who use the same code at the same moment', async () => {
    const { phone } = await withPhone('carla')
    advance(5 * STEP)
    const code = phone.code()
    const statuses = (await Promise.all([1, 2, 3].map(() => signIn('carla', code)))).map(({ status }) => status)
    expect(statuses.sort()).toEqual([200, 401, 401])
  })

  it('is replaced by a backup code, each once', async () => {
    const { token, backupCodes } = await withPhone('dan')
    const [first, second] = backupCodes as [string, string]
    expect(new Set(backupCodes).size).toBe(10)
    expect((await signIn('dan', first)).status).toBe(200)
    expect(await signIn('dan', first)).toMatchObject({ status: 401, body: { error: 'InvalidToken' } })
    expect((await signIn('dan', second.toLowerCase().replace('-', ''))).status).toBe(200)
    expect((await call('/account/factors', token)).body).toMatchObject({ totp: { backupCodesLeft: 8 } })
  })

  it('is removed by password and code', async () => {
    const { token, phone, backupCodes } = await withPhone('erin')
    const remove = (password: string, code: string) => call('/account/totp/remove', token, { password, code })
    expect(await remove('wrong', phone.code())).toMatchObject({ status: 401 })
    expect(await remove('erin-password', wrongCode(phone))).toMatchObject({ body: { error: 'InvalidToken' } })
    expect((await remove('erin-password', backupCodes[9]!)).status).toBe(200)
    expect(await remove('erin-password', phone.code())).toMatchObject({ status: 400 })
    expect((await signIn('erin')).status).toBe(200)
  })

  it('outlasts another password', async () => {
    const { did, token, phone } = await withPhone('fay')
    const body = { did, password: 'another password' }
    const auth = `Basic ${Buffer.from(ADMIN).toString('base64')}`
    expect((await server.post('com.atproto.admin.updateAccountPassword', { auth, body })).status).toBe(200)
    expect(await call('/account/factors', token)).toMatchObject({ body: { error: 'ExpiredToken' } })
    expect(await signIn('fay', undefined, 'another password')).toMatchObject({
      body: { error: 'AuthFactorTokenRequired' },
    })
    expect((await signIn('fay', phone.code(), 'another password')).status).toBe(200)
  })

  it('is removed by the operator when the phone is lost', async () => {
    await withPhone('gus')
    const factors = `/admin/accounts/factors`
    expect(await call(`${factors}?account=gus.test`, ADMIN)).toMatchObject({ body: { totp: { on: true } } })
    for (let i = 0; i < 6; i++) await signIn('gus', 'AAAAA-AAAAA')
    expect((await call(`${factors}/remove`, ADMIN, { account: 'gus.test' })).status).toBe(200)
    expect((await signIn('gus')).status).toBe(200)
    expect(await call(`${factors}/remove`, ADMIN, { account: 'nobody.test' })).toMatchObject({
      status: 400,
      body: { error: 'AccountNotFound' },
    })
    expect(await call(factors, ADMIN)).toMatchObject({ status: 400 })
    expect(await call(`${factors}?account=gus.test`, 'admin:wrong')).toMatchObject({ status: 401 })
  })
})

describe('guessing', () => {
  it('ends after five wrong codes in a quarter of an hour, also across a restart', async () => {
    const { phone } = await withPhone('hal')
    const guesses = await Promise.all(Array.from({ length: 12 }, () => signIn('hal', 'AAAAA-AAAAA')))
    expect(guesses.filter(({ status }) => status === 401)).toHaveLength(5)
    const refused = guesses.filter(({ status }) => status === 429)
    expect(refused).toHaveLength(7)
    expect(refused[0]!.body.error).toBe('RateLimitExceeded')
    // A right one is not even looked at.
    expect((await signIn('hal', phone.code())).status).toBe(429)
    server = await server.restart()
    server.get(Clock).now = () => time
    expect((await signIn('hal', phone.code())).status).toBe(429)
    // Whoever does not know the password learns nothing of it.
    expect(await signIn('hal', phone.code(), 'wrong')).toMatchObject({ status: 401 })
    advance(14 * MINUTE)
    expect((await signIn('hal', phone.code())).status).toBe(429)
    advance(MINUTE)
    expect((await signIn('hal', phone.code())).status).toBe(200)
  })

  it('is counted anew after a right one', async () => {
    const { phone, backupCodes } = await withPhone('ida')
    for (const backup of backupCodes.slice(0, 3)) {
      for (let i = 0; i < 4; i++) expect((await signIn('ida', wrongCode(phone))).status).toBe(401)
      expect((await signIn('ida', backup)).status).toBe(200)
    }
  })

  it('of the password by a session that was left open ends as well', async () => {
    const { accessJwt: token } = await server.createAccount('joe')
    const change = (current: string) => call('/account/password', token, { current, new: 'another password' })
    for (let i = 0; i < 5; i++) expect((await change(`guess ${i}`)).status).toBe(401)
    expect((await change('joe-password')).status).toBe(429)
    // Signing in is not held up by that.
    expect((await signIn('joe')).status).toBe(200)
    advance(15 * MINUTE)
    expect((await change('joe-password')).status).toBe(200)
  })
})

describe('what is kept', () => {
  it('is neither the secret nor a backup code, and goes with the account', async () => {
    const { did, phone, backupCodes } = await withPhone('kim')
    await signIn('kim', wrongCode(phone))
    const database = server.get(Database)
    const rows = async () => [
      ...(await database.read.all<{ sealed: Buffer }>('SELECT * FROM totp WHERE did = ?', did)),
      ...(await database.read.all('SELECT * FROM backup_code WHERE did = ?', did)),
      ...(await database.read.all('SELECT * FROM wrong_guess WHERE did = ?', did)),
    ]
    const kept = await rows()
    expect(kept).toHaveLength(12)
    const text = JSON.stringify(kept)
    for (const code of backupCodes) expect(text).not.toContain(code)
    // Nonce, 20 bytes of secret, tag.
    expect((kept[0] as { sealed: Buffer }).sealed).toHaveLength(12 + 20 + 16)

    const { erased } = await server.get(CommandBus).execute(new DeleteAccount(did as Did))
    await erased()
    expect(await rows()).toEqual([])
  })

  it('opens for its account alone', async () => {
    const [lea, max] = [await withPhone('lea'), await withPhone('max')]
    await server.get(Database).write(async (tx) => {
      await tx.run('UPDATE totp SET sealed = (SELECT sealed FROM totp WHERE did = ?) WHERE did = ?', lea.did, max.did)
    })
    expect((await signIn('max', lea.phone.code())).status).toBe(500)
  })
})

describe('who may', () => {
  it('is who has signed in with the password of the account', async () => {
    await server.createAccount('ned')
    const paths: [string, unknown?][] = [
      ['/account/factors'],
      ['/account/totp/begin', { password: 'ned-password' }],
      ['/account/totp/confirm', { code: '123456' }],
      ['/account/totp/remove', { password: 'ned-password', code: '123456' }],
      ['/account/password', { current: 'ned-password', new: 'another password' }],
    ]
    const { accessJwt } = (await signIn('ned')).body as { accessJwt: string }
    for (const [path, body] of paths) expect((await call(path, null, body)).status).toBe(401)
    const made = await server.post('com.atproto.server.createAppPassword', { auth: accessJwt, body: { name: 'app' } })
    const { password } = made.body as { password: string }
    const { accessJwt: app } = (await signIn('ned', undefined, password)).body as { accessJwt: string }
    for (const [path, body] of paths)
      expect(await call(path, app, body)).toMatchObject({ status: 400, body: { error: 'InvalidToken' } })
    for (const method of ['requestEmailConfirmation', 'requestEmailUpdate', 'requestAccountDelete'])
      expect(await server.post(`com.atproto.server.${method}`, { auth: app })).toMatchObject({ status: 400 })
    const email = 'ned@example.org'
    expect(await server.post('com.atproto.server.updateEmail', { auth: app, body: { email } })).toMatchObject({
      body: { error: 'InvalidToken' },
    })
    expect((await call('/account/factors', accessJwt)).status).toBe(200)
  })

  it('has to send texts', async () => {
    const { accessJwt: token } = await server.createAccount('oda')
    for (const body of [{}, { code: 1 }, { code: null }, [], 'x', { code: ['123456'] }])
      expect(await call('/account/totp/confirm', token, body)).toMatchObject({
        status: 400,
        body: { error: 'InvalidRequest' },
      })
  })
})
