import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jest } from '@jest/globals'
import { Logger } from '@nestjs/common'
import type { HttpAdapterHost } from '@nestjs/core'
import { GivenUp, Outbox } from '../../../src/modules/outbox/outbox.js'
import { Clock } from '../../../src/modules/config/clock.js'
import { SqliteDatabase } from '../../../src/modules/database/sqlite-database.js'
import { eventually } from '../../support/eventually.js'

let directory: string
let database: SqliteDatabase
let outbox: Outbox
const clock = new Clock()
/** What there is of HTTP in a server; a command has none, and leaves old work alone. */
const serving = { httpAdapter: {} } as HttpAdapterHost

beforeEach(async () => {
  Logger.overrideLogger(false)
  directory = mkdtempSync(join(tmpdir(), 'skylog-outbox-'))
  database = await SqliteDatabase.open(join(directory, 'test.sqlite'))
  outbox = new Outbox(database, clock, serving)
})
afterEach(async () => {
  outbox.onApplicationShutdown()
  await database.close()
  rmSync(directory, { recursive: true })
})

const promise = (payload: unknown, kind = 'mail') => database.write((tx) => outbox.add(tx, kind, payload))
const rows = () => database.read.all<{ id: number; attempts: number; last_error: string }>('SELECT * FROM outbox')
const settle = () => new Promise((resolve) => setTimeout(resolve, 50))

it('begins when the write is committed, and not when it is undone', async () => {
  const done: unknown[] = []
  outbox.handle<unknown>('mail', (payload) => Promise.resolve(void done.push(payload)))
  const undone = database.write(async (tx) => {
    await outbox.add(tx, 'mail', 'never')
    throw new Error('changed my mind')
  })
  await expect(undone).rejects.toThrow('changed my mind')
  await promise({ to: 'alice' })
  await eventually(async () => (await rows()).length === 0)
  expect(done).toEqual([{ to: 'alice' }])
})

it('does work that two are waiting for once, and tells both', async () => {
  let times = 0
  outbox.handle('mail', async () => {
    times++
    await settle()
  })
  const id = await promise('x')
  await Promise.all([outbox.perform(id), outbox.perform(id)])
  expect(times).toBe(1)
})

it('keeps what fails, with its reason, and the finish of what succeeds in one write with its removal', async () => {
  let fail = true
  outbox.handle('mail', () => {
    if (fail) throw new Error('no route to host')
    return Promise.resolve(async (tx) => {
      await tx.run("INSERT INTO handle_claim (handle, did) VALUES ('sent.test', 'did:plc:x')")
    })
  })
  const id = await promise('x')
  await expect(outbox.perform(id)).rejects.toThrow('no route to host')
  expect(await rows()).toMatchObject([{ attempts: 1, last_error: 'no route to host' }])
  fail = false
  await outbox.perform(id)
  expect(await rows()).toEqual([])
  expect(await database.read.all('SELECT * FROM handle_claim')).toHaveLength(1)
})

it('writes the finish while the work goes on, where the work asks for that', async () => {
  const steps: string[] = []
  outbox.handle('mail', async (_, __, end) => {
    steps.push('begun')
    await end(async (tx) => {
      steps.push('written')
      await tx.run("INSERT INTO handle_claim (handle, did) VALUES ('sent.test', 'did:plc:x')")
    })
    expect(await rows()).toEqual([])
    steps.push('let go')
  })
  await outbox.perform(await promise('x'))
  expect(steps).toEqual(['begun', 'written', 'let go'])
  expect(await database.read.all('SELECT * FROM handle_claim')).toHaveLength(1)
})

/** Lets no time pass by itself. */
const holdClock = () => jest.spyOn(clock, 'now').mockReturnValue(Date.now())

it('waits longer after every failure', async () => {
  const now = holdClock()
  outbox.handle('mail', () => Promise.reject(new Error('down')))
  const id = await promise('x')
  const waits: number[] = []
  for (let i = 0; i < 12; i++) {
    await outbox.perform(id).catch(() => {})
    const [row] = await database.read.all<{ due_at: number }>('SELECT due_at FROM outbox')
    waits.push((row!.due_at - clock.now()) / 1000)
  }
  expect(waits.slice(0, 5)).toEqual([1, 2, 4, 8, 16])
  expect(waits.at(-1)).toBe(600)
  now.mockRestore()
})

