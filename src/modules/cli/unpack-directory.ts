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
  const layout = new CarLayout()
  const wanted = await wantedRecords(source, layout)
  if (!existsSync(path)) mkdirSync(path, { recursive: true })
  const directory = UnpackedDirectory.open(path)
  const index = readIndex(directory)
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

/** What records there are to be, every one of them looked at, and all blocks for `layout`. */
async function wantedRecords(source: UnpackSource, layout: CarLayout): Promise<Map<string, CidKeys>> {
  const wanted = new Map<string, CidKeys>()
  const builder = new TreeBuilder(() => undefined)
  layout.walk(source.head)
  await source.walk(
    ({ path, cid, bytes }) => {
      if (!cid.matches(bytes())) throw new RepoError('InvalidData', `record ${path}: does not hash to its CID`)
      builder.add(path, cid)
      wanted.set(path, cidKey(cid))
      if (wanted.size > MAX_FILES)
        throw new RepoError('LimitExceeded', `a repository of more than ${MAX_FILES} records`)
      return undefined
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
        found.set(key, form)
        const cid = cidKey(packRecord({ path, bytes: readRecordFile(directory, path) }).cid)
        if (cid !== wanted.get(key) && !isAmong(known, cid)) directory.refuse(path, 'was changed after it was unpacked')
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
          onRecord(block)
          done.records++
          return this.putRecord(path, unpackRecord({ path, cid, bytes: block }))
        },
        () => progress.to(++blocks),
      )
    } finally {
      progress.end()
    }
    for (const [key, form] of plan.found) if (!plan.wanted.has(key)) await this.remove(pathOfRecord(key, form))
    for await (const file of source.layoutFiles(layout)) await this.putTop(file, Cid.ofRaw(file.bytes))
    for (const path of directory.top)
      if ((path === BLOCKS_NAME || numberOfBeyond(path) !== null) && !this.top.has(path)) await this.remove(path)
    await this.putTop(unpackCommit(source.commitBlock), source.head)
    await this.files.flush()
    // Only now does it name what is there, and nothing else.
    const index = formatIndex(true, inOrder(this.top), plan.wanted)
    if (this.hasBegun || !this.isThere(index)) await this.files.write(index)
    await this.files.flush()
    return done
  }

  private putRecord(key: string, file: UnpackedFile): Promise<void> | undefined {
    const form = this.plan.found.get(key)
    if (form === undefined) return this.write(file)
    const before = pathOfRecord(key, form)
    if (before !== file.path) return this.remove(before).then(() => this.write(file))
    return readRecordFile(this.directory, before).equals(file.bytes) ? undefined : this.write(file)
  }

  private async putTop(file: UnpackedFile, cid: Cid): Promise<void> {
    this.top.set(file.path, cidKey(cid))
    if (!this.isThere(file)) await this.write(file)
  }

  private isThere({ path, bytes }: UnpackedFile): boolean {
    return this.directory.top.has(path) && readTop(this.directory, path).equals(bytes)
  }

  private write(file: UnpackedFile): Promise<void> | undefined {
    this.done.written++
    return this.hasBegun ? this.files.write(file) : this.begin().then(() => this.files.write(file))
  }

  private async remove(path: string): Promise<void> {
    if (!this.hasBegun) await this.begin()
    this.files.remove(path)
    this.done.removed++
  }

  /** Before the first change it is written down what may stand there until the last one. */
  private async begin(): Promise<void> {
    this.hasBegun = true
    const { index, source, plan } = this
    const commit = union(index?.top.get(COMMIT_NAME), cidKey(source.head))
    const records = unions(index?.records ?? new Map<string, CidKeys>(), plan.wanted)
    await this.files.write(formatIndex(false, [[COMMIT_NAME, commit]], records))
    await this.files.flush()
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
