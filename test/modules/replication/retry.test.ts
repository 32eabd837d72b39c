import { jest } from '@jest/globals'
import { RetryWaits } from '../../../src/modules/replication/retry.js'

const HOUR = 3_600_000

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())

/** Says whether a promise has come to its end. */
function watch(promise: Promise<void>): { done: boolean } {
  const watched = { done: false }
  void promise.then(() => (watched.done = true))
  return watched
}
const pass = (ms: number): Promise<void> => jest.advanceTimersByTimeAsync(ms)

it('waits twice as long after every failure, and five minutes at most', async () => {
  const waits = new RetryWaits()
  const { signal } = new AbortController()
  for (const [failures, ms] of [
    [1, 1_000],
    [2, 2_000],
    [3, 4_000],
    [9, 256_000],
    [10, 300_000],
    [1_000, 300_000],
  ] as const) {
    const waiting = watch(waits.wait(7, failures, signal))
    await pass(ms - 1)
    expect(waiting.done).toBe(false)
    await pass(1)
    expect(waiting.done).toBe(true)
  }
})

it('tries sooner when it is asked to, but no sooner than three seconds after the last time', async () => {
  const waits = new RetryWaits()
  const { signal } = new AbortController()
  const early = watch(waits.wait(1, 20, signal))
  const other = watch(waits.wait(2, 20, signal))
  waits.hurry(1)
  waits.hurry(3)
  await pass(2_999)
  expect(early.done).toBe(false)
  await pass(1)
  expect(early.done).toBe(true)
  await pass(60_000)
  expect(other.done).toBe(false)
  waits.hurry(2)
  await pass(0)
  expect(other.done).toBe(true)
  waits.hurry(2)
  const again = watch(waits.wait(2, 20, signal))
  await pass(60_000)
  expect(again.done).toBe(false)
})

it('ends when it is stopped', async () => {
  const waits = new RetryWaits()
  const stop = new AbortController()
  const waiting = watch(waits.wait(1, 20, stop.signal))
  await pass(1_000)
  stop.abort()
  await pass(0)
  expect(waiting.done).toBe(true)
  const late = watch(waits.wait(1, 20, stop.signal))
  await pass(0)
  expect(late.done).toBe(true)
  await pass(HOUR)
})
