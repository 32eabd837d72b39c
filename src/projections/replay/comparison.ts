import type { SqlValue, Tx } from '../../modules/database/database.js'
import { createWords, shapeOf, type ShadowTables } from '../../modules/database/shadow-tables.js'

/** Rows of a table that are compared at once. */
const PIECE = 500
/** Rows of each kind that are kept to be shown. */
const SHOWN = 5

type Row = Record<string, SqlValue>

/** How a table that is read from differs from the one that was rebuilt. */
export interface Difference {
  table: string
  /** Rows that only the live table has, and some of them. */
  live: { count: number; rows: Row[] }
  /** Rows that only the rebuilt table has, and some of them. */
  rebuilt: { count: number; rows: Row[] }
}

/** What is held against each other: expressions that make the rows of both, in ranges of the same key. */
interface Pair {
  table: string
  live: string
  rebuilt: string
  key: readonly string[]
  columns: readonly string[]
}

/** Holds tables against their shadows, row for row, piece by piece in the order of their keys. */
export class Comparison {
  private readonly found = new Map<string, Difference>()
  private readonly waiting: string[]
  private pair: Pair | undefined
  /** The last key that has been compared. */
  private after: SqlValue[] | null = null

  constructor(
    private readonly shadows: ShadowTables,
    tables: Iterable<string>,
  ) {
    this.waiting = [...tables]
  }

  get differences(): Difference[] {
    return [...this.found.values()]
  }

  /**
   * Compares for about `ms`. True when there is nothing left to compare. To be called while both stand at one position of
   * the log; what has been compared before may have changed since, on both sides.
   */
  async slice(tx: Tx, ms: number): Promise<boolean> {
    const until = performance.now() + ms
    do {
      if (!this.pair) {
        const table = this.waiting.pop()
        if (table === undefined) return true
        this.pair = await this.pairOf(tx, table)
        this.after = null
      }
      await this.comparePiece(tx, this.pair)
    } while (performance.now() < until)
    return false
  }

  private async comparePiece(tx: Tx, pair: Pair): Promise<void> {
    const upTo = (await this.end(tx, pair, pair.live)) ?? (await this.end(tx, pair, pair.rebuilt))
    const values = [...(this.after ?? []), ...(upTo ?? [])]
    const select = (from: string): string =>
      `SELECT ${pair.columns.join(', ')} FROM ${from} WHERE ${within(pair.key, this.after !== null, upTo !== null)}`
    const only = async (one: string, other: string): Promise<Row[]> =>
      tx.all<Row>(`${select(one)} EXCEPT ${select(other)}`, ...values, ...values)
    this.note(pair.table, await only(pair.live, pair.rebuilt), await only(pair.rebuilt, pair.live))
    this.after = upTo
    if (!upTo) this.pair = undefined
  }

  /** The key that a piece ends with; null when what is left is less than a piece. */
  private async end(tx: Tx, { key }: Pair, from: string): Promise<SqlValue[] | null> {
    const row = await tx.get<Row>(
      `SELECT ${key.map((column, i) => `${column} AS key${i}`).join(', ')} FROM ${from}
       WHERE ${within(key, this.after !== null, false)} ORDER BY ${key.join(', ')} LIMIT 1 OFFSET ${PIECE - 1}`,
      ...(this.after ?? []),
    )
    return row ? Object.values(row) : null
  }

  private note(table: string, live: Row[], rebuilt: Row[]): void {
    if (live.length + rebuilt.length === 0) return
    const none = (): Difference['live'] => ({ count: 0, rows: [] })
    const difference = this.found.get(table) ?? { table, live: none(), rebuilt: none() }
    for (const [side, rows] of [[difference.live, live] as const, [difference.rebuilt, rebuilt] as const]) {
      side.count += rows.length
      side.rows.push(...rows.slice(0, SHOWN - side.rows.length))
    }
    this.found.set(table, difference)
  }

  private async pairOf(tx: Tx, table: string): Promise<Pair> {
    const { shadows } = this
    const { key, columns, fullText } = await shapeOf(tx, table)
    if (!fullText) return { table, live: table, rebuilt: shadows.of(table), key, columns }
    // An index keeps words, not texts. What numbers its rows may number them otherwise in the shadow.
    const numbered = table.replace(/_search$/, '')
    const { key: names } = await shapeOf(tx, numbered)
    const sides = [
      { index: table, of: numbered, words: `${shadows.prefix}live_${table}_words` },
      { index: shadows.of(table), of: shadows.of(numbered), words: `${shadows.prefix}${table}_words` },
    ]
    for (const { index, words } of sides) await createWords(tx, words, index)
    const [live, rebuilt] = sides.map(
      ({ of, words }) => `${words} AS words LEFT JOIN ${of} AS named ON named.id = words.doc`,
    )
    return {
      table,
      live: live!,
      rebuilt: rebuilt!,
      key: ['words.term'],
      columns: ['words.term', ...names.map((name) => `named.${name}`), 'words.col', 'words."offset"'],
    }
  }
}

function within(key: readonly string[], hasStart: boolean, hasEnd: boolean): string {
  const [columns, values] = [key.join(', '), key.map(() => '?').join(', ')]
  const conditions = [
    ...(hasStart ? [`(${columns}) > (${values})`] : []),
    ...(hasEnd ? [`(${columns}) <= (${values})`] : []),
  ]
  return conditions.join(' AND ') || 'true'
}