it('takes back what will never be done', async () => {
  const undone: string[] = []
  outbox.handle<string>('mail', (payload) => {
    throw new GivenUp(new Error('no such user'), async (tx) => {
      undone.push(payload)
      await tx.run('DELETE FROM handle_claim')
    })
  })
  const id = await promise('x')
  await expect(outbox.perform(id)).rejects.toThrow('no such user')
  expect(undone).toEqual(['x'])
  expect(await rows()).toEqual([])
})

it('takes up at a start what was left, due or not, more than fits at once', async () => {
  outbox.handle('mail', () => Promise.reject(new Error('down')))
  for (let i = 0; i < 20; i++) await promise(i)
  await eventually(async () => (await rows()).every(({ attempts }) => attempts > 0))
  outbox.onApplicationShutdown()
  const next = new Outbox(database, clock, serving)
  const done: number[] = []
  next.handle<number>('mail', (payload) => Promise.resolve(void done.push(payload)))
  next.onApplicationBootstrap()
  await eventually(() => done.length === 20)
  next.onApplicationShutdown()
  expect(done.sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i))
})

it('keeps work of a kind that nobody does any more', async () => {
  const id = await promise('x', 'telegram')
  await expect(outbox.perform(id)).rejects.toThrow('nobody does the work of kind telegram')
  expect(await rows()).toHaveLength(1)
})

it('promises what is promised already no second time', async () => {
  const now = holdClock()
  let done = 0
  let fail = true
  outbox.handle('crawl', () => {
    if (fail) throw new Error('down')
    return Promise.resolve(void done++)
  })
  const once = (payload: unknown) => database.write((tx) => outbox.addOnce(tx, 'crawl', payload))
  await once({ of: 'a' })
  await once({ of: 'a' })
  await once({ of: 'b' })
  await eventually(async () => (await rows()).every(({ attempts }) => attempts > 0))
  const promised = await rows()
  expect(promised).toHaveLength(2)
  fail = false
  await Promise.all(promised.map(({ id }) => outbox.perform(id)))
  expect(done).toBe(2)
  await once({ of: 'a' })
  await eventually(() => done === 3)
  now.mockRestore()
})

it('begins no sooner than was promised, also when the clock is set', async () => {
  const done: unknown[] = []
  outbox.handle('crawl', (payload: unknown) => Promise.resolve(void done.push(payload)))
  const hour = 3_600_000
  await database.write((tx) => outbox.addOnce(tx, 'crawl', 'later', clock.now() + hour))
  await promise('now', 'crawl')
  await eventually(() => done.length > 0)
  expect(done).toEqual(['now'])
  const now = jest.spyOn(clock, 'now').mockImplementation(() => Date.now() + hour)
  await eventually(() => done.length === 2)
  expect(done).toEqual(['now', 'later'])
  now.mockRestore()
})

it('tells what is owed by kind, how long the oldest has been due, and what has come of the rest', async () => {
  let time = Date.now()
  const now = jest.spyOn(clock, 'now').mockImplementation(() => time)
  outbox.handle('mail', (payload: unknown) =>
    payload === 'fails' ? Promise.reject(new Error('busy')) : Promise.resolve(),
  )
  outbox.handle('order', () => Promise.reject(new GivenUp(new Error('never'), () => Promise.resolve())))
  outbox.handle('crawl', () => Promise.resolve())
  await promise('fails')
  await promise('works')
  await promise('x', 'order')
  await database.write((tx) => outbox.addOnce(tx, 'crawl', 'later', time + 3_600_000))
  const ended = async (): Promise<number> =>
    (await outbox.figures()).reduce((sum, { done, failed }) => sum + done + failed, 0)
  await eventually(async () => (await ended()) === 3)
  const waiting = { waiting: 0, failing: 0, oldestSeconds: 0, done: 0, failed: 0, givenUp: 0 }
  expect(await outbox.figures()).toEqual([
    { ...waiting, kind: 'crawl', waiting: 1 },
    { ...waiting, kind: 'mail', waiting: 1, failing: 1, done: 1, failed: 1 },
    { ...waiting, kind: 'order', failed: 1, givenUp: 1 },
  ])
  time += 90_000
  expect(await outbox.figures()).toMatchObject([{ oldestSeconds: 0 }, { oldestSeconds: 90 }, { oldestSeconds: 0 }])
  now.mockRestore()
})
