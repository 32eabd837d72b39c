import { request as httpRequest, type IncomingMessage } from 'node:http'
import { gzipSync } from 'node:zlib'
import { verifyServiceJwt } from '../../../src/modules/auth/service-jwt.js'
import { Sessions } from '../../../src/modules/auth/sessions.js'
import type { AccessScope } from '../../../src/modules/auth/tokens.js'
import { Clock } from '../../../src/modules/config/clock.js'
import { Secrets } from '../../../src/modules/config/secrets.js'
import { signingKeyOf } from '../../../src/modules/identity/did-document.js'
import { DidResolver } from '../../../src/modules/identity/did-resolver.js'
import { formatGenesis } from '../../../src/modules/identity/plc/genesis.js'
import { PlcDirectory } from '../../../src/modules/identity/plc/plc-directory.js'
import { SigningKeys } from '../../../src/modules/identity/signing-keys.js'
import { ProxyPatience } from '../../../src/modules/proxy/exchange.js'
import type { Did } from '../../../src/repo-engine/index.js'
import { type Answer, call, type Call } from '../../e2e/call.js'
import { TestServer } from '../../support/account-app.js'
import { bytesOf, ChatService, sendJson } from './chat-service.js'

const LIST = 'chat.bsky.convo.listConvos'
const SEND = 'chat.bsky.convo.sendMessage'
const UNHEARD = 'com.example.video.upload'

let server: TestServer
let service: ChatService
let alice: { did: string; accessJwt: string }

beforeAll(async () => {
  service = await ChatService.start()
  server = await TestServer.start({ PDS_BLOB_UPLOAD_LIMIT: '1000000' })
  alice = await server.createAccount('alice')
})
afterAll(async () => {
  await server.close()
  await service.close()
})
beforeEach(() => {
  service.answer = (request, response) => sendJson(request, response, 200, { convos: [] })
})

const chat = () => `${service.did}#bsky_chat`

function ask(nsid: string, { headers, ...options }: Call = {}): Promise<Answer> {
  const to = { 'atproto-proxy': chat(), ...headers }
  return call(server, nsid, { as: alice.accessJwt, ...options, headers: to })
}

/** A session such as an app password gives. */
async function sessionOf(scope: AccessScope): Promise<string> {
  const session = { did: alice.did as Did, scope, shown: null, client: { userAgent: null, address: null } }
  return (await server.get(Sessions).start(session)).accessJwt
}

