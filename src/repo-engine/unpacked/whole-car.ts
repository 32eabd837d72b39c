/** A whole CAR as files, and files as a whole CAR, in memory: for who has no file system, such as a browser. */
import { MemoryBlockstore, MissingBlock } from '../blockstore.js'
import { type CarBlock, type CarLimits, CarParser, encodeCarSection } from '../car.js'
import { Cid } from '../cid.js'
import { type CommitSigner, readCommit } from '../commit.js'
import { RepoError } from '../errors.js'
import { TreeBuilder } from '../mst/build.js'
import { walkTree } from '../mst/walk.js'
import type { Tid } from '../tid.js'
import { BLOCKS_NAME, CarLayout, parseLayout, readBeyond } from './car-layout.js'
import { assertUnpacked, cidKey, type CidKeys, formatIndex, INDEX_NAME, joined, parseIndex } from './index-file.js'
import { headerOf, type RepoChanges, RepoPacking } from './pack-repo.js'
import { packCommit, packRecord, unpackCommit, unpackRecord, type UnpackedFile } from './record-file.js'

/**
 * The files of the repository in a CAR: records in order of their keys, then what stands at the top, the index last.
 * @throws RepoError InvalidCar, InvalidCommit, InvalidMst, InvalidData, LimitExceeded; MissingBlock
 */
export function* unpackCar(car: Uint8Array, limits?: Partial<CarLimits>): Generator<UnpackedFile> {
  const parser = new CarParser(limits)
  const blocks = parser.push(car, true)
  parser.finish()
  const [head] = parser.roots!
  if (!head || parser.roots!.length > 1)
    throw new RepoError('InvalidCar', `a repository has one root; this CAR has ${parser.roots!.length}`)
  const store = new MemoryBlockstore()
  for (const { cid, bytes } of blocks) store.put(cid, bytes)
  const { commit, bytes: commitBlock } = readCommit(store, head, {})

  const layout = new CarLayout()
  const builder = new TreeBuilder(() => undefined)
  const top = new Map<string, CidKeys>([['commit.json', cidKey(head)]])
  const records: [string, CidKeys][] = []
  layout.walk(head)
  for (const item of walkTree(store, commit.data)) {
    layout.walk(item.kind === 'node' ? item.cid : item.value)
    if (item.kind === 'node') continue
    const { key: path, value: cid } = item
    const bytes = store.get(cid)
    if (!bytes) throw new MissingBlock(cid)
    builder.add(path, cid)
    records.push([path, cidKey(cid)])
    yield unpackRecord({ path, cid, bytes })
  }
  assertRebuilt(builder, commit.data)
  for (const file of layoutFiles(layout, blocks, head, parser.header!)) {
    top.set(file.path, cidKey(Cid.ofRaw(file.bytes)))
    yield file
  }
  yield unpackCommit(commitBlock)
  yield formatIndex(true, inOrder(top), records)
}

/** @throws RepoError InvalidMst when the records make another tree than the one that is signed, so that it could not be made again */
export function assertRebuilt(builder: TreeBuilder, data: Cid): void {
  if (!builder.finish().root.equals(data))
    throw new RepoError('InvalidMst', 'the tree is not the one that its records make')
}

function* layoutFiles(
  layout: CarLayout,
  blocks: Iterable<CarBlock>,
  head: Cid,
  header: Uint8Array,
): Generator<UnpackedFile> {
  for (const block of blocks) yield* layout.take(block)
  yield* layout.finish(head, header)
}

/** By what a repository that was changed is signed. */
export interface PackSigner {
  readonly key: CommitSigner
  /** A rev that comes after another, or after none. */
  nextRev(after: Tid | null): Tid
}

export interface PackedCar {
  readonly head: Cid
  readonly car: Uint8Array
  /** Null: nothing has changed, and the CAR is the one that was unpacked. */
  readonly changes: RepoChanges | null
}

/**
 * The CAR of some files, in any order; they may be changed only where `signer` is given.
 * @throws RepoError InvalidData for files that make no repository, or are changed; and as the files' own readers
 */
export function packCar(files: Iterable<UnpackedFile>, signer?: PackSigner): PackedCar {
  const byPath = new Map<string, UnpackedFile>()
  for (const file of files) byPath.set(file.path, file)
  const beyond: CarBlock[] = []
  for (let n = 1; byPath.has(`beyond-${n}.car`); n++) beyond.push(...readBeyond(take(byPath, `beyond-${n}.car`)!))
  const indexFile = take(byPath, INDEX_NAME)
  const blocksFile = take(byPath, BLOCKS_NAME)
  const commitFile = take(byPath, 'commit.json')
  if (!commitFile) throw new RepoError('InvalidData', 'there is no commit.json')
  const { commit, cid, bytes } = packCommit(commitFile)
  const index = indexFile ? parseIndex(indexFile.bytes) : null
  assertUnpacked(index, cid)

  const blocks = Array.from(byPath.values(), packRecord).sort((a, b) => (a.path < b.path ? -1 : 1))
  const packing = new RepoPacking(commit, index)
  for (const block of blocks) packing.add(block)
  packing.finish()
  if (packing.isChanged && !signer)
    throw new RepoError('InvalidData', 'the records have changed, and there is no key to sign them')
  const head = packing.isChanged ? packing.sign(signer!.key, signer!.nextRev(commit.rev)) : { cid, bytes }
  const layout = packing.isChanged || !blocksFile ? null : { ...parseLayout(blocksFile.bytes), beyond: beyond.length }
  const pieces = [headerOf(head.cid, layout)]
  for (const block of packing.blocks(head, layout)) {
    const found = 'bytes' in block ? block : 'record' in block ? blocks[block.record]! : beyond[block.beyond]!
    pieces.push(encodeCarSection(found.cid, found.bytes))
  }
  return { head: head.cid, car: joined(pieces), changes: packing.isChanged ? packing.changes : null }
}

/** Entries in order of their keys. */
export function inOrder<Value>(map: ReadonlyMap<string, Value>): [string, Value][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1))
}

function take(files: Map<string, UnpackedFile>, path: string): UnpackedFile | undefined {
  const file = files.get(path)
  files.delete(path)
  return file
}
