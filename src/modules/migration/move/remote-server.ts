import { createWriteStream, openAsBlob, rmSync } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { XrpcMethods } from '../../lexicon/types.js'

/** The tokens of a session. */
export interface Tokens {
  accessJwt: string
  refreshJwt: string
}

/** What a server says against a request. `code` is the error's name, '' where it gives none; status 0: it does not answer. */
export class RemoteError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message)
  }
}

/** What is asked with: another token than the session's, or none. */
export interface Ask {
  token?: string | null
}

const JSON_TIMEOUT_MS = 60_000
/** For a repository or a blob, which may be large and the line thin. */
const FILE_TIMEOUT_MS = 60 * 60_000
const MAX_JSON = 16 * 1024 ** 2
const MAX_FILE = 16 * 1024 ** 3
/** The longest that a server which counts requests is waited for; what takes longer is for another run. */
const MAX_PAUSE_MS = 5 * 60_000
const REFRESH = 'com.atproto.server.refreshSession'

type Nsid = keyof XrpcMethods

/**
 * A server as the owner of an account on it sees it: plain requests, a session that is refreshed when it has to be, and files
 * that go straight between the network and the disk. Whoever runs this has named the server.
 */
export class RemoteServer {
  /** What was thrown when its session had ended. */
  ended: RemoteError | null = null

  /** `onTokens` is told of new tokens before they are used: the old ones are worth nothing then. */
  constructor(
    readonly url: string,
    private tokens: Tokens | null,
    private readonly onTokens: (tokens: Tokens) => void,
  ) {}

  get isSignedIn(): boolean {
    return this.tokens !== null
  }

  signIn(tokens: Tokens): void {
    this.tokens = { accessJwt: tokens.accessJwt, refreshJwt: tokens.refreshJwt }
    this.onTokens(this.tokens)
  }

  /** @throws RemoteError */
  async query<M extends Nsid>(nsid: M, params: Record<string, string> = {}, ask: Ask = {}) {
    const response = await this.request(`${nsid}?${new URLSearchParams(params)}`, { method: 'GET' }, ask)
    return (await this.json(response)) as XrpcMethods[M]['output']
  }

  /** @throws RemoteError */
  async procedure<M extends Nsid>(nsid: M, body?: XrpcMethods[M]['input'], ask: Ask = {}) {
    const json =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
    const response = await this.request(nsid, { method: 'POST', ...json }, ask)
    return (await this.json(response)) as XrpcMethods[M]['output']
  }

  /**
   * Fetches a file, and gives its type. `onBytes` is told how much of it has come, and how much there is: 0 where that is not
   * said. @throws RemoteError, also for one of more than 16 GB or one that is cut short
   */
  async download(
    nsid: Nsid,
    params: Record<string, string>,
    path: string,
    onBytes?: (done: number, total: number) => void,
  ): Promise<string> {
    const response = await this.request(
      `${nsid}?${new URLSearchParams(params)}`,
      { method: 'GET' },
      {},
      FILE_TIMEOUT_MS,
    )
    const total = Number(response.headers.get('content-length') ?? 0)
    try {
      const pieces = bounded(response, MAX_FILE, (done) => onBytes?.(done, total))
      await pipeline(Readable.from(pieces), createWriteStream(path, { mode: 0o600 }))
    } catch (error) {
      rmSync(path, { force: true })
      throw this.failure(error)
    }
    return response.headers.get('content-type')?.split(';')[0]?.trim() || 'application/octet-stream'
  }

  /** Sends a file. @throws RemoteError */
  async upload<M extends Nsid>(nsid: M, path: string, type: string) {
    // A blob has a length, which servers want to know before.
    const body = await openAsBlob(path)
    const init = { method: 'POST', body, headers: { 'content-type': type } }
    return (await this.json(await this.request(nsid, init, {}, FILE_TIMEOUT_MS))) as XrpcMethods[M]['output']
  }

