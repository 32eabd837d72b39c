import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'

/** Parameters of app.bsky queries that name what the whole answer is about: an actor, or a record by its at-uri. */
const SUBJECT = ['actor', 'uri', 'anchor', 'feed', 'list', 'starterPack']
/** Parameters that name several, each with a view of its own in the answer. */
const SUBJECTS = ['actors', 'uris', 'feeds', 'dids']

type Query = Readonly<Record<string, unknown>>

/** What a query asks for that is not here. */
export interface Missing {
  /** The parameter that names it. */
  param: string
  names: readonly string[]
  /** Everything that the parameter names, in order; null when it names one thing, which is the whole question. */
  all: readonly string[] | null
}

/**
 * Tells whose repositories are here. What is in one of these is known here, and what is not is nowhere. So is what is taken
 * down here, wherever it lives: the upstream is not asked for it.
 */
@Injectable()
export class KnownHere {
  constructor(private readonly database: Database) {}

  /** What of a query's subjects is in repositories that are not here; null when nothing is. */
  async missing(query: Query): Promise<Missing | null> {
    for (const param of SUBJECT) {
      const name = query[param]
      if (typeof name === 'string' && !(await this.has(name))) return { param, names: [name], all: null }
    }
    for (const param of SUBJECTS) {
      const all = listOf(query[param])
      const names: string[] = []
      for (const name of all) if (!(await this.has(name))) names.push(name)
      if (names.length > 0) return { param, names, all }
    }
    return null
  }

  /** `name`: a DID, a handle, or an at-uri under either. */
  private async has(name: string): Promise<boolean> {
    const actor = name.replace(/^at:\/\//, '').split('/', 1)[0]!
    const row = actor.startsWith('did:')
      ? await this.database.read.get(
          `SELECT 1 FROM bsky_actor WHERE did = ? UNION ALL SELECT 1 FROM takedown WHERE subject IN (?, ?) LIMIT 1`,
          ...[actor, actor, name],
        )
      : await this.database.read.get('SELECT 1 FROM bsky_actor WHERE handle = ?', actor.toLowerCase())
    return row !== undefined
  }
}

function listOf(value: unknown): string[] {
  return [value].flat().filter((item): item is string => typeof item === 'string')
}
