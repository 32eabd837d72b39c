import { closeSync, copyFileSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { jest } from '@jest/globals'
import type { LogRow } from '../../../src/modules/commit-log/commit-log.js'
import { InlineHandlers } from '../../../src/modules/commit-log/inline-handlers.js'
import { SeqFloor } from '../../../src/modules/commit-log/seq-floor.js'
import type { Reader, Tx } from '../../../src/modules/database/database.js'
import { scratchDirectory } from '../../support/crash.js'
import { append, event, NOW, openLog, type OpenedLog, turn } from './open-log.js'

const seqs = async ({ log }: OpenedLog): Promise<number[]> => (await log.read(0, 100_000)).map(({ seq }) => seq)
const from = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i)

let opened: OpenedLog

beforeEach(async () => (opened = await openLog()))
afterEach(async () => {
  await opened.remove()
  opened.floor.close()
})

describe('I2 seq order is visibility order', () => {
  it('numbers are dense and above the floor, which starts from the clock', async () => {
    await Promise.all(Array.from({ length: 50 }, (_, i) => append(opened, 1 + (i % 3))))
    const got = await seqs(opened)
    expect(got).toEqual(from(NOW + 1, got.length))
    expect(got).toHaveLength(99)
    expect(await opened.log.lastSeq()).toBe(got.at(-1))
  })

  it('and stay dense when writers of the same group fail', async () => {
    const attempts = Array.from({ length: 60 }, (_, i) =>
      opened.database.write(async (tx) => {
        const rows = await opened.log.append(tx, [event(), event()])
        if (i % 3 === 1) throw new Error('no')
        return rows
      }),
    )
    const results = await Promise.allSettled(attempts)
    const given = results.flatMap((result) => (result.status === 'fulfilled' ? result.value.map(({ seq }) => seq) : []))
    expect(given).toHaveLength(80)
    expect(given).toEqual(from(NOW + 1, 80))
    expect(await seqs(opened)).toEqual(given)
    expect(opened.floor.value).toBe(given.at(-1))
  })

  it('a reader that goes on from what it has seen misses nothing while writers append', async () => {
    let busy = true
    const seen: number[] = []
    const reading = (async () => {
      for (let after = 0; ;) {
        const last = !busy
        const rows = await opened.log.read(after, 7)
        for (const { seq } of rows) seen.push((after = seq))
        if (last && rows.length === 0) return
        await turn()
      }
    })()
    for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 10 }, () => append(opened, 1)))
    busy = false
    await reading
    expect(seen).toEqual(from(NOW + 1, 200))
  })

  it('the mark is in its file before a writer is answered', async () => {
    for (let i = 0; i < 5; i++) {
      const rows = await append(opened, 2)
      const kept = Number(readFileSync(join(opened.directory, 'seq.floor'), 'latin1'))
      expect(kept).toBe(rows.at(-1)!.seq)
    }
  })
})

describe('I2 a seq is never used twice', () => {
  it('after a restart', async () => {
    await append(opened, 3)
    await opened.stop()
    opened = await openLog(opened.directory)
    expect((await append(opened)).map(({ seq }) => seq)).toEqual([NOW + 4])
  })

  it('after a backup of the database is put back', async () => {
    const backup = scratchDirectory()
    await append(opened, 3)
    await opened.stop()
    copyFileSync(opened.file, join(backup, 'skylog.sqlite'))

    opened = await openLog(opened.directory)
    const forgotten = await append(opened, 5)
    await opened.stop()
    copyFileSync(join(backup, 'skylog.sqlite'), opened.file)

    opened = await openLog(opened.directory)
    // Cursors up to here are out there: the log is not behind them.
    expect(await opened.log.lastSeq()).toBe(forgotten.at(-1)!.seq)
    const [next] = await append(opened)
    expect(next!.seq).toBe(forgotten.at(-1)!.seq + 1)
    expect(await seqs(opened)).toEqual([...from(NOW + 1, 3), NOW + 9])
    rmSync(backup, { recursive: true })
  })

  it('after the whole database is lost', async () => {
    const given = await append(opened, 3)
    await opened.stop()
    for (const suffix of ['', '-wal', '-shm']) rmSync(opened.file + suffix, { force: true })
    opened = await openLog(opened.directory)
    expect((await append(opened))[0]!.seq).toBe(given.at(-1)!.seq + 1)
  })

  it('after the mark was not written any more: the database knows', async () => {
    const mark = join(opened.directory, 'seq.floor')
    const before = readFileSync(mark)
    await append(opened, 3)
    await opened.stop()
    writeFileSync(mark, before)
    opened = await openLog(opened.directory)
    expect((await append(opened))[0]!.seq).toBe(NOW + 4)
    expect(Number(readFileSync(mark, 'latin1'))).toBe(NOW + 4)
  })

  it('after the mark is lost', async () => {
    await append(opened, 3)
    await opened.stop()
    rmSync(join(opened.directory, 'seq.floor'))
    opened = await openLog(opened.directory)
    expect((await append(opened))[0]!.seq).toBe(NOW + 4)
  })

  it('does not start with a damaged mark', async () => {
    await opened.stop()
    closeSync(openSync(join(opened.directory, 'seq.floor'), 'w'))
    writeFileSync(join(opened.directory, 'seq.floor'), 'damaged')
    expect(() => SeqFloor.open(opened.directory, NOW)).toThrow(/damaged/)
    rmSync(join(opened.directory, 'seq.floor'))
    opened = await openLog(opened.directory)
  })
})

