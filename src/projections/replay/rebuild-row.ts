import type { Reader, Tx } from '../../modules/database/database.js'

/** Names of projections, and the versions that are being built. */
export type Versions = Readonly<Record<string, number>>

/** A rebuild that has begun. */
export interface RebuildRow {
  id: number
  projections: Versions
  /** Its tables are for a comparison alone. */
  verify: boolean
}

interface StoredRow {
  id: number
  projections: string
  verify: number
}

/** What all tables of a rebuild are called by. */
export const prefixOf = ({ id }: Pick<RebuildRow, 'id'>): string => `r${id}_`
/** The name of its position along the log. */
export const positionOf = ({ id }: Pick<RebuildRow, 'id'>): string => `rebuild ${id}`

/** The rebuild that was begun and has not ended, or null. */
export async function readRebuild(reader: Reader): Promise<RebuildRow | null> {
  const row = await reader.get<StoredRow>("SELECT * FROM rebuild WHERE state = 'replay' ORDER BY id DESC LIMIT 1")
  if (!row) return null
  return { id: row.id, projections: JSON.parse(row.projections) as Versions, verify: row.verify === 1 }
}

/** Begins a rebuild, and gives up any other. */
export async function insertRebuild(tx: Tx, projections: Versions, verify: boolean): Promise<RebuildRow> {
  await tx.run("UPDATE rebuild SET state = 'done'")
  await tx.run(
    "INSERT INTO rebuild (projections, verify, state) VALUES (?, ?, 'replay')",
    JSON.stringify(projections),
    verify ? 1 : 0,
  )
  const { id } = (await tx.get<{ id: number }>('SELECT max(id) AS id FROM rebuild'))!
  return { id, projections, verify }
}

/** What is left of it is to be dropped. */
export async function endRebuild(tx: Tx, { id }: RebuildRow): Promise<void> {
  await tx.run("UPDATE rebuild SET state = 'done' WHERE id = ?", id)
}

/** Rebuilds of which something may be left, ended or given up. */
export async function endedRebuilds(reader: Reader): Promise<{ id: number }[]> {
  return reader.all<{ id: number }>("SELECT id FROM rebuild WHERE state = 'done' ORDER BY id")
}

/** Nothing is left of it. */
export async function deleteRebuild(tx: Tx, rebuild: { id: number }): Promise<void> {
  await tx.run('DELETE FROM rebuild WHERE id = ?', rebuild.id)
  await tx.run('DELETE FROM projection_position WHERE name = ?', positionOf(rebuild))
}

/** The versions that the tables hold. */
export async function readVersions(reader: Reader): Promise<Versions> {
  const rows = await reader.all<{ name: string; version: number }>('SELECT name, version FROM projection')
  return Object.fromEntries(rows.map(({ name, version }) => [name, version]))
}

/** The tables now hold these. */
export async function writeVersions(tx: Tx, versions: Versions): Promise<void> {
  for (const [name, version] of Object.entries(versions))
    await tx.run(
      'INSERT INTO projection (name, version) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET version = excluded.version',
      name,
      version,
    )
}
