import type { PeerState } from './peer-states.js'
import type { Peer } from './peers.js'

/** An error that is older is no problem any more. */
const RECENT_MS = 60 * 60 * 1000

/**
 * Whether something has gone wrong with a peer lately, or it is waited until it may go better. `state` null: nobody knows;
 * `now` in milliseconds since the epoch.
 */
export function hasProblem(
  { state, errorAt }: Pick<Peer, 'errorAt'> & { state: PeerState | null },
  now: number,
): boolean {
  return state?.connection === 'waiting' || (errorAt !== null && now - errorAt < RECENT_MS)
}
