import type { Database } from '../database/database.js'
import type { XrpcMethods } from '../lexicon/types.js'

/** A parsed query string: texts, and lists of texts for names given more than once. */
export type Query = Readonly<Record<string, unknown>>
/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>

/** What adapters ask of the server. */
export interface Server2022 {
  readonly did: string
  readonly database: Database
}

/**
 * How a call of 2022 becomes one call of today, and the answer of today one of 2022. What an adapter leaves out stays as
 * it is; it checks nothing that today's method checks. Every function gets the query as it was sent.
 */
export type Adapter = { [Today in keyof XrpcMethods]: AdapterTo<Today> }[keyof XrpcMethods]

interface AdapterTo<Today extends keyof XrpcMethods> {
  nsid: string
  /** The method of today that does the work. */
  today: Today
  /** The query that today's method gets. @throws XrpcError 400 for what only the call of 2022 refuses. */
  query?(asked: Query, server: Server2022): Query | Promise<Query>
  /** The body that today's method gets. @throws XrpcError 400 for what only the call of 2022 refuses. */
  input?(body: unknown, asked: Query): unknown
  /** The answer, or a promise of it, from that of today; undefined: an empty one. @throws XrpcError for what has no word. */
  output?(answer: XrpcMethods[Today]['output'], asked: Query, server: Server2022): unknown
  /** An answer that needs no method of today; undefined when it does. */
  shortcut?(asked: Query, server: Server2022): Json | undefined
  /** Names of 2022 for the errors of today. */
  errors?: Readonly<Record<string, string>>
  /** Content type of an answer that is no JSON. */
  type?: string
}

/** A call of 2022 that takes several of today. */
export interface Composite {
  nsid: string
  method: 'GET' | 'POST'
  /** The methods of today that do the work. */
  today: readonly (keyof XrpcMethods)[]
  /** @throws XrpcError those of today's methods, and 400 for what only the call of 2022 refuses. */
  answer(asked: Asked, call: Call): Promise<object>
}

/** A request as it came. */
export interface Asked {
  query: Query
  body: unknown
  authorization: string | undefined
}

/** Calls a method of today: a procedure when there is a body. @throws XrpcError as the method answers. */
export type Call = <Today extends keyof XrpcMethods>(
  nsid: Today,
  asked: { query?: Record<string, string | string[]>; body?: object; authorization?: string },
) => Promise<XrpcMethods[Today]['output']>

/** The first of some parameters that was given. An empty one counts as none. */
export function given(asked: Json, ...names: string[]): unknown {
  const name = names.find((candidate) => asked[candidate] !== undefined && asked[candidate] !== '')
  return name === undefined ? undefined : asked[name]
}

/** As {@link given}, for parameters that are texts: what was given more than once counts as none. */
export function text(asked: Query, ...names: string[]): string | undefined {
  const value = given(asked, ...names)
  return typeof value === 'string' ? value : undefined
}

/** The text of a boolean parameter as a boolean. What is none stays as it is, for today's lexicon to refuse. */
export function flag(value: unknown): unknown {
  return value === 'true' ? true : value === 'false' ? false : value
}

/** Whether a body is a JSON object. */
export function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
