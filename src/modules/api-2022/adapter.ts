/** A parsed query string: texts, and lists of texts for names given more than once. */
export type Query = Readonly<Record<string, unknown>>
/** A JSON object. */
export type Json = Readonly<Record<string, unknown>>

/** What adapters ask of the server. */
export interface Server2022 {
  readonly did: string
  /** The rev of a commit that the repository once had as its head; null when there was none such. */
  revOf(did: string, cid: string): Promise<string | null>
}

/**
 * How a call of 2022 becomes a call of today, and the answer of today one of 2022. What an adapter leaves out stays as
 * it is; it checks nothing that today's method checks. Every function gets the query as it was sent.
 */
export interface Adapter {
  nsid: string
  /** The method of today that does the work. */
  today: string
  /** The query that today's method gets. */
  query?(asked: Query, server: Server2022): Query | Promise<Query>
  /** The body that today's method gets. @throws XrpcError 400 for what only the call of 2022 refuses. */
  input?(body: unknown, asked: Query): unknown
  /** The answer from what today's method gave; undefined: an empty one. */
  output?(answer: Json, asked: Query): Json | undefined
  /** An answer that needs no method of today; undefined when it does. */
  shortcut?(asked: Query, server: Server2022): Json | undefined
  /** Names of 2022 for the errors of today. */
  errors?: Readonly<Record<string, string>>
  /** Content type of an answer that is no JSON. */
  type?: string
}

/** The first of some parameters that was given. An empty one counts as none. */
export function given(asked: Json, ...names: string[]): unknown {
  const name = names.find((candidate) => asked[candidate] !== undefined && asked[candidate] !== '')
  return name === undefined ? undefined : asked[name]
}

/** The text of a boolean parameter as a boolean. What is none stays as it is, for today's lexicon to refuse. */
export function flag(value: unknown): unknown {
  return value === 'true' ? true : value === 'false' ? false : value
}
