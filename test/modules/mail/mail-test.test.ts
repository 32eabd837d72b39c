import { once } from 'node:events'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { jest } from '@jest/globals'
import type { MailTestResult } from '../../../src/modules/mail/mail-test.js'
import { TestServer } from '../../support/account-app.js'
import { plainJson } from '../../support/plain-json.js'
import { type SinkOptions, SmtpSink } from '../../support/smtp-sink.js'

const TO = 'alice@example.com'
const FROM = { PDS_EMAIL_FROM_ADDRESS: 'mail@skylog.example', PDS_ADMIN_PASSWORD: 'admin-password' }

/** What a server with these settings says of its mail. */
async function tell(smtpUrl: string | null): Promise<MailTestResult> {
  const server = await TestServer.start({ ...FROM, ...(smtpUrl && { PDS_EMAIL_SMTP_URL: smtpUrl }) })
  const { body } = await plainJson<MailTestResult>(`${server.url}/admin/mail/test`, 'admin:admin-password', { to: TO })
  await server.close()
  expect(JSON.stringify(body)).not.toContain('my-password')
  return body
}

async function withSink(options: SinkOptions): Promise<MailTestResult> {
  const sink = await SmtpSink.start(options)
  const result = await tell(`smtp://me:my-password@127.0.0.1:${sink.port}`)
  await sink.close()
  return result
}

const refusal = (error: string, advice: string) => ({
  sent: false,
  to: TO,
  error: expect.stringContaining(error) as string,
  advice: expect.stringContaining(advice) as string,
})
const signedIn: SinkOptions = { allowInsecureAuth: true, onAuth: (_auth, _session, done) => done(null, { user: 'me' }) }

it('is sent, and the server is told without its user and password', async () => {
  expect(await withSink(signedIn)).toEqual({
    sent: true,
    to: TO,
    server: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
    response: expect.stringMatching(/^250 /) as string,
  })
})

it('names the settings where there are none', async () => {
  expect(await tell(null)).toEqual({ ...refusal('no mail server is set', 'Set PDS_EMAIL_SMTP_URL'), server: null })
})

it('knows a wrong user or password', async () => {
  const refused = await withSink({ ...signedIn, onAuth: (_auth, _session, done) => done(new Error('who are you')) })
  expect(refused).toMatchObject(refusal('535', 'Check user and password'))
})

it('knows a refused recipient, and a refused sender', async () => {
  const picky = { ...signedIn, refuse: () => ({ code: 550, text: 'no such user here' }) }
  expect(await withSink(picky)).toMatchObject(refusal('550 no such user here', 'refuses this recipient'))
  const jealous: SinkOptions = {
    ...signedIn,
    onMailFrom: (_address, _session, done) => done(Object.assign(new Error('not from here'), { responseCode: 553 })),
  }
  expect(await withSink(jealous)).toMatchObject(refusal('553 not from here', 'PDS_EMAIL_FROM_ADDRESS'))
})

it('knows a server that is not there, or has no such name', async () => {
  expect(await tell('smtp://127.0.0.1:1')).toMatchObject(refusal('ECONNREFUSED', 'Check host and port'))
  expect(await tell('smtp://mail.invalid')).toMatchObject(refusal('mail.invalid', 'Check the host name'))
})

it('trusts no certificate that nobody vouches for', async () => {
  // The server says that its certificate is nobody's.
  const said = jest.spyOn(console, 'error').mockImplementation(() => {})
  const sink = await SmtpSink.start({ secure: true })
  said.mockRestore()
  expect(await tell(`smtps://127.0.0.1:${sink.port}`)).toMatchObject(refusal('certificate', 'The certificate is not'))
  expect(sink.mails).toEqual([])
  await sink.close()
})

describe('what is no mail server', () => {
  let web: Server
  beforeAll(async () => {
    web = createServer((socket) => void socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await once(web.listen(0, '127.0.0.1'), 'listening')
  })
  afterAll(() => void web.close())

  it('is told from TLS where none is spoken', async () => {
    const { port } = web.address() as AddressInfo
    expect(await tell(`smtps://127.0.0.1:${port}`)).toMatchObject(refusal('', 'smtps:// speaks TLS from the start'))
    expect(await tell(`smtp://127.0.0.1:${port}`)).toMatchObject({ sent: false })
  })
})
