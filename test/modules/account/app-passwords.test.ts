import { AppPasswords } from '../../../src/modules/account/sessions/app-passwords.js'
import { Passwords } from '../../../src/modules/account/password/passwords.js'
import { Secrets } from '../../../src/modules/config/secrets.js'
import { Database } from '../../../src/modules/database/database.js'
import type { Did } from '../../../src/repo-engine/index.js'
import { type Answer, TestServer } from '../../support/account-app.js'
import { eventually } from '../../support/eventually.js'

let server: TestServer
let people = 0
beforeAll(async () => {
  server = await TestServer.start()
})
afterAll(() => server.close())

const FORM = /^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/
const REFUSED = { status: 401, body: { error: 'AuthenticationRequired', message: 'Invalid identifier or password' } }

interface Person {
  did: string
  handle: string
  accessJwt: string
}

const newPerson = (): Promise<Person> => server.createAccount(`person${people++}`)
const add = (auth: string, name: string, privileged?: boolean): Promise<Answer> =>
  server.post('com.atproto.server.createAppPassword', { auth, body: { name, privileged } })
const revoke = (auth: string, name: string): Promise<Answer> =>
  server.post('com.atproto.server.revokeAppPassword', { auth, body: { name } })
const list = async (auth: string) =>
  (await server.query('com.atproto.server.listAppPasswords', { auth })).body.passwords
const signIn = (identifier: string, password: unknown, more = {}): Promise<Answer> =>
  server.post('com.atproto.server.createSession', { body: { identifier, password, ...more } })
const getSession = (auth: unknown): Promise<Answer> =>
  server.query('com.atproto.server.getSession', { auth: auth as string })
const refresh = (auth: unknown): Promise<Answer> =>
  server.post('com.atproto.server.refreshSession', { auth: auth as string })
const scopeOf = (jwt: unknown): unknown =>
  (JSON.parse(Buffer.from((jwt as string).split('.')[1]!, 'base64url').toString()) as { scope: unknown }).scope

