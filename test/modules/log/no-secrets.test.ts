/** A whole server that logs all it can, through calls that carry every kind of secret: none of them is in its log. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AtpAgent } from '@atproto/api'
import { Secret, TOTP } from 'otpauth'
import { WebSocket } from 'ws'
import { SmtpSink } from '../../support/smtp-sink.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'

const OWN = {
  PDS_ADMIN_PASSWORD: 'marked-admin-password',
  PDS_JWT_SECRET: 'marked-jwt-secret-of-the-server',
  PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX: '5eC4e7'.toLowerCase().repeat(10) + 'abcd',
  PDS_SIGNING_KEY_ENCRYPTION_KEY_HEX: '0dd5ea'.repeat(10) + 'cafe',
  PDS_RATE_LIMIT_BYPASS_KEY: 'marked-bypass-key',
  METRICS_TOKEN: 'marked-metrics-token',
}
const PASSWORD = 'marked-password-of-alice'
const OTHER_PASSWORD = 'marked-password-the-second'
const RECOVERY_KEY = 'beadfeed'.repeat(8)
const IN_URL = 'marked-value-of-a-query'
const IN_HEADER = 'marked-value-of-a-header'

const folder = mkdtempSync(join(tmpdir(), 'skylog-log-'))
const log = join(folder, 'log')
const admin = { authorization: `Basic ${Buffer.from(`admin:${OWN.PDS_ADMIN_PASSWORD}`).toString('base64')}` }
/** All that must not be found. */
const secrets = new Set<string>([...Object.values(OWN), PASSWORD, OTHER_PASSWORD, RECOVERY_KEY, IN_URL, IN_HEADER])

let server: TestServer
let sink: SmtpSink
beforeAll(async () => {
  sink = await SmtpSink.start({
    // A mail server that repeats what it does not take.
    refuse: (address) => (address.startsWith('refused') ? { code: 451, text: `no mailbox ${address}` } : null),
    refuseContent: (raw) => (raw.includes('update_email') ? { code: 451, text: `no, not this: ${raw}` } : null),
  })
  secrets.add('marked-smtp-password')
  server = await startTestServer({
    ...OWN,
    ...sink.env,
    PDS_MODERATION_EMAIL_SMTP_URL: 'smtp://user:marked-smtp-password@127.0.0.1:1',
    PDS_MODERATION_EMAIL_ADDRESS: 'mod@skylog.example',
    PDS_INVITE_REQUIRED: 'true',
    PDS_RATE_LIMITS_ENABLED: 'true',
    LOG_LEVEL: 'trace',
    LOG_REQUESTS: 'true',
    LOG_DESTINATION: log,
  })
})
afterAll(async () => {
  await stopTestServer(server)
  await sink.close()
  rmSync(folder, { recursive: true, force: true })
})

