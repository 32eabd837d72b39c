import { hostname } from 'node:os'
import { BackupProblem, type BackupTarget, OtherKind } from './backup-target.js'
import { isSealed } from './target-kind.js'

const NAME = 'lock.json'
const MAX_BYTES = 4096
/** How long a lock holds that nobody renews, and how often it is renewed. */
const EXPIRES_MS = 2 * 60_000
const RENEW_MS = 30_000

interface LockText {
  /** A data directory: there is one process at a time on it, so what an earlier one has left is this one's. */
  owner: string
  host: string
  pid: number
  /** Milliseconds since the epoch. */
  until: number
}

/**
 * Who writes to a target: one at a time. The lock is an object that says until when, which whoever has it renews; one that
 * has ended was left by somebody who was cut off.
 */
export class TargetLock {
  private timer: NodeJS.Timeout | undefined
  private renewing: Promise<void> | null = null
  private until = 0

  private constructor(
    private readonly target: BackupTarget,
    private readonly owner: string,
    private readonly now: () => number,
  ) {}

  /** @throws BackupProblem while somebody else has it */
  static async take(target: BackupTarget, owner: string, now: () => number): Promise<TargetLock> {
    const lock = new TargetLock(target, owner, now)
    const until = now() + EXPIRES_MS
    if (!(await target.putNew(NAME, lock.text(until)))) {
      const there = await readLock(target)
      if (there && there.owner !== owner && there.until > now() && !hasEnded(there))
        throw new BackupProblem(
          `${target.name} is in use by process ${there.pid} on ${there.host}; if that has ended, it is free at ` +
            new Date(there.until).toISOString(),
        )
      await target.put(NAME, lock.text(until))
    }
    lock.until = until
    await lock.assertHeld()
    lock.timer = setInterval(() => void lock.renew().catch(() => undefined), RENEW_MS).unref()
    return lock
  }

  /** @throws BackupProblem when somebody else has taken it, which is possible once it was not renewed in time */
  async assertHeld(): Promise<void> {
    const there = await readLock(this.target)
    if (there?.owner !== this.owner) throw new BackupProblem(`${this.target.name} has been taken over by somebody else`)
  }

  /** As {@link assertHeld}, but asks only when that could be. */
  async assertStillHeld(): Promise<void> {
    if (this.now() > this.until - RENEW_MS) await this.renew()
  }

  /** No longer renews it. Again: nothing. */
  letGo(): void {
    clearInterval(this.timer)
  }

  /** Gives it back. Again: nothing. */
  async release(): Promise<void> {
    this.letGo()
    // It would put the lock there again.
    await this.renewing?.catch(() => undefined)
    if ((await readLock(this.target))?.owner === this.owner) await this.target.delete(NAME)
  }

  /** One at a time: of a target that does not answer, each would keep a thread of the process. */
  private renew(): Promise<void> {
    return (this.renewing ??= this.renewOnce().finally(() => (this.renewing = null)))
  }

  private async renewOnce(): Promise<void> {
    await this.assertHeld()
    const until = this.now() + EXPIRES_MS
    await this.target.put(NAME, this.text(until))
    this.until = until
  }

  private text(until: number): Buffer {
    const lock: LockText = { owner: this.owner, host: hostname(), pid: process.pid, until }
    return Buffer.from(JSON.stringify(lock))
  }
}

/** Whether it can be seen from here that whoever has it is no more. */
function hasEnded({ host, pid }: LockText): boolean {
  if (host !== hostname() || !Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return false
  } catch (error) {
    return (error as { code?: string }).code === 'ESRCH'
  }
}

/** Null where there is none, or one that is damaged. @throws OtherKind for one that somebody of the other kind has put there */
async function readLock(target: BackupTarget): Promise<LockText | null> {
  try {
    const bytes = await target.get(NAME, MAX_BYTES)
    if (bytes && isSealed(bytes)) throw new OtherKind(`${NAME} is encrypted`)
    return bytes && (JSON.parse(bytes.toString()) as LockText)
  } catch (error) {
    if (error instanceof SyntaxError || (error instanceof BackupProblem && !(error instanceof OtherKind))) return null
    throw error
  }
}
