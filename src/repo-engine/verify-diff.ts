/**
 * Inductive verification: that a commit is the commit before plus the operations it names, shown from the
 * blocks that came with it alone (https://atproto.com/specs/sync#commit-validation-mst-inversion). Undoing
 * the operations on the new tree must arrive at the very root that is known; as a root says everything about
 * its tree, nothing can have changed that was not named, and nothing is named that did not change.
 */
import { MemoryBlockstore } from './blockstore.js'
import { type CarLimits, decodeCar } from './car.js'
import type { Cid } from './cid.js'
import { type DecodedCommit, readCommit } from './commit.js'
import { RepoError } from './errors.js'
import type { RecordBlock } from './format-commit.js'
import type { TreeOp } from './mst/diff.js'
import { invertOps } from './mst/proof.js'
import { Mst } from './mst/tree.js'
import type { Did } from './syntax.js'
import type { Tid } from './tid.js'
import { readRecord } from './verify-repo.js'

/** Operations that one commit may have on the firehose (lexicon com.atproto.sync.subscribeRepos). */
export const MAX_OPS = 200

export interface VerifyDiffInput {
  /** What came: a CAR whose one root is the commit, with nodes of the new tree and the new records. */
  readonly car: Uint8Array
  readonly did: Did
  /** The signing key in the DID document, as did:key. */
  readonly didKey: string
  /** The newest commit known, null when the repository is new. */
  readonly known: { readonly rev: Tid; readonly data: Cid } | null
  readonly ops: readonly TreeOp[]
  readonly limits?: Partial<CarLimits>
}

export interface VerifiedDiff {
  readonly head: Cid
  readonly commit: DecodedCommit & { readonly rev: Tid }
  /** The commit block, as it was signed. */
  readonly bytes: Uint8Array
  /** The operations, less updates to the same CID, which change nothing. */
  readonly ops: TreeOp[]
  /** The new values of created and updated paths, in the order of `ops`. Views on the CAR. */
  readonly records: RecordBlock[]
}

/**
 * Checks a commit against the one known before it: hashes, DID, signature, a rev after the known one,
 * operations that lead back to the known root, a record for each create and update. Blocks that nothing
 * refers to are passed over.
 * @throws RepoError InvalidCar, LimitExceeded for the file; InvalidCommit, InvalidSignature, InvalidKey for
 * the commit and the root that the operations lead to; InvalidMst, KeyNotFound for operations that do not fit
 * the tree; InvalidData for a record; MissingBlock when the file does not hold enough
 */
export function verifyDiff(input: VerifyDiffInput): VerifiedDiff {
  const { car, did, didKey, known } = input
  if (input.ops.length > MAX_OPS) throw new RepoError('LimitExceeded', `commit with ${input.ops.length} operations`)
  const { roots, blocks } = decodeCar(car, input.limits)
  const head = roots[0]
  if (!head || roots.length > 1) throw new RepoError('InvalidCar', `CAR of a commit with ${roots.length} roots`)
  const store = new MemoryBlockstore()
  for (const { cid, bytes } of blocks) store.put(cid, bytes)

  const { commit, bytes } = readCommit(store, head, { did, didKey })
  const { rev } = commit
  if (rev === null || commit.version !== 3)
    throw new RepoError('InvalidCommit', `commit of version ${commit.version} on top of another`)
  if (known && rev <= known.rev)
    throw new RepoError('InvalidCommit', `rev ${rev} does not come after the known ${known.rev}`)

  const ops = distinctOps(input.ops)
  const before = invertOps(Mst.load(store, commit.data), ops)
  const expected = known?.data ?? Mst.empty().root
  if (!before.root.equals(expected))
    throw new RepoError(
      'InvalidCommit',
      `operations lead back to ${before.root.toString()}, not to the known ${expected.toString()}`,
    )
  const records: RecordBlock[] = []
  for (const { path, cid } of ops) if (cid) records.push({ path, cid, bytes: readRecord(store, path, cid).bytes })
  return { head, commit: { ...commit, rev }, bytes, ops, records }
}

/** @throws RepoError InvalidCommit when a path is named twice */
function distinctOps(ops: readonly TreeOp[]): TreeOp[] {
  const paths = new Set<string>()
  for (const { path } of ops) {
    if (paths.has(path)) throw new RepoError('InvalidCommit', `commit with two operations on ${path}`)
    paths.add(path)
  }
  return ops.filter(({ action, cid, prev }) => !(action === 'update' && cid?.equals(prev)))
}

/**
 * The tree with operations applied, each checked against what it says was there. With the receiver's own
 * tree and the operations of a verified commit, the root of the result is the commit's `data`.
 * @throws RepoError KeyExists, KeyNotFound, InvalidMst; MissingBlock
 */
export function applyOps(tree: Mst, ops: readonly TreeOp[]): Mst {
  let applied = tree
  for (const { action, path, cid, prev } of ops) {
    if ((cid === null) !== (action === 'delete') || (prev === null) !== (action === 'create'))
      throw new RepoError('InvalidMst', `CIDs do not fit the ${action} of ${path}`)
    const held = applied.get(path)
    if (prev === null && held !== null) throw new RepoError('KeyExists', `record exists: ${path}`)
    if (prev !== null && held === null) throw new RepoError('KeyNotFound', `no such record: ${path}`)
    if (held !== null && !held.equals(prev))
      throw new RepoError('InvalidMst', `the tree does not hold what the ${action} of ${path} replaces`)
    applied = cid === null ? applied.delete(path) : applied.set(path, cid)
  }
  return applied
}
