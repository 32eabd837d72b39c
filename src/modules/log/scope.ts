import { AsyncLocalStorage } from 'node:async_hooks'
import type { Span } from '@opentelemetry/api'

/** What is being done, for whoever has something to say about it: found wherever a request's work has got to. */
export interface Scope {
  /** The request that it is done for; null for what the server does by itself. */
  readonly requestId: string | null
  /** What it is a part of, where spans are kept. */
  readonly span: Span | null
}

const scopes = new AsyncLocalStorage<Scope>()

/** Undefined for what the server does by itself. */
export function currentScope(): Scope | undefined {
  return scopes.getStore()
}

/** Runs `fn`, and all that it begins, in a scope; undefined: as something that the server does by itself. */
export function within<T>(scope: Scope | undefined, fn: () => T): T {
  return scopes.run(scope as Scope, fn)
}
