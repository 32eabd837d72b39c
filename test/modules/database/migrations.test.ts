import type { QueryRunner } from 'typeorm'
import { migrations } from '../../../migrations/index.js'
import { type Scratch, scratchDatabase, writerOf } from '../../support/crash.js'

/** What a migration would say to a database of the given type. */
async function statements(type: string, direction: 'up' | 'down'): Promise<string[]> {
  const said: string[] = []
  const runner = { dataSource: { options: { type } }, query: (sql: string) => said.push(sql) } as unknown as QueryRunner
  const list = migrations.map((Migration) => new Migration())
  for (const migration of direction === 'up' ? list : list.reverse()) await migration[direction](runner)
  return said
}

const schemaOf = ({ database }: Scratch): unknown =>
  writerOf(database)
    .prepare("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name")
    .all()
const applied = ({ database }: Scratch): unknown =>
  writerOf(database).prepare('SELECT name FROM migrations ORDER BY id').all()

describe('migrations', () => {
  let scratch: Scratch

  beforeEach(async () => (scratch = await scratchDatabase()))
  afterEach(() => scratch.remove())

  it('all run at the first start, in their order', () => {
    expect(applied(scratch)).toEqual(migrations.map((Migration) => ({ name: new Migration().name })))
  })

  it('change nothing at the second', async () => {
    const before = schemaOf(scratch)
    await scratch.database.close()
    scratch = await scratchDatabase(scratch.directory)
    expect(schemaOf(scratch)).toEqual(before)
    expect(applied(scratch)).toHaveLength(migrations.length)
  })

  it('are named so that TypeORM runs them in the order of the list', () => {
    const stamps = migrations.map((Migration) => Number(new Migration().name.slice(-13)))
    expect(stamps.every(Number.isInteger)).toBe(true)
    expect(stamps).toEqual([...stamps].sort((a, b) => a - b))
    expect(new Set(stamps).size).toBe(stamps.length)
    for (const Migration of migrations) expect(Migration.name).toBe(new Migration().name)
  })

  it('can be taken back on an empty database', async () => {
    const driver = writerOf(scratch.database)
    for (const sql of await statements('better-sqlite3', 'down')) driver.exec(sql)
    driver.exec('DROP TABLE t')
    expect(schemaOf(scratch)).toEqual([expect.objectContaining({ name: 'migrations' })])
    for (const sql of await statements('better-sqlite3', 'up')) driver.exec(sql)
  })

  it('never give out the number of a deleted row again, where numbers are assigned', async () => {
    const { database } = scratch
    const add = (): Promise<number> =>
      database.write(async (tx) => {
        await tx.run("INSERT INTO tree (did, state) VALUES ('did:plc:x', 'staged')")
        return (await tx.get<{ id: number }>('SELECT max(id) AS id FROM tree'))!.id
      })
    await add()
    const second = await add()
    await database.write(async (tx) => tx.run('DELETE FROM tree WHERE id = ?', second))
    expect(await add()).toBeGreaterThan(second)
  })

  it('speak to PostgreSQL of the same tables, in its own words', async () => {
    const tables = (said: string[]): (string | undefined)[] =>
      said.filter((sql) => sql.startsWith('CREATE')).map((sql) => /^CREATE .*?(?:TABLE|INDEX) (\w+)/.exec(sql)?.[1])
    const sqlite = await statements('better-sqlite3', 'up')
    const postgres = await statements('postgres', 'up')
    expect(tables(postgres)).toEqual(tables(sqlite))
    expect(tables(postgres)).not.toContain(undefined)
    for (const sql of postgres) {
      expect(sql).not.toMatch(/\bBLOB\b|\bINTEGER\b|AUTOINCREMENT|WITHOUT ROWID|undefined|\[object/)
      // Keys that are compared and paged through must sort byte by byte in any locale.
      for (const column of sql.matchAll(/^ {6}(did|path|rkey|after|subject|collection|handle|cid) TEXT/gm))
        expect(sql).toMatch(new RegExp(`${column[1]} TEXT COLLATE "C"`))
    }
  })

  it('refuse a database they have no words for', async () => {
    await expect(statements('mysql', 'up')).rejects.toThrow(/no migration dialect for mysql/)
  })
})
