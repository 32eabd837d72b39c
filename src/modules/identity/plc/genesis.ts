/** Making did:plc operations for the accounts of this server. Pure. */
import type { Did, SigningKey } from '../../../repo-engine/index.js'
import {
  cidOfOperation,
  didOfGenesis,
  signOperation,
  stateOf,
  type PlcOperation,
  type PlcState,
  type PlcTombstone,
  type PlcUpdate,
} from './operation.js'
import { PlcError } from './plc-error.js'

/** Rotation keys that an identity may have by the specification; some directories take more. */
const MAX_ROTATION_KEYS = 5

export interface NewIdentity {
  handle: string
  /** did:key that signs the account's commits. */
  signingKey: string
  /** The server's key: signs this operation, and the later ones of this server. */
  rotationKey: SigningKey
  /** did:keys of the account's owner or of the operator; they stand before the server's and overrule it. */
  recoveryKeys?: readonly string[]
  pdsUrl: string
}

/** The first operation of a new account, and the DID that it makes. */
export function formatGenesis(identity: NewIdentity): { did: Did; op: PlcUpdate } {
  const { handle, signingKey, rotationKey, recoveryKeys = [], pdsUrl } = identity
  const op = signOperation<PlcUpdate>(
    {
      type: 'plc_operation',
      rotationKeys: [...new Set([...recoveryKeys, rotationKey.didKey])],
      verificationMethods: { atproto: signingKey },
      alsoKnownAs: [`at://${handle}`],
      services: { atproto_pds: { type: 'AtprotoPersonalDataServer', endpoint: pdsUrl } },
      prev: null,
    },
    rotationKey,
  )
  return { did: didOfGenesis(op), op }
}

/** The operation after `last` that replaces what `changes` names. @throws PlcError 410 after a tombstone. */
export function formatUpdate(last: PlcOperation, changes: Partial<PlcState>, key: SigningKey): PlcUpdate {
  const state = stateOf(last)
  if (!state) throw new PlcError('DID is tombstoned', 410)
  return signOperation<PlcUpdate>({ type: 'plc_operation', ...state, ...changes, prev: cidOfOperation(last) }, key)
}

/** What an account becomes that moves to this server. */
export interface Move extends Pick<NewIdentity, 'handle' | 'signingKey' | 'pdsUrl'> {
  /** did:key of the server: signs the account's later operations. */
  serverKey: string
}

/**
 * As {@link formatUpdate}, for an account that is hosted here from now on. Whatever else it has stays. The server's key is
 * put right below the one that lets it in: whoever overrules that one overrules the server, and nobody else does.
 * @throws PlcError 400 where there is no room for the key, 410 after a tombstone
 */
export function formatMove(
  last: PlcOperation,
  { handle, signingKey, serverKey, pdsUrl }: Move,
  key: SigningKey,
): PlcUpdate {
  const { rotationKeys = [], verificationMethods, alsoKnownAs = [], services } = stateOf(last) ?? {}
  return formatUpdate(
    last,
    {
      rotationKeys: withServerKey(rotationKeys, serverKey, key.didKey),
      verificationMethods: { ...verificationMethods, atproto: signingKey },
      alsoKnownAs: withHandle(alsoKnownAs, handle),
      services: { ...services, atproto_pds: { type: 'AtprotoPersonalDataServer', endpoint: pdsUrl } },
    },
    key,
  )
}

/** The operation that ends an identity. @throws PlcError 410 when that has been done. */
export function formatTombstone(last: PlcOperation, key: SigningKey): PlcTombstone {
  if (!stateOf(last)) throw new PlcError('DID is tombstoned', 410)
  return signOperation<PlcTombstone>({ type: 'plc_tombstone', prev: cidOfOperation(last) }, key)
}

/** Aliases with another handle in the place of the present one. */
export function withHandle(aliases: readonly string[], handle: string): string[] {
  const present = aliases.findIndex((alias) => alias.startsWith('at://'))
  const others = aliases.filter((alias, i) => i !== present && alias !== `at://${handle}`)
  return others.toSpliced(Math.max(0, present), 0, `at://${handle}`)
}

function withServerKey(present: readonly string[], serverKey: string, below: string): string[] {
  if (present.includes(serverKey)) return [...present]
  if (present.length >= MAX_ROTATION_KEYS)
    throw new PlcError(
      `there are ${present.length} rotation keys already, and the server's has to be one more: remove one`,
    )
  return present.toSpliced(present.indexOf(below) + 1, 0, serverKey)
}
