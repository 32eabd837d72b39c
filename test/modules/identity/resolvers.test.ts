import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Config } from '../../../src/modules/config/config.js'
import type { Database } from '../../../src/modules/database/database.js'
import { DidResolver, webUrl } from '../../../src/modules/identity/did-resolver.js'
import { HandleResolver } from '../../../src/modules/identity/handle-resolver.js'
import { FetchError, SafeFetch, type Fetched } from '../../../src/modules/identity/safe-fetch.js'
import { checkServiceHandle } from '../../../src/modules/identity/service-handles.js'
import { HeldClock, startIdentityApp, TableDns, temporaryDatabase, type IdentityApp } from './identity-app.js'

const alice = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
const bob = 'did:web:bob.example.com'

async function addAccount(database: Database, did: string, handle: string): Promise<void> {
  await database.write(async (tx) => {
    await tx.run(
      'INSERT INTO account (did, handle, email, password, created_at) VALUES (?, ?, ?, ?, ?)',
      did,
      handle,
      `${handle}@example.com`,
      '',
      '2026-01-01T00:00:00.000Z',
    )
  })
}

describe('where a did:web is', () => {
  it.each<[string, boolean, string | null]>([
    ['did:web:example.com', false, 'https://example.com/.well-known/did.json'],
    ['did:web:a.b.example.com', true, 'https://a.b.example.com/.well-known/did.json'],
    ['did:web:localhost', true, 'http://localhost/.well-known/did.json'],
    ['did:web:localhost%3A2583', true, 'http://localhost:2583/.well-known/did.json'],
    ['did:web:localhost%3A2583', false, null],
    ['did:web:localhost', false, null],
    ['did:web:example.com%3A8443', true, null],
    ['did:web:example.com:path', true, null],
    ['did:web:example.com%2Fpath', true, null],
    ['did:web:127.0.0.1', true, null],
    ['did:web:user@example.com', true, null],
    ['did:web:example', true, null],
    ['did:web:', true, null],
    ['did:key:zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc', true, null],
    ['example.com', true, null],
  ])('%s (dev mode %s): %s', (did, devMode, url) => expect(webUrl(did, devMode)).toBe(url))
})

describe('DID resolution', () => {
  let identity: IdentityApp
  let dids: DidResolver
  let web: Server
  let did: string
  let served: unknown
  let status = 200
  let requests = 0

  beforeAll(async () => {
    identity = await startIdentityApp()
    dids = identity.app.get(DidResolver)
    web = createServer((_, response) => {
      requests++
      response.writeHead(status).end(typeof served === 'string' ? served : JSON.stringify(served))
    })
    await new Promise<void>((resolve) => web.listen(0, 'localhost', resolve))
    did = `did:web:localhost%3A${(web.address() as AddressInfo).port}`
  })
  afterAll(async () => {
    web.closeAllConnections()
    web.close()
    await identity.close()
  })
  beforeEach(() => {
    // Nothing of an earlier test is of use after two days.
    identity.clock.forward(48 * 3_600_000)
    served = { id: did }
    status = 200
    requests = 0
  })

  it('knows this server', async () => {
    expect((await dids.resolve('did:web:localhost'))?.service).toHaveLength(2)
  })

  it('asks once an hour, and anew when told to', async () => {
    expect(await Promise.all([dids.resolve(did), dids.resolve(did)])).toEqual([{ id: did }, { id: did }])
    expect(await dids.resolve(did)).toEqual({ id: did })
    expect(requests).toBe(1)
    served = { id: did, alsoKnownAs: [] }
    expect(await dids.resolve(did, { fresh: true })).toEqual(served)
    expect(requests).toBe(2)
  })

  it.each<[string, number, unknown]>([
    ['nothing', 404, ''],
    ['an error', 500, ''],
    ['a redirect', 301, ''],
    ['no JSON', 200, '<html>'],
    ['another document', 200, { id: bob }],
    ['too much', 200, { id: 'x'.repeat(70_000) }],
  ])('gives null where there is %s', async (_, code, body) => {
    status = code
    served = body
    expect(await dids.resolve(did)).toBeNull()
  })

  it.each([
    alice,
    'did:plc:short',
    'did:key:zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc',
    'did:web:a:b',
    'nonsense',
    '',
  ])('gives null for %j without a request', async (other) => {
    expect(await dids.resolve(other)).toBeNull()
    expect(requests).toBe(0)
  })
})

