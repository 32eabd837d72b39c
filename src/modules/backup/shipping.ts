import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import { Clock } from '../config/clock.js'
import { Config } from '../config/config.js'
import { PagesLost } from '../database/page-follower.js'
import { BackupStatus } from './backup-status.js'
import { BackupProblem } from './backup-target.js'
import type { Chain } from './chain.js'
import { Chains, type HeldTarget } from './chains.js'
import { RUNNING } from './generations.js'
import type { Manifest } from './manifest.js'
import { targetName } from './open-target.js'
import { makeSnapshot, type Snapshot } from './snapshot.js'

const LAST_RETRY_MS = 60_000
/** How long the start waits for the target, and the end for the last piece. */
const [START_MS, STOP_MS] = [5_000, 5_000]

/**
 * Backs the server up as long as it runs: a snapshot at the start and then every so often, and between them whatever is
 * committed, a moment after it. A new generation takes over when its snapshot is whole; until then the one before goes on.
 */
@Injectable()
export class Shipping implements OnApplicationBootstrap {
  private readonly logger = new Logger('Backup')
  private holding: Promise<HeldTarget> | null = null
  private current: Chain | null = null
  private making: { chain: Chain; done: Promise<Snapshot> } | null = null
  /** When the next snapshot is due, by the clock of the process. */
  private nextSnapshot = 0
  private stopped = false
  private isBad = false
  private loop: Promise<void> = Promise.resolve()
  private wake: () => void = () => undefined

  constructor(
    private readonly chains: Chains,
    private readonly status: BackupStatus,
    private readonly config: Config,
    private readonly clock: Clock,
    private readonly http: HttpAdapterHost,
  ) {}

  /** The target that is shipped to; null: there is none. */
  get target(): string | null {
    const { target } = this.config.backup
    return target === null || !this.http.httpAdapter ? null : targetName(target)
  }

  /** See `TargetAccess`. */
  get identityFile(): string | null {
    return this.config.backup.identityFile
  }

  /** Says that the server runs, before anybody can hear of what it does: what was said at its last end counts no more. */
  async onApplicationBootstrap(): Promise<void> {
    // A command that only borrows the server's rooms leaves this to the server.
    if (this.target === null) return
    this.chains.database.beforeClose(() => this.stop())
    await within(
      START_MS,
      this.hold().catch((error: unknown) => this.fails(error)),
    )
    this.loop = this.run()
  }

  /** Makes a snapshot now, or joins the one that is being made. `keep`: null is what the settings say. */
  async snapshotNow(keep: string | null): Promise<Snapshot> {
    const held = await this.hold()
    if (this.stopped) throw new Error('the server is stopping')
    return (this.making ?? this.begin(held, keep)).done
  }

  private async run(): Promise<void> {
    let failures = 0
    while (!this.stopped) {
      try {
        await this.tick()
        failures = 0
        if (this.isBad) this.logger.log(`Backups to ${this.target} go on`)
        this.isBad = false
      } catch (error) {
        failures++
        // What is given up at the end fails because of that.
        if (!this.stopped) this.fails(error)
      }
      const { intervalMs } = this.config.backup
      await this.sleep(failures === 0 ? intervalMs : Math.min(intervalMs * 2 ** failures, LAST_RETRY_MS))
    }
  }

  private async tick(): Promise<void> {
    const held = await this.hold()
    await held.lock.assertStillHeld().catch((error: unknown) => this.letGo(held, error))
    if (!this.making && performance.now() >= this.nextSnapshot) this.begin(held)
    const until = this.clock.now()
    if (this.making && this.making.chain !== this.current) await this.ship(this.making.chain)
    if (!this.current) return
    await this.ship(this.current)
    this.status.succeeded(until)
  }

  /** Where a generation has missed something, the next one begins at once. */
  private async ship(chain: Chain): Promise<void> {
    const before = chain.segmentBytes
    try {
      await chain.ship()
    } catch (error) {
      if (!(error instanceof PagesLost)) throw error
      this.chains.end(chain)
      if (chain === this.current) this.current = null
      this.nextSnapshot = 0
      throw error
    } finally {
      this.status.shippedBytes += chain.segmentBytes - before
    }
    if (chain === this.current && chain.shipped) this.status.shippedSeq = chain.shipped.seq
  }

