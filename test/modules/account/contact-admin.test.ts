import { CommandBus } from '@nestjs/cqrs'
import { SendModerationMail } from '../../../src/modules/account/contact/send-moderation-mail.js'
import { DeleteAccount } from '../../../src/modules/account/life/delete-account.js'
import { mintServiceJwt } from '../../../src/modules/auth/service-jwt.js'
import { ServiceKeys } from '../../../src/modules/auth/service-keys.js'
import { Database } from '../../../src/modules/database/database.js'
import { type Did, SigningKey } from '../../../src/repo-engine/index.js'
import { TestServer } from '../../support/account-app.js'
import { plainJson } from '../../support/plain-json.js'
import { SmtpSink } from '../../support/smtp-sink.js'

const ADMIN = 'admin:admin-password'
const auth = `Basic ${Buffer.from(ADMIN).toString('base64')}`

const MOD = 'did:plc:mmmmmmmmmmmmmmmmmmmmmmmm' as Did
const modKey = SigningKey.generate('k256')

let sink: SmtpSink
let server: TestServer
let alice: { did: string; accessJwt: string }
beforeAll(async () => {
  sink = await SmtpSink.start()
  server = await TestServer.start({
    ...sink.env,
    PDS_ADMIN_PASSWORD: 'admin-password',
    PDS_MODERATION_EMAIL_ADDRESS: 'moderators@skylog.example',
    PDS_MOD_SERVICE_DID: MOD,
  })
  server.get(ServiceKeys).resolve = () => Promise.resolve(modKey.didKey)
  alice = await server.createAccount('alice')
})
afterAll(async () => {
  await server.close()
  await sink.close()
})

const admin = (method: string, body: unknown) => server.post(`com.atproto.admin.${method}`, { auth, body })
const session = () => server.query('com.atproto.server.getSession', { auth: alice.accessJwt })
const confirm = (account: string) => plainJson(`${server.url}/admin/accounts/confirm-email`, ADMIN, { account })

it('lets nobody in but the operator', async () => {
  const { did, accessJwt } = alice
  const calls: [string, unknown][] = [
    ['updateAccountEmail', { account: did, email: 'x@example.com' }],
    ['updateAccountPassword', { did, password: 'another password' }],
    ['sendEmail', { recipientDid: did, senderDid: did, content: 'Hello' }],
  ]
  for (const [method, body] of calls)
    for (const token of [undefined, accessJwt, 'Basic YWRtaW46d3Jvbmc='])
      expect(await server.post(`com.atproto.admin.${method}`, { auth: token, body })).toMatchObject({ status: 401 })
  for (const path of ['codes', 'factors?account=alice.test'])
    expect(await plainJson(`${server.url}/admin/accounts/${path}`, accessJwt)).toMatchObject({ status: 401 })
  for (const path of ['accounts/confirm-email', 'accounts/factors/remove', 'mail/test'])
    expect(await plainJson(`${server.url}/admin/${path}`, accessJwt, { account: did })).toMatchObject({ status: 401 })
})

it('gives an account another address, which is not confirmed; codes sent to the old one are dead', async () => {
  expect((await confirm('alice.test')).status).toBe(200)
  await server.post('com.atproto.server.requestEmailUpdate', { auth: alice.accessJwt })
  expect((await sink.next('update_email')).to).toEqual(['alice@example.com'])
  expect((await admin('updateAccountEmail', { account: 'alice.test', email: 'Alice@Example.org' })).status).toBe(200)
  expect((await session()).body).toMatchObject({ email: 'alice@example.org', emailConfirmed: false })
  expect(await plainJson(`${server.url}/admin/accounts/codes`, ADMIN)).toEqual({ status: 200, body: { codes: [] } })

  await server.createAccount('bob')
  const refused = { status: 400, body: { error: 'InvalidRequest' } }
  expect(await admin('updateAccountEmail', { account: alice.did, email: 'bob@example.com' })).toMatchObject(refused)
  const evil = 'alice@example.com\r\nBcc: carla@example.com'
  for (const email of ['nobody', evil, '', `${'x'.repeat(300)}@example.com`])
    expect(await admin('updateAccountEmail', { account: alice.did, email })).toMatchObject(refused)
  const unknown = { status: 400, body: { error: 'AccountNotFound' } }
  expect(await admin('updateAccountEmail', { account: 'nobody.test', email: 'a@example.com' })).toMatchObject(unknown)
  expect((await session()).body).toMatchObject({ email: 'alice@example.org' })
})

it('gives an account another password, and ends its sessions', async () => {
  const bob = await server.createAccount('rob')
  const body = { did: bob.did, password: 'another password' }
  expect(await admin('updateAccountPassword', { ...body, password: 'short' })).toMatchObject({ status: 400 })
  const nobody = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
  expect(await admin('updateAccountPassword', { ...body, did: nobody })).toMatchObject({
    status: 400,
    body: { error: 'AccountNotFound' },
  })
  expect((await admin('updateAccountPassword', body)).status).toBe(200)
  expect(await server.query('com.atproto.server.getSession', { auth: bob.accessJwt })).toMatchObject({
    body: { error: 'ExpiredToken' },
  })
  expect(await server.post('com.atproto.server.refreshSession', { auth: bob.refreshJwt })).toMatchObject({
    status: 400,
  })
  const signIn = { identifier: 'rob.test', password: 'another password' }
  expect((await server.post('com.atproto.server.createSession', { body: signIn })).status).toBe(200)
})

