import Sqlite from 'better-sqlite3'
import type { SqliteDatabase } from '../../../src/modules/database/sqlite-database.js'
import type { Tx } from '../../../src/modules/database/database.js'
import { currentScope, within } from '../../../src/modules/log/scope.js'
import { type Scratch, scratchDatabase } from '../../support/crash.js'

let scratch: Scratch
let database: SqliteDatabase

beforeEach(async () => {
  scratch = await scratchDatabase()
  database = scratch.database
})
afterEach(() => scratch.remove())

const put = (k: string): Promise<number> => database.write((tx) => insert(tx, k))
const insert = async (tx: Tx, k: string): Promise<number> => tx.run('INSERT INTO t (k) VALUES (?)', k)
const keys = async (): Promise<string[]> =>
  (await database.read.all<{ k: string }>('SELECT k FROM t ORDER BY rowid')).map(({ k }) => k)
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('the two traps of an ORM on one SQLite connection', () => {
  it('keeps overlapping transactions apart: the rollback of one takes nothing from the other', async () => {
    const failed = database.write(async (tx) => {
      await insert(tx, 'lost')
      await Promise.resolve()
      await insert(tx, 'lost too')
      throw new Error('no')
    })
    const kept = database.write(async (tx) => {
      await insert(tx, 'kept')
      await Promise.resolve()
      await insert(tx, 'kept too')
    })
    await expect(failed).rejects.toThrow('no')
    await kept
    expect(await keys()).toEqual(['kept', 'kept too'])
  })

  it('lets a write read before it writes while others write and read', async () => {
    await put('n')
    await database.write(async (tx) => tx.run("UPDATE t SET v = 0 WHERE k = 'n'"))
    const increment = async (tx: Tx): Promise<void> => {
      const row = await tx.get<{ v: number }>("SELECT v FROM t WHERE k = 'n'")
      await Promise.resolve()
      await tx.run("UPDATE t SET v = ? WHERE k = 'n'", row!.v + 1)
    }
    const readers = Array.from({ length: 20 }, () => database.snapshot(async (read) => read.get('SELECT v FROM t')))
    await Promise.all([...Array.from({ length: 200 }, () => database.write(increment)), ...readers])
    expect(await database.read.get("SELECT v FROM t WHERE k = 'n'")).toEqual({ v: 200 })
  })
})

describe('a write', () => {
  it('gives what its function gives', async () => {
    expect(await database.write(() => Promise.resolve('done'))).toBe('done')
    expect(await put('a')).toBe(1)
  })

  it('is acknowledged only after its COMMIT', async () => {
    await Promise.all(
      Array.from({ length: 100 }, async (_, i) => {
        await put(`k${i}`)
        expect(await database.read.get('SELECT k FROM t WHERE k = ?', `k${i}`)).toEqual({ k: `k${i}` })
      }),
    )
  })

  it('runs in the order in which it was asked for, and is answered in that order', async () => {
    const answered: number[] = []
    const wanted = Array.from({ length: 300 }, (_, i) => i)
    await Promise.all(wanted.map((i) => put(String(i)).then(() => answered.push(i))))
    expect((await keys()).map(Number)).toEqual(wanted)
    expect(answered).toEqual(wanted)
  })

  it('cannot be begun inside a write', async () => {
    let inner: unknown
    await database.write(async (tx) => {
      inner = await database.write((again) => insert(again, 'inner')).catch((error: unknown) => error)
      await insert(tx, 'outer')
    })
    expect(inner).toEqual(new Error('a write inside a write: pass the open tx along instead'))
    expect(await keys()).toEqual(['outer'])
    await put('after')
  })

  it('can be begun by somebody whom a write has woken', async () => {
    let wake!: () => void
    const woken = new Promise<void>((resolve) => (wake = resolve)).then(() => put('woken'))
    await database.write(async (tx) => {
      await insert(tx, 'a')
      tx.afterCommit(wake)
    })
    await woken
    expect(await keys()).toEqual(['a', 'woken'])
  })

  it('leaves nothing behind that writes after its end', async () => {
    let kept!: Tx
    await database.write(async (tx) => {
      kept = tx
      await insert(tx, 'a')
    })
    expect(() => kept.run("INSERT INTO t (k) VALUES ('late')")).toThrow(/has ended/)
    expect(() => kept.get('SELECT 1')).toThrow(/has ended/)
    expect(() => kept.all('SELECT 1')).toThrow(/has ended/)
    expect(() => kept.afterCommit(() => undefined)).toThrow(/has ended/)
    let failed!: Tx
    await expect(
      database.write((tx) => {
        failed = tx
        return Promise.reject(new Error('no'))
      }),
    ).rejects.toThrow('no')
    expect(() => failed.run("INSERT INTO t (k) VALUES ('late')")).toThrow(/has ended/)
    expect(await keys()).toEqual(['a'])
  })

  it('rejects with the error of a function that throws before its first await', async () => {
    const error = new Error('at once')
    await expect(
      database.write(() => {
        throw error
      }),
    ).rejects.toBe(error)
    await put('a')
  })

  it('waits for another program that writes, and lets others read meanwhile', async () => {
    await put('a')
    const other = new Sqlite(scratch.file)
    other.exec('BEGIN IMMEDIATE')
    const waiting = Promise.all([put('b'), put('c')])
    for (let turns = 0; turns < 20; turns++) await turn()
    expect(await keys()).toEqual(['a'])
    expect(database.writerFigures()).toMatchObject({ waiting: 2, isLost: false })
    other.exec("INSERT INTO t (k) VALUES ('other')")
    other.exec('COMMIT')
    other.close()
    await waiting
    expect(await keys()).toEqual(['a', 'other', 'b', 'c'])
  })

  it('that fails alone leaves the connection free for the next', async () => {
    const twice = database.write(async (tx) => {
      await insert(tx, 'x')
      await insert(tx, 'x')
    })
    await expect(twice).rejects.toThrow(/UNIQUE/)
    expect(await keys()).toEqual([])
    await put('a')
    expect(await keys()).toEqual(['a'])
  })
})