describe('a call that names a service', () => {
  it('goes there as it is, and its answer comes back', async () => {
    service.answer = (request, response) => sendJson(request, response, 201, { convos: ['one'] })
    const { status, json } = await ask(LIST, { params: { limit: 3, q: ['a b', 'ü&'] } })
    expect([status, json]).toEqual([201, { convos: ['one'] }])
    expect(service.last).toMatchObject({ method: 'GET', url: `/xrpc/${LIST}?limit=3&q=a+b&q=%C3%BC%26` })
  })

  it('shows a token of the account for that service and method alone, and never the one of its own server', async () => {
    await ask(LIST)
    const { authorization } = service.last.headers
    expect(authorization).not.toContain(alice.accessJwt)
    const document = await server.get(DidResolver).resolve(alice.did)
    const did = await verifyServiceJwt(
      authorization!.slice('Bearer '.length),
      { aud: service.did, lxm: LIST },
      () => Promise.resolve(signingKeyOf(document!)!),
      server.get(Clock).now(),
    )
    expect(did).toBe(alice.did)
  })

  it('carries what is meant for the service, and nothing of the connection or of this site', async () => {
    const meant = {
      'accept-language': 'de',
      'atproto-accept-labelers': 'did:plc:abc',
      'x-bsky-topics': 'cats',
      'x-atproto-something': 'new',
    }
    const others = {
      cookie: 'a=b',
      'x-forwarded-for': '1.2.3.4',
      'x-forwarded-host': 'evil.test',
      'x-ratelimit-bypass': 'k',
    }
    await ask(LIST, { headers: { ...meant, ...others } })
    const { headers } = service.last
    expect(headers).toMatchObject(meant)
    const unknown = Object.keys(headers).filter((name) => !(name in meant))
    expect(unknown.sort()).toEqual(['accept-encoding', 'authorization', 'connection', 'host', 'via'])
  })

  it('brings back what is meant for the client, and no cookies and nothing of the connection', async () => {
    service.answer = (request, response) =>
      sendJson(
        request,
        response,
        200,
        {},
        {
          'atproto-repo-rev': '3k',
          'content-language': 'en',
          'set-cookie': ['a=b', 'c=d'],
          'keep-alive': 'timeout=999',
          'access-control-allow-origin': 'https://evil.test',
          server: 'chat',
          'x-secret': '1',
        },
      )
    const { headers } = await ask(LIST)
    expect(headers.get('atproto-repo-rev')).toBe('3k')
    expect(headers.get('content-language')).toBe('en')
    expect(headers.get('content-type')).toBe('application/json')
    for (const name of ['set-cookie', 'server', 'x-secret']) expect(headers.get(name)).toBeNull()
    expect(headers.get('keep-alive')).not.toContain('999')
    expect(headers.get('access-control-allow-origin')).toBe('*')
    // Whatever it is, it is no page of this site.
    expect(headers.get('x-content-type-options')).toBe('nosniff')
    expect(headers.get('content-security-policy')).toContain('sandbox')
  })

  it('may be a procedure with a body of any kind, or with none', async () => {
    const seen: unknown[] = []
    service.answer = async (request, response) => {
      const bytes = await bytesOf(request)
      seen.push([request.method, request.headers['content-type'], request.headers['content-encoding'], bytes])
      response.end('{}')
    }
    const text = '{"text": "1.0",\n "text": 1.0}'
    await ask(SEND, { body: text })
    await ask(SEND, { method: 'POST' })
    await ask(UNHEARD, { body: Buffer.from([0, 255, 1]), headers: { 'content-type': 'video/mp4' } })
    const packed = gzipSync('{}')
    await ask(SEND, { body: packed, headers: { 'content-encoding': 'gzip' } })
    expect(seen).toEqual([
      ['POST', 'application/json', undefined, Buffer.from(text)],
      ['POST', undefined, undefined, Buffer.alloc(0)],
      ['POST', 'video/mp4', undefined, Buffer.from([0, 255, 1])],
      ['POST', 'application/json', 'gzip', packed],
    ])
  })

  it('may be a HEAD', async () => {
    service.answer = (_, response) =>
      void response.writeHead(200, { 'content-length': '7', 'atproto-repo-rev': '3k' }).end()
    const { status, bytes, headers } = await ask(LIST, { method: 'HEAD' })
    expect([status, bytes.length, headers.get('atproto-repo-rev')]).toEqual([200, 0, '3k'])
    expect(service.last.method).toBe('HEAD')
  })

  it('is streamed in both directions: the answer comes while the body is still on its way', async () => {
    service.answer = (request, response) => {
      response.writeHead(200, { 'content-type': 'application/octet-stream' })
      request.pipe(response)
    }
    const headers = { authorization: `Bearer ${alice.accessJwt}`, 'atproto-proxy': chat(), 'content-type': 'video/mp4' }
    const sent = httpRequest(`${server.url}/xrpc/${UNHEARD}`, { method: 'POST', headers })
    sent.write('first')
    const answer = await new Promise<IncomingMessage>((resolve) => sent.once('response', resolve))
    const [first] = (await answer.iterator({ destroyOnReturn: false }).next()).value ? ['first'] : []
    expect(first).toBe('first')
    sent.end(' and last')
    expect((await bytesOf(answer)).toString()).toBe(' and last')
  })

  it('ends there when its client hangs up', async () => {
    const closed = new Promise<void>((resolve) => {
      service.answer = (_, response) => {
        response.once('close', resolve)
        response.writeHead(200).write('begun')
      }
    })
    const headers = { authorization: `Bearer ${alice.accessJwt}`, 'atproto-proxy': chat() }
    const sent = httpRequest(`${server.url}/xrpc/${LIST}`, { headers })
    sent.on('error', () => undefined).end()
    await new Promise((resolve) => sent.once('response', resolve))
    sent.destroy()
    await closed
  })
})

