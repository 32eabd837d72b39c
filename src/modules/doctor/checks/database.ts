/** Whether the database is there, and of the schema that this version knows. */
import { join } from 'node:path'
import { migrations } from '../../../../migrations/index.js'
import type { Reader } from '../../database/database.js'
import { SqliteDatabase } from '../../database/sqlite-database.js'
import type { Check } from '../check.js'
import { counted, type Finding, note, ok, problem } from '../finding.js'

export const DATABASE: Check[] = [
  {
    area: 'database',
    where: 'here',
    run: async ({ config: { dataDirectory }, database }) => {
      if (database) return [schemaFinding(await schemaOf(database.read))]
      // Why it could not be opened is told by who tried.
      if (!SqliteDatabase.isMissing(join(dataDirectory, 'skylog.sqlite'))) return []
      return [
        note(
          `there is no database in ${dataDirectory}`,
          'The server makes one when it starts; or name another directory with --data.',
        ),
      ]
    },
  },
]

/** What a database has of the migrations of this version, and what it has besides. */
export interface Schema {
  lacking: string[]
  unknown: string[]
}

export async function schemaOf(reader: Reader): Promise<Schema> {
  const rows = await reader.all<{ name: string }>('SELECT name FROM migrations')
  const there = new Set(rows.map(({ name }) => name))
  const known = new Set(migrations.map(({ name }) => name))
  return {
    lacking: [...known].filter((name) => !there.has(name)),
    unknown: [...there].filter((name) => !known.has(name)),
  }
}

export function schemaFinding({ lacking, unknown }: Schema): Finding {
  if (unknown.length > 0)
    return problem(
      `a newer version has had this database: it knows ${unknown.join(', ')}, which this one does not`,
      'Run the newer version, or restore a backup from before it.',
    )
  if (lacking.length > 0)
    return note(
      `the database is of an older version: ${counted(lacking.length, 'migration')} to come, and nothing in it was looked at`,
      'They run when the server starts; make a backup before.',
    )
  return ok('the database is of this version')
}