describe('a group', () => {
  const SIZE = 5

  it.each([...Array(SIZE).keys(), 'every', 'the first and the last'] as const)(
    'undoes the failing writer alone: %s',
    async (which) => {
      const fails = (i: number): boolean =>
        which === 'every' || (which === 'the first and the last' ? i === 0 || i === SIZE - 1 : i === which)
      const results = await Promise.allSettled(
        Array.from({ length: SIZE }, (_, i) =>
          database.write(async (tx) => {
            await insert(tx, `${i}a`)
            await Promise.resolve()
            await insert(tx, `${i}b`)
            if (fails(i)) throw new Error(`writer ${i}`)
            return i
          }),
        ),
      )
      expect(results).toEqual(
        results.map((_, i) =>
          fails(i) ? { status: 'rejected', reason: new Error(`writer ${i}`) } : { status: 'fulfilled', value: i },
        ),
      )
      expect(await keys()).toEqual([...Array(SIZE).keys()].filter((i) => !fails(i)).flatMap((i) => [`${i}a`, `${i}b`]))
    },
  )

  it('is joined by writers who come while it runs, also after its first has failed alone', async () => {
    let begun!: () => void
    const running = new Promise<void>((resolve) => (begun = resolve))
    const first = database.write(async (tx) => {
      await insert(tx, 'first')
      begun()
      await turn()
      throw new Error('no')
    })
    await running
    const late = [put('b'), put('c')]
    await expect(first).rejects.toThrow('no')
    await Promise.all(late)
    expect(await keys()).toEqual(['b', 'c'])
  })

  it('shares one COMMIT', async () => {
    const states = new Set<unknown>()
    // data_version changes for a reader whenever another connection has committed.
    const version = async (): Promise<unknown> =>
      (await database.read.get<{ data_version: number }>('PRAGMA data_version'))!.data_version
    states.add(await version())
    await Promise.all(Array.from({ length: 32 }, (_, i) => put(`k${i}`).then(async () => states.add(await version()))))
    expect(states.size).toBe(2)
  })

  it('a failing writer sees the rows of those before it, and none of the failed', async () => {
    const seen: string[][] = []
    const attempt = (k: string, fail: boolean): Promise<void> =>
      database.write(async (tx) => {
        seen.push((await tx.all<{ k: string }>('SELECT k FROM t ORDER BY k')).map((row) => row.k))
        await insert(tx, k)
        if (fail) throw new Error(k)
      })
    await Promise.allSettled([attempt('a', false), attempt('b', true), attempt('c', false), attempt('d', false)])
    expect(seen).toEqual([[], ['a'], ['a'], ['a', 'c']])
  })
})

