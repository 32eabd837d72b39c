/** The log as it goes out: frames one behind another, as many as asked for. */
import { jest } from '@jest/globals'
import type { NewEvent } from '../../../src/modules/commit-log/commit-log.js'
import { type FrameRun, roomBefore } from '../../../src/modules/commit-log/frame-run.js'
import type { Tx } from '../../../src/modules/database/database.js'
import { event, NOW, openLog, type OpenedLog } from './open-log.js'

let opened: OpenedLog
const LARGE = 100_000_000

beforeEach(async () => (opened = await openLog()))
afterEach(async () => {
  await opened.remove()
  opened.floor.close()
})

/** An event whose frame has a length, and zero bytes and bytes that are no text in it. */
const sized = (size: number, more: Partial<NewEvent> = {}): NewEvent => ({
  ...event(),
  frame: (seq) => Buffer.alloc(size, Buffer.from([0, 0xff, seq & 0xff, 0x80, 0xc3])),
  ...more,
})
const append = (events: NewEvent[]): Promise<unknown> => opened.database.write((tx) => opened.log.append(tx, events))
const run = (sql: string): Promise<unknown> => opened.database.write(async (tx: Tx) => tx.run(sql))

/** The frames of a run by their numbers, taken apart; as text, which compares faster. */
function framesOf({ frames, bytes }: FrameRun): Map<number, string> {
  let at = 0
  const found = new Map<number, string>()
  for (const { seq, size } of frames) {
    at += roomBefore(size)
    found.set(seq, bytes.toString('base64', at, at + size))
    at += size
  }
  expect(at).toBe(bytes.length)
  return found
}
async function stored(): Promise<Map<number, string>> {
  const rows = await opened.log.read(0, 10_000)
  return new Map(rows.filter(({ frame }) => frame).map(({ seq, frame }) => [seq, frame!.toString('base64')]))
}

it('gives the bytes that were stored, whatever bytes and however many, with room before each', async () => {
  await append([1, 125, 126, 65_535, 65_536, 3_000_000].map((size) => sized(size)))
  const all = await opened.log.readFrames(0, NOW + 6, true, LARGE)
  expect(framesOf(all)).toEqual(await stored())
  expect(all.bytes.length - 1 - 125 - 126 - 65_535 - 65_536 - 3_000_000).toBe(2 + 2 + 4 + 4 + 10 + 10)
  expect(all.isWhole).toBe(true)
})

it('stops at the number that it is told, and before there are more bytes than asked for, but gives one at least', async () => {
  await append(Array.from({ length: 10 }, () => sized(1000)))
  const seqs = async (after: number, until: number, bytes: number): Promise<number[]> =>
    (await opened.log.readFrames(NOW + after, NOW + until, true, bytes)).frames.map(({ seq }) => seq - NOW)
  expect(await seqs(0, 10, 3000)).toEqual([1, 2, 3])
  expect(await seqs(3, 10, 3999)).toEqual([4, 5, 6])
  expect(await seqs(8, 9, 3000)).toEqual([9])
  expect(await seqs(4, 10, 1)).toEqual([5])
  expect(await seqs(10, 10, LARGE)).toEqual([])
  expect(await seqs(0, 10, LARGE)).toHaveLength(10)
})

it('leaves out what never goes out, and on demand whoever lives elsewhere', async () => {
  await append([sized(9), sized(9, { hosted: false }), { ...event(), kind: 'part', frame: null }, sized(9)])
  const seqs = async (hostedOnly: boolean): Promise<number[]> =>
    (await opened.log.readFrames(0, NOW + 4, hostedOnly, LARGE)).frames.map(({ seq }) => seq - NOW)
  expect(await seqs(true)).toEqual([1, 4])
  expect(await seqs(false)).toEqual([1, 2, 4])
})

it('says when some of them have lost their frames', async () => {
  const commit = { kind: 'commit' } as const
  await append([sized(9), sized(9, commit), sized(9, commit), sized(9), sized(9, commit)])
  await run(`UPDATE commit_log SET frame = NULL, event = x'00' WHERE kind = 'commit' AND seq < ${NOW + 4}`)
  const whole = async (after: number, until: number): Promise<boolean> =>
    (await opened.log.readFrames(NOW + after, NOW + until, true, LARGE)).isWhole
  expect(await whole(0, 1)).toBe(true)
  expect(await whole(0, 5)).toBe(false)
  expect(await whole(1, 3)).toBe(false)
  expect(await whole(3, 5)).toBe(true)
})

it('events that are erased while it reads are left out, and no reason to stop', async () => {
  await append(Array.from({ length: 10 }, () => sized(100)))
  const { read } = opened.database
  const all = read.all.bind(read)
  let looks = 0
  jest.spyOn(read, 'all').mockImplementation(async <Row>(...query: Parameters<typeof all>) => {
    const rows = await all<Row>(...query)
    if (++looks <= 2) await run(`DELETE FROM commit_log WHERE seq IN (${NOW + looks}, ${NOW + looks + 6})`)
    return rows
  })
  const rest = await opened.log.readFrames(0, NOW + 10, true, LARGE)
  jest.restoreAllMocks()
  expect([...framesOf(rest).keys()].map((seq) => seq - NOW)).toEqual([3, 4, 5, 6, 9, 10])
  expect(framesOf(rest)).toEqual(await stored())
})