async function call(path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const isRaw = typeof body === 'string'
  return fetch(`${server.url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : isRaw ? body : JSON.stringify(body),
  })
}

function secret<T extends string>(text: T): T {
  secrets.add(text)
  return text
}

it('the log has none of them', async () => {
  const invite = (await (await call('/xrpc/com.atproto.server.createInviteCode', { useCount: 9 }, admin)).json()) as {
    code: string
  }
  const inviteCode = secret(invite.code)
  const agent = server.agent()
  const person = { handle: 'alice.test', email: 'alice@example.com', password: PASSWORD, inviteCode }
  await agent.createAccount(person)
  keep(agent)
  await accountCalls(agent)
  await factorCalls(agent)
  await wrongCalls(agent)
  const failed = await failingUpload(agent)
  await server.close()

  const text = readFileSync(log, 'utf8')
  for (const hidden of secrets) expect(text.includes(hidden) ? hidden : null).toBeNull()
  const lines = text.trimEnd().split('\n')
  const parsed = lines.map((line) => JSON.parse(line) as Record<string, unknown>)
  // It was a log of all of it, to the end.
  expect(parsed.filter(({ name }) => name === 'Request').length).toBeGreaterThan(25)
  expect(text).toContain('is tried again')
  const broken = parsed.find(({ level }) => level === 'error')
  expect(broken).toMatchObject({ name: 'Xrpc', requestId: failed.headers.get('x-request-id') })
})

function keep(agent: AtpAgent): void {
  secret(agent.session!.accessJwt)
  secret(agent.session!.refreshJwt)
}

async function accountCalls(agent: AtpAgent): Promise<void> {
  const { server: account } = agent.com.atproto
  const app = await account.createAppPassword({ name: 'phone' })
  const phone = server.agent()
  await phone.login({ identifier: 'alice.test', password: secret(app.data.password) })
  keep(phone)
  await phone.post({ text: 'by an app' })
  const service = await account.getServiceAuth({ aud: 'did:web:elsewhere.example', lxm: 'com.example.call' })
  secret(service.data.token)
  await account.requestEmailConfirmation()
  const confirmation = await sink.next('confirm_email')
  await account.confirmEmail({ email: 'alice@example.com', token: secret(confirmation.code) })
  await account.requestPasswordReset({ email: 'alice@example.com' })
  const reset = secret((await sink.next('reset_password')).code)
  await account.resetPassword({ token: reset, password: OTHER_PASSWORD })
  await agent.login({ identifier: 'alice.test', password: OTHER_PASSWORD })
  keep(agent)
  // One that the mail server refuses, and repeats.
  await account.requestEmailUpdate()
  await agent.sessionManager.refreshSession()
  keep(agent)
}

async function factorCalls(agent: AtpAgent): Promise<void> {
  const own = { authorization: `Bearer ${agent.session!.accessJwt}` }
  const begun = await call('/account/totp/begin', { password: OTHER_PASSWORD }, own)
  const setup = (await begun.json()) as { secret: string; uri: string }
  secret(setup.secret)
  const code = (): string => new TOTP({ secret: Secret.fromBase32(setup.secret) }).generate()
  const confirmed = await call('/account/totp/confirm', { code: code() }, own)
  const { backupCodes } = (await confirmed.json()) as { backupCodes: string[] }
  expect(backupCodes).toHaveLength(10)
  backupCodes.forEach(secret)
  const signIn = { identifier: 'alice.test', password: OTHER_PASSWORD, authFactorToken: backupCodes[0] }
  expect((await call('/xrpc/com.atproto.server.createSession', signIn)).status).toBe(200)
  expect((await call('/account/totp/remove', { password: OTHER_PASSWORD, code: 'wrong' }, own)).status).toBe(401)
}

/** What is refused, in every place where something secret may stand. */
async function wrongCalls(agent: AtpAgent): Promise<void> {
  const token = agent.session!.accessJwt
  const headers = {
    authorization: `DPoP ${IN_HEADER}`,
    dpop: IN_HEADER,
    cookie: `session=${IN_HEADER}`,
    'x-ratelimit-bypass': OWN.PDS_RATE_LIMIT_BYPASS_KEY,
  }
  const adoption = { did: 'did:plc:nobody', email: 'x@example.com', password: PASSWORD, rotationKey: RECOVERY_KEY }
  const statuses = [
    await call(`/xrpc/com.atproto.server.getSession?token=${IN_URL}`, undefined, headers),
    await call(`/xrpc/com.example.unknown?code=${IN_URL}`, undefined, headers),
    await call(`/nothing/at/all?password=${IN_URL}`, undefined, { 'x-request-id': `${IN_HEADER} spaced` }),
    await call(`/metrics?token=${IN_URL}`, undefined, { authorization: `Bearer ${OWN.METRICS_TOKEN}` }),
    await call('/admin/accounts/adopt', adoption, admin),
    await call('/xrpc/com.atproto.server.createSession', `{"identifier": "alice.test", "password": "${PASSWORD}"`),
    await call('/xrpc/com.atproto.server.createSession', { identifier: PASSWORD, password: PASSWORD }),
    await call('/xrpc/com.atproto.server.refreshSession', {}, { authorization: `Bearer ${token}` }),
    await call('/xrpc/com.atproto.repo.importRepo', 'marked-body', { authorization: `Bearer ${token}` }),
    await call('/xrpc/com.atproto.admin.sendEmail', mailTo(agent.assertDid), admin),
    await call('/admin/mail/test', { to: 'refused@example.com' }, admin),
  ].map(({ status }) => status)
  expect(statuses.filter((status) => status >= 400).length).toBeGreaterThan(6)
  secret('marked-body')
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/subscribe?token=${IN_URL}&wantedDids=${IN_URL}`)
  await new Promise<void>((resolve) => socket.on('error', () => {}).on('close', () => resolve()))
}

function mailTo(recipientDid: string): Record<string, string> {
  return { recipientDid, senderDid: recipientDid, subject: 'Hello', content: secret('marked-words-of-a-mail') }
}

/** Something breaks here: where blobs should be is a file. */
async function failingUpload(agent: AtpAgent): Promise<Response> {
  rmSync(join(server.directory, 'blobs'), { recursive: true, force: true })
  writeFileSync(join(server.directory, 'blobs'), '')
  const response = await fetch(`${server.url}/xrpc/com.atproto.repo.uploadBlob?hidden=${IN_URL}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${agent.session!.accessJwt}`, 'content-type': 'image/png' },
    body: secret('marked-bytes-of-a-blob'),
  })
  expect(response.status).toBe(500)
  return response
}