describe('afterCommit', () => {
  it('rings once the rows can be seen, before the writer is answered', async () => {
    const order: string[] = []
    await database
      .write(async (tx) => {
        await insert(tx, 'a')
        tx.afterCommit(() => order.push(`first ${String(database.read.get('SELECT count(*) AS n FROM t') && 'seen')}`))
        tx.afterCommit(() => order.push('second'))
      })
      .then(() => order.push('answered'))
    expect(order).toEqual(['first seen', 'second', 'answered'])
  })

  it('sees what was committed', async () => {
    let rows: unknown
    await database.write(async (tx) => {
      await insert(tx, 'a')
      tx.afterCommit(() => {
        rows = database.read.all('SELECT k FROM t')
      })
    })
    expect(await rows).toEqual([{ k: 'a' }])
  })

  it('is dropped with the writer that fails, and with it alone', async () => {
    const rung: string[] = []
    const attempt = (name: string, fail: boolean): Promise<void> =>
      database.write((tx) => {
        tx.afterCommit(() => rung.push(name))
        return fail ? Promise.reject(new Error(name)) : Promise.resolve()
      })
    await Promise.allSettled([attempt('a', true), attempt('b', false), attempt('c', true), attempt('d', false)])
    await expect(attempt('alone', true)).rejects.toThrow('alone')
    await turn()
    expect(rung).toEqual(['b', 'd'])
  })

  it('that throws is told of, and harms nobody', async () => {
    const error = new Error('bell')
    const rung: string[] = []
    const write = (name: string): Promise<string> =>
      database.write(async (tx) => {
        await insert(tx, name)
        tx.afterCommit(() => {
          if (name === 'b') throw error
          rung.push(name)
        })
        return name
      })
    expect(await Promise.all(['a', 'b', 'c'].map(write))).toEqual(['a', 'b', 'c'])
    expect(rung).toEqual(['a', 'c'])
    expect(scratch.bellErrors).toEqual([error])
    expect(await keys()).toEqual(['a', 'b', 'c'])
  })
})

describe('figures', () => {
  it('each write runs in the scope that it was asked for in, whoever it shares a transaction with', async () => {
    const scopeOf = (requestId: string): Promise<[string | undefined, string | undefined]> =>
      within({ requestId, span: null }, () =>
        database.write(async (tx) => {
          const before = currentScope()?.requestId ?? undefined
          await insert(tx, requestId)
          return [before, currentScope()?.requestId ?? undefined]
        }),
      )
    expect(await Promise.all(['a', 'b', 'c'].map(scopeOf))).toEqual(['a', 'b', 'c'].map((id) => [id, id]))
    let rung: unknown = 'never'
    await within({ requestId: 'd', span: null }, () =>
      database.write(async (tx) => {
        await insert(tx, 'd')
        tx.afterCommit(() => (rung = currentScope()))
      }),
    )
    expect(rung).toBeUndefined()
  })

  it('writes are counted by the transaction that they shared, and those that were undone', async () => {
    const before = database.writerFigures()!
    const [sizes, writes] = [before.sizes.count, before.seconds.count]
    await Promise.allSettled([put('a'), put('b'), database.write(() => Promise.reject(new Error('no')))])
    const { failed, lost, waiting, waitingSeconds, isLost, ...after } = database.writerFigures()!
    expect([after.sizes.count - sizes, after.seconds.count - writes]).toEqual([1, 3])
    expect({ failed, lost, waiting, waitingSeconds, isLost }).toMatchObject({
      failed: 1,
      lost: 0,
      waiting: 0,
      isLost: false,
    })
  })

  it('the size of the database and of its log, and what a checkpoint has yet to copy', async () => {
    const { bytes, walBytes, walPendingBytes, snapshots, walRestarts } = await database.figures()
    expect(bytes % 4096).toBe(0)
    expect(walPendingBytes).toBeGreaterThan(0)
    expect(walPendingBytes).toBeLessThanOrEqual(walBytes)
    expect(snapshots).toEqual({ open: 0, busy: 0, waiting: 0 })
    await database.snapshot(async () => {
      expect((await database.figures()).snapshots).toEqual({ open: 1, busy: 1, waiting: 0 })
    })
    await database.write(async (tx) => tx.run('INSERT INTO t (k) VALUES (?)', 'x'.repeat(1_000_000)))
    const grown = await database.figures()
    expect(grown.walPendingBytes - walPendingBytes).toBeGreaterThan(1_000_000)
    for (let i = 0; i < 20; i++)
      await database.write(async (tx) => tx.run('INSERT INTO t (k) VALUES (?)', `${i}${'x'.repeat(1_000_000)}`))
    expect((await database.figures()).walRestarts).toBeGreaterThan(walRestarts)
  })
})
