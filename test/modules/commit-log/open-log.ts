/** A commit log by itself: a real database, and a clock that stands still until it is told otherwise. */
import { CommitLog, type LogRow, type NewEvent } from '../../../src/modules/commit-log/commit-log.js'
import { identityFrame } from '../../../src/modules/commit-log/frame.js'
import type { InlineHandlers } from '../../../src/modules/commit-log/inline-handlers.js'
import { SeqFloor } from '../../../src/modules/commit-log/seq-floor.js'
import { Clock } from '../../../src/modules/config/clock.js'
import { type Scratch, scratchDatabase, scratchDirectory } from '../../support/crash.js'

/** What the clock shows, and the number before the first. */
export const NOW = Date.parse('2026-01-02T03:04:05.678Z')

class FixedClock extends Clock {
  at = NOW

  override now(): number {
    return this.at
  }
}

export interface OpenedLog extends Scratch {
  log: CommitLog
  clock: FixedClock
  floor: SeqFloor
  /** Ends as a process does that is killed: nothing more is written. */
  stop(): Promise<void>
}

export async function openLog(directory = scratchDirectory(), inline?: InlineHandlers): Promise<OpenedLog> {
  const scratch = await scratchDatabase(directory)
  const floor = SeqFloor.open(directory, NOW)
  const clock = new FixedClock()
  const log = new CommitLog(scratch.database, floor, clock, inline)
  const stop = async (): Promise<void> => {
    await scratch.database.close()
    floor.close()
  }
  return { ...scratch, log, clock, floor, stop }
}

export const event = (did = 'did:plc:alice', handle = 'alice.test'): NewEvent => {
  return { did, kind: 'identity', rev: null, cid: null, event: null, frame: identityFrame(did, handle) }
}

/** Appends so many events in one write. */
export const append = (opened: OpenedLog, count = 1, did?: string): Promise<LogRow[]> =>
  opened.database.write((tx) =>
    opened.log.append(
      tx,
      Array.from({ length: count }, () => event(did)),
    ),
  )

/** Resolves when everything that is due has had its turn. */
export const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