describe('what a service answers instead', () => {
  it.each([
    [400, { error: 'InvalidConvo', message: 'no such convo' }, 400, 'InvalidConvo'],
    [401, { error: 'BadJwt', message: 'no' }, 401, 'BadJwt'],
    [500, { error: 'InternalServerError', message: 'oh' }, 502, 'InternalServerError'],
    [503, { error: 'NotEnoughResources', message: 'later' }, 503, 'NotEnoughResources'],
    [404, '<html>', 502, 'UpstreamFailure'],
    [500, 7, 502, 'UpstreamFailure'],
  ])('a %i of %j is told as %i %s', async (status, body, told, error) => {
    service.answer = (request, response) => sendJson(request, response, status, body, { 'retry-after': '9' })
    const answer = await ask(LIST)
    expect([answer.status, answer.json.error]).toEqual([told, error])
    if (error !== 'UpstreamFailure') expect(answer.headers.get('retry-after')).toBe('9')
  })

  it('a redirect is not followed', async () => {
    service.answer = (request, response) =>
      sendJson(request, response, 302, {}, { location: `${server.url}/xrpc/_health` })
    expect(await ask(LIST)).toMatchObject({ status: 502, json: { error: 'UpstreamFailure' } })
  })

  it.each([101, 600, 999])('the status %i, which no answer has: the connection stays one of HTTP', async (status) => {
    service.answer = ({ socket }) =>
      void socket.end(`HTTP/1.1 ${status} Odd\r\nConnection: close\r\nContent-Length: 14\r\n\r\n{"error":"It"}`)
    expect(await ask(LIST)).toMatchObject({ status: 502, json: { error: 'UpstreamFailure' } })
  })

  it('a connection that breaks before the head is a failure, one that breaks after it is cut here too', async () => {
    service.answer = (_, response) => void response.destroy()
    expect(await ask(LIST)).toMatchObject({ status: 502, json: { error: 'UpstreamFailure' } })
    service.answer = (_, response) => {
      response.writeHead(200).write('begun')
      setImmediate(() => response.destroy())
    }
    await expect(ask(LIST)).rejects.toThrow()
  })

  it('more than 10 MB: refused when it is announced, cut off when it is not', async () => {
    const piece = Buffer.alloc(1024 * 1024)
    service.answer = (_, response) => {
      response.writeHead(200, { 'content-length': String(11 * piece.length) })
      response.on('error', () => undefined).write(piece)
    }
    expect(await ask(LIST)).toMatchObject({ status: 502, json: { error: 'UpstreamFailure' } })
    service.answer = (_, response) => {
      response.on('error', () => undefined)
      for (let i = 0; i < 11; i++) response.write(piece)
      response.end()
    }
    await expect(ask(LIST)).rejects.toThrow()
    service.answer = (_, response) => {
      for (let i = 0; i < 10; i++) response.write(piece)
      response.end()
    }
    expect((await ask(LIST)).bytes).toHaveLength(10 * piece.length)
  })

  it('nothing, before the head or after it, is waited for so long', async () => {
    const patience = server.get(ProxyPatience)
    const patient = { ...patience }
    Object.assign(patience, { headMs: 100, stallMs: 100 })
    service.answer = () => undefined
    expect(await ask(LIST)).toMatchObject({ status: 504, json: { error: 'UpstreamTimeout' } })
    expect(await ask(SEND, { body: {} })).toMatchObject({ status: 504, json: { error: 'UpstreamTimeout' } })
    service.answer = (_, response) => void response.writeHead(200).write('begun')
    Object.assign(patience, { ...patient, stallMs: 100 })
    await expect(ask(LIST)).rejects.toThrow()
    Object.assign(patience, { ...patient, wholeMs: 1_000 })
    service.answer = (_, response) => {
      const drip = setInterval(() => response.write('.'), 20)
      response.once('close', () => clearInterval(drip))
    }
    await expect(ask(LIST)).rejects.toThrow()
    Object.assign(patience, patient)
  })

  it('nothing at all: nobody is there', async () => {
    const gone = await ChatService.start()
    const header = { 'atproto-proxy': `${gone.did}#bsky_chat` }
    expect(await ask(LIST, { headers: header })).toMatchObject({ status: 200 })
    await gone.close()
    expect(await ask(LIST, { headers: header })).toMatchObject({ status: 502, json: { error: 'UpstreamFailure' } })
  })
})

