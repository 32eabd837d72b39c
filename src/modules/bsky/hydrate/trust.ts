import type { Config } from '../../config/config.js'
import type { ReadContext } from '../context.js'

/** Whose word counts. */
export interface Trust {
  /** Labelers whose labels are shown: this server's own, the operator's choice, and those the reader accepts. */
  labelers: ReadonlySet<string>
  /** Those of them whose labels take down, or have something wait for a review. */
  redacting: ReadonlySet<string>
  /** Those that count because the reader accepts them, and not by the settings. */
  accepted: readonly string[]
  verifiers: ReadonlySet<string>
  /** Milliseconds since the epoch: for what runs out. */
  now: number
}

type Accepted = Pick<ReadContext, 'labelers' | 'redacting'>

/**
 * Whom a reader trusts (https://atproto.com/specs/label#label-distribution): always this server and the moderation service of
 * the settings; besides, whom it names, or where it names none, the labelers that are subscribed to here.
 */
export function trustOf(accepted: Accepted, config: Config, now: number): Trust {
  const { serviceDid, labelers: chosen, subscribedLabelers, trustedVerifiers: verifiers } = config
  const always = [serviceDid, ...chosen]
  const named = accepted.labelers ?? [...subscribedLabelers.keys()]
  const redacting = accepted.labelers === null ? named : named.filter((did) => accepted.redacting.has(did))
  return {
    labelers: new Set<string>([...always, ...named]),
    redacting: new Set<string>([...always, ...redacting]),
    accepted: named.filter((did) => !always.includes(did) && !subscribedLabelers.has(did)),
    verifiers,
    now,
  }
}

/** For `atproto-content-labelers`: whose labels an answer was made with. */
export function contentLabelers({ labelers, redacting }: Trust): string {
  return [...labelers].map((did) => (redacting.has(did) ? `${did};redact` : did)).join(', ')
}
