/** What an operator does for people whom mail does not reach, and for mail itself. */
import type { AtpAgent } from '@atproto/api'
import { SmtpSink } from '../support/smtp-sink.js'
import { startTestServer, type TestServer } from '../support/server.js'
import { dataDirectory, skylog } from './run-cli.js'

const directory = dataDirectory()
const env = { PDS_DATA_DIRECTORY: directory }

describe('a server without mail', () => {
  let server: TestServer
  let online: Record<string, string>
  let alice: AtpAgent & { assertDid: string }
  beforeAll(async () => {
    server = await startTestServer({}, directory)
    online = { ...env, PDS_PORT: new URL(server.url).port }
    alice = await server.signUp('alice')
  })
  const signIn = (password: string, authFactorToken?: string) =>
    server
      .agent()
      .login({ identifier: 'alice.test', password, ...(authFactorToken !== undefined && { authFactorToken }) })

  it('has the operator tell codes', async () => {
    await alice.com.atproto.server.requestEmailConfirmation()
    const [json, text] = await Promise.all([
      skylog(['account', 'codes', 'alice.test', '--json'], env),
      skylog(['account', 'codes'], env),
    ])
    expect(json.json()).toMatchObject([{ handle: 'alice.test', did: alice.assertDid, purpose: 'confirm_email' }])
    const [{ code }] = json.json() as [{ code: string }]
    expect(text.stdout).toMatch(/^1 code .*purpose .*code .*works$/m)
    expect(text.stdout).toMatch(new RegExp(`alice\\.test +confirm_email +${code} +for 1[45] min`))
    await alice.com.atproto.server.confirmEmail({ email: 'alice@example.com', token: code })

    await alice.com.atproto.server.updateEmail({ email: 'alice@example.com', emailAuthFactor: true })
    await expect(signIn('alice-password')).rejects.toMatchObject({ error: 'AuthFactorTokenRequired' })
    const shown = (await skylog(['account', 'codes', alice.assertDid, '--json'], env)).json() as { code: string }[]
    await signIn('alice-password', shown[0]!.code)
  })

  it('has the operator do without a second factor', async () => {
    const shown = await skylog(['account', 'factors', 'alice.test'], online)
    expect(shown.stdout).toMatch(/code by mail +on, to alice@example/)
    const off = await skylog(['account', 'factors', 'alice.test', '--remove', '--json'], online)
    expect(off.json()).toMatchObject({
      handle: 'alice.test',
      email: { on: false, confirmed: true },
      totp: { on: false },
    })
    await signIn('alice-password')
  })

  it('has the operator confirm an address, and make up a password', async () => {
    const bob = await server.signUp('bob')
    const confirmed = await skylog(['account', 'confirm-email', 'BOB.test'], online)
    expect(confirmed.stdout).toBe('Confirmed bob@example.com of bob.test\n')
    expect((await bob.com.atproto.server.getSession()).data.emailConfirmed).toBe(true)

    const reset = await skylog(['account', 'reset-password', 'alice.test', '--json'], online)
    const { password } = reset.json() as { password: string }
    expect(password).toMatch(/^([a-z2-7]{5}-){3}[a-z2-7]{5}$/)
    await expect(alice.com.atproto.server.getSession()).rejects.toMatchObject({ error: 'ExpiredToken' })
    await signIn(password)
  })

  it('has all that also while it is not running', async () => {
    await server.close()
    const reset = (await skylog(['account', 'reset-password', 'alice.test'], env)).stdout
    expect(reset).toContain('shown this once')
    expect((await skylog(['account', 'factors', 'alice.test', '--remove'], env)).stdout).toMatch(
      /authenticator app +off/,
    )
    const confirmed = await skylog(['account', 'confirm-email', 'alice.test', '--json'], env)
    expect(confirmed.json()).toMatchObject({ handle: 'alice.test' })
    const actions = (await skylog(['action', 'list', '--json'], env)).json() as { actor: string; action: string }[]
    const noted = actions.filter(({ actor }) => actor === 'cli').map(({ action }) => action)
    expect(noted).toEqual(['confirm-email', 'remove-factors', 'update-password'])
    server = await startTestServer({}, directory)
    await signIn(/password +(\S+)/.exec(reset)![1]!)
    await server.close()
  })
})

it('names an account that is not there', async () => {
  for (const command of ['codes', 'confirm-email', 'reset-password', 'factors'])
    expect(await skylog(['account', command, 'nobody.test'], env)).toMatchObject({
      code: 1,
      stderr: `skylog: there is no account nobody.test in ${directory}\n`,
    })
})

describe('mail test', () => {
  const test = (more: Record<string, string>, ...args: string[]) =>
    skylog(['mail', 'test', 'alice@example.com', ...args], { ...env, ...more })

  it('sends one and tells the answer of the server', async () => {
    const sink = await SmtpSink.start()
    const { code, stdout } = await test(sink.env)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Sent\n.*to +alice@example\.com\n.*by +127\.0\.0\.1:\d+\n.*answer +250 /)
    expect(await sink.next('test')).toMatchObject({ to: ['alice@example.com'] })

    // As the server that is running would.
    const server = await startTestServer(sink.env, directory)
    const json = await test({ PDS_PORT: new URL(server.url).port }, '--json')
    expect(json.json()).toMatchObject({ sent: true, to: 'alice@example.com' })
    await sink.next('test')
    await server.close()
    await sink.close()
  })

  it('ends with 1 and says what to do when there is no server, or it is away', async () => {
    const none = await test({})
    expect(none.code).toBe(1)
    expect(none.stdout).toContain('Set PDS_EMAIL_SMTP_URL')
    const away = await test({
      PDS_EMAIL_FROM_ADDRESS: 'mail@skylog.example',
      PDS_EMAIL_SMTP_URL: 'smtp://me:my-password@127.0.0.1:1',
    })
    expect(away.code).toBe(1)
    expect(away.stdout).toMatch(/Not sent[^]*ECONNREFUSED[^]*Check host and port/)
    expect(away.stdout + away.stderr).not.toContain('my-password')
  })
})
