import { join } from 'node:path'
import { packageOf } from './inside.mjs'

/** What stands in the database of a server, looked at beside it without asking it. */
export class Log {
  constructor(database) {
    this.database = database
    this.newest = database.prepare('SELECT max(seq) FROM commit_log').pluck()
    this.rows = database.prepare('SELECT count(*) FROM commit_log WHERE seq > ?').pluck()
    this.peer = database.prepare('SELECT position FROM peer').pluck()
  }

  static async of({ options, directory }) {
    const { default: Database } = await packageOf(options.dist, 'better-sqlite3')
    return new Log(new Database(join(directory, 'skylog.sqlite'), { readonly: true }))
  }

  /** The number of the last event. */
  last() {
    return this.newest.get() ?? 0
  }

  /** How many events there are after the one of this number. */
  countAfter(seq) {
    return this.rows.get(seq)
  }

  /** How far it has come with its one peer; null: not far enough for a position. */
  position() {
    return this.peer.get() ?? null
  }

  close() {
    this.database.close()
  }
}