describe('bodies', () => {
  it.each([
    ['announced', true],
    ['unannounced', false],
  ])('larger than a blob may be are refused, %s', async (_, announced) => {
    service.answer = (request, response) => sendJson(request, response, 200, {})
    const piece = Buffer.alloc(64 * 1024)
    const status = await new Promise((resolve, reject) => {
      const length = announced ? { 'content-length': String(40 * piece.length) } : {}
      const headers = {
        authorization: `Bearer ${alice.accessJwt}`,
        'atproto-proxy': chat(),
        'content-type': 'video/mp4',
      }
      const sent = httpRequest(`${server.url}/xrpc/${UNHEARD}`, { method: 'POST', headers: { ...headers, ...length } })
      sent.once('response', (answer) => resolve(answer.statusCode)).once('error', reject)
      for (let i = 0; i < 40; i++) sent.write(piece)
      sent.end()
    })
    expect(status).toBe(413)
  })
})

describe('19. nobody makes this server ask others', () => {
  it('before it is known who asks: not even for a DID document', async () => {
    const stranger = await ChatService.start()
    const headers = { 'atproto-proxy': `${stranger.did}#bsky_chat` }
    for (const as of [undefined, 'nonsense', `${alice.accessJwt}x`])
      for (const nsid of [LIST, UNHEARD, 'app.bsky.actor.getProfile'])
        expect((await call(server, nsid, { as, headers, params: { actor: alice.did } })).status).not.toBe(502)
    const basic = `Basic ${Buffer.from('admin:wrong').toString('base64')}`
    expect((await call(server, LIST, { headers: { ...headers, authorization: basic } })).status).toBe(400)
    expect([stranger.resolved, stranger.asked]).toEqual([0, []])
    await stranger.close()
  })

  it('in vain: what names no service is refused', async () => {
    const cases: [string, string][] = [
      ['', 'invalid proxy header format'],
      ['nonsense', 'invalid proxy header format'],
      [service.did, 'invalid proxy header format'],
      [`${service.did}#`, 'invalid proxy header format'],
      [`#bsky_chat`, 'invalid proxy header format'],
      [`${chat()}#more`, 'invalid proxy header format'],
      [`${service.did} #bsky_chat`, 'invalid proxy header format'],
      [`did:web:${'a'.repeat(3000)}#x`, 'invalid proxy header format'],
      [`${service.did}#other`, 'could not resolve proxy did service url'],
      [`${service.did}#no_web`, 'could not resolve proxy did service url'],
      ['did:plc:aaaaaaaaaaaaaaaaaaaaaaaa#bsky_chat', 'could not resolve proxy did'],
      ['did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme#bsky_chat', 'could not resolve proxy did'],
    ]
    const before = service.asked.length
    for (const [header, message] of cases) {
      const { status, json } = await ask(LIST, { headers: { 'atproto-proxy': header } })
      expect([header, status, json]).toEqual([header, 400, { error: 'InvalidRequest', message }])
    }
    expect(service.asked.length).toBe(before)
  })

  it('for longer than its clients stay: hundreds that hang up leave nothing behind', async () => {
    let open = 0
    service.answer = ({ socket }, response) => {
      open++
      socket.once('close', () => open--)
      // Some have had a part of their answer.
      if (open % 2 === 0) response.writeHead(200, { 'content-type': 'application/json' }).write('{')
    }
    const { hostname, port } = new URL(server.url)
    const hangUp = (i: number): Promise<void> => {
      const isPost = i % 2 === 0
      const request = httpRequest({
        ...{ hostname, port, path: `/xrpc/${isPost ? SEND : LIST}`, method: isPost ? 'POST' : 'GET' },
        headers: {
          ...{ authorization: `Bearer ${alice.accessJwt}`, 'atproto-proxy': chat() },
          ...(isPost && { 'content-type': 'application/json', 'transfer-encoding': 'chunked' }),
        },
      })
      if (isPost) request.write('{"a":')
      else request.end()
      setTimeout(() => request.destroy(), i)
      return new Promise((closed) => request.on('error', () => undefined).on('close', () => closed()))
    }
    for (let round = 0; round < 10; round++) await Promise.all(Array.from({ length: 30 }, (_, i) => hangUp(i)))
    while (open > 0) await new Promise((resolve) => setImmediate(resolve))
    service.answer = (request, response) => sendJson(request, response, 200, {})
    // None of them is counted as under way any more.
    for (const { status } of await Promise.all(Array.from({ length: 50 }, () => ask(LIST)))) expect(status).toBe(200)
  })

  it('for more than 50 answers at once, of an account', async () => {
    const begun: (() => void)[] = []
    service.answer = (request, response) => void begun.push(() => sendJson(request, response, 200, {}))
    const all = Array.from({ length: 50 }, () => ask(LIST))
    while (begun.length < 50) await new Promise((resolve) => setImmediate(resolve))
    expect(await ask(LIST)).toMatchObject({ status: 429, json: { error: 'RateLimitExceeded' } })
    const { accessJwt: as } = await server.createAccount('bob')
    const other = ask(LIST, { as })
    while (begun.length < 51) await new Promise((resolve) => setImmediate(resolve))
    for (const answer of begun) answer()
    for (const { status } of [...(await Promise.all(all)), await other]) expect(status).toBe(200)
    service.answer = (request, response) => sendJson(request, response, 200, {})
    expect((await ask(LIST)).status).toBe(200)
  })

  it('for what has no name', async () => {
    for (const path of ['..%2f..%2fadmin', 'a.b', 'a.b.c%0d%0ax', 'a.b.c/d', 'a..c', `a.b.${'c'.repeat(400)}`]) {
      const { status } = await ask(path)
      expect([path, status]).toEqual([path, 501])
    }
  })

  it('in circles', async () => {
    const { status, json } = await ask(LIST, { headers: { via: '1.1 did:web:elsewhere, 1.1 did:web:localhost' } })
    expect([status, json.error]).toEqual([400, 'InvalidRequest'])
  })

  it('who is this server itself, by its DID or under another', async () => {
    const { did, op } = formatGenesis({
      handle: 'mirror.test',
      signingKey: (await server.get(SigningKeys).get(alice.did as Did)).didKey,
      rotationKey: await server.get(SigningKeys).get(alice.did as Did),
      recoveryKeys: [],
      pdsUrl: server.url,
    })
    await server.get(PlcDirectory).submit(did, op)
    for (const named of [`${did}#atproto_pds`, 'did:web:localhost#atproto_pds', 'did:web:localhost#bsky_appview']) {
      const headers = { 'atproto-proxy': named }
      expect(await ask(LIST, { headers })).toMatchObject({ status: 501 })
      const own = await ask('app.bsky.actor.getProfile', { headers, params: { actor: alice.did } })
      expect([own.status, own.json.did]).toEqual([200, alice.did])
    }
  })

  it('at private addresses, once it is on the internet', async () => {
    const guarded = await TestServer.start({ PDS_DISABLE_SSRF_PROTECTION: 'false' })
    const bob = await guarded.createAccount('bob')
    const key = await guarded.get(SigningKeys).get(bob.did as Did)
    for (const pdsUrl of [service.url, 'https://127.0.0.1', 'https://10.1.2.3', 'https://[::1]', 'https://localhost']) {
      const names = { handle: 'inside.test', signingKey: key.didKey, rotationKey: key, recoveryKeys: [] }
      const { did, op } = formatGenesis({ ...names, pdsUrl })
      await guarded.get(PlcDirectory).submit(did, op)
      const headers = { 'atproto-proxy': `${did}#atproto_pds` }
      const { status, json } = await call(guarded, LIST, { as: bob.accessJwt, headers })
      expect([pdsUrl, status, json.error]).toEqual([pdsUrl, 502, 'UpstreamFailure'])
    }
    const before = service.resolved
    expect(await call(guarded, LIST, { as: bob.accessJwt, headers: { 'atproto-proxy': chat() } })).toMatchObject({
      status: 400,
      json: { message: 'could not resolve proxy did' },
    })
    expect(service.resolved).toBe(before)
    await guarded.close()
  })
})

