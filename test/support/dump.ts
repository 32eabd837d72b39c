import type { Database, Tx } from '../../src/modules/database/database.js'

/** The tables whose rows a full-text index numbers, by the index. */
const INDEXED: Record<string, { table: string; key: string }> = {
  bsky_post_search: { table: 'bsky_post', key: 'uri' },
  bsky_actor_search: { table: 'bsky_actor', key: 'did' },
}

/**
 * Everything that the projections hold, as lines of text in one order: `table {row as JSON}`, without row numbers, and
 * for a full-text index `index key column offset term`. Two databases that mean the same give the same text.
 */
export async function dump(database: Database): Promise<string> {
  return database.write(async (tx) => {
    const tables = await tx.all<{ name: string; virtual: number }>(
      `SELECT name, sql LIKE 'CREATE VIRTUAL%' AS virtual FROM sqlite_master AS one
       WHERE type = 'table' AND name LIKE 'bsky\\_%' ESCAPE '\\' AND NOT EXISTS (
         SELECT 1 FROM sqlite_master AS of WHERE of.sql LIKE 'CREATE VIRTUAL%' AND one.name LIKE of.name || '\\_%' ESCAPE '\\')`,
    )
    const lines: string[] = []
    for (const { name, virtual } of tables) lines.push(...(await (virtual ? dumpIndex(tx, name) : dumpTable(tx, name))))
    return lines.sort().join('\n')
  })
}

async function dumpTable(tx: Tx, table: string): Promise<string[]> {
  const rows = await tx.all<Record<string, unknown>>(`SELECT * FROM ${table}`)
  return rows.map(({ id: _, ...row }) => `${table} ${JSON.stringify(row)}`)
}

async function dumpIndex(tx: Tx, index: string): Promise<string[]> {
  const { table, key } = INDEXED[index]!
  await tx.run(`CREATE VIRTUAL TABLE IF NOT EXISTS temp.${index}_words USING fts5vocab('main', '${index}', 'instance')`)
  const words = await tx.all<{ key: string | null; col: string; offset: number; term: string }>(
    `SELECT (SELECT ${key} FROM ${table} WHERE id = doc) AS key, col, offset, term FROM temp.${index}_words`,
  )
  return words.map((word) => `${index} ${word.key} ${word.col} ${word.offset} ${word.term}`)
}
