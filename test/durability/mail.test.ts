/** A mail that was promised arrives, also when the server is killed before it is sent: once or more, never never. */
import { rmSync } from 'node:fs'
import { AtpAgent } from '@atproto/api'
import { buildServer, ChildServer, scratchDirectory } from '../support/crash.js'
import { SmtpSink } from '../support/smtp-sink.js'
import { freePort } from '../support/free-port.js'

let build: Awaited<ReturnType<typeof buildServer>>
let directory: string
let server: ChildServer | undefined
let sink: SmtpSink | undefined

beforeAll(async () => (build = await buildServer()))
afterAll(() => build.remove())
beforeEach(() => (directory = scratchDirectory()))
afterEach(async () => {
  await server?.kill()
  await sink?.close()
  rmSync(directory, { recursive: true, force: true })
})

/** Everything that was printed, by every server of a test. */
let printed = ''
async function start(env: Record<string, string>): Promise<AtpAgent> {
  server = await ChildServer.start(build.main, directory, { env })
  return new AtpAgent({ service: server.url })
}
async function kill(): Promise<void> {
  await server!.kill()
  printed += server!.output
}

const ALICE = { identifier: 'alice.test', password: 'alice-password' }

it('a mail outlives kill -9 between the promise and the sending', async () => {
  // Takes the recipient and says no word to it: what is promised stays owed.
  let reached: () => void
  const held = new Promise<void>((resolve) => (reached = resolve))
  const port = Number(await freePort())
  sink = await SmtpSink.start({ port, onRcptTo: () => reached() })
  const { env } = sink
  let agent = await start(env)
  await agent.createAccount({ handle: 'alice.test', email: 'alice@example.com', password: 'alice-password' })
  await agent.com.atproto.server.requestPasswordReset({ email: 'alice@example.com' })
  await held
  await kill()
  await sink.close()

  sink = await SmtpSink.start({ port })
  agent = await start(env)
  const { to, code } = await sink.next('reset_password')
  expect(to).toEqual(['alice@example.com'])
  await agent.com.atproto.server.resetPassword({ token: code, password: 'another password' })
  await agent.login({ ...ALICE, password: 'another password' })
  for (const secret of [code, 'alice-password', 'another password'])
    expect(printed + server!.output).not.toContain(secret)
})

it('what was acknowledged is mailed, wherever the server is killed', async () => {
  sink = await SmtpSink.start()
  // Identities name the port.
  const env = { ...sink.env, PDS_PORT: await freePort() }
  let agent = await start(env)
  await agent.createAccount({ handle: 'alice.test', email: 'alice@example.com', password: 'alice-password' })
  const used = new Set<string>()
  for (let round = 0; round < 4; round++) {
    await agent.com.atproto.server.requestEmailConfirmation()
    // At once after the answer: what follows it may or may not have begun.
    await kill()
    agent = await start(env)
    await agent.login(ALICE)
    let { code } = await sink.next('confirm_email')
    // What the dying server had sent may have come twice, with the same code.
    while (used.has(code)) ({ code } = await sink.next('confirm_email'))
    await agent.com.atproto.server.confirmEmail({ email: 'alice@example.com', token: code })
    used.add(code)
  }
  expect(new Set(sink.mails.map((mail) => mail.code))).toEqual(used)
})

it('no code, password, secret of an app or of a mail server is ever logged', async () => {
  sink = await SmtpSink.start({
    refuseContent: (raw) => {
      const [code] = /[A-Z2-7]{5}-[A-Z2-7]{5}/.exec(raw) ?? []
      // A server that repeats what it was told.
      return raw.includes('sign_in') ? { code: 451, text: `will not take ${code} now` } : null
    },
  })
  const agent = await start({
    ...sink.env,
    PDS_MODERATION_EMAIL_SMTP_URL: 'smtp://mailer:smtp-password@127.0.0.1:1',
  })
  await agent.createAccount({ handle: 'alice.test', email: 'alice@example.com', password: 'alice-password' })
  const methods = agent.com.atproto.server
  await methods.requestEmailConfirmation()
  const { code } = await sink.next('confirm_email')
  await expect(methods.confirmEmail({ email: 'alice@example.com', token: 'WRONG-22222' })).rejects.toThrow()
  await methods.confirmEmail({ email: 'alice@example.com', token: code })
  await methods.updateEmail({ email: 'alice@example.com', emailAuthFactor: true })
  const url = server!.url
  const signIn = { ...ALICE, authFactorToken: 'WRONG-33333' }
  await expect(new AtpAgent({ service: url }).login(ALICE)).rejects.toThrow('sign in code')
  await expect(new AtpAgent({ service: url }).login(signIn)).rejects.toThrow('Token is invalid')
  const headers = { authorization: `Bearer ${agent.session!.accessJwt}`, 'content-type': 'application/json' }
  const begun = await fetch(`${url}/account/totp/begin`, {
    method: 'POST',
    headers,
    body: '{"password":"alice-password"}',
  })
  const { secret } = (await begun.json()) as { secret: string }
  await fetch(`${url}/account/totp/confirm`, { method: 'POST', headers, body: '{"code":"424242"}' })
  await fetch(`${url}/account/password`, {
    method: 'POST',
    headers,
    body: '{"current":"my-guess","new":"next-password"}',
  })
  const { accessJwt, refreshJwt } = agent.session!
  await server!.stop()

  const { output } = server!
  expect(output).toContain('will not take … now')
  expect(output).toContain('cannot be used')
  const silent = [
    'alice-password',
    'my-guess',
    'next-password',
    'smtp-password',
    'WRONG-',
    '424242',
    code,
    secret,
    accessJwt,
    refreshJwt,
  ]
  for (const one of silent) expect(output).not.toContain(one)
  expect(output).not.toMatch(/[A-Z2-7]{5}-[A-Z2-7]{5}/)
})
