/**
 * Where the server says what it does and how long it takes: spans (https://opentelemetry.io/docs/specs/otel/trace/api/). As
 * long as nobody collects them, saying so is one comparison.
 */
import type * as OpenTelemetry from '@opentelemetry/api'
import type { Attributes, Context, Span, SpanKind, Tracer } from '@opentelemetry/api'
import { currentScope, type Scope, within } from '../log/scope.js'

type Api = typeof OpenTelemetry

/** Whom spans are made by. One a process, as the log is. */
interface Tracing {
  api: Api
  tracer: Tracer
}

let tracing: Tracing | null = null

/** Has spans made from now on, or, with null, no longer. Gives what was before. */
export function setTracing(next: Tracing | null): Tracing | null {
  const before = tracing
  tracing = next
  return before
}

/** What a part of the work is; `kind` is that of OpenTelemetry, in its words. */
export interface Work {
  name: string
  kind?: Exclude<keyof typeof SpanKind, number>
  attributes?: Attributes
}

/** Runs `fn` as a part of what is being done. Its span ends with it, or with the promise that it gives. */
export function traced<T>(work: Work, fn: () => T): T {
  if (tracing === null) return fn()
  const { api } = tracing
  const scope = currentScope()
  const span = startSpan(tracing, work, scope?.span ?? null)
  const end = (error?: unknown): void => {
    if (error !== undefined) noteError(api, span, error)
    span.end()
  }
  return within({ requestId: scope?.requestId ?? null, span }, () => {
    try {
      const result = fn()
      if (result instanceof Promise) result.then(() => end(), end)
      else end()
      return result
    } catch (error) {
      end(error)
      throw error
    }
  })
}

/** Notes what was done for a scope between two moments of `performance.now`. */
export function wasDone(
  scope: Scope | undefined,
  name: string,
  from: number,
  to: number,
  attributes?: Attributes,
): void {
  if (tracing === null || !scope?.span) return
  const { api, tracer } = tracing
  const { timeOrigin } = performance
  const parent = api.trace.setSpan(api.ROOT_CONTEXT, scope.span)
  tracer.startSpan(name, { startTime: timeOrigin + from, attributes }, parent).end(timeOrigin + to)
}

/** A request that has come in, as the semantic conventions of HTTP have it. */
export interface IncomingRequest {
  method: string
  /** The pattern of its route, where it has one. */
  route: string | undefined
  /** Without the query. */
  path: string
  requestId: string
  /** What it is a part of elsewhere, as its header `traceparent` says; undefined where nobody is believed. */
  traceparent: string | undefined
}

/** Begins the span of a request; null where nobody collects them. To be ended by {@link endRequest}. */
export function beginRequest(request: IncomingRequest): Span | null {
  if (tracing === null) return null
  const { api, tracer } = tracing
  const { method, route, path, requestId, traceparent } = request
  const attributes = {
    'http.request.method': method,
    'http.route': route,
    'url.path': path,
    'url.scheme': 'http',
    'skylog.request.id': requestId,
  }
  const options = { kind: api.SpanKind.SERVER, attributes }
  return tracer.startSpan(route ? `${method} ${route}` : method, options, remoteContext(api, traceparent))
}

/** `status`: an HTTP status, or what happened instead of one. */
export function endRequest(span: Span | null, status: string, did: string | undefined): void {
  if (tracing === null || span === null) return
  const code = Number(status)
  if (Number.isNaN(code)) span.setAttribute('error.type', status)
  else span.setAttribute('http.response.status_code', code)
  if (did !== undefined) span.setAttribute('skylog.did', did)
  if (code >= 500) span.setAttribute('error.type', status).setStatus({ code: tracing.api.SpanStatusCode.ERROR })
  span.end()
}

/** Headers that tell a server that is called for a request what it is a part of (https://www.w3.org/TR/trace-context/). */
export function traceHeaders(): Record<string, string> {
  const span = tracing && currentScope()?.span
  if (!span) return {}
  const { traceId, spanId, traceFlags } = span.spanContext()
  return { traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}` }
}

function startSpan({ api, tracer }: Tracing, { name, kind, attributes }: Work, parent: Span | null): Span {
  const context = parent ? api.trace.setSpan(api.ROOT_CONTEXT, parent) : api.ROOT_CONTEXT
  return tracer.startSpan(name, { kind: kind && api.SpanKind[kind], attributes }, context)
}

/** Version 00 of the header; what is of another is understood as far as that. */
function remoteContext(api: Api, traceparent: string | undefined): Context {
  const [, traceId = '', spanId = '', flags = ''] =
    /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/.exec(traceparent ?? '') ?? []
  const spanContext = { traceId, spanId, traceFlags: parseInt(flags, 16) & 1, isRemote: true }
  if (!api.isSpanContextValid(spanContext)) return api.ROOT_CONTEXT
  return api.trace.setSpanContext(api.ROOT_CONTEXT, spanContext)
}

/** What went wrong by its name alone: words may have anything in them. */
function noteError({ SpanStatusCode }: Api, span: Span, error: unknown): void {
  span.setAttribute('error.type', error instanceof Error ? error.name : typeof error)
  span.setStatus({ code: SpanStatusCode.ERROR })
}