describe('handle resolution', () => {
  let database: Database
  let dns: TableDns
  let handles: HandleResolver
  let close: () => Promise<void>
  let fetched: string[]
  const pages = new Map<string, [status: number, body: string]>()

  class TableFetch extends SafeFetch {
    override fetch(url: string): Promise<Fetched> {
      fetched.push(url)
      const page = pages.get(url)
      if (!page) return Promise.reject(new FetchError('nobody there'))
      return Promise.resolve({ status: page[0], headers: {}, body: Buffer.from(page[1]) })
    }
  }

  beforeAll(async () => {
    const temporary = await temporaryDatabase()
    database = temporary.database
    close = temporary.close
    await addAccount(database, alice, 'alice.test')
    await addAccount(database, bob, 'bob.example.com')
  })
  afterAll(() => close())
  beforeEach(() => {
    fetched = []
    pages.clear()
    dns = new TableDns()
    const config = Config.fromEnv({ PDS_SERVICE_HANDLE_DOMAINS: '.test,.eu.test' })
    handles = new HandleResolver(database, config, dns, new TableFetch(config), new HeldClock())
  })

  it('knows local accounts, whatever the case, without asking', async () => {
    expect(await handles.resolve('Alice.Test')).toBe(alice)
    expect(await handles.resolve('bob.example.com')).toBe(bob)
    expect([dns.lookups, fetched]).toEqual([0, []])
  })

  it.each(['carla.test', 'a.carla.eu.test', 'carla.local', 'carla.onion', 'not a handle', 'carla', ''])(
    'has nothing for %j without asking',
    async (handle) => {
      expect(await handles.resolve(handle)).toBeNull()
      expect([dns.lookups, fetched]).toEqual([0, []])
    },
  )

  it.each<[string, string[], string | null]>([
    ['one record', [`did=${alice}`], alice],
    ['others beside it', ['v=spf1', `did=${alice}`], alice],
    ['the same twice', [`did=${alice}`, `did=${alice}`], alice],
    ['two that differ', [`did=${alice}`, `did=${bob}`], null],
    ['one of two broken', [`did=${alice}`, 'did=nonsense'], null],
    ['no DID', ['did=nonsense'], null],
  ])('takes DNS at its word: %s', async (_, records, expected) => {
    dns.records.set('_atproto.dan.example.com', records)
    pages.set('https://dan.example.com/.well-known/atproto-did', [200, bob])
    expect(await handles.resolve('dan.example.com')).toBe(expected)
    expect(fetched).toEqual([])
  })

  it.each<[string, number, string, string | null]>([
    ['a DID', 200, alice, alice],
    ['a DID in a line', 200, `${alice}\r\n`, alice],
    ['a page', 200, '<!doctype html>', null],
    ['a DID after something', 200, `\n${alice}`, null],
    ['nothing', 404, alice, null],
    ['an error', 500, alice, null],
  ])('asks the web server when DNS is silent: %s', async (_, status, body, expected) => {
    pages.set('https://dan.example.com/.well-known/atproto-did', [status, body])
    dns.records.set('_atproto.dan.example.com', ['v=spf1'])
    expect(await handles.resolve('DAN.example.com')).toBe(expected)
  })

  it('keeps what it knew when DNS fails and the web server says nothing', async () => {
    const [name, url] = ['_atproto.dan.example.com', 'https://dan.example.com/.well-known/atproto-did']
    dns.records.set(name, [`did=${alice}`])
    await handles.resolve('dan.example.com')
    dns.fails = true
    pages.set(url, [404, ''])
    expect(await handles.resolve('dan.example.com', { fresh: true })).toBeNull()
    expect(await handles.resolve('dan.example.com')).toBe(alice)
    pages.set(url, [200, bob])
    expect(await handles.resolve('dan.example.com', { fresh: true })).toBe(bob)
  })

  it('remembers, and asks anew when told to', async () => {
    dns.records.set('_atproto.dan.example.com', [`did=${alice}`])
    await handles.resolve('dan.example.com')
    dns.records.set('_atproto.dan.example.com', [`did=${bob}`])
    expect(await handles.resolve('dan.example.com')).toBe(alice)
    expect(await handles.resolve('dan.example.com', { fresh: true })).toBe(bob)
    expect(dns.lookups).toBe(2)
  })

  it('believes a document only when the handle agrees', async () => {
    const claim = (id: string, handle: string) => handles.verifiedHandle({ id, alsoKnownAs: [`at://${handle}`] })
    expect(await claim(alice, 'ALICE.test')).toBe('alice.test')
    expect(await claim(bob, 'alice.test')).toBeNull()
    expect(await claim(alice, 'nobody.test')).toBeNull()
    expect(await handles.verifiedHandle({ id: alice })).toBeNull()
  })

  it('knows the domains that are its own', () => {
    for (const handle of ['x.test', 'X.EU.TEST', 'a.b.test']) expect(handles.isServiceHandle(handle)).toBe(true)
    for (const handle of ['test', 'xtest', 'test.com', 'x.test.com'])
      expect(handles.isServiceHandle(handle)).toBe(false)
    expect(handles.checkServiceHandle('Dan.Test')).toBe('dan.test')
    expect(handles.checkServiceHandle('admin.test', { byOperator: true })).toBe('admin.test')
  })
})

