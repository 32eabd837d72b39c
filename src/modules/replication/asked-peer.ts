/** What the operator asks for, in the fields that its JSON has, and what that means. */
import { type Did, isDid } from '../../repo-engine/index.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { type Direction, type NewPeer, parsePeerUrl, QUOTAS, type Quotas, type Selection } from './peers.js'

/** Most DIDs that are named at a time. */
const MAX_DIDS = 10_000
const DIRECTIONS: readonly unknown[] = ['pull', 'push', 'accept'] satisfies Direction[]
const SELECTIONS: readonly unknown[] = ['all', 'listed', 'followed'] satisfies Selection[]

/** A peer as it is asked for; all but `who` may be left out. */
export interface AskedPeer extends Partial<Quotas> {
  /** The address of a server; or a DID, which stands for itself on its own host. */
  who: string
  /** `pull` unless told. */
  direction?: Direction
  /** `listed` where there are DIDs, else `all`. */
  repos?: Selection
  dids?: readonly Did[]
  relay?: boolean
}

/** A peer whose address may be still to be found: that of the host of a DID. */
export interface WantedPeer extends Omit<NewPeer, 'url'> {
  who: Did | { url: string }
}

/** Reads what was asked for, whatever it may be. @throws XrpcError 400 with the one thing that is wrong about it. */
export function parseAskedPeer(asked: unknown): WantedPeer {
  if (typeof asked !== 'object' || asked === null || Array.isArray(asked)) throw invalidRequest('expected {who, …}')
  const { who, direction = 'pull', dids, repos, relay = false, ...rest } = asked as Record<string, unknown>
  if (typeof who !== 'string' || who === '') throw invalidRequest('who must be the address of a server, or a DID')
  if (!isDirection(direction)) throw invalidRequest('direction must be pull, push or accept')
  if (repos !== undefined && !isSelection(repos)) throw invalidRequest('repos must be all, listed or followed')
  if (dids !== undefined && !isListOfDids(dids)) throw invalidRequest(`dids must be a list of at most ${MAX_DIDS} DIDs`)
  if (typeof relay !== 'boolean') throw invalidRequest('relay must be true or false')
  const wanted = {
    who: isDid(who) ? who : { url: parsePeerUrl(who) },
    direction,
    repos: repos ?? (isDid(who) || dids !== undefined ? 'listed' : 'all'),
    dids: [...new Set([...(isDid(who) ? [who] : []), ...(dids ?? [])])],
    relay,
    ...parseQuotas(rest),
  }
  const contradiction = contradictionIn(wanted)
  if (contradiction !== null) throw invalidRequest(contradiction)
  return wanted
}

export function isDirection(value: unknown): value is Direction {
  return DIRECTIONS.includes(value)
}

function isSelection(value: unknown): value is Selection {
  return SELECTIONS.includes(value)
}

function isListOfDids(value: unknown): value is Did[] {
  return Array.isArray(value) && value.length <= MAX_DIDS && value.every(isDid)
}

/** All that is left must be quotas: a name that is misspelt would be a quota that does not hold. */
function parseQuotas(given: Record<string, unknown>): Quotas {
  const quotas: Quotas = { maxAccounts: null, maxBytes: null, maxRate: null }
  for (const [name, value] of Object.entries(given)) {
    const quota = QUOTAS.find((known) => known === name)
    if (!quota) throw invalidRequest(`there is no field ${name.slice(0, 100)}`)
    if (value === undefined || value === null) continue
    if (!Number.isSafeInteger(value) || (value as number) < 1)
      throw invalidRequest(`${quota} must be a whole number above zero`)
    quotas[quota] = value as number
  }
  return quotas
}

/** One sentence, or null. */
function contradictionIn(wanted: WantedPeer): string | null {
  const { who, direction, repos, dids, relay } = wanted
  if (direction !== 'pull' && repos === 'followed')
    return 'only a pull can select whoever is followed by the accounts here'
  if (direction !== 'pull' && relay) return 'only a pull can be from a relay'
  if (direction === 'push' && QUOTAS.some((quota) => wanted[quota] !== null))
    return 'a push has no quotas, which bound what a peer brings'
  if (direction === 'push' && isDid(who)) return 'a push goes to a server, so its address is needed instead of a DID'
  if (relay && isDid(who)) return 'a DID stands for its own host, so the address of the relay is needed instead'
  if (repos === 'listed' && dids.length === 0) return 'a list of repositories needs at least one DID'
  if (repos !== 'listed' && dids.length > 0) return `a selection is ${repos} or a list of DIDs, not both`
  return null
}