describe('who may have what passed on', () => {
  it('an app password has no chats, unless it is a privileged one', async () => {
    const [plain, privileged] = [
      await sessionOf('com.atproto.appPass'),
      await sessionOf('com.atproto.appPassPrivileged'),
    ]
    expect(await ask(LIST, { as: plain })).toMatchObject({
      status: 400,
      json: { error: 'InvalidToken', message: 'Bad token method' },
    })
    expect(await ask(UNHEARD, { as: plain })).toMatchObject({ status: 200 })
    expect(await ask(LIST, { as: privileged })).toMatchObject({ status: 200 })
  })

  it('nobody has what is between an account and its own server', async () => {
    const before = service.asked.length
    const own = [
      ...['admin.sendEmail', 'identity.signPlcOperation', 'identity.updateHandle', 'server.createAppPassword'],
      ...['server.deactivateAccount', 'server.requestAccountDelete', 'server.updateEmail', 'repo.createRecord'],
      ...['server.noSuchMethod', 'sync.noSuchMethod'],
    ]
    const { accessJwt: as } = await server.createAccount('carla')
    for (const name of own) await ask(`com.atproto.${name}`, { as, body: {} })
    expect((await ask('com.atproto.server.getSession')).json.did).toBe(alice.did)
    expect((await ask('app.bsky.actor.getPreferences')).json.preferences).toEqual([])
    expect(service.asked.length).toBe(before)
  })

  it('a session that has ended has nothing', async () => {
    const token = await sessionOf('com.atproto.access')
    expect(await ask(LIST, { as: token })).toMatchObject({ status: 200 })
    const [, payload] = token.split('.')
    const { sid } = JSON.parse(Buffer.from(payload!, 'base64url').toString()) as { sid: string }
    const sessions = server.get(Sessions)
    await (
      sessions as unknown as { database: { write(fn: (tx: never) => Promise<void>): Promise<void> } }
    ).database.write((tx) => sessions.revoke(tx, sid))
    expect(await ask(LIST, { as: token })).toMatchObject({ status: 400, json: { error: 'ExpiredToken' } })
  })

  it('an account that is deactivated reads on, one that is taken down does not, also to appeal', async () => {
    const dan = await server.createAccount('dan')
    await server.post('com.atproto.server.deactivateAccount', { auth: dan.accessJwt, body: {} })
    expect(await ask(LIST, { as: dan.accessJwt })).toMatchObject({ status: 200 })
    const operator = `Basic ${Buffer.from(`admin:${server.get(Secrets).adminPassword}`).toString('base64')}`
    const subject = { $type: 'com.atproto.admin.defs#repoRef', did: dan.did }
    const body = { subject, takedown: { applied: true } }
    expect((await server.post('com.atproto.admin.updateSubjectStatus', { auth: operator, body })).status).toBe(200)
    const before = service.asked.length
    expect((await ask(LIST, { as: dan.accessJwt })).status).toBeGreaterThanOrEqual(400)
    const signIn = { identifier: 'dan.test', password: 'dan-password', allowTakendown: true }
    const { body: session } = await server.post('com.atproto.server.createSession', { body: signIn })
    expect((await ask(LIST, { as: session.accessJwt as string })).status).toBe(400)
    expect(service.asked.length).toBe(before)
  })

  it('labels are those of the labeler that is named', async () => {
    service.answer = (request, response) => sendJson(request, response, 200, { labels: [], cursor: 'theirs' })
    const params = { uriPatterns: ['*'] }
    expect((await ask('com.atproto.label.queryLabels', { params })).json.cursor).toBe('theirs')
    const nobody = await call(server, 'com.atproto.label.queryLabels', { params, headers: { 'atproto-proxy': chat() } })
    expect(nobody.json).toEqual({ labels: [] })
  })

  it('an unknown method without a service is not implemented', async () => {
    for (const nsid of [LIST, UNHEARD, 'app.bsky.unheard.of'])
      expect(await call(server, nsid, { as: alice.accessJwt })).toMatchObject({
        status: 501,
        json: { error: 'MethodNotImplemented' },
      })
  })

  it('methods of app.bsky that are unknown here go to the AppView of the settings', async () => {
    const local = await TestServer.start({
      PDS_BSKY_APP_VIEW_URL: service.url,
      PDS_BSKY_APP_VIEW_DID: 'did:web:view.test',
    })
    const bob = await local.createAccount('bob')
    service.answer = (request, response) => sendJson(request, response, 200, { from: 'there' })
    expect((await call(local, 'app.bsky.unheard.of')).json).toEqual({ from: 'there' })
    expect(service.last.headers.authorization).toBeUndefined()
    expect((await call(local, 'app.bsky.unheard.of', { as: bob.accessJwt, body: { a: 1 } })).json).toEqual({
      from: 'there',
    })
    const [, payload] = service.last.headers.authorization!.split('.')
    expect(JSON.parse(Buffer.from(payload!, 'base64url').toString())).toMatchObject({
      aud: 'did:web:view.test',
      iss: bob.did,
    })
    expect(await call(local, 'app.bsky.unheard.of', { body: {} })).toMatchObject({ status: 401 })
    expect(await call(local, 'com.example.unheard.of', { as: bob.accessJwt })).toMatchObject({ status: 501 })
    await local.close()
  })
})
