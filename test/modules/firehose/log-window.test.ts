/** The window over the log: what is read from the log, what comes live, and the seam between the two. */
import { jest } from '@jest/globals'
import { FrameBatch } from '../../../src/modules/firehose/frame-batch.js'
import type { LogTail } from '../../../src/modules/firehose/log-tail.js'
import { FellBehind, LogWindow } from '../../../src/modules/firehose/log-window.js'
import { Chance } from '../../projections/random-records.js'
import { append, event, NOW, openLog, type OpenedLog, turn } from '../commit-log/open-log.js'
import { messagesOf, seqOf } from './wire.js'

/** A page of the log: about six events of the kind that is written here. */
const PAGE_BYTES = 600
const LARGE = { maxEvents: 10_000, maxBytes: 10_000_000 }

let opened: OpenedLog
let stop: AbortController
/** Runs of events that were read from the log. */
let reads: number

beforeEach(async () => {
  opened = await openLog()
  stop = new AbortController()
  reads = 0
})
afterEach(async () => {
  stop.abort()
  await opened.remove()
  opened.floor.close()
})

async function read(after: number, until: number): Promise<FrameBatch> {
  reads++
  const run = await opened.log.readFrames(after, until, true, PAGE_BYTES)
  return FrameBatch.of(run.frames.at(-1)?.seq ?? until, run)
}

const windowOf = (limits = LARGE): LogWindow<FrameBatch> => new LogWindow(opened.log, read, limits)
/** What everybody who follows shares; null while nobody does. */
const tailOf = (window: LogWindow<FrameBatch>): LogTail<FrameBatch> | null =>
  (window as unknown as { tail: LogTail<FrameBatch> | null }).tail
const heldBy = (window: LogWindow<FrameBatch>): { events: number; size: number } =>
  tailOf(window) as unknown as { events: number; size: number }
const listeners = (): number => (opened.log as unknown as { bells: Set<unknown> }).bells.size
const seqsIn = (batch: FrameBatch, after: number): number[] => messagesOf(batch.after(after)).map(seqOf)
/** Appends events that do not go out: of a repository that lives elsewhere, and of one piece of an import. */
const appendHidden = async (): Promise<unknown> =>
  opened.database.write((tx) =>
    opened.log.append(tx, [
      { ...event(), hosted: false },
      { ...event(), kind: 'part', frame: null },
    ]),
  )

/** Somebody who follows, takes his time, comes back when he was let go, and keeps the numbers of what he was sent. */
class Follower {
  readonly seen: number[] = []
  timesLetGo = 0

  constructor(readonly start: number) {}

  get position(): number {
    return this.seen.at(-1) ?? this.start
  }

  /** Follows until the signal aborts, or until it has been sent so many. */
  async run(window: LogWindow<FrameBatch>, count: number, pause: () => Promise<void>): Promise<void> {
    while (!stop.signal.aborted && this.seen.length < count)
      try {
        for await (const batch of window.follow(this.position, stop.signal)) {
          this.seen.push(...seqsIn(batch, this.position))
          if (this.seen.length >= count) break
          await pause()
        }
      } catch (error) {
        if (!(error instanceof FellBehind)) throw error
        this.timesLetGo++
      }
  }
}

