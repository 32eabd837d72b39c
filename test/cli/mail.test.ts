/** What an operator does for people whom mail does not reach, and for mail itself. */
import { createServer } from 'node:net'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SmtpSink } from '../support/smtp-sink.js'
import { startTestServer, type TestServer } from '../support/server.js'
import { dataDirectory, skylog } from './run-cli.js'

const directory = dataDirectory()
const env = { PDS_DATA_DIRECTORY: directory }
const signedIn = async (server: TestServer, password: string) => {
  const agent = server.agent()
  await agent.login({ identifier: 'alice.test', password })
  return agent
}

it('a server without mail: codes, an address and a password by the operator, beside it and without it', async () => {
  let server = await startTestServer({}, directory)
  const online = { ...env, PDS_PORT: new URL(server.url).port }
  const alice = await server.signUp('alice')
  expect((await skylog(['account', 'codes', '--json'], env)).json()).toEqual([])
  await alice.com.atproto.server.requestEmailConfirmation()
  const listed = await skylog(['account', 'codes', 'alice.test', '--json'], env)
  const [{ code }] = listed.json() as [{ code: string }]
  expect(listed.json()).toMatchObject([{ handle: 'alice.test', did: alice.assertDid, purpose: 'confirm_email' }])
  const text = await skylog(['account', 'codes'], env)
  expect(text.stdout).toMatch(/^1 code .*purpose .*code .*works$/m)
  expect(text.stdout).toMatch(new RegExp(`alice\\.test +confirm_email +${code} +for 1[45] min`))
  await alice.com.atproto.server.confirmEmail({ email: 'alice@example.com', token: code })

  // The one that is told by the operator signs in.
  await alice.com.atproto.server.updateEmail({ email: 'alice@example.com', emailAuthFactor: true })
  const signIn = server.agent().login({ identifier: 'alice.test', password: 'alice-password' })
  await expect(signIn).rejects.toMatchObject({ error: 'AuthFactorTokenRequired' })
  const shown = (await skylog(['account', 'codes', alice.assertDid, '--json'], env)).json() as { code: string }[]
  const login = { identifier: 'alice.test', password: 'alice-password', authFactorToken: shown[0]!.code }
  await server.agent().login(login)
  expect((await skylog(['account', 'factors', 'alice.test'], online)).stdout).toMatch(
    /code by mail +on, to alice@example/,
  )
  const off = await skylog(['account', 'factors', 'alice.test', '--remove', '--json'], online)
  expect(off.json()).toMatchObject({ handle: 'alice.test', email: { on: false, confirmed: true }, totp: { on: false } })

  const bob = await server.signUp('bob')
  expect((await skylog(['account', 'confirm-email', 'BOB.test'], online)).stdout).toBe(
    'Confirmed bob@example.com of bob.test\n',
  )
  expect((await bob.com.atproto.server.getSession()).data.emailConfirmed).toBe(true)

  const reset = await skylog(['account', 'reset-password', 'alice.test', '--json'], online)
  const { password } = reset.json() as { password: string }
  expect(password).toMatch(/^([a-z2-7]{5}-){3}[a-z2-7]{5}$/)
  await expect(alice.com.atproto.server.getSession()).rejects.toMatchObject({ error: 'ExpiredToken' })
  await signedIn(server, password)
  await server.close()

  const offline = (await skylog(['account', 'reset-password', 'alice.test'], env)).stdout
  expect(offline).toContain('shown this once')
  expect((await skylog(['account', 'factors', 'alice.test', '--remove'], env)).stdout).toMatch(/authenticator app +off/)
  expect((await skylog(['account', 'confirm-email', 'alice.test', '--json'], env)).json()).toMatchObject({
    handle: 'alice.test',
  })
  server = await startTestServer({}, directory)
  await signedIn(server, /password +(\S+)/.exec(offline)![1]!)
  await server.close()
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
  const from = { PDS_EMAIL_FROM_ADDRESS: 'mail@skylog.example' }

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

  it('says what to do when there is no server, a wrong password, a refusal or a strange answer', async () => {
    const none = await test({})
    expect(none.code).toBe(1)
    expect(none.stdout).toContain('Set PDS_EMAIL_SMTP_URL')

    const away = await test({ ...from, PDS_EMAIL_SMTP_URL: 'smtp://me:my-password@127.0.0.1:1' })
    expect(away.code).toBe(1)
    expect(away.stdout).toMatch(/Not sent[^]*ECONNREFUSED[^]*Check host and port/)
    expect(away.stdout + away.stderr).not.toContain('my-password')

    const strict = await SmtpSink.start({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: (_auth, _session, done) => done(new Error('who are you')),
    })
    const unknown = await test({ ...from, PDS_EMAIL_SMTP_URL: `smtp://me:my-password@127.0.0.1:${strict.port}` })
    expect(unknown.stdout).toMatch(/Not sent[^]*Check user and password/)
    expect(unknown.stdout + unknown.stderr).not.toContain('my-password')
    await strict.close()

    const picky = await SmtpSink.start({ refuse: () => ({ code: 550, text: 'no such user here' }) })
    const refused = await test(picky.env, '--json')
    expect(refused.json()).toMatchObject({
      sent: false,
      error: '550 no such user here',
      advice: expect.stringContaining('refuses this recipient') as string,
    })
    await picky.close()

    const web = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1')
    await once(web, 'listening')
    const wrongPort = `smtp://127.0.0.1:${(web.address() as AddressInfo).port}`
    expect((await test({ ...from, PDS_EMAIL_SMTP_URL: wrongPort })).code).toBe(1)
    const tls = `smtps://127.0.0.1:${(web.address() as AddressInfo).port}`
    expect((await test({ ...from, PDS_EMAIL_SMTP_URL: tls })).stdout).toContain('smtps:// speaks TLS from the start')
    web.close()
  })
})
