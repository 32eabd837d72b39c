import { setTimeout as sleep } from 'node:timers/promises'
import type { Firehose, MemoryRunner } from '@atproto/sync'

const PATIENCE_MS = 3_000

/**
 * Has a consumer take nothing more. The library does not always tell of its end, which depends on what the connection and
 * the queues are doing just then; it is waited for a while.
 */
export async function endFirehose(firehose: Firehose, runner: MemoryRunner): Promise<void> {
  const ended = firehose.destroy().then(() => runner.destroy())
  await Promise.race([ended, sleep(PATIENCE_MS, undefined, { ref: false })])
}