describe('38. no gap and no double', () => {
  it.each([1, 2, 3])('whoever comes and goes while writers append, wherever he begins (seed %i)', async (seed) => {
    const chance = new Chance(seed)
    const turns = async (most: number): Promise<void> => {
      for (let i = chance.below(most + 1); i > 0; i--) await turn()
    }
    const write = (): Promise<unknown> => (chance.is(0.3) ? appendHidden() : append(opened, 1 + chance.below(4)))
    for (let i = 0; i < 40; i++) await Promise.all(Array.from({ length: 10 }, write))
    const window = windowOf({ maxEvents: 40, maxBytes: 10_000 })

    const followers: Follower[] = []
    const staying: Follower[] = []
    const follow = async (): Promise<void> => {
      await turns(150)
      const last = await opened.log.lastSeq()
      const follower = new Follower(chance.is(0.3) ? last : NOW + chance.below(last - NOW + 1))
      const leaves = chance.is(0.5)
      followers.push(follower)
      if (!leaves) staying.push(follower)
      const patience = chance.below(12)
      await follower.run(window, leaves ? chance.below(1_000) : Infinity, () => turns(patience))
    }
    const following = Promise.all(Array.from({ length: 24 }, follow))
    const writer = async (): Promise<void> => {
      for (let i = 0; i < 40; i++) {
        await write()
        await turns(6)
      }
    }
    await Promise.all(Array.from({ length: 6 }, writer))
    await append(opened)
    const last = await opened.log.lastSeq()
    while (followers.length < 24 || staying.some(({ position }) => position < last)) await turn()
    stop.abort()
    await following

    const rows = await opened.log.read(0, 100_000)
    const outgoing = rows.filter(({ hosted, frame }) => hosted === 1 && frame).map(({ seq }) => seq)
    expect(outgoing.length).toBeGreaterThan(1_000)
    for (const { start, seen } of followers) {
      const due = outgoing.filter((seq) => seq > start)
      expect(seen).toEqual(due.slice(0, seen.length))
    }
    for (const { start, seen } of staying) expect(seen).toHaveLength(outgoing.filter((seq) => seq > start).length)
    expect(staying.length).toBeGreaterThan(5)
    expect(tailOf(window)).toBeNull()
    expect(listeners()).toBe(0)
  })

  it('a COMMIT between the first look at the log and its answer is not missed', async () => {
    const { lastSeq } = opened.log
    jest.spyOn(opened.log, 'lastSeq').mockImplementationOnce(async () => {
      const last = await lastSeq.call(opened.log)
      await append(opened)
      return last
    })
    const { value } = await windowOf().follow(NOW, stop.signal).next()
    expect(seqsIn(value as FrameBatch, NOW)).toEqual([NOW + 1])
  })

  it('a COMMIT in the middle of a fill is not missed', async () => {
    const window = windowOf()
    const follower = new Follower(NOW)
    const following = follower.run(window, 3, turn)
    await turn()
    const { readFrames } = opened.log
    jest.spyOn(opened.log, 'readFrames').mockImplementationOnce(async (...request) => {
      const run = await readFrames.apply(opened.log, request)
      await append(opened, 2)
      return run
    })
    await append(opened)
    await following
    expect(follower.seen).toEqual([NOW + 1, NOW + 2, NOW + 3])
  })

  it('what was still being read for those who have left reaches nobody', async () => {
    const window = windowOf({ maxEvents: 1, maxBytes: 1 })
    const leaving = window.follow(NOW, stop.signal)
    const first = leaving.next()
    await turn()
    let goOn!: () => void
    const held = new Promise<void>((resolve) => (goOn = resolve))
    const { readFrames } = opened.log
    jest.spyOn(opened.log, 'readFrames').mockImplementationOnce(async (...request) => {
      await held
      return readFrames.apply(opened.log, request)
    })
    await append(opened)
    stop.abort()
    await first

    stop = new AbortController()
    await append(opened, 20)
    const follower = new Follower(NOW + 21)
    const following = follower.run(window, 2, turn)
    await turn()
    goOn()
    await append(opened)
    await append(opened)
    await following
    expect(follower.seen).toEqual([NOW + 22, NOW + 23])
    expect(follower.timesLetGo).toBe(0)
  })

  it('events that do not go out, between others and at the end, hold nobody up and let nobody go', async () => {
    const window = windowOf({ maxEvents: 1, maxBytes: 1 })
    const follower = new Follower(NOW)
    const following = follower.run(window, 3, turn)
    await turn()
    for (let i = 0; i < 3; i++) {
      await appendHidden()
      await turn()
      await append(opened)
      await turn()
    }
    await following
    expect(follower.seen).toEqual([NOW + 3, NOW + 6, NOW + 9])
    expect(follower.timesLetGo).toBe(0)
  })

  it('a history in which nothing goes out is gone through once', async () => {
    for (let i = 0; i < 50; i++) await appendHidden()
    const follower = new Follower(NOW)
    const following = follower.run(windowOf(), 1, turn)
    for (let i = 0; i < 20; i++) await turn()
    expect(reads).toBe(1)
    await append(opened)
    await following
    expect(follower.seen).toEqual([NOW + 101])
  })
})