describe('an app password', () => {
  it('is shown once, in the official form, and listed by its name', async () => {
    const { accessJwt } = await newPerson()
    const { status, body } = await add(accessJwt, 'My phone')
    expect(status).toBe(200)
    expect(body).toEqual({
      name: 'My phone',
      password: expect.stringMatching(FORM) as string,
      createdAt: expect.stringMatching(/Z$/) as string,
      privileged: false,
    })
    server.advance(1000)
    await add(accessJwt, 'My chats', true)
    expect(await list(accessJwt)).toEqual([
      { name: 'My chats', createdAt: expect.any(String) as string, privileged: true },
      { name: 'My phone', createdAt: body.createdAt, privileged: false },
    ])
  })

  it('signs in with a scope of its own, by handle, address or DID, and for its account alone', async () => {
    const [me, other] = [await newPerson(), await newPerson()]
    const { password } = (await add(me.accessJwt, 'app')).body
    const { password: trusted } = (await add(me.accessJwt, 'trusted', true)).body
    for (const identifier of [me.did, me.handle, `${me.handle.split('.')[0]}@example.com`]) {
      const { status, body } = await signIn(identifier, password)
      expect([status, scopeOf(body.accessJwt)]).toEqual([200, 'com.atproto.appPass'])
    }
    const { body } = await signIn(me.handle, trusted)
    expect(scopeOf(body.accessJwt)).toBe('com.atproto.appPassPrivileged')
    expect(scopeOf((await refresh(body.refreshJwt)).body.accessJwt)).toBe('com.atproto.appPassPrivileged')
    expect(await signIn(other.handle, password)).toEqual(REFUSED)
    for (const near of [`${String(password)} `, String(password).toUpperCase(), String(password).replaceAll('-', '')])
      expect(await signIn(me.handle, near)).toEqual(REFUSED)
  })

  it('ends at once with all that was begun with it, and with nothing else', async () => {
    const { handle, accessJwt } = await newPerson()
    const { password } = (await add(accessJwt, 'lost phone')).body
    const { password: kept } = (await add(accessJwt, 'laptop')).body
    const sessions = [await signIn(handle, password), await signIn(handle, password)].map(({ body }) => body)
    const { body: other } = await signIn(handle, kept)
    const renewed = (await refresh(sessions[1]!.refreshJwt)).body
    for (const { accessJwt } of [...sessions, renewed]) expect((await getSession(accessJwt)).status).toBe(200)

    expect((await revoke(accessJwt, 'lost phone')).status).toBe(200)
    for (const { accessJwt, refreshJwt } of [...sessions, renewed]) {
      expect(await getSession(accessJwt)).toMatchObject({ status: 400, body: { error: 'ExpiredToken' } })
      expect(await refresh(refreshJwt)).toMatchObject({ status: 400, body: { error: 'ExpiredToken' } })
    }
    expect(await signIn(handle, password)).toEqual(REFUSED)
    expect((await getSession(other.accessJwt)).status).toBe(200)
    expect((await getSession(accessJwt)).status).toBe(200)
    // Of a name that there is not, nothing is said.
    expect((await revoke(accessJwt, 'lost phone')).status).toBe(200)
    expect((await add(accessJwt, 'lost phone')).status).toBe(200)
  })

  it('begins nothing any more when it is revoked while somebody is signing in with it', async () => {
    const { handle, accessJwt } = await newPerson()
    const { password } = (await add(accessJwt, 'app')).body
    const appPasswords = server.get(AppPasswords)
    const find = appPasswords.find.bind(appPasswords)
    appPasswords.find = async (...args) => {
      const found = await find(...args)
      await revoke(accessJwt, 'app')
      return found
    }
    try {
      expect(await signIn(handle, password)).toEqual(REFUSED)
    } finally {
      appPasswords.find = find
    }
  })

  it('has a name of its own', async () => {
    const { did, accessJwt } = await newPerson()
    const answers = await Promise.all(Array.from({ length: 4 }, () => add(accessJwt, 'twice')))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400])
    const message = 'There is an app password of that name already'
    expect((await add(accessJwt, 'twice')).body).toEqual({ error: 'InvalidRequest', message })
    expect((await add((await newPerson()).accessJwt, 'twice')).status).toBe(200)
    for (const name of ['', '  ', 'x'.repeat(257)]) expect((await add(accessJwt, name)).status).toBe(400)
    const rows = await server.get(Database).read.all('SELECT 1 FROM app_password WHERE did = ?', did)
    expect(rows).toHaveLength(1)
  })

  it('is one of 200 at most, and is found among them by one digest', async () => {
    const { did, handle, accessJwt } = await newPerson()
    const appPasswords = server.get(AppPasswords)
    const made = await server.get(Database).write(async (tx) => {
      const all: string[] = []
      for (let i = 0; i < 200; i++) all.push((await appPasswords.create(tx, did as Did, `app ${i}`, false)).password)
      return all
    })
    expect(new Set(made).size).toBe(200)
    expect(await add(accessJwt, 'one too many')).toMatchObject({ status: 400, body: { error: 'InvalidRequest' } })
    expect(await list(accessJwt)).toHaveLength(200)

    const passwords = server.get(Passwords)
    const derive = Passwords.prototype['derive']
    let hashes = 0
    passwords['derive'] = (...args: Parameters<typeof derive>) => (hashes++, derive.apply(passwords, args))
    try {
      expect((await signIn(handle, made[199])).status).toBe(200)
      expect(hashes).toBe(0)
      // What only looks like one costs as much as any wrong password, whether there is such an account or not.
      expect(await signIn(handle, 'aaaa-bbbb-cccc-dddd')).toEqual(REFUSED)
      expect(hashes).toBe(1)
      expect(await signIn('nobody.test', 'aaaa-bbbb-cccc-dddd')).toEqual(REFUSED)
      expect(hashes).toBe(2)
    } finally {
      passwords['derive'] = derive
    }
  })

  it('is nowhere in the database', async () => {
    const { accessJwt } = await newPerson()
    const { password } = (await add(accessJwt, 'secret')).body
    const rows = await server.get(Database).read.all<{ hash: Buffer }>('SELECT * FROM app_password')
    for (const row of rows) {
      expect(Object.values(row).map(String)).not.toContain(password)
      expect(row.hash).toHaveLength(32)
    }
  })

  it('goes with its account', async () => {
    const { did, accessJwt } = await newPerson()
    await add(accessJwt, 'app')
    const basic = `Basic ${Buffer.from(`admin:${adminPassword()}`).toString('base64')}`
    await server.post('com.atproto.admin.deleteAccount', { auth: basic, body: { did } })
    const { read } = server.get(Database)
    await eventually(async () => !(await read.get('SELECT 1 FROM app_password WHERE did = ?', did)))
  })
})

