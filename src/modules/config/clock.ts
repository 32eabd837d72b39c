import { Injectable } from '@nestjs/common'

/** The wall clock, injected so that a test can hold it. */
@Injectable()
export class Clock {
  /** Milliseconds since the epoch. */
  now(): number {
    return Date.now()
  }

  /** The moment as atproto writes it: RFC 3339, UTC, milliseconds. */
  iso(): string {
    return new Date(this.now()).toISOString()
  }

  /** Calls back whenever somebody has set this clock: whoever sleeps until a moment looks again. The wall clock never does. */
  onSet(_look: () => void): void {}
}