describe('append', () => {
  it('is part of the write: an event is there if and only if what it tells is', async () => {
    await expect(
      opened.database.write(async (tx) => {
        await tx.run("INSERT INTO t (k) VALUES ('a')")
        await opened.log.append(tx, [event()])
        throw new Error('no')
      }),
    ).rejects.toThrow('no')
    expect(await seqs(opened)).toEqual([])
    expect(await opened.database.read.get('SELECT * FROM t')).toBeUndefined()
    expect(opened.floor.value).toBe(NOW)
  })

  it('gives the rows as a reader will find them', async () => {
    const cid = null
    const data = Buffer.from([0xa0])
    const rows = await opened.database.write((tx) =>
      opened.log.append(tx, [{ ...event(), rev: '3kabc', cid, event: data }]),
    )
    expect(await opened.log.read(0)).toEqual(rows)
    expect(rows[0]).toMatchObject({
      seq: NOW + 1,
      kind: 'identity',
      rev: '3kabc',
      cid,
      event: data,
      time: '2026-01-02T03:04:05.678Z',
    })
  })

  it('has times that never go back, whatever the clock does', async () => {
    const times: string[] = []
    for (const offset of [0, -5, -1, 2, 1]) {
      opened.clock.at = NOW + offset
      times.push((await append(opened))[0]!.time)
    }
    expect(times.map((time) => Date.parse(time) - NOW)).toEqual([0, 0, 0, 2, 2])
  })

  it('runs the inline handlers in the same write, in order, and is undone by their error', async () => {
    const handled: number[] = []
    class Handlers extends InlineHandlers {
      erase = async (): Promise<boolean> => false
      keepsHistory = (): boolean => false

      async handle(rows: readonly LogRow[], tx: Tx): Promise<void> {
        for (const { seq, did } of rows) {
          handled.push(seq)
          await tx.run('INSERT INTO t (k) VALUES (?)', String(seq))
          if (did === 'did:plc:bad') throw new Error('projection')
        }
      }
    }
    await opened.stop()
    opened = await openLog(opened.directory, new Handlers())
    await append(opened, 2)
    await expect(append(opened, 1, 'did:plc:bad')).rejects.toThrow('projection')
    await append(opened)
    expect(handled).toEqual([NOW + 1, NOW + 2, NOW + 3, NOW + 3])
    expect(
      (await opened.database.read.all<{ k: string }>('SELECT k FROM t ORDER BY k')).map(({ k }) => Number(k)),
    ).toEqual(await seqs(opened))
  })

  it('of nothing appends nothing', async () => {
    expect(await opened.database.write((tx) => opened.log.append(tx, []))).toEqual([])
    expect(opened.floor.value).toBe(NOW)
    expect(await opened.log.lastSeq()).toBe(NOW)
  })
})

describe('read', () => {
  it('gives pages in order, of all or of one repository', async () => {
    for (let i = 0; i < 12; i++) await append(opened, 1, i % 3 ? 'did:plc:alice' : 'did:plc:bob')
    expect((await opened.log.read(NOW + 3, 4)).map(({ seq }) => seq)).toEqual(from(NOW + 4, 4))
    expect((await opened.log.read(NOW + 12)).map(({ seq }) => seq)).toEqual([])
    expect((await opened.log.readRepo('did:plc:bob')).map(({ seq }) => seq - NOW)).toEqual([1, 4, 7, 10])
    expect((await opened.log.readRepo('did:plc:bob', NOW + 4, 1)).map(({ seq }) => seq - NOW)).toEqual([7])
  })

  it('gives 500 at a time unless told otherwise', async () => {
    await append(opened, 501)
    expect(await opened.log.read(0)).toHaveLength(500)
  })

  it('reads from a snapshot when given one', async () => {
    await append(opened)
    const rows = await opened.database.snapshot(async (reader: Reader) => {
      await opened.log.read(0, 10, reader)
      await append(opened)
      return opened.log.read(0, 10, reader)
    })
    expect(rows).toHaveLength(1)
  })
})

