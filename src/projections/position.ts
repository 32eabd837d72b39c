import type { Reader, Tx } from '../modules/database/database.js'

/** The position of the tables that are read from: moved by every append. */
export const INLINE = 'inline'

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
