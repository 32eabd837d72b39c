/**
 * From the records of an unpacked repository back to its blocks: finds what has been changed, signs that anew, and gives
 * the blocks in the order of the CAR. Blocks of records are only counted here; where they are kept is the caller's affair,
 * so a repository of any size needs memory for its tree alone.
 */
import { MemoryBlockstore } from '../blockstore.js'
import { type CarBlock, decodeCar, encodeCarHeader } from '../car.js'
import { decodeCbor } from '../cbor.js'
import { Cid } from '../cid.js'
import { type CommitSigner, type DecodedCommit, signCommit } from '../commit.js'
import { RepoError } from '../errors.js'
import type { RecordBlock } from '../format-commit.js'
import { TreeBuilder } from '../mst/build.js'
import { walkTree } from '../mst/walk.js'
import { splitPath } from '../syntax.js'
import type { Tid } from '../tid.js'
import { varintLength, writeVarint } from '../varint.js'
import { orderOf, type ReadLayout } from './car-layout.js'
import { type CidKeys, cidKey, isAmong, type UnpackedIndex } from './index-file.js'

/** Paths (`collection/rkey`) of what is not as it was unpacked, each list in order. */
export interface RepoChanges {
  readonly added: readonly string[]
  readonly edited: readonly string[]
  readonly removed: readonly string[]
}

/** A block of the CAR: commit or node with its bytes, the n-th record that was added, the n-th block beyond the head. */
export type PackedBlock = CarBlock | { readonly record: number } | { readonly beyond: number }

/** The order of the CAR as it was read, with the number of blocks beyond the head. */
export interface PackedLayout extends ReadLayout {
  readonly beyond: number
}

export class RepoPacking {
  /** The number of records. */
  records = 0
  private readonly nodes = new MemoryBlockstore()
  private readonly builder = new TreeBuilder(({ cid, bytes }) => this.nodes.put(cid, bytes))
  private readonly added: string[] = []
  private readonly edited: string[] = []
  private readonly removed: string[] = []
  /** What was unpacked, in order, and the next of it that has not come yet. */
  private readonly unpacked: Iterator<[string, CidKeys]> | null
  private awaited: readonly [path: string, cids: CidKeys] | undefined
  private unfit: RepoError | null = null
  private data: Cid | null = null

  /** `index` is null where there is none: then nobody can say which records have changed, only that some have. */
  constructor(
    private readonly commit: DecodedCommit,
    index: UnpackedIndex | null,
  ) {
    this.unpacked = index && index.records.entries()
    this.await()
  }

  /** Takes the next record, in ascending order of the paths. @throws RepoError InvalidMst for any other order */
  add(record: RecordBlock): void {
    const { path, cid } = record
    this.builder.add(path, cid)
    this.records++
    while (this.awaited && this.awaited[0] < path) this.miss()
    const isKnown = this.awaited?.[0] === path
    const isSame = isKnown && isAmong(this.awaited![1], cidKey(cid))
    if (isKnown) this.await()
    if (isSame) return
    if (isKnown) this.edited.push(path)
    else this.added.push(path)
    this.unfit ??= unfitness(record)
  }

  /** All records have come. Gives the root of their tree. */
  finish(): Cid {
    while (this.awaited) this.miss()
    return (this.data = this.builder.finish().root)
  }

  /** True when the records do not make the tree that the commit is signed over. */
  get isChanged(): boolean {
    return !this.commit.data.equals(this.data)
  }

  /** Commit, nodes and records: those that stand once more are not counted again. */
  get blockCount(): number {
    return 1 + this.nodes.size + this.records
  }

  /** What has changed; null when there was no index to tell by. */
  get changes(): RepoChanges | null {
    return this.unpacked && { added: this.added, edited: this.edited, removed: this.removed }
  }

  /**
   * Signs the records as they are now: the block of a commit of version 3, which follows on nothing.
   * @throws RepoError InvalidSyntax, InvalidData when a record that is new or changed is none by today's rules, or stands
   * under a name that is none; InvalidCommit when the rev does not come after the one before
   */
  sign(key: CommitSigner, rev: Tid): CarBlock {
    const { did, rev: before } = this.commit
    if (this.unfit) throw this.unfit
    if (before !== null && rev <= before)
      throw new RepoError('InvalidCommit', `rev ${rev} does not come after ${before}`)
    const bytes = signCommit({ did, version: 3, data: this.data!, rev, prev: null }, key)
    return { cid: Cid.ofCbor(bytes), bytes }
  }

  /**
   * The blocks of the CAR, in its order: the streamable one, or that of `layout`, which is for the commit that was unpacked.
   * @throws RepoError InvalidData, LimitExceeded when the layout does not fit
   */
  *blocks(commit: CarBlock, layout: PackedLayout | null): Generator<PackedBlock> {
    if (!layout) {
      yield* this.streamable(commit, () => undefined)
      return
    }
    const all: PackedBlock[] = []
    const numbers = new Map<CidKeys, number>()
    const first: number[] = []
    const note = (cid: Cid): void => {
      const known = numbers.get(cidKey(cid)) ?? first.length
      numbers.set(cidKey(cid), known)
      first.push(known)
    }
    for (const block of this.streamable(commit, note)) all.push(block)
    numbers.clear()
    for (const n of orderOf(layout, all.length + layout.beyond, first)) yield all[n] ?? { beyond: n - all.length }
  }

  private await(): void {
    this.awaited = this.unpacked?.next().value as [string, CidKeys] | undefined
  }

  private miss(): void {
    this.removed.push(this.awaited![0])
    this.await()
  }

  private *streamable(commit: CarBlock, note: (cid: Cid) => void): Generator<PackedBlock> {
    note(commit.cid)
    yield commit
    let record = 0
    for (const item of walkTree(this.nodes, this.data!)) {
      note(item.kind === 'node' ? item.cid : item.value)
      yield item.kind === 'node' ? { cid: item.cid, bytes: item.bytes } : { record: record++ }
    }
  }
}

/** The header of the CAR with its length. @throws RepoError InvalidData when the one that was noted is none of this head */
export function headerOf(head: Cid, layout: ReadLayout | null): Uint8Array {
  const header = layout?.header
  if (!header) return encodeCarHeader([head])
  const whole = new Uint8Array(varintLength(header.length) + header.length)
  whole.set(header, writeVarint(whole, 0, header.length))
  const { roots } = decodeCar(whole)
  if (roots.length !== 1 || !head.equals(roots[0]))
    throw new RepoError('InvalidData', 'the header noted is not of this head')
  return whole
}

/** Why a record cannot be signed as a new one, or null. What was in a repository before may be whatever it is. */
function unfitness({ path, bytes }: RecordBlock): RepoError | null {
  try {
    splitPath(path)
    const value = decodeCbor(bytes)
    const type = value !== null && typeof value === 'object' && '$type' in value && value.$type
    return typeof type === 'string' && type !== '' ? null : new RepoError('InvalidData', `record ${path}: has no $type`)
  } catch (error) {
    if (!(error instanceof RepoError)) throw error
    return error.code === 'InvalidSyntax' ? error : new RepoError(error.code, `record ${path}: ${error.message}`)
  }
}
