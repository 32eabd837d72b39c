import { SetMetadata, type Type } from '@nestjs/common'
import type { Tx } from '../modules/database/database.js'
import type { Did } from '../repo-engine/index.js'

/** A record as the log puts it in place. */
export interface IndexedRecord<Value = Record<string, unknown>> {
  /** at://did/collection/rkey */
  uri: string
  did: Did
  collection: string
  rkey: string
  cid: string
  /** In its JSON form; sound by its lexicon where there is one. */
  value: Value
  /** When the event was appended: milliseconds since the epoch. */
  indexedAt: number
  /** The earlier of `indexedAt` and the record's createdAt. */
  sortAt: number
}

/** What has to be known of a projection before it runs. */
export interface ProjectionDefinition {
  name: string
  /** Raised whenever the same log would now come out otherwise: the next start rebuilds it. */
  version: number
  /** Whose records it is of; none for a projection of identity and account events. */
  collections: readonly string[]
  /**
   * Every table that it writes to or reads, its own first: for records that one has a row by `uri`, with its `cid`, for
   * every record that it has taken in, and what the record names is in that row. Projections that share a table are
   * rebuilt together.
   */
  tables: readonly string[]
  /** Collections of which it also looks at records that have been superseded: compaction leaves them in the log. */
  history?: readonly string[]
}

/**
 * What the records of a collection mean: a pure function of the log, in its order. No clock, no randomness, no settings.
 * The same records standing at the end must leave the same rows, whatever came and went before them: what a record
 * has caused is gone when it is. (Threadgates alone look at the moment: who may reply is judged when a reply or a gate
 * comes.) Statements fail loudly; what a record says wrongly is skipped before it gets here.
 */
export interface RecordProjection<Value = Record<string, unknown>> {
  /** A record that was not there, or, after `remove`, its next version. */
  insert(record: IndexedRecord<Value>, tx: Tx): Promise<void>
  /** Nothing when it was never there. `at`: when the event that takes it away was appended; none when the account is erased. */
  remove(uri: string, tx: Tx, at?: number): Promise<void>
}

/** What the events beside commits mean. */
export interface ActorProjection {
  /** `handle` null: it has none, or none that holds. */
  identity(did: Did, handle: string | null, indexedAt: number, tx: Tx): Promise<void>
  /** `status` null: active. After `deleted` nothing of the account is left but its row. */
  account(did: Did, status: string | null, indexedAt: number, tx: Tx): Promise<void>
}

const DEFINITION = 'projection'

/** The decorated class is a projection. */
export const Projection = (definition: ProjectionDefinition): ClassDecorator => SetMetadata(DEFINITION, definition)

/** What a projection class says of itself. @throws Error when it is none. */
export function definitionOf(projection: Type | object): ProjectionDefinition {
  const type = typeof projection === 'function' ? projection : projection.constructor
  const definition = Reflect.getMetadata(DEFINITION, type) as ProjectionDefinition | undefined
  if (!definition) throw new Error(`${type.name} is no projection`)
  return definition
}
