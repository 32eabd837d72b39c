import { Injectable } from '@nestjs/common'
import type { FastifyReply } from 'fastify'
import type { AuthenticatedRequest } from '../../auth/viewer.js'
import { Config } from '../../config/config.js'
import { CallHeaders } from '../../proxy/call-headers.js'
import { type ServiceAnswer, ServiceCalls } from '../../proxy/service-calls.js'
import type { Service } from '../../proxy/service.js'
import { unreachable, UPSTREAM_FAILURE } from '../../proxy/upstream-error.js'
import { XrpcError } from '../../xrpc/xrpc-error.js'
import { KnownHere, type Missing } from './known-here.js'

/** Ahead of a search's cursor that is the upstream's. */
const THEIRS = 'upstream:'
const SEARCH = /\.search[A-Z]\w*$/

type Body = Record<string, unknown>

/** The AppView that is asked for what is not known here, if the settings have one (PDS_BSKY_APP_VIEW_URL). */
@Injectable()
export class Upstream {
  private readonly service: Service | null

  constructor(
    private readonly calls: ServiceCalls,
    private readonly outgoing: CallHeaders,
    private readonly known: KnownHere,
    { appView }: Config,
  ) {
    this.service = appView && { ...appView, trusted: true }
  }

  /** Whether there is one to be asked for this request. */
  isThere(request: AuthenticatedRequest): boolean {
    return this.service !== null && !this.outgoing.isReturning(request.headers)
  }

  /**
   * Answers a query of app.bsky from both: what is here from here (`local`), what is in repositories that are not here
   * from upstream; what is searched for from upstream when nothing is found here. When upstream is away, from here.
   * @throws XrpcError what `local` throws; the upstream's own error when the whole answer is to be its.
   */
  async complete(
    request: AuthenticatedRequest,
    reply: FastifyReply,
    nsid: string,
    local: () => Promise<unknown>,
  ): Promise<unknown> {
    if (SEARCH.test(nsid)) return this.search(request, reply, nsid, local)
    const missing = await this.known.missing(request.query as Body)
    if (!missing) return local()
    const { param, names, all } = missing
    const query = queryOf(request)
    query.delete(param)
    for (const name of names) query.append(param, name)
    if (all === null) return (await orNothing(() => this.pass(request, reply, nsid, query))) ?? (await local())
    const here = await local()
    const answer = await orNothing(() => this.ask(request, nsid, query))
    return answer ? merged(bodyOf(here), answer, missing) : here
  }

  private async search(
    request: AuthenticatedRequest,
    reply: FastifyReply,
    nsid: string,
    local: () => Promise<unknown>,
  ): Promise<unknown> {
    const query = queryOf(request)
    const cursor = query.get('cursor') ?? ''
    if (!cursor.startsWith(THEIRS)) {
      const here = await local()
      if (cursor !== '' || hasHits(bodyOf(here))) return here
      const answer = await orNothing(() => this.ask(request, nsid, query))
      return answer ? withCursor(answer) : here
    }
    query.set('cursor', cursor.slice(THEIRS.length))
    const body = await this.pass(request, reply, nsid, query)
    return withCursor(readBody(body))
  }

  /** A query's answer as it comes, with its headers. */
  private async pass(
    request: AuthenticatedRequest,
    reply: FastifyReply,
    nsid: string,
    query: URLSearchParams,
  ): Promise<Buffer> {
    const { body, headers } = await this.call(request, nsid, query)
    // Every query of app.bsky is answered with JSON: what is not is by somebody ahead of the AppView.
    if (!/^application\/json\b/i.test(headers['content-type'] ?? '')) throw unreachable()
    reply.headers(headers)
    return body
  }

  /** A query's answer as JSON. */
  private async ask(request: AuthenticatedRequest, nsid: string, query: URLSearchParams): Promise<Body> {
    const { body } = await this.call(request, nsid, query)
    return readBody(body)
  }

  private call(request: AuthenticatedRequest, nsid: string, query: URLSearchParams): Promise<ServiceAnswer> {
    const { viewer, headers } = request
    return this.calls.call(this.service!, viewer?.did ?? null, { nsid, query, headers })
  }
}

/** Undefined when the upstream cannot be asked: what is here is an answer, too. */
async function orNothing<Value>(ask: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof XrpcError && error.error === UPSTREAM_FAILURE) return undefined
    throw error
  }
}

/** @throws XrpcError 502 UpstreamFailure for what is no JSON object: a proxy ahead of it may answer with a page */
function readBody(body: Buffer): Body {
  try {
    const value: unknown = JSON.parse(body.toString())
    if (typeof value === 'object' && value !== null) return value as Body
  } catch {
    // No answer of an AppView.
  }
  throw unreachable()
}

/** What a controller answers, as a value; some have written it already. */
function bodyOf(answer: unknown): Body {
  return (Buffer.isBuffer(answer) ? JSON.parse(answer.toString()) : answer) as Body
}

function hasHits(body: Body): boolean {
  return Object.values(body).some((value) => Array.isArray(value) && value.length > 0)
}

/** Both answers' views in one list, in the order that they were asked for. Each answer has one list. */
function merged(here: Body, there: Body, { all }: Missing): Body {
  const [name] = Object.keys(here).filter((key) => Array.isArray(here[key]))
  if (name === undefined || !Array.isArray(there[name])) return here
  const views = [...(here[name] as Body[]), ...(there[name] as Body[])]
  const rank = (view: Body): number => {
    const { uri, did, handle, creator } = view
    const places = [uri, did, handle, (creator as Body | undefined)?.did].map((id) => all!.indexOf(id as string))
    return places.find((place) => place >= 0) ?? all!.length
  }
  return { ...here, [name]: views.sort((a, b) => rank(a) - rank(b)) }
}

function withCursor(answer: Body): Body {
  return typeof answer.cursor === 'string' ? { ...answer, cursor: THEIRS + answer.cursor } : answer
}

function queryOf(request: AuthenticatedRequest): URLSearchParams {
  const at = request.url.indexOf('?')
  return new URLSearchParams(at < 0 ? '' : request.url.slice(at + 1))
}
