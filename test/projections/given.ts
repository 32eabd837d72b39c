import type { EventDetail, EventKind } from '../../src/modules/commit-log/commit-log.js'
import { Changes, type Touched } from '../../src/modules/database/changes.js'
import type { Database } from '../../src/modules/database/database.js'
import { Lexicons } from '../../src/modules/lexicon/lexicons.js'
import type { ActorProjection, RecordProjection } from '../../src/projections/projection.js'
import { Projector } from '../../src/projections/projector.js'
import { Cid, encodeCbor, jsonToRecord } from '../../src/repo-engine/index.js'
import { scratchDatabase } from '../support/crash.js'
import { dump } from '../support/dump.js'

export const [alice, bob, carla, dan] = ['alice', 'bob', 'carla', 'dan'].map((name) => `did:web:${name}.test`) as [
  string,
  string,
  string,
  string,
]

/** When the first event is appended; each one after it a second later, unless it says otherwise. */
export const START = Date.parse('2026-01-01T00:00:00.000Z')
/** What records are made at that do not say so. */
export const CREATED_AT = '2025-12-31T00:00:00.000Z'

/** Something that the log tells. */
export interface Told {
  did: string
  kind: EventKind
  detail: EventDetail
  /** When it is appended, milliseconds since the epoch. */
  at?: number
}

type Json = Record<string, unknown>

/** A record is created, at `uri`; with `action` 'update' its next version. $type and createdAt are filled in. */
export function put(uri: string, record: Json, action: 'create' | 'update' = 'create'): Told {
  const { did, path, collection } = partsOf(uri)
  const bytes = encodeCbor(jsonToRecord({ $type: collection, createdAt: CREATED_AT, ...record }))
  const cid = Cid.ofCbor(bytes)
  const prev = action === 'update' ? cid : null
  return { did, kind: 'commit', detail: { ops: [{ action, path, cid, prev }], records: [{ path, cid, bytes }] } }
}

export const edit = (uri: string, record: Json): Told => put(uri, record, 'update')

/** A record is deleted. */
export function remove(uri: string): Told {
  const { did, path } = partsOf(uri)
  return { did, kind: 'commit', detail: { ops: [{ action: 'delete', path, cid: null, prev: null }], records: [] } }
}

/** Several writes of one repository in one commit. */
export function together(...told: Told[]): Told {
  const ops = told.flatMap(({ detail }) => detail.ops ?? [])
  const records = told.flatMap(({ detail }) => detail.records ?? [])
  return { did: told[0]!.did, kind: 'commit', detail: { ops, records } }
}

/** The DID document says this handle; null: none. */
export const identity = (did: string, handle: string | null): Told => ({ did, kind: 'identity', detail: { handle } })

/** The account is in this status; null: active. */
export const account = (did: string, status: string | null): Told => ({ did, kind: 'account', detail: { status } })

/** The same event, appended at another time. */
export const at = (time: string, told: Told): Told => ({ ...told, at: Date.parse(time) })

/** A strong reference to whatever stands at a uri. */
export const ref = (uri: string): { uri: string; cid: string } => ({ uri, cid: SOME_CID })

/** The CID that `put` gives a record. */
export const cidOf = (told: Told): string => told.detail.records![0]!.cid.toString()

const SOME_CID = Cid.ofCbor(encodeCbor({})).toString()

/** A projector over a database of its own, and what to say to and of it. */
export interface Story {
  database: Database
  /** Appends events, each in a write of its own. */
  given(...told: Told[]): Promise<void>
  /** The rows of a table are these, in any order; of each, the columns that the first one names. */
  expectRows(table: string, rows: Json[]): Promise<void>
  /** Everything that the projections hold (see test/support/dump.ts). */
  dump(): Promise<string>
  /** What caches have been told of since the last time. */
  touched(): Set<string>
  close(): Promise<void>
}

/** A story told to the projections that `projections` gives; those that touch more than their records get `changes`. */
export async function story(
  projections: (changes: Changes) => (RecordProjection<never> | ActorProjection)[],
): Promise<Story> {
  const { database, remove: close } = await scratchDatabase()
  const changes = new Changes()
  let heard = new Set<string>()
  changes.subscribe((touched: Touched) => touched?.forEach((key) => heard.add(key)))
  const projector = new Projector(projections(changes) as (RecordProjection | ActorProjection)[], lexicons, changes)
  let seq = 0
  return {
    database,
    async given(...told) {
      for (const { did, kind, detail, at: time } of told) {
        const event = { seq: ++seq, did, kind, time: new Date(time ?? START + seq * 1000).toISOString(), detail }
        const row = { ...event, rev: null, cid: null, event: null, frame: null, hosted: 1 }
        await database.write((tx) => projector.handle([row], tx))
      }
    },
    async expectRows(table, rows) {
      const found = await database.read.all<Json>(`SELECT * FROM ${table}`)
      const columns = Object.keys(rows[0] ?? {})
      const named = (of: Json[]): Json[] =>
        of
          .map((row) => Object.fromEntries((rows.length ? columns : Object.keys(row)).map((key) => [key, row[key]])))
          .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      expect(named(found)).toEqual(named(rows))
    },
    dump: () => dump(database),
    touched() {
      const before = heard
      heard = new Set()
      return before
    },
    close,
  }
}

const lexicons = new Lexicons()

function partsOf(uri: string): { did: string; path: string; collection: string } {
  const [, did, path, collection] = /^at:\/\/([^/]+)\/(([^/]+)\/.+)$/.exec(uri)!
  return { did: did!, path: path!, collection: collection! }
}
