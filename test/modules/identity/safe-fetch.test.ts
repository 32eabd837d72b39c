import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Config } from '../../../src/modules/config/config.js'
import { isPublicAddress } from '../../../src/modules/identity/public-address.js'
import { FetchError, SafeFetch } from '../../../src/modules/identity/safe-fetch.js'

describe('public addresses', () => {
  it.each(['1.1.1.1', '8.8.8.8', '100.63.255.255', '172.32.0.1', '223.255.255.255', '2606:4700::1111', '2a00:1450::1'])(
    '%s is one',
    (address) => expect(isPublicAddress(address)).toBe(true),
  )
  it.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.2.1',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    'fc00::1',
    'fe80::1',
    'fe80::1%eth0',
    'fec0::1',
    'ff02::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    'localhost',
    '',
  ])('%s is none', (address) => expect(isPublicAddress(address)).toBe(false))
})

describe('a guarded fetch', () => {
  const guarded = new SafeFetch(Config.fromEnv({ PDS_HOSTNAME: 'pds.example.com' }))
  const inDevMode = new SafeFetch(Config.fromEnv({ PDS_HOSTNAME: 'pds.example.com', PDS_DEV_MODE: 'true' }))
  let server: Server
  let port: number
  let requests = 0
  let respond: (response: ServerResponse) => void = (response) => response.end('hello')

  beforeAll(async () => {
    server = createServer((_, response) => {
      requests++
      respond(response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    port = (server.address() as AddressInfo).port
  })
  beforeEach(() => {
    requests = 0
    respond = (response) => response.end('hello')
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  it.each([
    'https://127.0.0.1',
    'https://127.1',
    'https://0x7f000001',
    'https://2130706433',
    'https://[::1]',
    'https://[::ffff:127.0.0.1]',
    'https://10.0.0.1',
    'https://169.254.169.254/latest/meta-data',
    'https://localhost',
  ])('does not connect to %s', async (url) => {
    await expect(guarded.fetch(url)).rejects.toThrow(/not a public address/)
    await expect(guarded.open(url)).rejects.toThrow(FetchError)
  })

  it.each([
    ['http://example.com', /without https/],
    ['ftp://example.com', /not a web address/],
    ['file:///etc/passwd', /not a web address/],
    ['https://', /not a web address/],
    ['https://user:secret@example.com', /credentials/],
  ])('does not take %s', async (url, reason) => {
    await expect(guarded.fetch(url)).rejects.toThrow(reason)
  })

  it('reaches private addresses without https in dev mode, and where the operator said so', async () => {
    const url = `http://127.0.0.1:${port}`
    await expect(guarded.fetch(url)).rejects.toThrow(FetchError)
    expect(requests).toBe(0)
    expect((await inDevMode.fetch(url)).body.toString()).toBe('hello')
    expect((await guarded.fetch(url, { trusted: true })).status).toBe(200)
    // A connection that a trusted request left open is not lent to others.
    await expect(guarded.fetch(`http://localhost:${port}`)).rejects.toThrow(FetchError)
    expect(requests).toBe(2)
  })

  it('sends what it is given, and reads answers of any status', async () => {
    let received = ''
    respond = (response) => {
      response.req.setEncoding('utf8').on('data', (text: string) => (received += text))
      response.req.on('end', () =>
        response.writeHead(418, { 'x-answer': response.req.headers['x-question'] }).end('tea'),
      )
    }
    const answer = await inDevMode.fetch(`http://127.0.0.1:${port}`, {
      method: 'POST',
      headers: { 'x-question': 'milk' },
      body: 'pot',
    })
    expect([answer.status, answer.headers['x-answer'], answer.body.toString(), received]).toEqual([
      418,
      'milk',
      'tea',
      'pot',
    ])
  })

  it('tries again when a kept connection has gone', async () => {
    const url = `http://127.0.0.1:${port}`
    await inDevMode.fetch(url)
    respond = (response) => (requests === 2 ? response.req.socket.resetAndDestroy() : response.end('again'))
    expect((await inDevMode.fetch(url)).body.toString()).toBe('again')
    expect(requests).toBe(3)
  })

  it('does not follow redirects', async () => {
    respond = (response) => response.writeHead(302, { location: '/elsewhere' }).end()
    await expect(inDevMode.fetch(`http://127.0.0.1:${port}`)).rejects.toThrow(/redirect/)
    expect(requests).toBe(1)
  })

  it('follows as many as it is told to, each looked at like the first', async () => {
    const url = `http://127.0.0.1:${port}`
    respond = (response) => {
      if (response.req.url === '/3') response.end('here')
      else response.writeHead(302, { location: `/${requests}` }).end()
    }
    expect((await inDevMode.fetch(url, { redirects: 3 })).body.toString()).toBe('here')
    requests = 0
    await expect(inDevMode.fetch(url, { redirects: 2 })).rejects.toThrow(/redirect/)
    expect(requests).toBe(3)
    respond = (response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end()
    await expect(inDevMode.fetch(url, { redirects: 3 })).rejects.toThrow(/file/)
  })

  it('stops at the size limit, announced or not', async () => {
    const url = `http://127.0.0.1:${port}`
    respond = (response) => response.writeHead(200, { 'content-length': 70_000 }).end(Buffer.alloc(70_000))
    await expect(inDevMode.fetch(url)).rejects.toThrow(/more than 65536 bytes/)
    respond = (response) => {
      response.write(Buffer.alloc(40_000))
      response.end(Buffer.alloc(40_000))
    }
    await expect(inDevMode.fetch(url)).rejects.toThrow(/more than 65536 bytes/)
    expect((await inDevMode.fetch(url, { maxBytes: 80_000 })).body.length).toBe(80_000)
  })

  it('stops at the time limit, before the head and within a body that drips', async () => {
    const url = `http://127.0.0.1:${port}`
    respond = () => {}
    await expect(inDevMode.fetch(url, { timeoutMs: 100 })).rejects.toThrow(/within 100 ms/)
    respond = (response) => {
      const drip = setInterval(() => response.write('.'), 20)
      response.on('close', () => clearInterval(drip))
    }
    await expect(inDevMode.fetch(url, { timeoutMs: 200 })).rejects.toThrow(/within 200 ms/)
  })

  it('tells a broken connection from an answer', async () => {
    respond = (response) => {
      response.writeHead(200, { 'content-length': 10 })
      response.write('half')
      setTimeout(() => response.destroy(), 20)
    }
    await expect(inDevMode.fetch(`http://127.0.0.1:${port}`)).rejects.toThrow(FetchError)
    await expect(inDevMode.fetch('http://127.0.0.1:1')).rejects.toThrow(FetchError)
  })

  it('finds only public addresses for other clients too', async () => {
    const find = (fetch: SafeFetch) =>
      new Promise((resolve) => fetch.lookup('localhost', { all: true }, (error, found) => resolve(error ?? found)))
    expect(await find(guarded)).toBeInstanceOf(FetchError)
    expect(await find(inDevMode)).toContainEqual({ address: '127.0.0.1', family: 4 })
  })
})