  private async request(path: string, init: RequestInit, ask: Ask, timeout = JSON_TIMEOUT_MS): Promise<Response> {
    const first = await this.patiently(path, init, ask, timeout)
    if (first.ok) return first
    const error = await this.errorOf(first)
    const isExpired = error.code === 'ExpiredToken' || (error.status === 401 && error.code === 'InvalidToken')
    if (!isExpired || ask.token !== undefined || !this.tokens) throw error
    await this.refresh()
    const second = await this.patiently(path, init, ask, timeout)
    if (second.ok) return second
    throw await this.errorOf(second)
  }

  /** Waits where the server counts requests and says until when, if that is not long. */
  private async patiently(path: string, init: RequestInit, { token }: Ask, timeout: number): Promise<Response> {
    for (let tries = 0; ; tries++) {
      const bearer = token === undefined ? this.tokens?.accessJwt : token
      const headers = { ...init.headers, ...(bearer && { authorization: `Bearer ${bearer}` }) }
      const response = await this.fetch(path, { ...init, headers, signal: AbortSignal.timeout(timeout) })
      const pause = response.status === 429 && tries < 3 ? pauseOf(response) : null
      if (pause === null) return response
      await response.body?.cancel()
      await delay(pause)
    }
  }

  private async refresh(): Promise<void> {
    const headers = { authorization: `Bearer ${this.tokens!.refreshJwt}` }
    const response = await this.fetch(REFRESH, {
      method: 'POST',
      headers,
      signal: AbortSignal.timeout(JSON_TIMEOUT_MS),
    })
    if (!response.ok) {
      const { code } = await this.errorOf(response)
      this.ended = new RemoteError(
        401,
        'SignInAgain',
        `the session on ${this.url} has ended (${code || response.status})`,
      )
      throw this.ended
    }
    this.signIn((await this.json(response)) as Tokens)
  }

  /** A blob may lie elsewhere, where the token does not go along; what is sent goes to nobody else. */
  private async fetch(path: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(`${this.url}/xrpc/${path}`, { ...init, redirect: init.method === 'GET' ? 'follow' : 'manual' })
    } catch (error) {
      throw this.failure(error)
    }
  }

  private async errorOf(response: Response): Promise<RemoteError> {
    if (response.status < 400) {
      await response.body?.cancel()
      return new RemoteError(response.status, '', `${this.url} answers with a redirect, which is not followed`)
    }
    const body = (await this.json(response).catch(() => null)) as { error?: unknown; message?: unknown } | null
    const code = typeof body?.error === 'string' ? body.error : ''
    const message = typeof body?.message === 'string' ? body.message.slice(0, 500) : ''
    return new RemoteError(
      response.status,
      code,
      `${this.url} says ${response.status}${code && ` ${code}`}${message && `: ${message}`}`,
    )
  }

  private async json(response: Response): Promise<unknown> {
    try {
      const chunks: Uint8Array[] = []
      for await (const chunk of bounded(response, MAX_JSON)) chunks.push(chunk)
      const text = Buffer.concat(chunks).toString()
      return text === '' ? undefined : JSON.parse(text)
    } catch (error) {
      throw this.failure(error)
    }
  }

  private failure(error: unknown): RemoteError {
    if (error instanceof RemoteError) return error
    const { message, cause } = error as Error
    const why = (cause as { code?: string } | undefined)?.code ?? message
    return new RemoteError(0, '', `${this.url} does not answer as it should (${why})`)
  }
}

async function* bounded(
  response: Response,
  limit: number,
  onBytes?: (done: number) => void,
): AsyncGenerator<Uint8Array> {
  let size = 0
  for await (const chunk of response.body ?? []) {
    if ((size += chunk.length) > limit) throw new Error(`an answer of more than ${limit} bytes`)
    onBytes?.(size)
    yield chunk
  }
}

/** Milliseconds to wait, null where that is too long or not said. */
function pauseOf({ headers }: Response): number | null {
  const seconds = Number(headers.get('retry-after') ?? NaN)
  const reset = Number(headers.get('ratelimit-reset') ?? NaN)
  const date = Date.parse(headers.get('date') ?? '')
  const pause = Number.isNaN(seconds) ? reset * 1000 - date : seconds * 1000
  return pause >= 0 && pause <= MAX_PAUSE_MS ? pause + 500 : null
}
