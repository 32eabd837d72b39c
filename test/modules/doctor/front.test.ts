/** What the doctor sees of a server through the proxy before it. */
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { Config } from '../../../src/modules/config/config.js'
import { forwardingFinding } from '../../../src/modules/doctor/checks/proxy.js'
import { examine } from '../../../src/modules/doctor/examine.js'
import type { Area } from '../../../src/modules/doctor/finding.js'
import { Patient } from '../../../src/modules/doctor/patient.js'
import { SafeFetch } from '../../../src/modules/identity/safe-fetch.js'
import { TestServer } from '../../support/account-app.js'
import { DnsServer } from '../../support/dns-server.js'
import { authority, type ProxyOptions, TlsProxy } from '../../support/tls-proxy.js'
import { PlcStub } from '../../support/plc-stub.js'

const HOST = 'pds.example.org'

/** Whoever asks for a name below the host's, or for that, gets to the proxy. */
class ByWayOf extends SafeFetch {
  constructor(
    config: Config,
    private readonly proxy: TlsProxy,
  ) {
    super(config)
  }

  override open(...[url, options]: Parameters<SafeFetch['open']>): ReturnType<SafeFetch['open']> {
    const { hostname, pathname } = new URL(url)
    if (!hostname.endsWith(HOST)) return super.open(url, options)
    return super.open(this.proxy.url + pathname, { ...options, headers: { ...options?.headers, host: hostname } })
  }
}

let plc: PlcStub
let dns: DnsServer
let server: TestServer
let did: string
beforeAll(async () => {
  setDefaultCACertificates([...getCACertificates(), authority])
  ;[plc, dns] = await Promise.all([PlcStub.start(), DnsServer.start()])
  server = await TestServer.start({
    PDS_HOSTNAME: HOST,
    PDS_DID_PLC_URL: plc.url,
    PDS_INVITE_REQUIRED: 'false',
    DNS_SERVER: dns.address,
  })
  const agent = server.agent()
  await agent.createAccount({ handle: `alice.${HOST}`, email: 'alice@example.com', password: 'alice-password' })
  did = agent.assertDid
})
afterAll(async () => {
  await server.close()
  await Promise.all([plc.close(), dns.close()])
})
beforeEach(() => {
  dns.records.clear()
  dns.records.set(`A ${HOST}`, ['93.184.215.14'])
  dns.records.set(`A *.${HOST}`, ['93.184.215.14'])
})

/** What there is to be said, through a proxy of this kind, as `severity text` lines. */
async function through(only: Area, options: ProxyOptions = {}, more: Partial<Patient> = {}): Promise<string[]> {
  const proxy = await TlsProxy.start(options)
  proxy.target = server.url
  try {
    const patient = server.get(Patient)
    const running = { ...patient.running!, address: { url: proxy.url } }
    const fetch = new ByWayOf(patient.config, proxy)
    const findings = await examine({ ...patient, running, fetch, ...more }, { only: [only], offline: false })
    fetch.onApplicationShutdown()
    return findings.map(({ severity, text }) => `${severity} ${text}`)
  } finally {
    await proxy.close()
  }
}

describe('the certificate', () => {
  it('is good', async () => {
    expect(await through('tls')).toEqual([
      expect.stringMatching(/^ok the certificate of localhost is good for \d+ days$/),
    ])
  })

  it.each<[ProxyOptions['certificate'], RegExp]>([
    ['elsewhere', /^problem clients do not trust the certificate of localhost: .*elsewhere\.example/],
    ['self-signed', /^problem clients do not trust the certificate of localhost: .*(self.signed|SELF_SIGNED)/i],
    ['expired', /^problem the certificate of localhost expired on Apr {2}1 00:00:00 2020 GMT$/],
  ])('is not: %s', async (certificate, expected) => {
    expect(await through('tls', { certificate })).toEqual([expect.stringMatching(expected)])
  })

  it('has not been renewed', async () => {
    const { clock } = server.get(Patient)
    const late = Object.assign(Object.create(clock) as typeof clock, { now: () => Date.parse('2119-12-01') })
    expect(await through('tls', {}, { clock: late })).toEqual([
      'warning the certificate of localhost expires in 30 days, and has not been renewed',
    ])
  })

  it('is not there', async () => {
    const patient = server.get(Patient)
    const running = { ...patient.running!, address: { url: server.url } }
    const found = await examine({ ...patient, running }, { only: ['tls'], offline: false })
    expect(found).toMatchObject([
      { severity: 'problem', text: expect.stringMatching(/^nobody speaks TLS at localhost:\d+: /) },
    ])
  })
})

