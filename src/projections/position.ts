import type { Reader, Tx } from '../modules/database/database.js'

/** The position of the tables that are read from: moved by every append. */
export const INLINE = 'inline'

/** How far somebody has come along the log, and how many records were passed over on the way because they are not sound. */
export interface Position {
  /** {@link INLINE}, or a rebuild. */
  name: string
  seq: number
  skipped: number
}

/** Everybody's position. */
export async function readPositions(reader: Reader): Promise<Position[]> {
  return reader.all<Position>('SELECT name, seq, skipped FROM projection_position ORDER BY name')
}

/** Up to which event of the log somebody has come; 0 before the first. */
export async function readPosition(reader: Reader, name: string): Promise<number> {
  const row = await reader.get<{ seq: number }>('SELECT seq FROM projection_position WHERE name = ?', name)
  return row?.seq ?? 0
}

/** As {@link readPosition}, at the beginning of a write that is to move it. */
export async function takePosition(tx: Tx, name: string): Promise<number> {
  await tx.run(
    `INSERT INTO projection_position (name, seq, skipped) VALUES (?, 0, 0)
     ON CONFLICT (name) DO UPDATE SET seq = projection_position.seq`,
    name,
  )
  return readPosition(tx, name)
}

/** Moves a position in the transaction that has applied the events up to it; `skipped` records more were passed over. */
export async function movePosition(tx: Tx, name: string, seq: number, skipped: number): Promise<void> {
  await tx.run(
    `INSERT INTO projection_position (name, seq, skipped) VALUES (?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET seq = excluded.seq, skipped = projection_position.skipped + excluded.skipped`,
    name,
    seq,
    skipped,
  )
}