  private begin(held: HeldTarget, wish: string | null = null): { chain: Chain; done: Promise<Snapshot> } {
    const { backup } = this.config
    const chain = this.chains.begin(held.target)
    this.status.working++
    const onWhole = ({ seq }: Manifest): Promise<void> => this.takeOver(chain, seq)
    const done = makeSnapshot(chain, held, { keep: wish ?? backup.keep, now: this.clock.now(), onWhole })
      .then((snapshot) => {
        this.status.snapshot = snapshot
        this.nextSnapshot = performance.now() + backup.snapshotMs
        if (snapshot.pruneProblem !== null) this.fails(new Error(`nothing old is deleted: ${snapshot.pruneProblem}`))
        return snapshot
      })
      .catch((error: unknown) => {
        this.chains.end(chain)
        this.nextSnapshot = performance.now() + (error instanceof PagesLost ? 0 : LAST_RETRY_MS)
        throw error
      })
      .finally(() => {
        this.status.working--
        this.making = null
        this.wake()
      })
    done.catch((error: unknown) => this.stopped || this.fails(error))
    return (this.making = { chain, done })
  }

  private async takeOver(chain: Chain, seq: number): Promise<void> {
    const before = this.current
    this.current = chain
    this.status.shippedSeq = Math.max(seq, chain.shipped?.seq ?? 0)
    if (!before) return
    // Up to the moment that the new one shows, the one before leads alone.
    await this.ship(before).catch((error: unknown) => this.fails(error))
    this.chains.end(before)
  }

  private hold(): Promise<HeldTarget> {
    const holding = (this.holding ??= this.take())
    holding.catch(() => (this.holding = null))
    return holding
  }

  private async take(): Promise<HeldTarget> {
    const held = await this.chains.hold(this.config.backup.target!)
    try {
      await held.target.put(RUNNING, Buffer.from(JSON.stringify({ since: this.clock.iso() })))
      return held
    } catch (error) {
      held.lock.letGo()
      held.target.close()
      throw error
    }
  }

  /** Where the target has been taken over, parts of what was begun there may be gone: it is begun anew, once that is possible. */
  private letGo({ target, lock }: HeldTarget, error: unknown): never {
    if (error instanceof BackupProblem) {
      if (this.current) this.chains.end(this.current)
      if (this.making) this.chains.end(this.making.chain)
      this.current = this.holding = null
      this.nextSnapshot = 0
      lock.letGo()
      target.close()
    }
    throw error
  }

  private fails(error: unknown): void {
    this.status.failed(error)
    if (!this.isBad) this.logger.error(`Backups to ${this.target} fail: ${(error as Error).message}`)
    this.isBad = true
  }

  /** Ships the last piece, behind the last write. Again, if there was one more after all. */
  private async stop(): Promise<void> {
    this.stopped = true
    this.wake()
    // What it has copied is there for the next one.
    if (this.making && !this.making.chain.isPut) this.chains.end(this.making.chain)
    const last = this.shipLast().catch((error: unknown) => this.fails(error))
    if (!(await within(STOP_MS, last))) this.logger.error('The last piece could not be shipped in time')
  }

  private async shipLast(): Promise<void> {
    await this.loop
    const held = await this.holding
    if (!held) return
    const { making } = this
    try {
      // One whose manifest is on its way may be the newest in a moment.
      if (making?.chain.isPut) await making.chain.ship(true)
      if (this.current !== making?.chain) await this.current?.ship(true)
      if (!this.current) return await held.lock.release()
      await held.target.delete(RUNNING)
      await held.lock.release()
    } finally {
      held.target.close()
    }
    this.logger.log(`Shipped everything, up to event ${this.current.shipped!.seq}`)
  }

  private sleep(ms: number): Promise<void> {
    if (this.stopped) return Promise.resolve()
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

/** Waits for something, but not longer than that: whether it has come. */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => (timer = setTimeout(resolve, ms, false)))
  try {
    return await Promise.race([work.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
