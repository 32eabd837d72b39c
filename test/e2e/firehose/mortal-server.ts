import { ChildServer } from '../../support/crash.js'
import { Refused } from '../../durability/load.js'
import { freePort } from '../../support/free-port.js'

/** A server on one address that is killed now and then, and comes back with what it had. */
export class MortalServer {
  /** Resolves while it runs, and when it runs again. */
  private up: Promise<void> = Promise.resolve()

  private constructor(
    readonly url: string,
    private child: ChildServer,
    private readonly start: () => Promise<ChildServer>,
  ) {}

  static async start(main: string, directory: string, env: Record<string, string>): Promise<MortalServer> {
    const own = { ...env, PDS_PORT: await freePort() }
    const start = (): Promise<ChildServer> => ChildServer.start(main, directory, { env: own })
    const child = await start()
    return new MortalServer(child.url, child, start)
  }

  /** Everything that the process of now has printed. */
  get output(): string {
    return this.child.output
  }

  /** Kills it where it stands, and starts it anew. */
  killAndRestart(): Promise<void> {
    return (this.up = this.replace(() => this.child.kill()))
  }

  /** Kills it where it stands, and starts it anew when something was done to what it had. */
  killAndRestartAfter(work: () => Promise<unknown>): Promise<void> {
    return (this.up = this.replace(async () => {
      await this.child.kill()
      await work()
    }))
  }

  /** Lets it end as it should, and starts it anew. */
  stopAndRestart(): Promise<void> {
    return (this.up = this.replace(() => this.child.stop()))
  }

  /** Tries again until the server answers, whatever it answers. @throws Refused, or what else `fn` throws of an answer */
  async answer<T>(fn: () => Promise<T>): Promise<T> {
    for (;;)
      try {
        return await fn()
      } catch (error) {
        if (error instanceof Refused) throw error
        await this.running()
      }
  }

  /** Resolves when it runs, a moment later. */
  async running(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 10))
    await this.up
  }

  async end(): Promise<void> {
    await this.up
    await this.child.stop()
  }

  private async replace(end: () => Promise<void>): Promise<void> {
    await end()
    this.child = await this.start()
  }
}
