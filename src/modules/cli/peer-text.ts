/** How peers are shown. */
import type { Peer } from '../replication/peers.js'
import type { KnownPeer } from './peers-anywhere.js'
import { bytes, count, counted, duration, section } from './format.js'

/** What was asked for, for programs. */
export function peerJson({ url, direction, repos, dids, relay, maxAccounts, maxBytes, maxRate }: Peer): object {
  return { url, direction, repos, dids, relay, maxAccounts, maxBytes, maxRate }
}

/** What was asked for, for people. */
export function peerText(heading: string, peer: Peer): string {
  return section(heading, [
    ['direction', peer.direction],
    ['repositories', reposText(peer)],
    ['at most', quotasText(peer)],
  ])
}

/** Which repositories a peer is for. */
export function reposText({ repos, dids, relay }: Peer): string {
  const which = repos === 'listed' ? (dids.length === 1 ? dids[0]! : counted(dids.length, 'DID')) : repos
  return relay ? `${which}, of a relay` : which
}

/** The quotas that there are, or null. */
export function quotasText({ maxAccounts, maxBytes, maxRate }: Peer): string | null {
  const quotas = [
    maxAccounts && counted(maxAccounts, 'account'),
    maxBytes && bytes(maxBytes),
    maxRate && `${counted(maxRate, 'event')}/s`,
  ]
  return quotas.filter(Boolean).join(', ') || null
}

/** Events that are still to be brought; null where that is not known. */
export function lagOf({ position, state }: KnownPeer): number | null {
  const newest = state?.newest ?? null
  return position === null || newest === null ? null : Math.max(newest - position, 0)
}

/** How it stands with a peer. */
export function statusText(peer: KnownPeer, now: number): string {
  const { url, direction, position, maxAccounts, maxBytes, state, lastError, errorAt } = peer
  const age = (since: number): string => duration((now - since) / 1000)
  const had = direction !== 'push'
  const accounts = count(peer.accounts) + (maxAccounts === null ? '' : ` of ${count(maxAccounts)}`)
  const size = bytes(peer.bytes) + (maxBytes === null ? '' : ` of ${bytes(maxBytes)}`)
  return section(`${url}, ${direction}`, [
    ['state', state ? `${state.connection} for ${age(state.since)}` : 'no server is running'],
    ['events', state && `${count(state.events)} since the server started`],
    ['position', direction === 'accept' ? null : `${position ?? 'at the beginning'}${lagText(lagOf(peer))}`],
    ['accounts', had ? accounts : null],
    ['bytes', had ? size : null],
    ['wanted', had ? `${count(peer.wanted)} to be fetched` : null],
    ['last error', lastError !== null && errorAt !== null ? `${age(errorAt)} ago: ${lastError}` : null],
  ])
}

function lagText(lag: number | null): string {
  return lag === null ? '' : lag === 0 ? ', up to date' : `, ${counted(lag, 'event')} behind`
}