describe('handles to give out', () => {
  const own = { hostname: 'pds.test', handleDomains: ['.test', '.eu.test'] }
  it.each(['abc.test', 'a-c.test', '123.test', 'user5.test', 'abc.eu.test', 'eighteen-letters-x.test'])(
    '%s is one',
    (handle) => {
      expect(checkServiceHandle(handle, own)).toBe(handle)
    },
  )
  it.each([
    ['ab.test', 'InvalidHandle'],
    ['nineteen-letters-xy.test', 'InvalidHandle'],
    ['a.bcd.test', 'InvalidHandle'],
    ['-abc.test', 'InvalidHandle'],
    ['ab_c.test', 'InvalidHandle'],
    ['abc.local', 'InvalidHandle'],
    ['.test', 'InvalidHandle'],
    ['abc.example.com', 'UnsupportedDomain'],
    ['abctest.com', 'UnsupportedDomain'],
    ['admin.test', 'HandleNotAvailable'],
    ['WWW.test', 'HandleNotAvailable'],
    ['adm1n.test', 'HandleNotAvailable'],
    ['ad-min.test', 'HandleNotAvailable'],
    ['bluesky.test', 'HandleNotAvailable'],
    ['webrnaster.test', 'HandleNotAvailable'],
    ['xn--80ak6aa92e.test', 'InvalidHandle'],
    ['аdmin.test', 'InvalidHandle'],
    ['abc.test.', 'InvalidHandle'],
    ['abc.arpa', 'InvalidHandle'],
    ['abc.internal', 'InvalidHandle'],
    ['abc.onion', 'InvalidHandle'],
    ['abc.example', 'InvalidHandle'],
    ['abc.invalid', 'InvalidHandle'],
    ['pds.test', 'HandleNotAvailable'],
    ['eu.test', 'HandleNotAvailable'],
  ])('%s is %s', (handle, error) => {
    expect(() => checkServiceHandle(handle, own)).toThrow(expect.objectContaining({ status: 400, error }))
  })

  it.each(['ab.test', 'admin.test', 'xn--80ak6aa92e.test', `${'long'.repeat(15)}.test`, 'pds.test', 'eu.test'])(
    '%s is one that the operator gives',
    (handle) => expect(checkServiceHandle(handle, own, true)).toBe(handle),
  )
  it.each([
    ['a.bcd.test', 'InvalidHandle'],
    ['abc.local', 'InvalidHandle'],
    ['abc.example.com', 'UnsupportedDomain'],
  ])('%s is %s for the operator too', (handle, error) => {
    expect(() => checkServiceHandle(handle, own, true)).toThrow(expect.objectContaining({ status: 400, error }))
  })
})
