/**
 * Brings a directory to what a repository is: first everything is looked at and nothing is touched, then what differs is
 * written. What stands there is ours to replace when its record is one that the index names for its path, or the very
 * one that is to be there; anything else somebody has made, and it stops the work before it begins.
 */
import { existsSync, mkdirSync } from 'node:fs'
import {
  assertRebuilt,
  BLOCKS_NAME,
  CAR_LIMITS,
  CarLayout,
  Cid,
  cidKey,
  type CidKeys,
  formatIndex,
  INDEX_NAME,
  inOrder,
  isAmong,
  MAX_JSON_BYTES,
  numberOfBeyond,
  packCommit,
  packRecord,
  parseIndex,
  pathOfRecord,
  type RecordForm,
  RepoError,
  TreeBuilder,
  unpackCommit,
  type UnpackedFile,
  type UnpackedIndex,
  unpackRecord,
} from '../../repo-engine/index.js'
import { DurableFiles } from './durable-files.js'
import { startProgress } from './progress.js'
import type { UnpackSource } from './unpack-source.js'
import { MAX_FILES, UnpackedDirectory } from './unpacked-directory.js'

export const COMMIT_NAME = 'commit.json'
/** Most bytes of the files at the top: an index of a million long keys, the order of millions of blocks, a few blocks. */
const MAX_TOP_BYTES: Readonly<Record<string, number>> = {
  [INDEX_NAME]: 1 << 30,
  [BLOCKS_NAME]: 1 << 27,
  [COMMIT_NAME]: 1 << 20,
}
const MAX_BEYOND_BYTES = 1 << 24

/** Records by their keys: what is to be there, in order, and in which form there is something. */
interface Plan {
  readonly wanted: Map<string, CidKeys>
  readonly found: Map<string, RecordForm>
}

export interface Unpacked {
  records: number
  written: number
  removed: number
}

/** @throws Strangers; Error of the disk; RepoError for a repository that cannot be unpacked. Nothing has changed then, but for errors of the disk. */
export async function unpackInto(
  path: string,
  source: UnpackSource,
  onRecord: (bytes: Uint8Array) => void,
): Promise<Unpacked> {
  if (!existsSync(path)) mkdirSync(path, { recursive: true })
  const directory = UnpackedDirectory.open(path)
  const index = readIndex(directory)
  const layout = new CarLayout()
  const wanted = await wantedRecords(source, layout)
  checkTop(directory, index, source.head)
  const found = checkRecords(directory, index, wanted)
  directory.assertNoStrangers()
  const files = new DurableFiles(directory.root)
  try {
    return await new Unpacking(directory, source, index, { wanted, found }, files).run(layout, onRecord)
  } finally {
    files.close()
  }
}

/** Null where there is none. */
export function readIndex(directory: UnpackedDirectory): UnpackedIndex | null {
  return directory.top.has(INDEX_NAME) ? parseIndex(readTop(directory, INDEX_NAME)) : null
}

/** The bytes of a file at the top. */
export function readTop(directory: UnpackedDirectory, name: string): Buffer {
  return directory.read(name, MAX_TOP_BYTES[name] ?? MAX_BEYOND_BYTES)
}

/** The bytes of a record's file, of any form. */
export function readRecordFile(directory: UnpackedDirectory, path: string): Buffer {
  return directory.read(path, path.endsWith('.json') ? MAX_JSON_BYTES : CAR_LIMITS.maxBlockBytes)
}

function readAny(directory: UnpackedDirectory, path: string): Buffer {
  return directory.top.has(path) ? readTop(directory, path) : readRecordFile(directory, path)
}

/** What records there are to be, and all blocks for `layout`. */
async function wantedRecords(source: UnpackSource, layout: CarLayout): Promise<Map<string, CidKeys>> {
  const wanted = new Map<string, CidKeys>()
  const builder = new TreeBuilder(() => undefined)
  layout.walk(source.head)
  await source.walk(
    ({ path, cid }) => {
      builder.add(path, cid)
      wanted.set(path, cidKey(cid))
      if (wanted.size > MAX_FILES)
        throw new RepoError('LimitExceeded', `a repository of more than ${MAX_FILES} records`)
    },
    (cid) => layout.walk(cid),
  )
  assertRebuilt(builder, source.commit.data)
  return wanted
}

/** Whether all files of records are ours. Gives which there are. */
function checkRecords(
  directory: UnpackedDirectory,
  index: UnpackedIndex | null,
  wanted: ReadonlyMap<string, CidKeys>,
): Map<string, RecordForm> {
  const found = new Map<string, RecordForm>()
  const progress = startProgress('Checking', directory.records.length, 'files')
  let done = 0
  for (const { key, form } of directory.records.splice(0)) {
    const path = pathOfRecord(key, form)
    const known = index?.records.get(key)
    const isNamed = known !== undefined || wanted.has(key)
    if (!isNamed) directory.refuse(path, 'not a record that was unpacked')
    else if (found.has(key)) directory.refuse(path, `stands beside another file of ${key}`)
    else
      directory.attempt(() => {
        const cid = cidKey(packRecord({ path, bytes: readRecordFile(directory, path) }).cid)
        if (cid !== wanted.get(key) && !isAmong(known, cid)) directory.refuse(path, 'was changed after it was unpacked')
        else found.set(key, form)
      })
    progress.to(++done)
  }
  progress.end()
  return found
}