describe('the proxy', () => {
  it('passes everything on', async () => {
    expect(await through('proxy')).toEqual([
      'ok the proxy lets uploads of 5 MB through',
      'ok the proxy says whom requests come from, and is believed',
      'ok WebSockets get through',
    ])
  })

  it('takes no WebSockets', async () => {
    expect(await through('proxy', { upgrades: false })).toContainEqual(
      expect.stringMatching(/^problem WebSockets do not get through: .*400/),
    )
  })

  it('takes small bodies only', async () => {
    expect((await through('proxy', { maxBody: 1_000_000 }))[0]).toMatch(
      /^problem (the proxy refuses uploads of 5 MB|an upload of 5 MB to .* does not get here: )/,
    )
  })

  it('passes on what clients say of themselves', async () => {
    expect(await through('proxy', { forwardedFor: 'pass' })).toContain(
      'problem the proxy passes on what clients say of their own address: anyone can pass for anybody',
    )
  })

  it('says nothing of clients', async () => {
    expect(await through('proxy', { forwardedFor: 'none' })).toContain(
      'warning the proxy does not say whom a request comes from: limits count all clients as one',
    )
  })

  it('is not believed', () => {
    const arrival = { connected: '172.18.0.1', forwardedFor: '203.0.113.77, 198.51.100.7', bytes: 0 }
    const { severity, advice } = forwardingFinding(arrival, { trustedProxies: ['loopback'] })
    expect({ severity, advice }).toEqual({
      severity: 'warning',
      advice: 'If that is your proxy, set PDS_TRUSTED_PROXIES=loopback,172.18.0.1.',
    })
  })

  it('has another server behind it', async () => {
    const proxy = await TlsProxy.start()
    const patient = server.get(Patient)
    const running = { ...patient.running!, address: { url: proxy.url } }
    const found = await examine({ ...patient, running }, { only: ['proxy'], offline: false })
    expect(found.map(({ severity }) => severity)).toEqual(['problem', 'problem'])
    expect(found[0]!.text).toMatch(/ do not get here: status 502$/)
    await proxy.close()
  })

  it('is asked by this server alone', async () => {
    const answer = await fetch(`${server.url}/admin/doctor/arrivals/${'0'.repeat(32)}`, { method: 'POST', body: 'x' })
    expect(answer.status).toBe(404)
  })
})

describe('names', () => {
  it('lead here', async () => {
    expect(await through('dns')).toEqual([
      `ok ${HOST} is at 93.184.215.14`,
      `ok handles under .${HOST} lead here`,
      'ok what is under .well-known is right for this server and 1 account',
    ])
  })

  it('have no address', async () => {
    dns.records.clear()
    expect(await through('dns')).toContain(`problem ${HOST} has no address`)
  })

  it('have an address that nobody reaches', async () => {
    dns.records.set(`A ${HOST}`, ['192.168.1.10'])
    expect(await through('dns')).toContain(`problem ${HOST} is at 192.168.1.10, which nobody reaches from outside`)
  })

  it('are those of no handle', async () => {
    dns.records.delete(`A *.${HOST}`)
    expect(await through('dns')).toContain(
      `warning handles under .${HOST} lead nowhere: there is no record for *.${HOST}`,
    )
  })

  it('are said by nobody', async () => {
    const silent = await DnsServer.start()
    const { address } = silent
    await silent.close()
    const config = Config.fromEnv({ PDS_HOSTNAME: HOST, DNS_SERVER: address, PDS_DID_PLC_URL: plc.url })
    expect(await through('dns', {}, { config })).toContainEqual(
      expect.stringMatching(/^warning (no name server|this took)/),
    )
  })

  it('are said to be somebody else', async () => {
    dns.records.set(`TXT _atproto.alice.${HOST}`, ['did=did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'])
    expect(await through('dns')).toContain(
      `warning the TXT record _atproto.alice.${HOST} says did=did:plc:aaaaaaaaaaaaaaaaaaaaaaaa, not ${did}`,
    )
  })

  it('are lost by a proxy that has another Host', async () => {
    expect(await through('dns', { host: 'backend' })).toContainEqual(
      expect.stringMatching(
        new RegExp(`^warning https://alice\\.${HOST}/.well-known/atproto-did says status 404, not did:plc:`),
      ),
    )
  })

  it('on localhost are nothing to look at, and in dev mode never a problem', async () => {
    const dev = Config.fromEnv({ PDS_HOSTNAME: HOST, PDS_DEV_MODE: 'true', DNS_SERVER: dns.address })
    dns.records.clear()
    expect(await through('dns', {}, { config: dev })).toContain(`note ${HOST} has no address`)
    expect(await through('dns', {}, { config: Config.fromEnv({}) })).toEqual([
      'note not looked at: PDS_HOSTNAME is localhost, which nobody reaches from outside',
    ])
  })
})
