/** The log as events of JSON: the same ones with the same `time_us`, wherever somebody begins to read. */
import { CommitLog, type NewEvent } from '../../../../src/modules/commit-log/commit-log.js'
import { identityFrame } from '../../../../src/modules/commit-log/frame.js'
import { SeqFloor } from '../../../../src/modules/commit-log/seq-floor.js'
import { Clock } from '../../../../src/modules/config/clock.js'
import { Config } from '../../../../src/modules/config/config.js'
import { EventReader } from '../../../../src/modules/firehose/jetstream/event-reader.js'
import { Wanted } from '../../../../src/modules/firehose/jetstream/wanted.js'
import { RandomHistory } from '../../../projections/random-history.js'
import { Chance } from '../../../projections/random-records.js'
import { type Scratch, scratchDatabase } from '../../../support/crash.js'
import { startTestServer, stopTestServer } from '../../../support/server.js'
import { messages } from './messages.js'

interface Event {
  did: string
  time_us: number
  kind: string
}

const ALL = Wanted.ofQuery({})

/** Everything after a position and up to another, as one subscriber reads it. */
async function readAll(reader: EventReader, after: number, until: number, from = 0): Promise<string[]> {
  const found: string[] = []
  while (after < until) {
    const batch = await reader.read(after, until)
    found.push(...messages(batch.select(after, from, ALL)))
    after = batch.last
  }
  return found
}

const parsed = (told: readonly string[]): Event[] => told.map((text) => JSON.parse(text) as Event)
const timesOf = (told: readonly string[]): number[] => parsed(told).map(({ time_us }) => time_us)

describe('a random history', () => {
  it.each([1, 2])('reads the same from anywhere on (seed %d)', async (seed) => {
    const server = await startTestServer()
    try {
      const history = await RandomHistory.begin(server, seed)
      const chance = new Chance(seed)
      const log = server.app.get(CommitLog, { strict: false })
      const reader = server.app.get(EventReader, { strict: false })
      const resumed = async (cursor: number, until: number): Promise<{ told: string[]; from: number }> => {
        const { position, from } = (await reader.startOf(cursor))!
        return { told: await readAll(reader, position, until, from), from }
      }
      for (let i = 0; i < 60; i++) await history.step()
      await history.erasing
      const last = await log.lastSeq()
      const whole = await readAll(reader, 0, last)
      const times = timesOf(whole)
      expect(new Set(times).size).toBe(times.length)
      expect(times).toEqual([...times].sort((a, b) => a - b))

      // In steps of any size, which end and begin in the middle of pages and milliseconds.
      const stepped: string[] = []
      const first = (await log.read(0, 1))[0]!.seq
      for (let after = first - 1; after < last;) {
        const until = Math.min(last, after + 1 + chance.below(5))
        stepped.push(...(await readAll(reader, after, until)))
        after = until
      }
      expect(stepped).toEqual(whole)

      for (let n = 0; n < 40; n++) {
        const cursor = chance.of(times) + chance.below(3) - 1
        const { told, from } = await resumed(cursor, last)
        const begin = from === 0 ? cursor - (cursor % 1_000) : cursor
        expect(told).toEqual(whole.filter((_, i) => times[i]! >= begin))
      }

      // What compaction leaves is as it was.
      const before = new Set(whole)
      await history.compact('9999')
      const compacted = await readAll(reader, 0, last)
      expect(compacted.filter((text) => !before.has(text))).toEqual([])
      expect(compacted.length).toBeLessThan(whole.length)
    } finally {
      await stopTestServer(server)
    }
  })
})

describe('one millisecond', () => {
  const NOW = Date.parse('2026-01-02T03:04:05.678Z')
  let now: number
  class HeldClock extends Clock {
    override now(): number {
      return now
    }
  }

  let scratch: Scratch
  let floor: SeqFloor
  let log: CommitLog
  let reader: EventReader

  beforeEach(async () => {
    now = NOW
    scratch = await scratchDatabase()
    floor = SeqFloor.open(scratch.directory, 0)
    log = new CommitLog(scratch.database, floor, new HeldClock())
    reader = new EventReader(scratch.database, log, Config.fromEnv({}))
  })
  afterEach(async () => {
    await scratch.remove()
    floor.close()
  })

  const append = (count: number, isHosted = (_: number): boolean => true): Promise<unknown> =>
    scratch.database.write((tx) =>
      log.append(
        tx,
        Array.from({ length: count }, (_, i): NewEvent => {
          const did = `did:plc:${i}`
          const bare = { did, kind: 'identity', rev: null, cid: null, event: null } as const
          return { ...bare, frame: identityFrame(did, null), hosted: isHosted(i) }
        }),
      ),
    )

  it('has a microsecond for each of a thousand events, and the last one for those that are more', async () => {
    await append(2_500)
    now++
    await append(2)
    const told = await readAll(reader, 0, 2_502)
    const micros = (_: unknown, i: number): number => (i < 2_500 ? Math.min(i, 999) : 1_000 + i - 2_500)
    expect(timesOf(told)).toEqual(told.map(micros).map((us) => NOW * 1_000 + us))
    for (const after of [1, 998, 999, 1_000, 1_001, 2_400, 2_500, 2_501])
      expect(await readAll(reader, after, 2_502)).toEqual(told.slice(after))
    for (const [micro, skipped] of [
      [0, 0],
      [998, 998],
      [999, 999],
      [1_000, 2_500],
      [1_001, 2_501],
    ] as const) {
      const cursor = NOW * 1_000 + micro
      const { position, from } = (await reader.startOf(cursor))!
      expect(await readAll(reader, position, 2_502, from)).toEqual(told.slice(skipped))
    }
    expect(await reader.startOf((NOW + 2) * 1_000)).toBeNull()
  })

  it('brings everything that it has to a client that comes back after some of it was erased', async () => {
    await append(1)
    now++
    await append(5)
    const told = await readAll(reader, 0, 6)
    await scratch.database.write(async (tx) => tx.run('DELETE FROM commit_log WHERE seq IN (2, 3)'))
    const { position, from } = (await reader.startOf(timesOf(told)[4]!))!
    const again = parsed(await readAll(reader, position, 6, from))
    expect(again.map(({ did }) => did)).toEqual(['did:plc:2', 'did:plc:3', 'did:plc:4'])
  })

  it('has the same ones for what is hosted here, whether the rest is told or not', async () => {
    await append(2_500, (i) => i % 10 === 0)
    const all = new EventReader(scratch.database, log, Config.fromEnv({ PDS_FIREHOSE_SCOPE: 'all' }))
    const told = await readAll(all, 0, 2_500)
    const hosted = told.filter((_, i) => i % 10 === 0)
    for (const after of [0, 5, 10, 1_500, 2_490])
      expect(await readAll(reader, after, 2_500)).toEqual(hosted.slice(Math.ceil(after / 10)))
  })
})
