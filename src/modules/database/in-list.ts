import type { Reader, SqlValue } from './database.js'

/** Statements are prepared for these lengths alone; a list is filled up to the next by repeating its last value. */
const LENGTHS = [1, 4, 16, 32, 64, 128, 256]
const MARKS = new Map(LENGTHS.map((length) => [length, Array(length).fill('?').join(',')]))
const LONGEST = LENGTHS.at(-1)!

/**
 * All rows of a statement with one IN list, however long the list. `sql` is given the placeholders of the list; `before` are
 * the values of the placeholders ahead of it.
 */
export async function readIn<Row>(
  reader: Reader,
  sql: (marks: string) => string,
  list: readonly string[],
  ...before: SqlValue[]
): Promise<Row[]> {
  if (list.length <= LONGEST) return list.length === 0 ? [] : await readPiece(reader, sql, list, before)
  const rows: Row[] = []
  for (let at = 0; at < list.length; at += LONGEST)
    rows.push(...(await readPiece<Row>(reader, sql, list.slice(at, at + LONGEST), before)))
  return rows
}

async function readPiece<Row>(
  reader: Reader,
  sql: (marks: string) => string,
  list: readonly string[],
  before: readonly SqlValue[],
): Promise<Row[]> {
  const length = LENGTHS.find((length) => length >= list.length)!
  const values: SqlValue[] = [...before, ...list]
  while (values.length < before.length + length) values.push(list.at(-1)!)
  return reader.all<Row>(sql(MARKS.get(length)!), ...values)
}
