import { jest } from '@jest/globals'
import { Logger } from '@nestjs/common'
import { Database } from '../../../src/modules/database/database.js'
import type { Mail } from '../../../src/modules/mail/mailer.js'
import { Mailer } from '../../../src/modules/mail/mailer.js'
import { TestServer } from '../../support/account-app.js'
import { SmtpSink } from '../../support/smtp-sink.js'
import { eventually } from '../../support/eventually.js'

const DAY = 24 * 60 * 60 * 1000

let sink: SmtpSink | undefined
let server: TestServer | undefined
/** What was said in the log. */
let log: string[]
beforeEach(() => {
  log = []
  for (const method of ['warn', 'error'] as const)
    jest.spyOn(Logger.prototype, method).mockImplementation((message: unknown) => void log.push(String(message)))
})
afterEach(async () => {
  jest.restoreAllMocks()
  await server?.close()
  await sink?.close()
  server = sink = undefined
})

const note = (to = 'alice@example.com', more: Partial<Mail> = {}): Mail => ({
  kind: 'moderation',
  did: null,
  to,
  subject: 'A word',
  text: 'Hello',
  html: '<p>Hello</p>',
  ...more,
})
const promise = (mail: Mail) => server!.get(Database).write((tx) => server!.get(Mailer).send(tx, mail))
const owed = () => server!.get(Database).read.all<{ attempts: number }>('SELECT attempts FROM outbox')

it('sends text and HTML, and says by a header what a mail is about', async () => {
  sink = await SmtpSink.start()
  server = await TestServer.start({
    ...sink.env,
    PDS_HOSTNAME: 'skylog.example',
    PDS_DID_PLC_URL: 'http://localhost:1',
  })
  await promise(note())
  const { to, kind, parsed, raw } = await sink.next()
  expect({ to, kind }).toEqual({ to: ['alice@example.com'], kind: 'moderation' })
  expect(parsed).toMatchObject({
    subject: 'A word',
    html: '<p>Hello</p>',
    from: { text: '"Skylog" <mail@skylog.example>' },
  })
  expect(parsed.text!.trim()).toBe('Hello')
  expect(parsed.headers.get('auto-submitted')).toBe('auto-generated')
  // Neither the machine's name nor anything that a request has said.
  expect(parsed.messageId).toMatch(/@skylog\.example>$/)
  expect(raw).not.toMatch(/localhost|List-Unsubscribe/i)
  await eventually(async () => (await owed()).length === 0)
})

it('puts nothing into the headers that is not meant to be there', async () => {
  sink = await SmtpSink.start()
  server = await TestServer.start(sink.env)
  const evil = '\r\nBcc: carla@example.com\r\nX-Evil: 1\n\nBody'
  await promise(note('alice@example.com', { subject: `A word${evil}\u2028X-Evil: 2` }))
  const { to, parsed } = await sink.next()
  expect(to).toEqual(['alice@example.com'])
  expect([...parsed.headers.keys()]).not.toEqual(expect.arrayContaining(['bcc']))
  expect(parsed.headers.has('x-evil')).toBe(false)
  expect(parsed.subject).toBe('A word Bcc: carla@example.com X-Evil: 1 Body X-Evil: 2')
  expect(parsed.text!.trim()).toBe('Hello')

  // An address is one address: what a database that was tampered with has makes no second recipient.
  for (const address of [
    `alice@example.com${evil}`,
    'alice@example.com, carla@example.com',
    'a@b.c>\r\nRCPT TO:<carla@example.com',
  ])
    await server
      .get(Mailer)
      .sendNow(note(address))
      .catch(() => {})
  expect(sink.asked.filter((one) => one.includes('carla') && !one.includes('alice') && !one.includes('a@b'))).toEqual(
    [],
  )
  for (const { parsed: other } of sink.mails)
    expect(other.headers.has('bcc') || other.headers.has('x-evil')).toBe(false)
})