/** Bad input 4: an app is trusted with what an app does. */
describe('who has an app password only', () => {
  it('neither gets nor takes away another one, and cannot open an appeal', async () => {
    const { did, handle, accessJwt } = await newPerson()
    const { password } = (await add(accessJwt, 'app', true)).body
    const { body } = await signIn(handle, password)
    const refusal = { status: 400, body: { error: 'InvalidToken', message: 'Bad token scope' } }
    expect(await add(body.accessJwt as string, 'another')).toEqual(refusal)
    expect(await revoke(body.accessJwt as string, 'app')).toEqual(refusal)

    await setStatus(did, 'takendown')
    const takendown = { status: 401, body: { error: 'AccountTakedown', message: 'Account has been taken down' } }
    expect(await signIn(handle, password)).toEqual(takendown)
    expect(await signIn(handle, password, { allowTakendown: true })).toEqual(takendown)
    expect(await getSession(body.accessJwt)).toEqual(takendown)
    expect(await refresh(body.refreshJwt)).toEqual(takendown)
  })
})

describe('who is taken down', () => {
  it('may ask, refresh and sign out with the session that was opened to appeal', async () => {
    const { did, handle } = await newPerson()
    await setStatus(did, 'takendown')
    const appeal = await signIn(handle, `${handle.split('.')[0]}-password`, { allowTakendown: true })
    expect(scopeOf(appeal.body.accessJwt)).toBe('com.atproto.takendown')
    const next = await refresh(appeal.body.refreshJwt)
    expect([next.status, scopeOf(next.body.accessJwt)]).toEqual([200, 'com.atproto.takendown'])
    expect((await getSession(next.body.accessJwt)).body).toMatchObject({ active: false, status: 'takendown' })
    const signOut = { auth: next.body.refreshJwt as string }
    expect((await server.post('com.atproto.server.deleteSession', signOut)).status).toBe(200)
    expect((await getSession(next.body.accessJwt)).body.error).toBe('ExpiredToken')
  })
})

describe('a sign-in', () => {
  it('with a password that is changed meanwhile begins nothing', async () => {
    const { did, handle } = await newPerson()
    const passwords = server.get(Passwords)
    const verify = passwords.verify.bind(passwords)
    passwords.verify = async (...args) => {
      const verified = await verify(...args)
      const changed = await passwords.hash('another-password')
      await server.get(Database).write(async (tx) => {
        await tx.run('UPDATE account SET password = ? WHERE did = ?', changed, did)
      })
      return verified
    }
    try {
      expect(await signIn(handle, `${handle.split('.')[0]}-password`)).toEqual(REFUSED)
    } finally {
      passwords.verify = verify
    }
    expect((await signIn(handle, 'another-password')).status).toBe(200)
  })
})

function setStatus(did: string, status: string | null): Promise<void> {
  return server.get(Database).write(async (tx) => {
    await tx.run('UPDATE repo SET status = ? WHERE did = ?', status, did)
  })
}

function adminPassword(): string {
  return server.get(Secrets).adminPassword
}
