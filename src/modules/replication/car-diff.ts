/**
 * A commit, or several at once, as a CAR against the repository that is here. Which operations lead from the one to the
 * other is read off the trees, and proven by doing them: the tree that is here, with the operations applied, must have the
 * root that was signed.
 */
import {
  applyOps,
  type Blockstore,
  type Cid,
  describeCommit,
  diffTrees,
  MAX_OPS,
  Mst,
  type RecordBlock,
  readRecord,
  RepoError,
  type SignedCommit,
  type TreeOp,
} from '../../repo-engine/index.js'
import type { CarFile } from '../repo/car-file.js'
import type { HeadTree } from '../repo/head-tree.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import type { ForeignCommit } from './foreign-commits.js'

/** What one event may carry on the firehose. */
export const MAX_BLOCK_BYTES = 2_000_000
/** Beyond what 200 operations can need, which is a few thousand. */
export const MAX_EVENT_BLOCKS = 10_000
/** A CAR beyond this is no difference of one event: it is looked at as a whole repository, which is done in slices. */
export const MAX_DIFF_BYTES = 3 * MAX_BLOCK_BYTES

/**
 * The change that a CAR makes; null when it is more than one event may tell. `data` is the root that `signed` is over.
 * @throws XrpcError 409 CommitGap when it does not fit what is here; RepoError InvalidMst, InvalidData
 */
export async function readDiff(
  head: HeadTree,
  car: CarFile,
  signed: SignedCommit,
  data: Cid,
): Promise<ForeignCommit | null> {
  if (car.size > MAX_DIFF_BYTES || car.blocks > MAX_EVENT_BLOCKS) return null
  const store = alone(car)
  const ops = await opsTo(head, Mst.load(store, data))
  if (!ops) return null
  const tree = await head.read(() => applyOps(head.tree, ops))
  if (!tree.root.equals(data))
    throw new RepoError('InvalidMst', `the operations lead to ${tree.root.toString()}, not to ${data.toString()}`)
  const records: RecordBlock[] = []
  for (const { path, cid } of ops) {
    if (cid) records.push({ path, cid, bytes: readRecord(store, path, cid).bytes })
    if (areTooLarge(records)) return null
  }
  const commit = await head.read(() => describeCommit(signed, head.tree, tree, ops, records))
  return commit.blocks.length > MAX_BLOCK_BYTES ? null : commit
}

/** Whether records are more than one event may put in place: one that is put under many paths is stored as often. */
export function areTooLarge(records: readonly RecordBlock[]): boolean {
  return records.reduce((sum, { bytes }) => sum + bytes.length, 0) > MAX_BLOCK_BYTES
}

/** What leads from the head to another tree; null when it is more than one event may tell. */
async function opsTo(head: HeadTree, theirs: Mst): Promise<TreeOp[] | null> {
  try {
    return (await head.read(() => diffTrees(head.tree, theirs, MAX_OPS))).ops
  } catch (error) {
    if (error instanceof RepoError && error.code === 'LimitExceeded') return null
    throw error
  }
}

/** The blocks of the CAR and no others. What it leaves out has to be the same here, at the same place. */
function alone(car: CarFile): Blockstore {
  return {
    get(cid) {
      const bytes = car.get(cid)
      if (bytes) return bytes
      throw new XrpcError(409, 'CommitGap', `block ${cid.toString()} is neither in the CAR nor here`)
    },
  }
}
