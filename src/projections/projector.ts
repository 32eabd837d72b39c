import { Inject, Injectable } from '@nestjs/common'
import type { AppendedRow } from '../modules/commit-log/commit-log.js'
import { InlineHandlers } from '../modules/commit-log/inline-handlers.js'
import { Changes } from '../modules/database/changes.js'
import type { Tx } from '../modules/database/database.js'
import { Lexicons } from '../modules/lexicon/lexicons.js'
import { dataToJson, decodeCbor, type Did, type RecordBlock } from '../repo-engine/index.js'
import { didOf } from './at-uri.js'
import { type ActorProjection, definitionOf, type RecordProjection } from './projection.js'

/** Every projection there is, in the order in which an event is told to them. */
export const PROJECTIONS = Symbol('projections')

/** Runs the projections over the events of the log, in the transaction that appends them. */
@Injectable()
export class Projector extends InlineHandlers {
  private readonly byCollection = new Map<string, RecordProjection>()
  private readonly others: RecordProjection | undefined
  private readonly actors: ActorProjection[]

  constructor(
    @Inject(PROJECTIONS) projections: readonly (RecordProjection | ActorProjection)[],
    private readonly lexicons: Lexicons,
    private readonly changes: Changes,
  ) {
    super()
    this.actors = projections.filter((projection) => 'account' in projection)
    for (const projection of projections)
      for (const collection of definitionOf(projection).collections)
        if ('insert' in projection) this.byCollection.set(collection, projection)
    this.others = this.byCollection.get('*')
  }

  async handle(events: readonly AppendedRow[], tx: Tx): Promise<void> {
    const touched = new Set<string>()
    for (const event of events) await this.apply(event, tx, touched)
    await tx.run(
      `INSERT INTO projection_position (name, seq, skipped) VALUES ('inline', ?, 0)
       ON CONFLICT (name) DO UPDATE SET seq = excluded.seq`,
      events.at(-1)!.seq,
    )
    this.changes.touch(tx, touched)
  }

  private async apply(event: AppendedRow, tx: Tx, touched: Set<string>): Promise<void> {
    const did = event.did as Did
    const at = Date.parse(event.time)
    const { detail } = event
    touched.add(did)
    if (event.kind === 'identity')
      for (const actors of this.actors) await actors.identity(did, detail?.handle ?? null, at, tx)
    else if (event.kind === 'account')
      for (const actors of this.actors) await actors.account(did, detail?.status ?? null, at, tx)
    else if (event.kind === 'commit') {
      const records = new Map(detail?.records?.map((record) => [record.path, record]))
      for (const { path, action } of detail?.ops ?? []) {
        const projection = this.of(path)
        const uri = `at://${did}/${path}`
        touched.add(uri)
        if (action !== 'create') await projection?.remove(uri, tx)
        const record = records.get(path)
        if (record && projection) await this.insert(projection, did, record, at, tx, touched)
      }
    }
  }

  private of(path: string): RecordProjection | undefined {
    return this.byCollection.get(path.slice(0, path.indexOf('/'))) ?? this.others
  }

  private async insert(
    projection: RecordProjection,
    did: Did,
    { path, cid, bytes }: RecordBlock,
    indexedAt: number,
    tx: Tx,
    touched: Set<string>,
  ): Promise<void> {
    const [collection, rkey] = path.split('/') as [string, string]
    const value = dataToJson(decodeCbor(bytes)) as Record<string, unknown>
    try {
      this.lexicons.checkRecord(collection, value, undefined)
    } catch {
      return
    }
    collectTargets(value, touched)
    const createdAt = typeof value.createdAt === 'string' ? Date.parse(value.createdAt) : NaN
    const sortAt = createdAt < indexedAt ? createdAt : indexedAt
    const uri = `at://${did}/${path}`
    await projection.insert({ uri, did, collection, rkey, cid: cid.toString(), value, indexedAt, sortAt }, tx)
  }
}

/** Everything a record names: the answers about these may now be others. */
function collectTargets(value: unknown, into: Set<string>): void {
  if (typeof value === 'string') {
    if (value.startsWith('did:')) into.add(value)
    else if (value.startsWith('at://')) {
      into.add(value)
      const did = didOf(value)
      if (did) into.add(did)
    }
  } else if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(value)) collectTargets(inner, into)
}
