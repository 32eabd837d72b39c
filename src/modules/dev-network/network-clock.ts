import { Clock } from '../config/clock.js'
import { HeldTime } from './held-time.js'
import type { TestClock, Time } from './test-network.js'

/** The clock that all servers of a network are given. */
export class NetworkClock extends Clock implements TestClock {
  private readonly time = new HeldTime(() => super.now())
  private readonly listeners: (() => void)[] = []

  override now(): number {
    return this.time.now()
  }

  override onSet(look: () => void): void {
    this.listeners.push(look)
  }

  async advance(ms: number): Promise<void> {
    this.time.advance(ms)
    this.look()
  }

  async set(time: Time): Promise<void> {
    this.time.set(time)
    this.look()
  }

  async freeze(): Promise<void> {
    this.time.freeze()
  }

  async resume(): Promise<void> {
    this.time.resume()
  }

  private look(): void {
    for (const look of this.listeners) look()
  }
}