/** Whether all that stands at the top is ours. */
function checkTop(directory: UnpackedDirectory, index: UnpackedIndex | null, head: Cid): void {
  for (const path of directory.top)
    directory.attempt(() => {
      if (path === INDEX_NAME) return
      const bytes = readTop(directory, path)
      const cid = path === COMMIT_NAME ? packCommit({ path, bytes }).cid : Cid.ofRaw(bytes)
      if (isAmong(index?.top.get(path), cidKey(cid))) return
      // While a directory is being written, nothing is noted yet of what tells the order of blocks.
      const isOurs = path === COMMIT_NAME ? cid.equals(head) : index?.whole === false
      if (!isOurs) directory.refuse(path, index ? 'was changed after it was unpacked' : `no ${INDEX_NAME} is beside it`)
    })
}

/** The part that changes something. */
class Unpacking {
  private readonly top = new Map<string, CidKeys>()
  private hasBegun = false
  private readonly done: Unpacked = { records: 0, written: 0, removed: 0 }

  constructor(
    private readonly directory: UnpackedDirectory,
    private readonly source: UnpackSource,
    private readonly index: UnpackedIndex | null,
    private readonly plan: Plan,
    private readonly files: DurableFiles,
  ) {}

  async run(layout: CarLayout, onRecord: (bytes: Uint8Array) => void): Promise<Unpacked> {
    const { source, plan, directory, done } = this
    const progress = startProgress('Unpacking', source.blocks, 'blocks')
    let blocks = 0
    try {
      await source.walk(
        ({ path, cid, bytes }) => {
          const block = bytes()
          this.putRecord(path, unpackRecord({ path, cid, bytes: block }))
          onRecord(block)
          done.records++
        },
        () => progress.to(++blocks),
      )
    } finally {
      progress.end()
    }
    for (const [key, form] of plan.found) if (!plan.wanted.has(key)) this.remove(pathOfRecord(key, form))
    for await (const file of source.layoutFiles(layout)) this.putTop(file, Cid.ofRaw(file.bytes))
    for (const path of directory.top)
      if ((path === BLOCKS_NAME || numberOfBeyond(path) !== null) && !this.top.has(path)) this.remove(path)
    this.putTop(unpackCommit(source.commitBlock), source.head)
    this.files.flush()
    // Only now does it name what is there, and nothing else.
    this.put(formatIndex(true, inOrder(this.top), plan.wanted), directory.top.has(INDEX_NAME), true)
    this.files.flush()
    return done
  }

  private putRecord(key: string, file: UnpackedFile): void {
    const form = this.plan.found.get(key)
    const before = form && pathOfRecord(key, form)
    this.put(file, before === file.path)
    if (before !== undefined && before !== file.path) this.remove(before)
  }

  private putTop(file: UnpackedFile, cid: Cid): void {
    this.top.set(file.path, cidKey(cid))
    this.put(file, this.directory.top.has(file.path))
  }

  /** Writes a file where it is not there as it is to be. */
  private put(file: UnpackedFile, isThere: boolean, isIndex = false): void {
    if (isThere && this.hasBytes(file)) return
    if (!isIndex) this.begin()
    this.files.write(file)
    if (!isIndex) this.done.written++
  }

  private hasBytes({ path, bytes }: UnpackedFile): boolean {
    if (path === INDEX_NAME && this.hasBegun) return false
    return readAny(this.directory, path).equals(bytes)
  }

  private remove(path: string): void {
    this.begin()
    this.files.remove(path)
    this.done.removed++
  }

  /** Before the first change it is written down what may stand there until the last one. */
  private begin(): void {
    if (this.hasBegun) return
    this.hasBegun = true
    const { index, source, plan } = this
    const commit = union(index?.top.get(COMMIT_NAME), cidKey(source.head))
    this.files.write(formatIndex(false, [[COMMIT_NAME, commit]], unions(index?.records ?? new Map(), plan.wanted)))
    this.files.flush()
  }
}

/** Two maps in order, as one: where both have a key, with what either has. */
function* unions(
  known: ReadonlyMap<string, CidKeys>,
  wanted: ReadonlyMap<string, CidKeys>,
): Generator<[string, CidKeys]> {
  const rest = known.entries()
  let next = rest.next()
  for (const [key, cid] of wanted) {
    for (; !next.done && next.value[0] < key; next = rest.next()) yield next.value
    const before = !next.done && next.value[0] === key ? next.value[1] : undefined
    if (before !== undefined) next = rest.next()
    yield [key, union(before, cid)]
  }
  for (; !next.done; next = rest.next()) yield next.value
}

function union(known: CidKeys | undefined, wanted: CidKeys): CidKeys {
  return known === undefined || isAmong(known, wanted) ? (known ?? wanted) : known + wanted
}
