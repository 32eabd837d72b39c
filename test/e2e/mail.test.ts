/** What goes over a mailbox, as the official client asks for it, from the mail to its effect. */
import type { AtpAgent } from '@atproto/api'
import { XRPCError } from '@atproto/api'
import { CommitLog } from '../../src/modules/commit-log/commit-log.js'
import { Database } from '../../src/modules/database/database.js'
import { setOwnStatus } from '../../src/modules/repo/repo-status.js'
import type { Did } from '../../src/repo-engine/index.js'
import { TestServer } from '../support/account-app.js'
import { plainJson } from '../support/plain-json.js'
import { SmtpSink } from '../support/smtp-sink.js'

const MINUTE = 60_000

let sink: SmtpSink
let server: TestServer
beforeAll(async () => {
  sink = await SmtpSink.start()
  server = await TestServer.start({ ...sink.env, PDS_ADMIN_PASSWORD: 'admin-password' })
})
afterAll(async () => {
  await server.close()
  await sink.close()
})

async function signUp(name: string): Promise<AtpAgent> {
  await server.createAccount(name)
  return signIn(name)
}

async function signIn(name: string, password = `${name}-password`, authFactorToken?: string): Promise<AtpAgent> {
  const agent = server.agent()
  const login = { identifier: `${name}.test`, password }
  await agent.login(authFactorToken === undefined ? login : { ...login, authFactorToken })
  return agent
}

/** The name and the message of what a call is refused with. */
async function refusal(call: Promise<unknown>): Promise<{ status: number; error: string; message: string }> {
  const error = await call.then(
    () => new Error('it was not refused'),
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof XRPCError)) throw error
  return { status: error.status, error: error.error, message: error.message }
}

const methods = (agent: AtpAgent) => agent.com.atproto.server
const emailOf = async (agent: AtpAgent) => {
  const { email, emailConfirmed, emailAuthFactor } = (await methods(agent).getSession()).data
  return { email, emailConfirmed, emailAuthFactor }
}

/** Confirms the address of somebody. */
async function confirm(agent: AtpAgent, name: string): Promise<void> {
  await methods(agent).requestEmailConfirmation()
  const { code } = await sink.next('confirm_email')
  await methods(agent).confirmEmail({ email: `${name}@example.com`, token: code })
}

describe('an address', () => {
  let alice: AtpAgent
  beforeAll(async () => void (alice = await signUp('alice')))

  it('is confirmed by the code that was sent there, once', async () => {
    expect(await emailOf(alice)).toEqual({ email: 'alice@example.com', emailConfirmed: false, emailAuthFactor: false })
    await methods(alice).requestEmailConfirmation()
    const { to, code, parsed } = await sink.next('confirm_email')
    expect(to).toEqual(['alice@example.com'])
    expect(parsed.text).toContain(code)
    expect(parsed.html).toContain(code)
    expect(parsed.text).toContain('alice.test')

    const wrong = (email: string, token: string) => refusal(methods(alice).confirmEmail({ email, token }))
    expect(await wrong('bob@example.com', code)).toMatchObject({ status: 400, error: 'InvalidEmail' })
    expect(await wrong('alice@example.com', 'AAAAA-AAAAA')).toMatchObject({ status: 400, error: 'InvalidToken' })
    await methods(alice).confirmEmail({ email: ' Alice@Example.com', token: code.toLowerCase() })
    expect(await emailOf(alice)).toMatchObject({ emailConfirmed: true })
    expect(await wrong('alice@example.com', code)).toMatchObject({ status: 400, error: 'InvalidToken' })
  })

  it('is changed by a code that was sent to the confirmed one; the new one is not confirmed', async () => {
    const update = (email: string, token?: string) => methods(alice).updateEmail(token ? { email, token } : { email })
    expect(await refusal(update('alice@example.org'))).toMatchObject({ status: 400, error: 'TokenRequired' })
    expect((await methods(alice).requestEmailUpdate()).data).toEqual({ tokenRequired: true })
    const { to, code } = await sink.next('update_email')
    expect(to).toEqual(['alice@example.com'])
    expect(await refusal(update('alice@example.org', 'AAAAA-AAAAA'))).toMatchObject({ error: 'InvalidToken' })
    expect(await refusal(update('nobody', code))).toMatchObject({ status: 400, error: 'InvalidRequest' })
    await methods(alice).requestAccountDelete()
    const deletion = await sink.next('delete_account')
    await update('Alice@Example.org', code)
    expect(await emailOf(alice)).toMatchObject({ email: 'alice@example.org', emailConfirmed: false })

    // What the old mailbox has is worth nothing any more.
    const body = { did: alice.assertDid, password: 'alice-password', token: deletion.code }
    expect(await refusal(methods(alice).deleteAccount(body))).toMatchObject({ error: 'InvalidToken' })
  })

  it('is changed without a code while it is not confirmed, and belongs to one account', async () => {
    expect((await methods(alice).requestEmailUpdate()).data).toEqual({ tokenRequired: false })
    await signUp('bob')
    const taken = await refusal(methods(alice).updateEmail({ email: 'BOB@example.com' }))
    expect(taken).toMatchObject({ status: 400, error: 'InvalidRequest' })
    await methods(alice).updateEmail({ email: 'alice@example.com' })
    await confirm(alice, 'alice')
    expect(await emailOf(alice)).toMatchObject({ email: 'alice@example.com', emailConfirmed: true })
  })
})

