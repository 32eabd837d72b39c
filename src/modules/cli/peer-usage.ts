/** What commands about peers have in common on the command line. */
import type { Direction } from '../replication/peers.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { WrongUsage } from './options.js'

export type DirectionOptions = Partial<Record<Direction, boolean>>

/** The direction that is named, or null. @throws WrongUsage for more than one */
export function directionOf({ pull, push, accept }: DirectionOptions): Direction | null {
  const named = [pull && 'pull', push && 'push', accept && 'accept'].filter((name): name is Direction => !!name)
  if (named.length > 1) throw new WrongUsage(`--${named.join(' and --')}: a peer has one direction at a time`)
  return named[0] ?? null
}

/** Reads what was typed; what the server would refuse about it makes no sense here either. @throws WrongUsage */
export function readUsage<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw error instanceof XrpcError ? new WrongUsage(error.message) : error
  }
}
