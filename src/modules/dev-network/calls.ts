/** Calls to the servers of a network, over Node's own client: a test environment may have taken `fetch` away, or put another in its place. */
import { Agent, type IncomingMessage, request } from 'node:http'
import { types } from 'node:util'
import type { CallError, NewAccount, Output, Params, TestAccount, TestServer } from './test-network.js'

interface Ask {
  token?: string
  /** Procedures have one, or null; queries have none. */
  input?: object | Uint8Array | null
  encoding?: string
}

interface Session {
  did: string
  handle: string
  accessJwt: string
  refreshJwt: string
}

/** The connections of one program to a network. To be closed. */
export class Calls {
  private readonly agent = new Agent({ keepAlive: true })
  private made = 0
  private closed = false

  /** Whoever calls afterwards is told so: by then, another program may have the port. */
  close(): void {
    this.closed = true
    this.agent.destroy()
  }

  async createAccount(pds: readonly TestServer[], account: NewAccount): Promise<TestAccount> {
    const server = pds[account.pds ?? 0]
    if (!server) throw new RangeError(`there is no server ${account.pds}: the network has ${pds.length}`)
    const name = account.handle ?? `user-${++this.made}`
    const handle = name.includes('.') ? name : `${name}${server.handleDomain}`
    const { email = `${handle}@example.com`, password = `${handle}-password` } = account
    const session = await this.call<Session>(server.url, 'com.atproto.server.createAccount', {
      input: { handle, email, password },
    })
    return this.signedIn(server.url, session, email, password)
  }

  async signIn(service: string, identifier: string, password: string): Promise<TestAccount> {
    const session = await this.call<Session & { email: string }>(service, 'com.atproto.server.createSession', {
      input: { identifier, password },
    })
    return this.signedIn(service, session, session.email, password)
  }

  private signedIn(service: string, session: Session, email: string, password: string): TestAccount {
    const { did, handle, accessJwt: token, refreshJwt } = session
    const procedure: TestAccount['procedure'] = <Nsid extends string>(nsid: Nsid, input?: object, encoding?: string) =>
      this.call<Output<Nsid>>(service, nsid, { token, input: input ?? null, encoding })
    return {
      ...{ did, handle, email, password, accessJwt: token, refreshJwt, active: true, service },
      procedure,
      query: (nsid, params = {}) => this.call(service, `${nsid}?${queryString(params)}`, { token }),
      create: (record) => procedure('com.atproto.repo.createRecord', { repo: did, collection: record.$type, record }),
    }
  }

  private async call<Answer>(service: string, path: string, { token, input, encoding }: Ask): Promise<Answer> {
    if (this.closed) throw new Error('the network has ended')
    // In an environment of its own a test has another class of that name.
    const isBytes = types.isUint8Array(input)
    const bytes = isBytes ? input : input ? JSON.stringify(input) : ''
    const type = encoding ?? (isBytes ? 'application/octet-stream' : 'application/json')
    const headers = {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(input && { 'content-type': type }),
      ...(input !== undefined && { 'content-length': Buffer.byteLength(bytes) }),
    }
    const method = input === undefined ? 'GET' : 'POST'
    const response = await new Promise<IncomingMessage>((resolve, reject) =>
      request(`${service}/xrpc/${path}`, { method, headers, agent: this.agent })
        .on('response', resolve)
        .on('error', reject)
        .end(bytes),
    )
    const body = await read(response)
    const isJson = response.headers['content-type']?.startsWith('application/json')
    const output = (isJson ? JSON.parse(body.toString()) : body.length > 0 ? body : {}) as Answer
    if (response.statusCode === 200) return output
    const { error = 'Unknown', message = body.toString() } = output as { error?: string; message?: string }
    throw Object.assign(new Error(`${error}: ${message}`), { status: response.statusCode!, error }) as CallError
  }
}

async function read(response: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of response as AsyncIterable<Buffer>) pieces.push(piece)
  return Buffer.concat(pieces)
}

function queryString(params: Params): string {
  const pairs = Object.entries(params).flatMap(([name, value]) => {
    const values = Array.isArray(value) ? (value as readonly string[]) : value === undefined ? [] : [value]
    return values.map((one): [string, string] => [name, String(one)])
  })
  return new URLSearchParams(pairs).toString()
}
