import { Injectable } from '@nestjs/common'
import { Clock } from '../config/clock.js'

/** `waiting`: until it is tried again after a failure · `idle`: nobody runs with it, or there is nothing to do. */
export type Connection = 'connecting' | 'connected' | 'waiting' | 'idle'

/** What goes on with a peer at present. */
export interface PeerState {
  connection: Connection
  /** When that became so, in milliseconds since the epoch. */
  since: number
  /** Events that have gone through since this server started. */
  events: number
  /** The newest event that there is to bring, theirs for `pull`, ours for `push`; null where that is not known. */
  newest: number | null
}

/** The present states of peers by their ids, told by whoever runs with them. In memory only: a start knows nothing. */
@Injectable()
export class PeerStates {
  private readonly states = new Map<number, PeerState>()
  private readonly started: number

  constructor(private readonly clock: Clock) {
    this.started = clock.now()
  }

  /** Notes what has changed. `since` follows from a connection that is not the one before. */
  set(id: number, state: Partial<Omit<PeerState, 'since'>>): void {
    const before = this.of(id)
    const after = { ...before, ...state }
    if (after.connection !== before.connection) after.since = this.clock.now()
    this.states.set(id, after)
  }

  /** The state of a peer; one that nobody has told of is idle since the start. */
  of(id: number): PeerState {
    return this.states.get(id) ?? { connection: 'idle', since: this.started, events: 0, newest: null }
  }

  /** To be called when nobody runs with a peer any more. */
  forget(id: number): void {
    this.states.delete(id)
  }
}
