/** What is asked of addresses that others have named: documents of did:web, the well-known files of handles (abuse 9, 10, 21). */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Config } from '../../../src/modules/config/config.js'
import { DidResolver } from '../../../src/modules/identity/did-resolver.js'
import { HandleResolver } from '../../../src/modules/identity/handle-resolver.js'
import { HttpPlc } from '../../../src/modules/identity/plc/http-plc.js'
import { type FetchOptions, SafeFetch } from '../../../src/modules/identity/safe-fetch.js'
import { startIdentityApp, type IdentityApp } from './identity-app.js'

let web: Server
let port: number
let asked: string[]
let respond: (response: ServerResponse, request: IncomingMessage) => void
beforeAll(async () => {
  web = createServer((request, response) => {
    asked.push(request.url!)
    respond(response, request)
  })
  await new Promise<void>((ready) => web.listen(0, '127.0.0.1', ready))
  port = (web.address() as AddressInfo).port
})
afterAll(() => {
  web.closeAllConnections()
  web.close()
})
beforeEach(() => (asked = []))

/** Sends requests for the web servers of names to the test's own; what is asked of them, and how, stays as it is. */
function redirected(fetch: SafeFetch, seen: FetchOptions[]): void {
  const original = fetch.fetch.bind(fetch)
  fetch.fetch = (url, options = {}) => {
    seen.push(options)
    return original(url.replace(/^https:\/\/[^/]+/, `http://127.0.0.1:${port}`), { ...options, timeoutMs: 2_000 })
  }
}

describe('the well-known file of a handle', () => {
  let identity: IdentityApp
  const seen: FetchOptions[] = []
  beforeAll(async () => {
    identity = await startIdentityApp()
    redirected(identity.app.get(SafeFetch), seen)
  })
  afterAll(() => identity.close())

  it.each<[string, (response: ServerResponse) => void]>([
    [
      'a page',
      (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><p>did:web:a.example'),
    ],
    [
      'a redirect into the network',
      (response) => response.writeHead(301, { location: 'http://169.254.169.254/' }).end(),
    ],
    ['a redirect to nowhere', (response) => response.writeHead(301).end()],
    ['more than 4 KiB', (response) => response.end('did:web:a.example\n'.repeat(1000))],
    ['more than 4 KiB, unannounced', (response) => void (response.write('x'.repeat(5000)), response.end('x'))],
    ['no end', (response) => void response.write('did:web:a.example')],
    ['a broken line', (response) => void response.destroy()],
    ['two DIDs in a line', (response) => response.end('did:web:a.example did:web:b.example')],
    ['nothing', (response) => response.end('')],
  ])('that gives %s names nobody', async (_, answer) => {
    respond = answer
    identity.clock.forward(3_600_000 * 48)
    expect(await identity.app.get(HandleResolver).resolve('erin.example.com', { fresh: true })).toBeNull()
    expect(asked).toEqual(['/.well-known/atproto-did'])
  })

  it('may be under another name of its site', async () => {
    respond = (response, { url }) =>
      url === '/did.txt'
        ? response.end('did:plc:ewvi7nxzyoun6zhxrhs64oiz')
        : response.writeHead(308, { location: `http://127.0.0.1:${port}/did.txt` }).end()
    expect(await identity.app.get(HandleResolver).resolve('frank.example.com', { fresh: true })).toBe(
      'did:plc:ewvi7nxzyoun6zhxrhs64oiz',
    )
  })

  it('is asked for without trust, and within bounds', () => {
    expect(seen.length).toBeGreaterThan(0)
    for (const { trusted, maxBytes, timeoutMs } of seen)
      expect({ trusted, maxBytes, timeoutMs }).toEqual({ trusted: undefined, maxBytes: 4096, timeoutMs: 5000 })
  })
})

describe('in production', () => {
  let identity: IdentityApp
  beforeAll(async () => {
    identity = await startIdentityApp({ PDS_HOSTNAME: 'pds.example.com', PDS_DID_PLC_URL: 'https://plc.example.com' })
    respond = (response) => response.end('{}')
  })
  afterAll(() => identity.close())

  it.each(
    [
      'did:web:localhost',
      'did:web:127.0.0.1',
      'did:web:0x7f000001',
      'did:web:2130706433',
      'did:web:%5B%3A%3A1%5D',
      'did:web:a.example.com%3A8080',
      'did:web:a.example.com%2Fetc',
      'did:web:a.example.com:path:to',
      'did:web:user%40a.example.com',
      'did:web:..',
      'did:web:A%00.example.com',
      `did:web:${'a.'.repeat(200)}example.com`,
      'did:PLC:aaaaaaaaaaaaaaaaaaaaaaaa',
      'did:plc:AAAAAAAAAAAAAAAAAAAAAAAA',
      'did:plc:aaaaaaaaaaaaaaaaaaaaaaa%41',
      `did:plc:${'a'.repeat(3000)}`,
    ].map((did) => [did.slice(0, 60), did] as const),
  )('no request is made for %s', async (_, did) => {
    const { fetch } = identity.app.get(SafeFetch)
    const made: string[] = []
    identity.app.get(SafeFetch).fetch = (url) => (made.push(url), Promise.reject(new Error('no')))
    expect(await identity.app.get(DidResolver).resolve(did)).toBeNull()
    identity.app.get(SafeFetch).fetch = fetch
    expect(made).toEqual([])
  })

  it('names that lead into this machine are not followed', async () => {
    const fetch = identity.app.get(SafeFetch)
    for (const url of [
      `https://127.0.0.1:${port}/`,
      `https://[::1]:${port}/`,
      `https://localhost:${port}/`,
      `http://a.example:${port}/`,
    ])
      await expect(fetch.fetch(url)).rejects.toThrow(/not a public address|without https/)
    expect(asked).toEqual([])
  })
})

describe('the PLC directory of the settings', () => {
  const plc = () =>
    new HttpPlc(`http://127.0.0.1:${port}`, new SafeFetch(Config.fromEnv({ PDS_HOSTNAME: 'pds.example.com' })))
  const did = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'

  it('may be on this machine, because the operator has named it; it is not followed elsewhere, nor without end', async () => {
    respond = (response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end()
    await expect(plc().lastOperation(did)).rejects.toMatchObject({ status: 502 })
    respond = (response) => response.end(`[${'"x",'.repeat(400_000)}1]`)
    await expect(plc().log(did)).rejects.toMatchObject({ status: 502 })
    respond = (response) => response.end('<html>')
    await expect(plc().lastOperation(did)).rejects.toMatchObject({ status: 502 })
    expect(asked).toHaveLength(3)
  })
})
