/** What the doctor hears from other servers: mail, the directory of identities, relays, and their clocks. */
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Config } from '../../../src/modules/config/config.js'
import { examine } from '../../../src/modules/doctor/examine.js'
import type { Area } from '../../../src/modules/doctor/finding.js'
import { Patient } from '../../../src/modules/doctor/patient.js'
import { TestServer } from '../../support/account-app.js'
import { PlcStub } from '../../support/plc-stub.js'
import { SmtpSink } from '../../support/smtp-sink.js'

const NOBODY = 'http://127.0.0.1:1'

let plc: PlcStub
let server: TestServer
beforeAll(async () => {
  plc = await PlcStub.start()
  server = await TestServer.start({ PDS_DID_PLC_URL: plc.url })
  await server.agent().createAccount({ handle: 'alice.test', email: 'alice@example.com', password: 'alice-password' })
})
afterAll(async () => {
  await server.close()
  await plc.close()
})

/** What is said with other settings, as `severity text` lines. */
async function said(only: Area, env: Record<string, string>, offline = false): Promise<string[]> {
  const config = Config.fromEnv({ PDS_DATA_DIRECTORY: server.directory, PDS_DID_PLC_URL: plc.url, ...env })
  const findings = await examine({ ...server.get(Patient), config }, { only: [only], offline })
  return findings.map(({ severity, text }) => `${severity} ${text}`)
}

/** Another server, for as long as something is done. */
async function beside<T>(listener: RequestListener, work: (url: string) => Promise<T>): Promise<T> {
  const other: Server = createServer(listener)
  await new Promise<void>((ready) => other.listen(0, '127.0.0.1', ready))
  try {
    return await work(`http://127.0.0.1:${(other.address() as AddressInfo).port}`)
  } finally {
    other.closeAllConnections()
    other.close()
  }
}

describe('mail', () => {
  it('is let in, and sends nothing', async () => {
    const sink = await SmtpSink.start()
    expect(await said('mail', sink.env)).toEqual([
      `ok the mail server 127.0.0.1:${sink.port} lets this one in; \`skylog mail test\` sends a mail`,
    ])
    expect(sink.mails).toEqual([])
    await sink.close()
  })

  it('is not let in with a wrong password', async () => {
    const sink = await SmtpSink.start({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth: (_auth, _session, done) => done(new Error('not you')),
    })
    const url = sink.env.PDS_EMAIL_SMTP_URL!.replace('//', '//me:my-password@')
    const found = await said('mail', { ...sink.env, PDS_EMAIL_SMTP_URL: url })
    expect(found).toEqual([
      expect.stringMatching(/^problem the mail server 127\.0\.0\.1:\d+ cannot be used: .*not you/),
    ])
    expect(found.join()).not.toContain('my-password')
    await sink.close()
  })

  it('is away, or is not set', async () => {
    const env = { PDS_EMAIL_SMTP_URL: 'smtp://127.0.0.1:1', PDS_EMAIL_FROM_ADDRESS: 'mail@skylog.example' }
    expect(await said('mail', env)).toEqual([
      expect.stringMatching(/^problem the mail server 127\.0\.0\.1:1 cannot be used: .*ECONNREFUSED/),
    ])
    expect(await said('mail', {})).toEqual(['note no mail server is set'])
  })
})

describe('the directory of identities', () => {
  it('answers, and knows the accounts', async () => {
    expect(await said('plc', {})).toEqual([
      `ok the directory ${plc.url} answers`,
      'ok the identities of the newest accounts (1) name this server and its keys',
    ])
  })

  it('is away', async () => {
    expect(await said('plc', { PDS_DID_PLC_URL: NOBODY })).toEqual([
      expect.stringMatching(/^problem the directory http:\/\/127\.0\.0\.1:1 cannot be reached: .*ECONNREFUSED/),
    ])
  })

  it('is in trouble', async () => {
    const found = await beside(
      (_, response) => response.writeHead(503).end(),
      (url) => said('plc', { PDS_DID_PLC_URL: url }),
    )
    expect(found).toEqual([expect.stringMatching(/^problem the directory .* answers with status 503$/)])
  })

  it('is another one, which does not know them', async () => {
    const other = await PlcStub.start()
    expect(await said('plc', { PDS_DID_PLC_URL: other.url })).toContainEqual(
      expect.stringMatching(/^problem the directory does not know alice\.test/),
    )
    await other.close()
  })
})

