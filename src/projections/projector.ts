import { Inject, Injectable } from '@nestjs/common'
import type { AppendedRow } from '../modules/commit-log/commit-log.js'
import { InlineHandlers } from '../modules/commit-log/inline-handlers.js'
import { Changes } from '../modules/database/changes.js'
import type { Tx } from '../modules/database/database.js'
import { traced } from '../modules/tracing/spans.js'
import { Lexicons } from '../modules/lexicon/lexicons.js'
import { INLINE, movePosition } from './position.js'
import { type ActorProjection, definitionOf, type ProjectionDefinition, type RecordProjection } from './projection.js'
import { ProjectionSet, type Told } from './projection-set.js'

/** Every projection there is, in the order in which an event is told to them. */
export const PROJECTIONS = Symbol('projections')

/** Rows of a deleted account that go in the write that deletes it. */
const ERASED_AT_ONCE = 500

/** Runs the projections over the events of the log, in the transaction that appends them. */
@Injectable()
export class Projector extends InlineHandlers {
  readonly definitions: readonly ProjectionDefinition[]
  private readonly all: ProjectionSet
  private readonly history: ReadonlySet<string>

  constructor(
    @Inject(PROJECTIONS) private readonly projections: readonly (RecordProjection | ActorProjection)[],
    private readonly lexicons: Lexicons,
    private readonly changes: Changes,
  ) {
    super()
    this.definitions = projections.map(definitionOf)
    this.all = new ProjectionSet(projections, lexicons)
    this.history = new Set(this.definitions.flatMap(({ history = [] }) => history))
  }

  /** The projections of these names alone, for a replay. */
  among(names: ReadonlySet<string>): ProjectionSet {
    const some = this.projections.filter((projection) => names.has(definitionOf(projection).name))
    return new ProjectionSet(this.projections, this.lexicons, new Set(some))
  }

  /**
   * Tells events that follow on the last ones; of those told before, none. When the log has others before them, they are
   * left to whoever catches up with it.
   */
  async handle(events: readonly AppendedRow[], tx: Tx): Promise<void> {
    const { position, before } = (await tx.get<{ position: number; before: number }>(
      `SELECT coalesce((SELECT seq FROM projection_position WHERE name = '${INLINE}'), 0) AS position,
         coalesce((SELECT max(seq) FROM commit_log WHERE seq < ?), 0) AS before`,
      events[0]!.seq,
    ))!
    if (before > position) return
    await traced({ name: 'projections', attributes: { 'skylog.events': events.length } }, () =>
      this.tell(events, position, tx),
    )
  }

  private async tell(events: readonly AppendedRow[], position: number, tx: Tx): Promise<void> {
    const told = { skipped: 0, touched: new Set<string>() }
    for (const event of events) if (event.seq > position) await this.all.tell(event, tx, told, ERASED_AT_ONCE)
    const { seq } = events.at(-1)!
    if (seq > position) await movePosition(tx, INLINE, seq, told.skipped)
    this.changes.touch(tx, told.touched)
  }

  /** As {@link InlineHandlers.erase}: what its records are to others goes with them. */
  async erase(did: string, tx: Tx, limit: number): Promise<boolean> {
    const told: Told = { skipped: 0, touched: new Set([did]) }
    const isMore = await this.all.erase(did, tx, limit, told)
    this.changes.touch(tx, told.touched)
    return isMore
  }

  keepsHistory(collection: string): boolean {
    return this.history.has(collection)
  }
}