describe('mail of moderators', () => {
  const send = (more: object) => admin('sendEmail', { recipientDid: alice.did, senderDid: alice.did, ...more })

  it('is sent in their name, as text and HTML', async () => {
    expect(await send({ subject: 'About your post', content: 'Dear alice,\n\n1 < 2 & "so on"' })).toEqual({
      status: 200,
      body: { sent: true },
    })
    const { to, kind, parsed } = await sink.next()
    expect({ to, kind }).toEqual({ to: ['alice@example.org'], kind: 'moderation' })
    expect(parsed.from?.value).toEqual([{ address: 'moderators@skylog.example', name: '' }])
    expect(parsed.subject).toBe('About your post')
    expect(parsed.text!.trim()).toBe('Dear alice,\n\n1 < 2 & "so on"')
    expect(parsed.html).toBe('<p>Dear alice,</p>\n<p>1 &lt; 2 &amp; &quot;so on&quot;</p>')
  })

  it('may be HTML, as moderation tools write it, and has a subject of its own', async () => {
    await send({ content: '<p>Dear <strong>alice</strong>,</p><p>1 &lt; 2<br>and so on</p>' })
    const { parsed } = await sink.next()
    expect(parsed.subject).toBe('Message from the moderators of localhost')
    expect(parsed.html).toContain('<strong>alice</strong>')
    expect(parsed.text!.trim()).toBe('Dear alice,\n1 < 2\nand so on')
  })

  it('may be sent by the moderation service, which may set no password', async () => {
    const token = (lxm: string) => mintServiceJwt(MOD, { aud: 'did:web:localhost', lxm }, modKey, Date.now())
    const [mail, password] = ['com.atproto.admin.sendEmail', 'com.atproto.admin.updateAccountPassword']
    const body = { recipientDid: alice.did, senderDid: MOD, content: 'Hello' }
    expect(await server.post(mail, { auth: token(mail), body })).toMatchObject({ status: 200, body: { sent: true } })
    expect((await sink.next('moderation')).to).toEqual(['alice@example.org'])
    const other = { did: alice.did, password: 'another password' }
    expect(await server.post(password, { auth: token(password), body: other })).toMatchObject({ status: 401 })
  })

  it('is bounded, and goes to accounts of this server', async () => {
    expect(await send({ content: 'x'.repeat(100_001) })).toMatchObject({ status: 400 })
    expect(await send({ content: 'Hello', subject: 'x'.repeat(201) })).toMatchObject({ status: 400 })
    expect(await send({ content: 'Hello', recipientDid: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' })).toMatchObject({
      status: 400,
      body: { message: 'Recipient not found' },
    })
  })

  it('is not promised to an account that has been deleted while it was asked for', async () => {
    const { did } = (await server.createAccount('gone')) as unknown as { did: Did }
    const commands = server.get(CommandBus)
    const deleting = commands.execute(new DeleteAccount(did))
    const sending: Promise<unknown>[] = []
    for (let n = 0; n < 200; n++) {
      const one = commands.execute(new SendModerationMail(did, 'Late', 'Hello'))
      sending.push(one.catch((error: Error) => error.message))
      await Promise.resolve()
    }
    const outcomes = await Promise.all(sending)
    expect(outcomes.at(-1)).toBe('Recipient not found')
    expect(outcomes.filter((sent) => sent === true).length).toBeLessThan(100)
    await deleting
  })

  it('has no headers but ours', async () => {
    await send({ content: 'Hello', subject: 'Hello\r\nBcc: carla@example.com\r\n\r\nBody' })
    const { to, parsed } = await sink.next()
    expect(to).toEqual(['alice@example.org'])
    expect(parsed.headers.has('bcc')).toBe(false)
    expect(parsed.subject).toBe('Hello Bcc: carla@example.com Body')
  })
})

it('a mail shows what an account is called, whatever that is', async () => {
  const carla = await server.createAccount('carla')
  const handle = 'x.test\r\nBcc: dan@example.com\r\n\r\n<script>alert(1)</script>'
  await server.get(Database).write(async (tx) => {
    await tx.run('UPDATE account SET handle = ? WHERE did = ?', handle, carla.did)
  })
  await server.post('com.atproto.server.requestEmailConfirmation', { auth: carla.accessJwt })
  const { to, parsed } = await sink.next('confirm_email')
  expect(to).toEqual(['carla@example.com'])
  expect(parsed.headers.has('bcc')).toBe(false)
  expect(parsed.html).not.toContain('<script>')
})

it('a test of mail takes one address', async () => {
  const test = (body: unknown) => plainJson(`${server.url}/admin/mail/test`, ADMIN, body)
  for (const body of [{}, { to: 'nobody' }, { to: ['a@example.com'] }, { to: 'a@example.com, b@example.com' }])
    expect(await test(body)).toMatchObject({ status: 400 })
  expect(await test({ to: 'dan@example.com' })).toMatchObject({ body: { sent: true, to: 'dan@example.com' } })
})

it('what the operator did is in the log of actions, without any secret', async () => {
  const { did } = await server.createAccount('erin')
  await admin('updateAccountPassword', { did, password: 'secret password' })
  await admin('updateAccountEmail', { account: did, email: 'secret@example.com' })
  await confirm(did)
  await plainJson(`${server.url}/admin/accounts/factors/remove`, ADMIN, { account: did })
  await admin('sendEmail', { recipientDid: did, senderDid: did, content: 'Secret', comment: 'as agreed' })
  const { body } = await plainJson<{ actions: { action: string; reason: string | null; actor: string }[] }>(
    `${server.url}/admin/actions?subject=${did}`,
    ADMIN,
  )
  expect(body.actions.map(({ action, reason }) => [action, reason])).toEqual([
    ['send-email', 'as agreed'],
    ['remove-factors', null],
    ['confirm-email', null],
    ['update-email', null],
    ['update-password', null],
  ])
  expect(new Set(body.actions.map(({ actor }) => actor))).toEqual(new Set(['admin']))
  expect(JSON.stringify(body)).not.toMatch(/secret/i)
})
