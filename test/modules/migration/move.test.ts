/** What a move takes from servers that are broken or hostile. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MoveAccount } from '../../../src/modules/migration/move/move-account.js'
import { type MoveState, newMove } from '../../../src/modules/migration/move/move-state.js'
import { moveBlobs } from '../../../src/modules/migration/move/move-blobs.js'
import { RemoteServer, type Tokens } from '../../../src/modules/migration/move/remote-server.js'
import { NextAccount, OldAccount } from '../../../src/modules/migration/move/two-accounts.js'
import { Cid } from '../../../src/repo-engine/index.js'

type Answer = (request: IncomingMessage, response: ServerResponse, body: Buffer) => void

/** A server whose every method a test writes. */
class Stub {
  readonly asked: string[] = []
  answers: Record<string, Answer> = {}

  private constructor(private readonly server: Server) {}

  static async start(): Promise<Stub> {
    const server = createServer()
    const stub = new Stub(server)
    const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const nsid = new URL(request.url!, 'http://x').pathname.slice('/xrpc/'.length)
      stub.asked.push(nsid)
      const given = stub.answers[nsid]
      if (given) given(request, response, Buffer.concat(chunks))
      else json(response, 501, { error: 'MethodNotImplemented' })
    }
    server.on('request', (request, response) => void answer(request, response))
    await new Promise<void>((ready) => server.listen(0, ready))
    return stub
  }

  get url(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}`
  }

  close(): void {
    this.server.closeAllConnections()
    this.server.close()
  }
}

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

const TOKENS: Tokens = { accessJwt: 'an-access-token', refreshJwt: 'a-refresh-token' }
let old: Stub
let next: Stub
let directory: string
const kept: Tokens[] = []
beforeEach(async () => {
  old = await Stub.start()
  next = await Stub.start()
  directory = mkdtempSync(join(tmpdir(), 'skylog-'))
  kept.length = 0
})
afterEach(() => {
  old.close()
  next.close()
  rmSync(directory, { recursive: true, force: true })
})

const server = (stub: Stub) => new RemoteServer(stub.url, TOKENS, (tokens) => kept.push(tokens))
const bring = () =>
  moveBlobs('did:plc:a', new OldAccount(server(old)), new NextAccount(server(next)), directory, () => undefined)
const LIST = 'com.atproto.repo.listMissingBlobs'
const missing = (...cids: string[]): void => {
  next.answers[LIST] = (_, response) =>
    json(response, 200, { blobs: cids.map((cid) => ({ cid, recordUri: 'at://a' })) })
}

describe('blobs', () => {
  beforeEach(() => {
    old.answers['com.atproto.sync.getBlob'] = (_, response) => response.end('something else')
  })

  it('what is no CID is refused: it would be the name of a file', async () => {
    missing('../../outside')
    await expect(bring()).rejects.toThrow(/CID/)
    expect(readdirSync(directory)).toEqual([])
    expect(existsSync(join(directory, '../../outside'))).toBe(false)
  })

  it('a list that goes on from where it was asked for is left', async () => {
    const cid = Cid.ofRaw(Buffer.from('the blob')).toString()
    next.answers[LIST] = (_, response) => json(response, 200, { blobs: [{ cid, recordUri: 'at://a' }], cursor: 'same' })
    await expect(bring()).rejects.toThrow(/cursor/)
  })

  it('bytes that are not those of the CID are sent to nobody, and the blob counts as lost', async () => {
    const cid = Cid.ofRaw(Buffer.from('the blob')).toString()
    missing(cid)
    expect(await bring()).toEqual({ sent: 0, lost: [cid] })
    expect(next.asked).toEqual([LIST])
    expect(readdirSync(directory)).toEqual([])
  })
})

describe('sessions', () => {
  const moving = (state: MoveState) =>
    new MoveAccount(state, { plc: next.url, ask: () => Promise.resolve('a-secret'), save: () => undefined })
  const signsIn = (stub: Stub, did: string) =>
    (stub.answers['com.atproto.server.createSession'] = (_, response) =>
      json(response, 200, { ...TOKENS, did, handle: 'alice.test' }))
  const alice = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'

  it('of what is no DID, or of another account than before, is not gone on with', async () => {
    signsIn(old, '../../x')
    await expect(moving(newMove(old.url, next.url, 'alice.test')).run()).rejects.toThrow(/no DID/)
    signsIn(old, 'did:plc:bbbbbbbbbbbbbbbbbbbbbbbb')
    const known = { ...newMove(old.url, next.url, 'alice.test'), did: alice }
    await expect(moving(known).run()).rejects.toThrow(/in the place of did:plc:a/)
    expect(next.asked).toEqual([])
  })

  it('of another account on the new server gets nothing of this one', async () => {
    const describe: Answer = (_, response) => json(response, 200, { did: 'did:web:x', availableUserDomains: [] })
    for (const stub of [old, next]) stub.answers['com.atproto.server.describeServer'] = describe
    signsIn(old, alice)
    signsIn(next, 'did:plc:bbbbbbbbbbbbbbbbbbbbbbbb')
    const state = newMove(old.url, next.url, 'alice.test')
    await expect(moving(state).run()).rejects.toThrow(/in the place of did:plc:a/)
    expect(state.next).toBeNull()
  })
})

describe('a server', () => {
  const ask = () => server(old).query('com.atproto.server.checkAccountStatus')
  const STATUS = 'com.atproto.server.checkAccountStatus'
  const REFRESH = 'com.atproto.server.refreshSession'

  it('that answers without an end is left', async () => {
    old.answers[STATUS] = (_, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(1 << 20, ' ')));
      }
      response.on('drain', more).on('error', () => undefined)
      more()
    }
    await expect(ask()).rejects.toThrow(/more than 16777216 bytes/)
  })

  it('that breaks off, or answers with something else, is said to', async () => {
    old.answers[STATUS] = (_, response) =>
      void response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy())
    await expect(ask()).rejects.toThrow(/does not answer as it should/)
    old.answers[STATUS] = (_, response) => response.end('<html>')
    await expect(ask()).rejects.toThrow(/does not answer as it should/)
  })

  it('that sends a password or a token on to another server is not followed there', async () => {
    const password = { identifier: 'alice.test', password: 'a-password' }
    old.answers['com.atproto.server.createSession'] = (_, response) =>
      void response.writeHead(307, { location: `${next.url}/xrpc/com.atproto.server.createSession` }).end()
    const procedure = server(old).procedure('com.atproto.server.createSession', password, { token: null })
    await expect(procedure).rejects.toThrow(/redirect/)
    old.answers[STATUS] = (_, response) =>
      void response.writeHead(307, { location: `${next.url}/xrpc/${STATUS}` }).end()
    let sent: string | undefined
    next.answers[STATUS] = ({ headers }, response) => {
      sent = headers.authorization
      json(response, 200, {})
    }
    await ask()
    expect(sent).toBeUndefined()
    expect(next.asked).toEqual([STATUS])
  })

  it('that counts requests is waited for, as long as it says', async () => {
    let times = 0
    old.answers[STATUS] = (_, response) =>
      ++times < 3
        ? json(response, 429, { error: 'RateLimitExceeded' }, { 'retry-after': '0' })
        : json(response, 200, { ok: 1 })
    expect(await ask()).toEqual({ ok: 1 })
  })

  it('that wants to be asked another day is not', async () => {
    old.answers[STATUS] = (_, response) =>
      json(response, 429, { error: 'RateLimitExceeded' }, { 'retry-after': '86400' })
    await expect(ask()).rejects.toThrow(/429 RateLimitExceeded/)
    expect(old.asked).toHaveLength(1)
  })

  it('whose token has expired is asked for another, which is kept before it is used', async () => {
    old.answers[STATUS] = ({ headers }, response) =>
      headers.authorization === 'Bearer new'
        ? json(response, 200, { ok: 1 })
        : json(response, 400, { error: 'ExpiredToken' })
    old.answers[REFRESH] = ({ headers }, response) =>
      json(response, 200, { accessJwt: 'new', refreshJwt: headers.authorization!.slice(7) + '-2', did: 'did:plc:a' })
    expect(await ask()).toEqual({ ok: 1 })
    expect(kept).toEqual([{ accessJwt: 'new', refreshJwt: 'a-refresh-token-2' }])
  })

  it('whose session has ended says so, and no error repeats a token', async () => {
    old.answers[STATUS] = (_, response) => json(response, 400, { error: 'ExpiredToken' })
    old.answers[REFRESH] = (_, response) => json(response, 400, { error: 'ExpiredToken', message: 'x'.repeat(10_000) })
    const error = await ask().catch((thrown: Error) => thrown)
    expect(error).toMatchObject({ code: 'SignInAgain', message: expect.stringMatching(/has ended/) })
    expect((error as Error).message).not.toMatch(/an-access-token|a-refresh-token/)
  })
})
