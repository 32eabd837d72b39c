/** The database copied as it lies on the disk, while it is written to: file and log make every state that there was. */
import { hash } from 'node:crypto'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { integrityProblems } from '../../../src/modules/database/integrity.js'
import { type PageBatch, type PageFollower, PagesLost } from '../../../src/modules/database/page-follower.js'
import { type Scratch, scratchDatabase, writerOf } from '../../support/crash.js'

let scratch: Scratch
let time: number
beforeEach(async () => {
  scratch = await scratchDatabase()
  time = 0
})
afterEach(() => scratch.remove())

const follow = (): PageFollower => scratch.database.followPages(() => time)
const put = (k: string, bytes = 100): Promise<unknown> =>
  scratch.database.write(async (tx) =>
    tx.run('INSERT INTO t VALUES (?, randomblob(?)) ON CONFLICT (k) DO UPDATE SET v = excluded.v', k, bytes),
  )
const autocheckpoint = (): unknown => writerOf(scratch.database).pragma('wal_autocheckpoint', { simple: true })

async function copyOf(follower: PageFollower): Promise<Buffer> {
  const file = await follower.readFile(0, follower.fileBytes)
  follower.releaseFile()
  return file
}

function takeAll(follower: PageFollower, maxBytes = 1e6): PageBatch[] {
  const batches: PageBatch[] = []
  for (let batch = follower.take(maxBytes); batch; batch = follower.take(maxBytes)) batches.push(batch)
  return batches
}

/** A file with batches laid over it, opened. */
function laidOver(file: Buffer, batches: readonly PageBatch[]): Record<string, string> {
  const path = join(scratch.directory, 'copy.sqlite')
  const bytes = Buffer.alloc(128_000_000)
  file.copy(bytes)
  let length = file.length
  for (const { pages, pageSize } of batches)
    for (let at = 0; at < pages.length; at += 8 + pageSize) {
      pages.copy(bytes, (pages.readUInt32BE(at) - 1) * pageSize, at + 8, at + 8 + pageSize)
      length = pages.readUInt32BE(at + 4) * pageSize || length
    }
  for (const name of [path, `${path}-wal`, `${path}-shm`]) rmSync(name, { force: true })
  writeFileSync(path, bytes.subarray(0, length))
  expect(integrityProblems(path)).toEqual([])
  return rowsOf(path)
}

type Row = { k: string; v: Buffer }
const summary = (rows: Row[]): Record<string, string> =>
  Object.fromEntries(rows.map(({ k, v }) => [k, hash('sha256', v)]))

function rowsOf(path: string): Record<string, string> {
  const driver = new Sqlite(path, { readonly: true })
  const rows = driver.prepare<[], Row>('SELECT k, v FROM t').all()
  driver.close()
  return summary(rows)
}

const live = async (): Promise<Record<string, string>> =>
  summary(await scratch.database.read.all<Row>('SELECT k, v FROM t ORDER BY k'))

it('the file is what was committed before, and batches are what was committed since, commit by commit', async () => {
  await put('before')
  const follower = follow()
  const states: Record<string, string>[] = [await live()]
  for (let n = 0; n < 5; n++) {
    time = n
    await put(`k${n}`, 9000)
    states.push(await live())
  }
  const file = await copyOf(follower)
  expect(laidOver(file, [])).toEqual(states[0])
  const [batch] = takeAll(follower)
  expect(batch!.commits.map((commit) => commit.time)).toEqual([0, 1, 2, 3, 4])
  for (const [n, { end }] of batch!.commits.entries()) {
    const pages = batch!.pages.subarray(0, end * (8 + batch!.pageSize))
    expect(laidOver(file, [{ ...batch!, pages }])).toEqual(states[n + 1])
  }
  expect(follower.take(1e6)).toBeNull()
})

