/** I8: what the disk refuses fails the write that asked for it, never the server. */
import type { SqliteDatabase } from '../../../src/modules/database/sqlite-database.js'
import type { Tx } from '../../../src/modules/database/database.js'
import { SqliteConnection } from '../../../src/modules/database/sqlite-connection.js'
import { SqliteWriter } from '../../../src/modules/database/sqlite-writer.js'
import { limitGrowth, type Scratch, scratchDatabase, writerOf } from '../../support/crash.js'

const LARGE = Buffer.alloc(200_000, 1)

let scratch: Scratch
let database: SqliteDatabase

beforeEach(async () => {
  scratch = await scratchDatabase()
  database = scratch.database
})
afterEach(() => scratch.remove())

const insert = async (tx: Tx, k: string, v: Buffer | null = null): Promise<number> =>
  tx.run('INSERT INTO t (k, v) VALUES (?, ?)', k, v)
const put = (k: string, v: Buffer | null = null): Promise<number> => database.write((tx) => insert(tx, k, v))
const keys = async (): Promise<string[]> =>
  (await database.read.all<{ k: string }>('SELECT k FROM t ORDER BY rowid')).map(({ k }) => k)
/** Every promise must settle: a writer that is never answered is a client that hangs. */
const settled = <T>(promises: Promise<T>[]): Promise<PromiseSettledResult<T>[]> => {
  let timer!: NodeJS.Timeout
  const late = new Promise<never>(
    (_, reject) => (timer = setTimeout(reject, 60_000, new Error('a writer was never answered'))),
  )
  return Promise.race([Promise.allSettled(promises), late]).finally(() => clearTimeout(timer))
}

describe('a full disk', () => {
  it.each([0, 1, 2])(
    'in the middle of a group: who was told yes is stored, who was told no is not (large at %i)',
    async (at) => {
      limitGrowth(database, 2)
      const names = ['a', 'b', 'c']
      const results = await settled(names.map((name, i) => put(name, i === at ? LARGE : null)))
      expect(results[at]).toMatchObject({ status: 'rejected', reason: { code: 'SQLITE_FULL' } })
      const stored = await keys()
      expect(stored).toEqual(names.filter((_, i) => results[i]!.status === 'fulfilled'))
      for (const result of results)
        if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'SQLITE_FULL' })
    },
  )

  it('rings no bell of a writer that was undone with the group', async () => {
    limitGrowth(database, 2)
    const rung: string[] = []
    const bell = (k: string, v: Buffer | null): Promise<number> =>
      database.write(async (tx) => {
        tx.afterCommit(() => rung.push(k))
        return insert(tx, k, v)
      })
    await settled([bell('a', null), bell('b', LARGE), bell('c', null)])
    expect(rung).toEqual(await keys())
  })

  it('is no more than a bad moment: reads go on, and writes too once there is room', async () => {
    await put('before')
    limitGrowth(database, 2)
    for (let i = 0; i < 3; i++) {
      await expect(put(`large ${i}`, LARGE)).rejects.toMatchObject({ code: 'SQLITE_FULL' })
      expect(await keys()).toEqual(['before'])
      expect(await database.snapshot(async (read) => read.get('SELECT count(*) AS n FROM t'))).toEqual({ n: 1 })
    }
    limitGrowth(database, null)
    await put('large', LARGE)
    expect(await keys()).toEqual(['before', 'large'])
  })

  it('writes nothing outside a transaction, whatever a writer does with the error', async () => {
    limitGrowth(database, 2)
    const stubborn = database.write(async (tx) => {
      await insert(tx, 'first')
      try {
        await insert(tx, 'large', LARGE)
      } catch {
        // Goes on as if nothing had happened, without the transaction that it had.
      }
      return insert(tx, 'second')
    })
    const [result] = await settled([stubborn, put('other')])
    const stored = await keys()
    expect(stored.filter((k) => k !== 'other')).toEqual(result!.status === 'fulfilled' ? ['first', 'second'] : [])
  })
})

/** A connection on which the n-th of the statements that match fails once. */
class FaultyConnection extends SqliteConnection {
  armed: { on: RegExp; after: number } | null = null

  override run(...args: Parameters<SqliteConnection['run']>): number {
    if (this.armed?.on.test(args[0]) && this.armed.after-- === 0) {
      this.armed = null
      throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR' })
    }
    return super.run(...args)
  }
}

describe('an I/O error', () => {
  it.each([
    ['BEGIN of a group', /^BEGIN/, 0],
    ['BEGIN anew after a lone writer has failed', /^BEGIN/, 1],
    ['SAVEPOINT of the first', /^SAVEPOINT/, 0],
    ['SAVEPOINT of another', /^SAVEPOINT/, 1],
    ['RELEASE of the first', /^RELEASE/, 0],
    ['RELEASE of another', /^RELEASE/, 1],
    ['ROLLBACK TO a savepoint', /^ROLLBACK TO/, 0],
    ['a statement of a writer', /^INSERT/, 1],
    ['COMMIT', /^COMMIT/, 0],
  ])('at %s leaves everyone answered, and truly', async (_, on, after) => {
    const connection = new FaultyConnection(writerOf(database))
    const writer = new SqliteWriter(connection, () => undefined)
    connection.armed = { on, after }
    const attempts: Promise<unknown>[] = []
    const names = ['a', 'b', 'c', 'd']
    const write = (k: string, fail: boolean): Promise<number> =>
      writer.write(async (tx) => {
        const changes = await insert(tx, k)
        if (fail) throw new Error('no')
        return changes
      })
    if (after === 1 && on.source === '^BEGIN') {
      attempts.push(write('a', true))
      await new Promise(setImmediate)
      for (const k of names.slice(1)) attempts.push(write(k, false))
    } else attempts.push(...names.map((k) => write(k, k === 'b')))
    const results = await settled(attempts)
    await writer.idle()
    expect(connection.armed).toBeNull()
    expect(connection.driver.inTransaction).toBe(false)
    expect(await keys()).toEqual(names.filter((_, i) => results[i]!.status === 'fulfilled'))
    await writer.write((tx) => insert(tx, 'after'))
    expect((await keys()).at(-1)).toBe('after')
  })
})