describe('how far a follower may fall behind', () => {
  /** Somebody who has all there is, was sent one event more, and reads no further. */
  async function stuck(window: LogWindow<FrameBatch>): Promise<AsyncGenerator<FrameBatch>> {
    const following = window.follow(await opened.log.lastSeq(), stop.signal)
    const first = following.next()
    await turn()
    await append(opened)
    expect((await first).done).toBe(false)
    return following
  }
  const reached = async (window: LogWindow<FrameBatch>): Promise<void> => {
    const last = await opened.log.lastSeq()
    while (tailOf(window)!.last! < last) await turn()
  }

  it.each([
    ['count', { maxEvents: 5, maxBytes: 10_000_000 }],
    ['bytes', { maxEvents: 10_000, maxBytes: 600 }],
  ])('is bounded by %s; up to there he has everything', async (_, limits) => {
    const window = windowOf(limits)
    const far = await stuck(window)
    await append(opened)
    const near = await stuck(window)
    for (let i = 0; i < 3; i++) await append(opened)
    await reached(window)
    const { value } = await near.next()
    expect(seqsIn(value as FrameBatch, 0)).toEqual([NOW + 4])
    for (let i = 0; i < 5; i++) await append(opened)
    await reached(window)
    await expect(far.next()).rejects.toBeInstanceOf(FellBehind)
    await near.return(undefined)
  })

  it('one who is still on his way through the history may take whatever time he likes', async () => {
    await append(opened, 100)
    const window = windowOf({ maxEvents: 1, maxBytes: 1 })
    const live = new Follower(NOW + 100)
    const following = live.run(window, 101, turn)
    const slow = new Follower(NOW)
    const behind = slow.run(window, 150, async () => void (await append(opened)))
    await behind
    expect(slow.seen.slice(0, 150)).toEqual(Array.from({ length: 150 }, (_, i) => NOW + 1 + i))
    expect(slow.timesLetGo).toBe(0)
    while (live.seen.length < 101) await append(opened)
    await following
  })

  it('what is held does not grow, however many read nothing, and whoever reads is sent everything', async () => {
    const limits = { maxEvents: 20, maxBytes: 100_000 }
    const window = windowOf(limits)
    const idle = await Promise.all(Array.from({ length: 10 }, () => stuck(window)))
    const start = await opened.log.lastSeq()
    const follower = new Follower(start)
    const following = follower.run(window, 500, turn)
    for (let i = 0; i < 250; i++) {
      await append(opened, 2)
      await turn()
      expect(heldBy(window).events).toBeLessThanOrEqual(limits.maxEvents)
    }
    await following
    expect(follower.seen).toEqual(Array.from({ length: 500 }, (_, i) => start + 1 + i))
    expect(follower.timesLetGo).toBe(0)
    for (const generator of idle) await expect(generator.next()).rejects.toBeInstanceOf(FellBehind)
  })
})

describe('what everybody shares', () => {
  it('each COMMIT is read once, for however many', async () => {
    const window = windowOf()
    const followers = Array.from({ length: 50 }, () => new Follower(NOW))
    const following = followers.map((follower) => follower.run(window, 20, turn))
    await turn()
    for (let i = 0; i < 20; i++) await append(opened)
    await Promise.all(following)
    expect(reads).toBeLessThanOrEqual(20)
    for (const { seen } of followers) expect(seen).toHaveLength(20)
  })

  it('is forgotten when nobody follows, and begun anew with the next who does', async () => {
    const window = windowOf()
    for (let i = 0; i < 3; i++) {
      const last = await opened.log.lastSeq()
      const [one, other] = [new Follower(last), new Follower(last)]
      const following = [one.run(window, 2, turn), other.run(window, 4, turn)]
      await turn()
      await append(opened, 2)
      await following[0]
      expect(heldBy(window).events).toBe(2)
      expect(listeners()).toBe(1)
      await append(opened, 2)
      await following[1]
      expect(tailOf(window)).toBeNull()
      expect(listeners()).toBe(0)
      const before = reads
      await append(opened, 5)
      await turn()
      expect(reads).toBe(before)
    }
  })

  it('a follower who waits ends when his signal aborts, and leaves nothing behind', async () => {
    const window = windowOf()
    const own = new AbortController()
    const waiting = window.follow(NOW, own.signal).next()
    await turn()
    own.abort()
    expect(await waiting).toEqual({ done: true, value: undefined })
    expect(await window.follow(NOW, own.signal).next()).toEqual({ done: true, value: undefined })
    expect(tailOf(window)).toBeNull()
    expect(listeners()).toBe(0)
  })

  it('a log that cannot be read is told to everybody who follows, and whoever comes then tries again', async () => {
    const window = windowOf()
    const followers = Array.from({ length: 3 }, () => new Follower(NOW))
    const following = followers.map((follower) => follower.run(window, 1, turn))
    await turn()
    jest.spyOn(opened.log, 'readFrames').mockRejectedValueOnce(new Error('disk I/O error'))
    await append(opened)
    for (const result of await Promise.allSettled(following))
      expect(result).toMatchObject({ status: 'rejected', reason: { message: 'disk I/O error' } })
    expect(listeners()).toBe(0)

    jest.spyOn(opened.log, 'lastSeq').mockRejectedValueOnce(new Error('disk I/O error'))
    await expect(new Follower(NOW).run(window, 1, turn)).rejects.toThrow('disk I/O error')
    expect(listeners()).toBe(0)

    const next = new Follower(NOW)
    await next.run(window, 1, turn)
    expect(next.seen).toEqual([NOW + 1])
  })
})
