import type { Database as Driver, Statement } from 'better-sqlite3'
import type { Reader, SqlValue } from './database.js'

/** More distinct statements than the code has; a caller that builds SQL out of values would show here. */
const MAX_STATEMENTS = 500

/** One driver connection whose statements are prepared once. */
export class SqliteConnection implements Reader {
  private readonly statements = new Map<string, Statement<unknown[]>>()

  constructor(readonly driver: Driver) {}

  all<Row>(sql: string, ...values: SqlValue[]): Row[] {
    return this.prepare(sql).all(...values) as Row[]
  }

  get<Row>(sql: string, ...values: SqlValue[]): Row | undefined {
    return this.prepare(sql).get(...values) as Row | undefined
  }

  run(sql: string, ...values: SqlValue[]): number {
    return this.prepare(sql).run(...values).changes
  }

  private prepare(sql: string): Statement<unknown[]> {
    let statement = this.statements.get(sql)
    if (!statement) {
      if (this.statements.size >= MAX_STATEMENTS) this.statements.delete(this.statements.keys().next().value!)
      statement = this.driver.prepare(withoutPeeking(sql))
      this.statements.set(sql, statement)
    }
    return statement
  }
}

/**
 * This build of SQLite plans by the values that are bound (STAT4): in a statement with ORDER BY or min(), a bare `?` that is
 * compared makes every run plan anew, which takes longer than the run. Behind a unary plus, which changes nothing else, it
 * does not look.
 */
function withoutPeeking(sql: string): string {
  return sql.replaceAll('?', '+?')
}