describe('relays', () => {
  /** What is said of a relay that answers this. */
  const relay = (status: number, body: object): Promise<string[]> =>
    beside(
      (_, response) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      (url) => said('relays', { PDS_CRAWLERS: url }),
    )

  it.each<[string, number, object, RegExp]>([
    [
      'follow this server',
      200,
      { status: 'active', seq: Number.MAX_SAFE_INTEGER },
      /^ok the relay .* follows localhost:\d+: active$/,
    ],
    ['are behind', 200, { status: 'active', seq: 1 }, /^warning the relay .* is [\d,]+ events behind$/],
    ['do not reach it', 200, { status: 'offline' }, /^warning the relay .* does not reach localhost:\d+$/],
    ['slow it down', 200, { status: 'throttled' }, /^warning the relay .* takes less from localhost/],
    ['have banned it', 200, { status: 'banned' }, /^problem the relay .* has banned localhost/],
    ['do not know it', 400, { error: 'HostNotFound' }, /^note the relay .* does not know localhost/],
    ['are old', 501, { error: 'MethodNotImplemented' }, /^note the relay .* answers, and does not say/],
  ])('%s', async (_, status, body, expected) => {
    expect(await relay(status, body)).toEqual([expect.stringMatching(expected)])
  })

  it('are away, or there are none', async () => {
    expect(await said('relays', { PDS_CRAWLERS: NOBODY })).toEqual([
      expect.stringMatching(/^warning the relay http:\/\/127\.0\.0\.1:1 cannot be reached: /),
    ])
    expect(await said('relays', {})).toEqual(['note there are no relays in PDS_CRAWLERS'])
  })

  it('that are this software say how it stands', async () => {
    const other = await TestServer.start({ PDS_CRAWL_HOSTS: '*' })
    expect(await said('relays', { PDS_CRAWLERS: other.url })).toEqual([
      expect.stringMatching(/^note the relay .* does not know localhost:\d+ yet$/),
    ])
    await other.close()
  })
})

describe('the clock', () => {
  it.each<[string, number, RegExp]>([
    ['right', 0, /^ok the clock is right$/],
    ['slow', 30, /^warning the clock is [23]\d s slow, as 127\.0\.0\.1:\d+ has it$/],
    ['fast', -600, /^problem the clock is (59|60)\d s fast, as/],
  ])('is %s', async (_, seconds, expected) => {
    const found = await beside(
      (_request, response) =>
        response.writeHead(200, { date: new Date(Date.now() + seconds * 1000).toUTCString() }).end(),
      (url) => said('clock', { PDS_DID_PLC_URL: url }),
    )
    expect(found).toEqual([expect.stringMatching(expected)])
  })

  it('can be held against nobody', async () => {
    expect(await said('clock', { PDS_DID_PLC_URL: NOBODY })).toEqual([
      expect.stringMatching(/^note no other server tells the time: .*ECONNREFUSED/),
    ])
    const alone = Config.fromEnv({ PDS_DATA_DIRECTORY: server.directory })
    const found = await examine({ ...server.get(Patient), config: alone }, { only: ['clock'], offline: false })
    expect(found).toMatchObject([
      { severity: 'note', text: expect.stringContaining('no other server in the settings') },
    ])
  })
})

it('asks nobody when it is not to', async () => {
  const { reads } = plc
  expect(await said('plc', {}, true)).toEqual(['note not looked at: nobody outside was to be asked'])
  expect(plc.reads).toBe(reads)
})

it('a server that says nothing holds nobody up', async () => {
  const found = await beside(
    () => undefined,
    (url) => said('plc', { PDS_DID_PLC_URL: url }),
  )
  expect(found).toEqual([
    expect.stringMatching(/^(problem the directory .* cannot be reached: no full answer|warning this took)/),
  ])
})

describe('for the operator', () => {
  const ask = async (
    query: string,
    auth?: string,
  ): Promise<{ status: number; body: { findings: { area: string }[] } }> => {
    const answer = await fetch(`${server.url}/admin/doctor${query}`, { headers: auth ? { authorization: auth } : {} })
    return { status: answer.status, body: (await answer.json()) as { findings: { area: string }[] } }
  }

  it('alone', async () => {
    expect((await ask('')).status).toBe(401)
    const { secrets } = server.get(Patient)
    const auth = `Basic ${Buffer.from(`admin:${secrets!.adminPassword}`).toString('base64')}`
    const { status, body } = await ask('?only=log,keys&offline=true', auth)
    expect({ status, areas: new Set(body.findings.map(({ area }) => area)) }).toEqual({
      status: 200,
      areas: new Set(['log', 'keys']),
    })
    expect((await ask('?only=weather', auth)).status).toBe(400)
  })
})