it('nothing is missed when the log begins anew, however often', async () => {
  const follower = follow()
  const file = await copyOf(follower)
  const batches: PageBatch[] = []
  for (let n = 0; n < 40; n++) {
    await put(`k${n % 7}`, 1_000_000)
    if (n % 3 === 0) batches.push(...takeAll(follower))
  }
  batches.push(...takeAll(follower))
  expect(laidOver(file, batches)).toEqual(await live())
  // A log that never began anew would have all of it.
  expect(readFileSync(`${scratch.file}-wal`).length).toBeLessThan(30_000_000)
})

it('somebody who reads an old state holds the log up, and nothing is missed', async () => {
  const follower = follow()
  const file = await copyOf(follower)
  const batches: PageBatch[] = []
  await scratch.database.snapshot(async (read) => {
    await read.get('SELECT 1 FROM t')
    for (let n = 0; n < 20; n++) {
      await put(`k${n}`, 1_000_000)
      batches.push(...takeAll(follower))
    }
  })
  for (let n = 0; n < 10; n++) await put(`k${n}`, 1_000_000)
  batches.push(...takeAll(follower))
  expect(laidOver(file, batches)).toEqual(await live())
})

it('while somebody has a snapshot open, the file is not whole, and the log makes it so', async () => {
  await put('a')
  await scratch.database.snapshot(async (read) => {
    await read.get('SELECT count(*) FROM t')
    await put('b')
    const follower = follow()
    await put('c')
    const file = await copyOf(follower)
    expect(laidOver(file, takeAll(follower))).toEqual(await live())
    follower.end()
  })
})

it('however long the log gets because of others, who keeps up loses nothing, and begins without all of it at once', async () => {
  const follower = follow()
  const file = await copyOf(follower)
  const batches: PageBatch[] = []
  await scratch.database.snapshot(async (read) => {
    await read.get('SELECT 1 FROM t')
    for (let n = 0; n < 270; n++) {
      await put(`k${n % 7}`, 1_000_000)
      batches.splice(0, batches.length, ...batches.slice(-1), ...takeAll(follower))
    }
    expect(statSync(`${scratch.file}-wal`).size).toBeGreaterThan(65_536 * 4096)
    const late = follow()
    const copy = await copyOf(late)
    const pieces: PageBatch[] = []
    for (let batch = late.take(2e6); batch && pieces.length < 20; batch = late.take(2e6)) pieces.push(batch)
    expect(Math.max(...pieces.map(({ pages }) => pages.length))).toBeLessThan(2e6)
    expect(pieces.flatMap(({ commits }) => commits).length).toBeGreaterThan(15)
    expect(copy.length).toBe(file.length)
  })
  await put('last')
  expect(takeAll(follower)).toHaveLength(1)
})

it('pages of many commits that are there already come commit by commit', async () => {
  await scratch.database.snapshot(async (read) => {
    await read.get('SELECT 1 FROM t')
    for (let n = 0; n < 12; n++) await put(`k${n}`, n === 6 ? 1_000_000 : 100_000)
    const follower = follow()
    const file = await copyOf(follower)
    const batches = takeAll(follower, 300_000)
    expect(batches.length).toBeGreaterThan(5)
    expect(laidOver(file, batches)).toEqual(await live())
  })
})

it('a transaction that began the log anew and came to nothing confuses nobody', async () => {
  const follower = follow()
  const file = await copyOf(follower)
  const batches: PageBatch[] = []
  for (let n = 0; n < 20; n++) {
    await put(`k${n}`, 1_000_000)
    batches.push(...takeAll(follower))
  }
  const copies: Buffer[] = []
  for (const isUndone of [true, false]) {
    const other: PageFollower[] = []
    // More than the cache holds is written to the log before the end.
    const write = scratch.database.write(async (tx) => {
      await tx.run('INSERT INTO t VALUES (?, randomblob(16000000))', `large ${isUndone}`)
      other.push(follow())
      if (isUndone) throw new Error('undone')
    })
    await (isUndone ? expect(write).rejects.toThrow('undone') : write)
    other.push(follow())
    for (const one of other) {
      copies.push(await copyOf(one))
      expect(laidOver(copies.at(-1)!, takeAll(one))).toEqual(await live())
      one.end()
    }
  }
  await put('last')
  batches.push(...takeAll(follower))
  expect(laidOver(file, batches)).toEqual(await live())
})

