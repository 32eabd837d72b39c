/**
 * Tables made anew beside those that are read from: the same columns and indexes under other names, filled by code that
 * knows nothing of it, and then put in place of the others at once. Knows SQLite's schema tables.
 *
 * All names begin with a prefix that is used once. Indexes keep it when their tables are put in place, since SQLite cannot
 * rename them; a migration that changes such a table drops and creates it.
 */
import type { Answer, Reader, SqlValue, Tx } from './database.js'

/** Every table that may be shadowed is called so, whatever shadow it once was. */
const NAMES = /\b(?:r\d+_)?(bsky_\w+)/g
const PREFIX = /^r\d+_$/

export class ShadowTables {
  private readonly tables: ReadonlySet<string>
  /** Statements by what they were written as. */
  private readonly rewritten = new Map<string, string>()

  /** `prefix`: `r<number>_`. */
  constructor(
    readonly prefix: string,
    tables: Iterable<string>,
  ) {
    if (!PREFIX.test(prefix)) throw new Error(`not a prefix of shadow tables: ${prefix}`)
    this.tables = new Set(tables)
  }

  /** Makes them, empty. @throws Error when there is no such table */
  async create(tx: Tx): Promise<void> {
    for (const table of this.tables) {
      const parts = await tx.all<{ sql: string }>(
        "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type = 'index'",
        table,
      )
      if (parts.length === 0) throw new Error(`there is no table ${table}`)
      for (const { sql } of parts) await tx.run(sql.replace(NAMES, `${this.prefix}$1`))
    }
  }

  /** The open write, in which statements on the tables go to their shadows. They must name no others of their kind. */
  over(tx: Tx): ShadowWrite {
    const shadow = new ShadowTx(tx, (sql) => this.rewrite(sql))
    return { tx: shadow, finish: () => shadow.finish() }
  }

  /** The name of a table's shadow. */
  of(table: string): string {
    return `${this.prefix}${table}`
  }

  /** Puts the shadows in place. What was there is left for {@link dropShadow}. */
  async swap(tx: Tx): Promise<void> {
    for (const table of this.tables) {
      await tx.run(`ALTER TABLE ${table} RENAME TO ${this.prefix}old_${table}`)
      await tx.run(`ALTER TABLE ${this.of(table)} RENAME TO ${table}`)
    }
  }

  private rewrite(sql: string): string {
    let shadowed = this.rewritten.get(sql)
    if (shadowed === undefined) {
      shadowed = sql.replace(NAMES, (name) => {
        if (!this.tables.has(name)) throw new Error(`${name} is not among the tables that are rebuilt together: ${sql}`)
        return this.of(name)
      })
      this.rewritten.set(sql, shadowed)
    }
    return shadowed
  }
}

/**
 * Drops one table with this prefix. False when there was none. (150 MB take 60 ms, so each is a write of its own.)
 */
export async function dropShadow(tx: Tx, prefix: string): Promise<boolean> {
  const table = await tx.get<{ name: string }>(
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type <> 'shadow' AND name GLOB ? LIMIT 1",
    `${prefix}*`,
  )
  if (table) await tx.run(`DROP TABLE ${table.name}`)
  return table !== undefined
}

/** Page cache of the writer while shadows are filled, in KiB: rows come in no order, and what does not fit is read again. */
const FILLING_CACHE = 65_536

/** Gives the writer more memory to fill shadows with. What is returned gives it back. */
export async function growCache(tx: Tx): Promise<(tx: Tx) => Promise<void>> {
  const { cache_size: before } = (await tx.get<{ cache_size: number }>('SELECT cache_size FROM pragma_cache_size'))!
  await tx.run(`PRAGMA cache_size = -${FILLING_CACHE}`)
  return async (later) => void (await later.run(`PRAGMA cache_size = ${before}`))
}

/** What the rows of a table are told apart by, and all that they say; numbers that mean nothing outside of it left out. */
export interface TableShape {
  key: readonly string[]
  columns: readonly string[]
  /** A full-text index: its rows are numbered as those of the table of the same name without `_search`. */
  fullText: boolean
}

/** @throws Error when there is no such table */
export async function shapeOf(reader: Reader, table: string): Promise<TableShape> {
  const columns = await reader.all<{ name: string; pk: number }>(`SELECT name, pk FROM pragma_table_info('${table}')`)
  if (columns.length === 0) throw new Error(`there is no table ${table}`)
  const virtual = await reader.get(
    "SELECT 1 FROM pragma_table_list WHERE schema = 'main' AND name = ? AND type = 'virtual'",
    table,
  )
  const primary = columns.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk)
  const isNumbered = primary.length === 1 && primary[0]!.name === 'id'
  return {
    key: isNumbered ? await uniqueColumns(reader, table) : primary.map(({ name }) => name),
    columns: columns.map(({ name }) => name).filter((name) => !isNumbered || name !== 'id'),
    fullText: virtual !== undefined,
  }
}

/** Makes a table of the words of a full-text index: `term, doc, col, offset`, in the order of the terms. */
export async function createWords(tx: Tx, name: string, index: string): Promise<void> {
  await tx.run(`CREATE VIRTUAL TABLE ${name} USING fts5vocab('${index}', 'instance')`)
}

async function uniqueColumns(reader: Reader, table: string): Promise<string[]> {
  const index = await reader.get<{ name: string }>(
    `SELECT name FROM pragma_index_list('${table}') WHERE "unique" = 1 AND origin = 'u'`,
  )
  if (!index) throw new Error(`${table} has no key beside its numbers`)
  const columns = await reader.all<{ name: string }>(
    `SELECT name FROM pragma_index_info('${index.name}') ORDER BY seqno`,
  )
  return columns.map(({ name }) => name)
}

/** A write to shadows. */
export interface ShadowWrite {
  tx: Tx
  /** Does what was left for the end of the write; before the shadows are put in place, at the latest. */
  finish(): Promise<void>
}

class ShadowTx implements Tx {
  private readonly last: ((tx: Tx) => Promise<void>)[] = []

  constructor(
    private readonly tx: Tx,
    private readonly rewrite: (sql: string) => string,
  ) {}

  all<Row>(sql: string, ...values: SqlValue[]): Answer<Row[]> {
    return this.tx.all<Row>(this.rewrite(sql), ...values)
  }

  get<Row>(sql: string, ...values: SqlValue[]): Answer<Row | undefined> {
    return this.tx.get<Row>(this.rewrite(sql), ...values)
  }

  run(sql: string, ...values: SqlValue[]): Answer<number> {
    return this.tx.run(this.rewrite(sql), ...values)
  }

  beforeCommit(fn: (tx: Tx) => Promise<void>): void {
    this.last.push(fn)
  }

  async finish(): Promise<void> {
    for (const fn of this.last.splice(0)) await fn(this)
  }

  /** Nothing that anybody reads has changed. */
  afterCommit(): void {}
}