it('tries again what the server puts off, and gives up what it refuses', async () => {
  let away = true
  sink = await SmtpSink.start({
    refuse: (address) => {
      if (address.startsWith('nobody')) return { code: 550, text: 'no such user here' }
      return away ? { code: 450, text: 'try again later' } : null
    },
    refuseContent: (raw) => (raw.includes('lottery') ? { code: 554, text: 'this is spam' } : null),
  })
  server = await TestServer.start(sink.env)
  await promise(note('nobody@example.com', { did: 'did:plc:nobody' }))
  await eventually(async () => (await owed()).length === 0)
  expect(log.filter((line) => line.includes('given up'))).toEqual([
    'A mail of the kind moderation for did:plc:nobody is given up: 550 no such user here',
  ])

  await promise(note())
  await eventually(async () => (await owed()).some(({ attempts }) => attempts > 0))
  expect(log).toContainEqual(expect.stringMatching(/^mail \d+ is tried again in 1 s: .*450 try again later$/))
  away = false
  expect((await sink.next()).to).toEqual(['alice@example.com'])

  await promise(note('bob@example.com', { text: 'You have won the lottery' }))
  await eventually(async () => (await owed()).length === 0)
  expect(log.at(-1)).toContain('554 this is spam')
  expect(sink.mails).toHaveLength(1)
})

it('gives a mail up after three days', async () => {
  sink = await SmtpSink.start({ refuse: () => ({ code: 450, text: 'try again later' }) })
  server = await TestServer.start(sink.env)
  await promise(note())
  await eventually(async () => (await owed()).some(({ attempts }) => attempts > 0))
  server.advance(3 * DAY)
  await eventually(async () => (await owed()).length === 0)
  expect(sink.mails).toEqual([])
})

it('does not repeat a secret that the server repeats', async () => {
  sink = await SmtpSink.start({
    refuseContent: (raw) => ({ code: 451, text: `cannot take "${/secret \w+/.exec(raw)![0]}" now` }),
  })
  server = await TestServer.start(sink.env)
  const mail = note('alice@example.com', { text: 'the secret ABCDE', secret: 'ABCDE' })
  await expect(server.get(Mailer).deliver(mail, Number.MAX_SAFE_INTEGER)).rejects.toThrow('cannot take "secret …" now')
})

it('takes no more connections than a few, however many mails there are', async () => {
  sink = await SmtpSink.start()
  server = await TestServer.start(sink.env)
  // The one that looks at the start whether the server can be used.
  await eventually(() => sink!.connections === 1)
  const before = sink.connections
  await Promise.all(Array.from({ length: 40 }, (_, i) => promise(note(`alice${i}@example.com`))))
  await eventually(() => sink!.mails.length === 40)
  expect(new Set(sink.mails.map(({ to }) => to[0])).size).toBe(40)
  expect(sink.connections - before).toBeLessThanOrEqual(4)
})

it('starts with a mail server that cannot be used, and says so', async () => {
  const env = { PDS_EMAIL_SMTP_URL: 'smtp://me:my-password@127.0.0.1:1', PDS_EMAIL_FROM_ADDRESS: 'mail@skylog.example' }
  server = await TestServer.start(env)
  await eventually(() => log.length > 0)
  expect(log).toEqual([
    expect.stringMatching(/^The mail server 127\.0\.0\.1:1 cannot be used: .*ECONNREFUSED.*Check host and port/),
  ])
  expect(log.join()).not.toContain('my-password')
  // Everything else works.
  expect((await server.createAccount('alice')).handle).toBe('alice.test')
})

it('lets go of its connections when the server stops, and keeps what was not taken', async () => {
  let reached: () => void
  const held = new Promise<void>((resolve) => (reached = resolve))
  sink = await SmtpSink.start({ onData: (stream) => (stream.resume(), reached()) })
  server = await TestServer.start(sink.env)
  await promise(note())
  await held
  server = await server.restart({})
  expect(await owed()).toHaveLength(1)
})

it('sends nothing where no mail server is, and says that it does not', async () => {
  server = await TestServer.start()
  expect(await promise(note())).toBe(false)
  expect(server.get(Mailer).isAvailable).toBe(false)
  expect(await owed()).toEqual([])
})
