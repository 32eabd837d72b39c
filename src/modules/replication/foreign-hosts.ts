import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { Injectable } from '@nestjs/common'
import { type Did, isDid, isTid, type Tid } from '../../repo-engine/index.js'
import { FetchError, type OpenOptions, SafeFetch } from '../identity/safe-fetch.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { type AccountStatus, statusOf } from './account-status.js'
import { type Deadline, Patience } from './patience.js'

const MAX_JSON_BYTES = 4 * 1024 * 1024
const MAX_REFUSAL_BYTES = 16 * 1024
/** Repositories that are asked for at a time. */
const LIST_LIMIT = 1_000
const CAR = 'application/cbor'

export interface ListedRepo {
  did: Did
  rev: Tid
  active: boolean
}

/** Questions to other hosts. All outgoing requests are guarded and bounded; answers are trusted for nothing but their form. */
@Injectable()
export class ForeignHosts {
  constructor(
    private readonly fetch: SafeFetch,
    private readonly patience: Patience,
  ) {}

  /** Whether a host is the server of accounts, as one describes itself. */
  async isServer(host: string): Promise<boolean> {
    try {
      const { did } = await this.query(host, 'server.describeServer', {})
      return isDid(did)
    } catch (error) {
      if (error instanceof XrpcError || error instanceof FetchError) return false
      throw error
    }
  }

  /**
   * What a host says of the status of an account; undefined when it says nothing. `orGone`: one that it does not know counts
   * as deleted.
   */
  async status(host: string, did: Did, orGone: boolean): Promise<AccountStatus> {
    try {
      const { active, status } = await this.query(host, 'sync.getRepoStatus', { did })
      // What is no answer to this question, a web page say, answers nothing.
      if (typeof active !== 'boolean') return undefined
      return statusOf(active, typeof status === 'string' ? status : null)
    } catch (error) {
      return orGone && error instanceof XrpcError && error.error === 'RepoNotFound' ? 'deleted' : undefined
    }
  }

  /** Repositories of a host, page by page. @throws XrpcError, FetchError */
  async *repos(host: string): AsyncGenerator<ListedRepo[]> {
    for (let cursor: string | undefined; ;) {
      const answer = await this.query(host, 'sync.listRepos', { limit: String(LIST_LIMIT), ...(cursor && { cursor }) })
      const repos = Array.isArray(answer.repos) ? (answer.repos as unknown[]).slice(0, LIST_LIMIT) : []
      yield repos.flatMap((repo) => {
        const { did, rev, active } = (repo ?? {}) as Record<string, unknown>
        return isDid(did) && isTid(rev) ? [{ did, rev, active: active !== false }] : []
      })
      const next = typeof answer.cursor === 'string' && answer.cursor !== '' ? answer.cursor : undefined
      if (next === undefined || next === cursor || repos.length === 0) return
      cursor = next
    }
  }

  /** The rev of an account's repository at a host; null when it has none. @throws XrpcError, FetchError */
  async rev(host: string, did: Did): Promise<Tid | null> {
    try {
      const { rev } = await this.query(host, 'sync.getLatestCommit', { did })
      return isTid(rev) ? rev : null
    } catch (error) {
      if (error instanceof XrpcError && error.error === 'RepoNotFound') return null
      throw error
    }
  }

  /** A repository as a CAR, or what has changed in it since a rev. @throws XrpcError, FetchError, also while it is read */
  async *repo(host: string, did: Did, since: Tid | null, stop: AbortSignal): AsyncGenerator<Uint8Array> {
    const deadline = this.patience.deadline(stop)
    try {
      const response = await this.ask(host, 'sync.getRepo', { did, ...(since && { since }) }, deadline)
      for await (const chunk of response as AsyncIterable<Buffer>) {
        deadline.move(chunk.length)
        yield chunk
      }
    } catch (error) {
      throw deadline.explain(error)
    } finally {
      deadline.end()
    }
  }

  /**
   * Sends a CAR of an account's repository (`syncUpdateRepo`); null: nothing but a word that there is something to look at,
   * which is that the account was deleted, or anything else. @throws XrpcError as the host answers, FetchError
   */
  async update(
    host: string,
    did: Did,
    news: AsyncIterable<Uint8Array> | null | 'deleted',
    stop: AbortSignal,
  ): Promise<void> {
    const deadline = this.patience.deadline(stop)
    const isCar = news !== null && news !== 'deleted'
    const params = { did, ...(news === 'deleted' && { status: news }) }
    try {
      const response = await this.ask(host, 'syncUpdateRepo', params, deadline, {
        method: 'POST',
        ...(isCar && { headers: { 'content-type': CAR }, body: Readable.from(watched(news, deadline)) }),
      })
      await bodyOf(response, MAX_REFUSAL_BYTES)
    } catch (error) {
      throw deadline.explain(error)
    } finally {
      deadline.end()
    }
  }

  private async query(host: string, method: string, params: Record<string, string>): Promise<Record<string, unknown>> {
    const url = urlOf(host, method, params)
    const { status, body } = await this.fetch.fetch(url, {
      timeoutMs: this.patience.answerMs,
      maxBytes: MAX_JSON_BYTES,
    })
    const answer = parse(body)
    if (status !== 200) throw refusal(status, answer)
    return answer
  }

  /** @throws XrpcError for an answer that is no success */
  private async ask(
    host: string,
    method: string,
    params: Record<string, string>,
    deadline: Deadline,
    options: OpenOptions = {},
  ): Promise<IncomingMessage> {
    const response = await this.fetch.open(urlOf(host, method, params), { ...options, signal: deadline.signal })
    if (response.statusCode === 200) return response
    throw refusal(response.statusCode!, parse(await bodyOf(response, MAX_REFUSAL_BYTES)))
  }
}

/** The body of an answer, or as much of it as anybody wants. */
async function bodyOf(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of response as AsyncIterable<Buffer>) {
    pieces.push(piece)
    if ((size += piece.length) > maxBytes) break
  }
  return Buffer.concat(pieces)
}

/** A source whose progress keeps a deadline off; once all of it is sent, the other side has work to do. */
async function* watched(source: AsyncIterable<Uint8Array>, deadline: Deadline): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    deadline.move(chunk.length)
    yield chunk
  }
  deadline.sent()
}

function urlOf(host: string, method: string, params: Record<string, string>): string {
  return `${host}/xrpc/com.atproto.${method}?${new URLSearchParams(params).toString()}`
}

function parse(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString())
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function refusal(status: number, { error, message }: Record<string, unknown>): XrpcError {
  const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 300) : `status ${status}`)
  return new XrpcError(status, text(error), text(message))
}