describe('a password', () => {
  it('is reset by a code, and everybody else is out', async () => {
    const before = await signUp('carla')
    await confirm(before, 'carla')
    const stranger = server.agent()
    await methods(stranger).requestPasswordReset({ email: 'Carla@example.com' })
    const { to, code, parsed } = await sink.next('reset_password')
    expect(to).toEqual(['carla@example.com'])
    expect(parsed.subject).toBe('Password reset requested')
    // As the official client looks at it before it sends it.
    expect(code).toMatch(/^[A-Z2-7]{5}-[A-Z2-7]{5}$/)

    const reset = (token: string, password: string) => methods(stranger).resetPassword({ token, password })
    expect(await refusal(reset('AAAAA-AAAAA', 'another password'))).toMatchObject({
      status: 400,
      error: 'InvalidToken',
    })
    expect(await refusal(reset(code, 'short'))).toMatchObject({ status: 400, error: 'InvalidPassword' })
    await reset(code, 'another password')
    expect(await refusal(reset(code, 'a third password'))).toMatchObject({ error: 'InvalidToken' })

    expect(await refusal(signIn('carla'))).toMatchObject({ status: 401, error: 'AuthenticationRequired' })
    expect(await refusal(methods(before).getSession())).toMatchObject({ error: 'ExpiredToken' })
    const after = await signIn('carla', 'another password')
    expect(await emailOf(after)).toMatchObject({ emailConfirmed: true })
  })

  it('is not reset by a code that is a quarter of an hour old', async () => {
    await signUp('late')
    await methods(server.agent()).requestPasswordReset({ email: 'late@example.com' })
    const { code } = await sink.next('reset_password')
    server.advance(15 * MINUTE)
    const late = methods(server.agent()).resetPassword({ token: code, password: 'another password' })
    expect(await refusal(late)).toMatchObject({ status: 400, error: 'ExpiredToken' })
  })

  it('is changed by who is signed in, and stays so in that session alone', async () => {
    const [one, other] = [await signUp('dan'), await signIn('dan')]
    const token = one.session!.accessJwt
    const change = (current: string, next: string) =>
      plainJson(`${server.url}/account/password`, token, { current, new: next })
    expect(await change('wrong', 'another password')).toMatchObject({ status: 401 })
    expect(await change('dan-password', 'short')).toMatchObject({ status: 400, body: { error: 'InvalidPassword' } })
    expect((await change('dan-password', 'another password')).status).toBe(200)
    expect((await methods(one).getSession()).success).toBe(true)
    expect(await refusal(methods(other).getSession())).toMatchObject({ error: 'ExpiredToken' })
    await signIn('dan', 'another password')
  })
})

