import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import {
  assertFewRepeats,
  type CarLayout,
  CarParser,
  type Cid,
  type DecodedCommit,
  type Did,
  readCommit,
  type UnpackedFile,
  walkTree,
} from '../../repo-engine/index.js'
import type { Config } from '../config/config.js'
import type { Reader } from '../database/database.js'
import { SqliteDatabase } from '../database/sqlite-database.js'
import { inSlices } from '../repo/in-slices.js'
import { CarRepo } from './car-repo.js'
import type { RepoSource } from './examine-repo.js'
import { namedRepo } from './named-repo.js'
import { startProgress } from './progress.js'
import { StoredRepo } from './stored-repo.js'

const CHUNK = 256 * 1024

/** A record of the tree; its bytes are read when they are asked for, and then only until the next one comes. */
export interface SourceRecord {
  readonly path: string
  readonly cid: Cid
  bytes(): Uint8Array
}

type OnRecord = (record: SourceRecord) => Promise<void> | undefined

/** A repository that is to be unpacked: its head, and its tree as often as it is wanted. */
export interface UnpackSource {
  readonly head: Cid
  readonly commit: DecodedCommit
  readonly commitBlock: Uint8Array
  /** About how many nodes and records there are. */
  readonly blocks: number
  /** Goes over the tree in pre-order. `onBlock` is told every node and record, before `onRecord`, which is waited for. */
  walk(onRecord: OnRecord, onBlock: (cid: Cid) => void): Promise<void>
  /** What is to be noted of the CAR besides; `layout` has been told all blocks of the repository. */
  layoutFiles(layout: CarLayout): AsyncIterable<UnpackedFile>
}

/**
 * Opens what an argument names, a CAR file or the DID or handle of a repository kept here, and does something with it.
 * `did` is null for a file. @throws WrongUsage; Error when it is not there; RepoError when it cannot be read
 */
export async function withUnpackSource<T>(
  target: string,
  config: Config,
  use: (source: UnpackSource, did: Did | null) => Promise<T>,
): Promise<T> {
  const named = await namedRepo(target, config)
  return 'did' in named
    ? withStored(named.did, config, (source) => use(source, named.did))
    : withCar(named.file, named.size, (source) => use(source, null))
}

async function withCar<T>(file: string, size: number, use: (source: UnpackSource) => Promise<T>): Promise<T> {
  const reading = startProgress('Reading', size)
  const car = await CarRepo.open(file, (bytes) => reading.to(bytes)).finally(() => reading.end())
  try {
    assertFewRepeats(car.blocks + car.repeated, car.blocks)
    const { commit, bytes } = readCommit(car, car.head, {})
    return await use({
      head: car.head,
      commit,
      commitBlock: bytes,
      blocks: car.blocks,
      walk: (onRecord, onBlock) => walkSource(car, commit.data, onRecord, onBlock),
      layoutFiles: (layout) => layoutOf(file, car.head, layout),
    })
  } finally {
    car.close()
  }
}

async function withStored<T>(did: Did, config: Config, use: (source: UnpackSource) => Promise<T>): Promise<T> {
  const { dataDirectory } = config
  const database = await SqliteDatabase.openReadOnly(join(dataDirectory, 'skylog.sqlite'))
  try {
    return await database.snapshot(async (reader) => {
      const stored = await openStored(reader, did, dataDirectory)
      const { commit, bytes } = readCommit({ get: () => stored.commitBlock }, stored.head, { did })
      return use({
        head: stored.head,
        commit,
        commitBlock: bytes,
        blocks: await stored.countRows(),
        // Rows are read once, in order: every walk takes them anew.
        walk: async (onRecord, onBlock) =>
          walkSource(await openStored(reader, did, dataDirectory), commit.data, onRecord, onBlock),
        // A repository that is kept here is exported in the order that a CAR has anyway.
        layoutFiles: async function* () {},
      })
    })
  } finally {
    await database.close()
  }
}

async function openStored(reader: Reader, did: Did, directory: string): Promise<StoredRepo> {
  const stored = await StoredRepo.open(reader, did)
  if (!stored) throw new Error(`${did} has no repository in ${directory}`)
  if (stored.problems[0] !== undefined) throw new Error(stored.problems[0])
  return stored
}

async function walkSource(
  source: RepoSource,
  data: Cid,
  onRecord: OnRecord,
  onBlock: (cid: Cid) => void,
): Promise<void> {
  await source.turnTo?.('')
  await inSlices(walkTree(source, data, { rootLayer: source.layer }), (item) => {
    if (item.kind === 'node') {
      onBlock(item.cid)
      return undefined
    }
    const { key: path, value: cid } = item
    const bytes = (): Uint8Array => {
      const found = source.get(cid)
      if (!found) throw new Error(`record ${path}: missing block ${cid.toString()}`)
      return found
    }
    const take = (): Promise<void> | undefined => {
      onBlock(cid)
      return onRecord({ path, cid, bytes })
    }
    return source.turnTo?.(path).then(take) ?? take()
  })
}

async function* layoutOf(file: string, head: Cid, layout: CarLayout): AsyncGenerator<UnpackedFile> {
  const parser = new CarParser({ maxBytes: Infinity, maxBlocks: Infinity })
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK }) as AsyncIterable<Buffer>)
    for (const block of parser.push(chunk)) yield* layout.take(block)
  parser.finish()
  yield* layout.finish(head, parser.header!)
}
