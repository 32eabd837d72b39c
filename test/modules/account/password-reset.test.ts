import { EmailCodes } from '../../../src/modules/account/email-codes.js'
import type { Did } from '../../../src/repo-engine/index.js'
import { TestServer } from '../../support/account-app.js'
import { plainJson } from '../../support/plain-json.js'
import { eventually } from '../../support/eventually.js'

let server: TestServer
beforeAll(async () => {
  server = await TestServer.start({ PDS_ADMIN_PASSWORD: 'admin-password' })
})
afterAll(() => server.close())

const method = (name: string, body: unknown, auth?: string) =>
  server.post(`com.atproto.server.${name}`, { body, ...(auth !== undefined && { auth }) })
const signIn = (name: string, password = `${name}-password`) =>
  method('createSession', { identifier: `${name}.test`, password })
const isAlive = async (auth: unknown) =>
  (await server.query('com.atproto.server.getSession', { auth: auth as string })).status === 200
const INVALID = { status: 400, body: { error: 'InvalidToken' } }

/** The code that was asked for; there is no mail here, so it is the operator who sees it. */
async function codeOf(did: string): Promise<string> {
  let code: string | undefined
  await eventually(async () => (code = (await server.get(EmailCodes).living(did as Did))[0]?.code) !== undefined)
  return code!
}

async function requestReset(name: string, did: string): Promise<string> {
  expect((await method('requestPasswordReset', { email: `${name}@example.com` })).status).toBe(200)
  return codeOf(did)
}

it('ends what was begun with app passwords as well, which go on to work', async () => {
  const { did, accessJwt } = await server.createAccount('alice')
  const made = await method('createAppPassword', { name: 'phone' }, accessJwt)
  const appPassword = made.body.password as string
  const app = await signIn('alice', appPassword)
  expect(await isAlive(app.body.accessJwt)).toBe(true)
  const token = await requestReset('alice', did)
  expect((await method('resetPassword', { token, password: 'another password' })).status).toBe(200)
  expect(await isAlive(app.body.accessJwt)).toBe(false)
  expect(await method('refreshSession', undefined, app.body.refreshJwt as string)).toMatchObject({ status: 400 })
  expect((await signIn('alice', appPassword)).status).toBe(200)
})

it('takes no code of an app password: a second factor is for the password of the account', async () => {
  const { accessJwt, did } = await server.createAccount('bob')
  const made = await method('createAppPassword', { name: 'phone' }, accessJwt)
  await plainJson(`${server.url}/admin/accounts/confirm-email`, 'admin:admin-password', { account: did })
  const factor = { email: 'bob@example.com', emailAuthFactor: true }
  expect((await method('updateEmail', factor, accessJwt)).status).toBe(200)
  expect(await signIn('bob')).toMatchObject({ status: 401, body: { error: 'AuthFactorTokenRequired' } })
  expect((await signIn('bob', made.body.password as string)).status).toBe(200)
})

it('happens once, when one code is used by several at the same moment', async () => {
  const { did } = await server.createAccount('carla')
  const token = await requestReset('carla', did)
  const passwords = ['first password', 'second password', 'third password']
  const answers = await Promise.all(passwords.map((password) => method('resetPassword', { token, password })))
  const statuses = answers.map(({ status }) => status)
  expect([...statuses].sort()).toEqual([200, 400, 400])
  for (const [i, password] of passwords.entries())
    expect((await signIn('carla', password)).status).toBe(statuses[i] === 200 ? 200 : 401)
})

it('costs nothing with a code that is none: nothing is hashed', async () => {
  const wrong = Array.from({ length: 150 }, () =>
    method('resetPassword', { token: 'AAAAA-AAAAA', password: 'x'.repeat(200) }),
  )
  // More hashes than 102 at once would be refused with 503.
  for (const answer of await Promise.all(wrong)) expect(answer).toMatchObject(INVALID)
  for (const token of ['', '-', 'x'.repeat(100_000), "' OR 1=1 --", '\u0000'])
    expect(await method('resetPassword', { token, password: 'another password' })).toMatchObject(INVALID)
})

it('is turned away, and nothing else is, when too many guess passwords at once', async () => {
  const { did } = await server.createAccount('dan')
  const guess = () => method('deleteAccount', { did, password: 'a guess', token: 'AAAAA-AAAAA' })
  const statuses = new Set<number>()
  // How many of a flood are too many is up to how fast they come, and are answered.
  await eventually(async () => {
    const flood = Promise.all(Array.from({ length: 130 }, guess))
    expect((await server.query('com.atproto.server.describeServer')).status).toBe(200)
    for (const { status } of await flood) statuses.add(status)
    return statuses.has(503)
  })
  expect([...statuses].sort()).toEqual([401, 503])
  expect((await signIn('dan')).status).toBe(200)
})

it('is not told apart for an account that is there, or is not', async () => {
  await server.createAccount('erin')
  const answers = [await signIn('erin', 'wrong'), await signIn('nobody', 'wrong')]
  expect(answers[0]).toEqual(answers[1])
})