describe('an account', () => {
  it('is deleted by its owner: DID, password and code', async () => {
    const erin = await signUp('erin')
    const did = erin.assertDid
    await methods(erin).requestAccountDelete()
    const { code } = await sink.next('delete_account')
    const stranger = methods(server.agent())
    const remove = (more: object) => stranger.deleteAccount({ did, password: 'erin-password', token: code, ...more })
    const unknown = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
    expect(await refusal(remove({ did: unknown }))).toMatchObject({ status: 400, message: 'account not found' })
    expect(await refusal(remove({ password: 'wrong' }))).toMatchObject({ status: 401, error: 'AuthenticationRequired' })
    expect(await refusal(remove({ password: 'x'.repeat(600) }))).toMatchObject({ status: 400 })
    expect(await refusal(remove({ token: 'AAAAA-AAAAA' }))).toMatchObject({ status: 400, error: 'InvalidToken' })
    await remove({})
    expect(await refusal(signIn('erin'))).toMatchObject({ status: 401 })
    expect(await refusal(remove({}))).toMatchObject({ message: 'account not found' })
  })

  it('is deleted by its owner also when it is taken down, or deactivated', async () => {
    const fred = await signUp('fred')
    const did = fred.assertDid
    await methods(fred).requestAccountDelete()
    const { code } = await sink.next('delete_account')
    const subject = { $type: 'com.atproto.admin.defs#repoRef', did }
    const admin = `Basic ${Buffer.from('admin:admin-password').toString('base64')}`
    const takedown = { subject, takedown: { applied: true } }
    expect(await server.post('com.atproto.admin.updateSubjectStatus', { auth: admin, body: takedown })).toMatchObject({
      status: 200,
    })
    await methods(server.agent()).deleteAccount({ did, password: 'fred-password', token: code })
    expect(await refusal(signIn('fred'))).toMatchObject({ status: 401, error: 'AuthenticationRequired' })

    const hana = await signUp('hana')
    const [database, log] = [server.get(Database), server.get(CommitLog)]
    await database.write((tx) => setOwnStatus(tx, log, hana.assertDid as Did, 'hosted', 'deactivated'))
    await methods(hana).requestAccountDelete()
    const token = (await sink.next('delete_account')).code
    await methods(server.agent()).deleteAccount({ did: hana.assertDid, password: 'hana-password', token })
    expect(await refusal(signIn('hana'))).toMatchObject({ status: 401, error: 'AuthenticationRequired' })
  })
})

describe('a sign-in with a code by mail', () => {
  let gina: AtpAgent
  beforeAll(async () => void (gina = await signUp('gina')))
  const email = 'gina@example.com'

  it('is only switched on where the address is confirmed', async () => {
    const refused = await refusal(methods(gina).updateEmail({ email, emailAuthFactor: true }))
    expect(refused).toMatchObject({ status: 400, error: 'InvalidRequest' })
    await confirm(gina, 'gina')
    // As the official client does it: what makes it safer needs no code.
    await methods(gina).updateEmail({ email, emailAuthFactor: true })
    expect(await emailOf(gina)).toMatchObject({ emailAuthFactor: true })
  })

  it('asks for the code, and takes it once', async () => {
    const asked = await refusal(signIn('gina'))
    expect(asked).toEqual({
      status: 401,
      error: 'AuthFactorTokenRequired',
      message: 'A sign in code has been sent to your email address',
    })
    const { to, code } = await sink.next('sign_in')
    expect(to).toEqual([email])
    // Clients send an empty field along before they know that there is one.
    expect(await refusal(signIn('gina', 'gina-password', ''))).toMatchObject({ error: 'AuthFactorTokenRequired' })
    const wrong = await refusal(signIn('gina', 'gina-password', 'AAAAA-AAAAA'))
    expect(wrong).toMatchObject({ status: 401, error: 'InvalidToken', message: 'Token is invalid' })
    const agent = await signIn('gina', 'gina-password', ` ${code.toLowerCase().replace('-', '')} `)
    expect(agent.session).toMatchObject({ emailAuthFactor: true })
    expect(await refusal(signIn('gina', 'gina-password', code))).toMatchObject({ error: 'InvalidToken' })
  })

  it('says nothing of the factor to who does not know the password', async () => {
    const wrong = await refusal(signIn('gina', 'wrong'))
    expect(wrong).toEqual(await refusal(signIn('nobody', 'wrong')))
  })

  it('sleeps when the address changes, until the new one is confirmed', async () => {
    await methods(gina).requestEmailUpdate()
    const { code } = await sink.next('update_email')
    await methods(gina).updateEmail({ email: 'gina@example.org', token: code })
    expect(await emailOf(gina)).toMatchObject({ emailConfirmed: false, emailAuthFactor: false })
    await signIn('gina')
    await methods(gina).requestEmailConfirmation()
    const confirmation = await sink.next('confirm_email')
    await methods(gina).confirmEmail({ email: 'gina@example.org', token: confirmation.code })
    expect(await emailOf(gina)).toMatchObject({ emailConfirmed: true, emailAuthFactor: true })
  })

  it('is switched off by a code alone', async () => {
    const off = { email: 'gina@example.org', emailAuthFactor: false }
    expect(await refusal(methods(gina).updateEmail(off))).toMatchObject({ error: 'TokenRequired' })
    await methods(gina).requestEmailUpdate()
    const { code } = await sink.next('update_email')
    await methods(gina).updateEmail({ ...off, token: code })
    expect(await emailOf(gina)).toMatchObject({ emailConfirmed: true, emailAuthFactor: false })
    await signIn('gina')
  })
})