describe('tail', () => {
  /** Follows the log until it has seen `count` events. */
  async function follow(after: number, count: number): Promise<number[]> {
    const stop = new AbortController()
    const seen: number[] = []
    for await (const rows of opened.log.tail(after, stop.signal)) {
      seen.push(...rows.map(({ seq }) => seq))
      if (seen.length >= count) break
    }
    return seen
  }

  it('gives what is there, then what comes, without a gap and without a double', async () => {
    await append(opened, 1200)
    const following = Promise.all([follow(0, 2400), follow(NOW + 700, 1700), follow(NOW + 1200, 1200)])
    for (let i = 0; i < 40; i++) await Promise.all(Array.from({ length: 10 }, () => append(opened, 3)))
    const [all, part, live] = await following
    expect(all).toEqual(from(NOW + 1, 2400))
    expect(part).toEqual(from(NOW + 701, 1700))
    expect(live).toEqual(from(NOW + 1201, 1200))
  })

  it('waits for a COMMIT and polls for nothing', async () => {
    const read = jest.spyOn(opened.log, 'read')
    const timers = jest.spyOn(globalThis, 'setTimeout')
    const intervals = jest.spyOn(globalThis, 'setInterval')
    const following = follow(NOW, 1)
    for (let i = 0; i < 50; i++) await turn()
    expect(read).toHaveBeenCalledTimes(1)
    await append(opened)
    expect(await following).toEqual([NOW + 1])
    expect(read).toHaveBeenCalledTimes(2)
    expect(timers).not.toHaveBeenCalled()
    expect(intervals).not.toHaveBeenCalled()
    jest.restoreAllMocks()
  })

  it('is not woken by a write that failed', async () => {
    const read = jest.spyOn(opened.log, 'read')
    const following = follow(NOW, 1)
    await turn()
    await opened.database
      .write(async (tx) => {
        await opened.log.append(tx, [event()])
        throw new Error('no')
      })
      .catch(() => undefined)
    await turn()
    expect(read).toHaveBeenCalledTimes(1)
    await append(opened)
    expect(await following).toEqual([NOW + 1])
    jest.restoreAllMocks()
  })

  it('is woken once a group', async () => {
    const read = jest.spyOn(opened.log, 'read')
    // A group ends after some milliseconds, so a slow machine makes several of these.
    let groups = 0
    const quiet = opened.log.onCommit(() => groups++)
    const following = follow(NOW, 30)
    await turn()
    await Promise.all(Array.from({ length: 30 }, () => append(opened)))
    expect(await following).toEqual(from(NOW + 1, 30))
    quiet()
    expect(groups).toBeLessThan(15)
    expect(read.mock.calls.length).toBeLessThanOrEqual(groups + 2)
    jest.restoreAllMocks()
  })

  it('ends when its signal aborts, waiting or not, and leaves no listener behind', async () => {
    const stop = new AbortController()
    const waiting = opened.log.tail(NOW, stop.signal).next()
    await turn()
    stop.abort()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(await opened.log.tail(0, stop.signal).next()).toEqual({ done: true, value: undefined })
    expect((opened.log as unknown as { bells: Set<unknown> }).bells.size).toBe(0)
  })

  it('keeps nothing of a follower who leaves in the middle', async () => {
    await append(opened, 10)
    for (let i = 0; i < 20; i++) await follow(0, 1)
    expect((opened.log as unknown as { bells: Set<unknown> }).bells.size).toBe(0)
  })

  it('from a cursor ahead of the log waits until the log is there', async () => {
    const following = follow(NOW + 3, 1)
    for (let i = 0; i < 5; i++) await append(opened)
    expect((await following)[0]).toBe(NOW + 4)
  })
})

it('the doorbell says whether there is news of an account that is hosted here', async () => {
  const rung: boolean[] = []
  const quiet = opened.log.onCommit((hosted) => void rung.push(hosted))
  const appendOf = (...hosted: boolean[]): Promise<unknown> =>
    opened.database.write((tx) =>
      opened.log.append(
        tx,
        hosted.map((isHosted) => ({ ...event(), hosted: isHosted })),
      ),
    )
  for (const news of [[false], [true], [false, true, false], [false, false]]) await appendOf(...news)
  expect(rung).toEqual([false, true, true, false])
  // Writers of one group ring once.
  rung.length = 0
  await Promise.all([appendOf(false), appendOf(true), appendOf(false)])
  await appendOf(false)
  expect(rung.at(-1)).toBe(false)
  expect(rung.filter(Boolean)).toHaveLength(1)
  quiet()
  await appendOf(true)
  expect(rung.filter(Boolean)).toHaveLength(1)
})