it('who has ended is given nothing, instead of being told that there is nothing', async () => {
  const follower = follow()
  await put('a')
  follower.end()
  expect(() => follower.take(1e6)).toThrow(PagesLost)
  await expect(follower.readFile(0, 1)).rejects.toThrow(PagesLost)
})

it('the file stays as it is while it is copied', async () => {
  await put('a', 1_000_000)
  const follower = follow()
  const before = readFileSync(scratch.file)
  for (let n = 0; n < 20; n++) await put(`k${n}`, 1_000_000)
  expect(readFileSync(scratch.file).equals(before)).toBe(true)
  const file = await copyOf(follower)
  await expect(follower.readFile(0, 1)).rejects.toThrow(/has been released/)
  const batches = takeAll(follower)
  await put('z')
  batches.push(...takeAll(follower))
  expect(laidOver(file, batches)).toEqual(await live())
})

it('two follow, each at his own pace; without any, SQLite looks after its log itself', async () => {
  const before = autocheckpoint()
  expect(before).not.toBe(0)
  const [one, other] = [follow(), follow()]
  expect(autocheckpoint()).toBe(0)
  const [file, files] = [await copyOf(one), await copyOf(other)]
  const batches: PageBatch[] = []
  for (let n = 0; n < 25; n++) {
    await put(`k${n}`, 400_000)
    batches.push(...takeAll(one))
  }
  expect(laidOver(file, batches)).toEqual(await live())
  expect(laidOver(files, takeAll(other, 300_000))).toEqual(await live())
  one.end()
  expect(autocheckpoint()).toBe(0)
  other.end()
  expect(autocheckpoint()).toBe(before)
})

it('a database that has become smaller', async () => {
  for (let n = 0; n < 10; n++) await put(`k${n}`, 500_000)
  const follower = follow()
  const file = await copyOf(follower)
  await scratch.database.write(async (tx) => tx.run('DELETE FROM t'))
  writerOf(scratch.database).exec('VACUUM')
  await put('only')
  expect(laidOver(file, takeAll(follower))).toEqual(await live())
})

it('a write that fails, and one that is undone, leave nothing', async () => {
  const follower = follow()
  const file = await copyOf(follower)
  await put('a')
  await expect(
    scratch.database.write(async (tx) => {
      await tx.run('INSERT INTO t VALUES (?, zeroblob(3000000))', 'b')
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  await put('c')
  expect(Object.keys(laidOver(file, takeAll(follower)))).toEqual(['a', 'c'])
})

it('whoever was left behind is told, by another program say, and the others are not', async () => {
  const follower = follow()
  await copyOf(follower)
  await put('a', 100_000)
  const outside = new Sqlite(scratch.file)
  outside.pragma('wal_checkpoint(TRUNCATE)')
  outside.close()
  await put('b')
  expect(() => takeAll(follower)).toThrow(PagesLost)
  const another = follow()
  const file = await copyOf(another)
  await put('c')
  expect(laidOver(file, takeAll(another))).toEqual(await live())
})

it('what has to be done before the end is done behind the last write', async () => {
  const follower = follow()
  const file = await copyOf(follower)
  const batches: PageBatch[] = []
  scratch.database.beforeClose(async () => {
    await new Promise((resolve) => setTimeout(resolve, 20))
    batches.push(...takeAll(follower))
  })
  const last = put('last', 100_000)
  const closing = scratch.database.close()
  const late = new Promise((resolve) => setTimeout(resolve, 10)).then(() => put('late'))
  await Promise.all([last, closing])
  await late
  expect(Object.keys(laidOver(file, batches))).toEqual(['last', 'late'])
  await expect(put('too late')).rejects.toThrow(/is closed/)
})
