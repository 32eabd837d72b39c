/**
 * What a log of did:plc operations means, and which operation may come next
 * (https://web.plc.directory/spec/v0.1/did-plc#key-rotation--account-recovery). Pure.
 *
 * Normally an operation names the last one as `prev` and is signed by one of the last one's rotation keys. For 72
 * hours it may also name an older one, if it is signed by a key that stands before the one that signed what followed:
 * all that followed is then nullified.
 */
import { cidOfOperation, didOfGenesis, findSigner, stateOf, type PlcData, type PlcOperation } from './operation.js'
import { PlcError } from './plc-error.js'
import { checkShape } from './shape.js'

const RECOVERY_WINDOW_MS = 72 * 60 * 60 * 1000

/** An operation as the directory has it on record; the form of `/log/audit`. */
export interface IndexedOperation {
  did: string
  operation: PlcOperation
  cid: string
  nullified: boolean
  /** When the directory took it, RFC 3339. */
  createdAt: string
}

/**
 * Judges an operation of good shape against the log so far, oldest first.
 * Gives the CIDs that it nullifies and the one that it follows. @throws PlcError 400.
 */
export function validateAppend(
  did: string,
  log: readonly IndexedOperation[],
  proposed: PlcOperation,
  now: Date,
): { nullified: string[]; prev: string | null } {
  const standing = log.filter(({ nullified }) => !nullified)
  if (standing.length === 0) {
    checkGenesis(did, proposed)
    return { nullified: [], prev: null }
  }
  const at = standing.findIndex(({ cid }) => cid === proposed.prev)
  const keys = at < 0 ? undefined : stateOf(standing[at]!.operation)?.rotationKeys
  // Nothing follows a tombstone, and `create` never follows anything.
  if (!keys || proposed.type === 'create') throw new PlcError('Operations not correctly ordered')

  const nullified = standing.slice(at + 1)
  const disputed = nullified[0]
  const allowed = disputed ? keys.slice(0, Math.max(0, findSigner(disputed.operation, keys))) : keys
  if (findSigner(proposed, allowed) < 0) throw invalidSignature(proposed)
  if (disputed && now.getTime() - Date.parse(disputed.createdAt) > RECOVERY_WINDOW_MS)
    throw new PlcError('Recovery operation occurred outside of the allowed 72 hr recovery window')
  return { nullified: nullified.map(({ cid }) => cid), prev: proposed.prev }
}

/**
 * Replays a whole audit log, as another directory or an archive gives it, and checks every word of it.
 * Gives the present data, null when the identity is tombstoned. @throws PlcError 400 at the first flaw.
 */
export function validateLog(did: string, entries: readonly IndexedOperation[]): PlcData | null {
  if (entries.length === 0) throw new PlcError('An empty log')
  const log: IndexedOperation[] = []
  for (const entry of entries) {
    checkShape(entry.operation)
    if (entry.did !== did) throw new PlcError(`An operation of another DID: ${entry.did}`)
    if (cidOfOperation(entry.operation) !== entry.cid)
      throw new PlcError(`The operation is not the one of ${entry.cid}`)
    const createdAt = new Date(entry.createdAt)
    if (!(createdAt.getTime() >= Date.parse(log.at(-1)?.createdAt ?? entry.createdAt)))
      throw new PlcError(`Not in the order of time: ${entry.createdAt}`)
    const { nullified } = validateAppend(did, log, entry.operation, createdAt)
    for (const earlier of log) if (nullified.includes(earlier.cid)) earlier.nullified = true
    log.push({ ...entry, nullified: false })
  }
  if (log.some(({ nullified }, i) => nullified !== entries[i]!.nullified))
    throw new PlcError('What is marked as nullified is not what was nullified')
  return dataOf(did, log.findLast(({ nullified }) => !nullified)!.operation)
}

/** The data of an identity after its last operation; null for a tombstone. */
export function dataOf(did: string, last: PlcOperation): PlcData | null {
  const state = stateOf(last)
  return state && { did, ...state }
}

function checkGenesis(did: string, operation: PlcOperation): void {
  const state = stateOf(operation)
  if (!state || operation.prev !== null) throw new PlcError('Operations not correctly ordered')
  if (findSigner(operation, state.rotationKeys) < 0) throw invalidSignature(operation)
  const expected = didOfGenesis(operation)
  if (expected !== did) throw new PlcError(`Hash of genesis operation does not match DID identifier: ${expected}`)
}

function invalidSignature(operation: PlcOperation): PlcError {
  return new PlcError(`Invalid signature on op: ${JSON.stringify(operation)}`)
}
