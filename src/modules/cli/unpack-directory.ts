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
  formatIndex,
  INDEX_NAME,
  MAX_JSON_BYTES,
  numberOfBeyond,
  packCommit,
  packRecord,
  parseIndex,
  parseRecordPath,
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

/** One record: what it was when it was unpacked, what it is to be (texts of CIDs), and how it lies there now. */
interface Place {
  known: string | null
  wanted: string | null
  found: RecordForm | null
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
  const places = await plan(source, index, layout)
  checkTop(directory, index, source.head)
  check(directory, places)
  directory.assertNoStrangers()
  const files = new DurableFiles(directory.root)
  try {
    return await new Unpacking(directory, source, index, places, files).run(layout, onRecord)
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

async function plan(source: UnpackSource, index: UnpackedIndex | null, layout: CarLayout): Promise<Map<string, Place>> {
  const places = new Map<string, Place>()
  for (const [key, known] of index?.records ?? []) places.set(key, { known, wanted: null, found: null })
  const builder = new TreeBuilder(() => undefined)
  let records = 0
  layout.walk(source.head)
  await source.walk(
    ({ path, cid }) => {
      builder.add(path, cid)
      const place = places.get(path)
      if (place) place.wanted = cid.toString()
      else places.set(path, { known: null, wanted: cid.toString(), found: null })
      if (++records > MAX_FILES) throw new RepoError('LimitExceeded', `a repository of more than ${MAX_FILES} records`)
    },
    (cid) => layout.walk(cid),
  )
  assertRebuilt(builder, source.commit.data)
  return places
}

/** Whether all files of records are ours. Notes which there are. */
function check(directory: UnpackedDirectory, places: Map<string, Place>): void {
  const progress = startProgress('Checking', directory.records.length, 'files')
  let done = 0
  for (const path of directory.records) {
    progress.to(++done)
    try {
      const { key, form } = parseRecordPath(path)
      const place = places.get(key)
      if (!place) directory.refuse(path, 'not a record that was unpacked')
      else if (place.found) directory.refuse(path, `stands beside another file of ${key}`)
      else {
        place.found = form
        const cid = packRecord({ path, bytes: readRecordFile(directory, path) }).cid.toString()
        if (cid !== place.wanted && !place.known?.split(' ').includes(cid))
          directory.refuse(path, 'was changed after it was unpacked')
      }
    } catch (error) {
      directory.strangers.push((error as Error).message)
    }
  }
  progress.end()
}

/** Whether all that stands at the top is ours. */
function checkTop(directory: UnpackedDirectory, index: UnpackedIndex | null, head: Cid): void {
  for (const path of directory.top) {
    if (path === INDEX_NAME) continue
    try {
      const bytes = readTop(directory, path)
      const cid = path === COMMIT_NAME ? packCommit({ path, bytes }).cid : Cid.ofRaw(bytes)
      if (index?.top.get(path)?.split(' ').includes(cid.toString())) continue
      // While a directory is being written, nothing is noted yet of what tells the order of blocks.
      const isOurs = path === COMMIT_NAME ? cid.equals(head) : index?.whole === false
      if (!isOurs)
        directory.refuse(path, index ? 'was changed after it was unpacked' : `there is no ${INDEX_NAME} beside it`)
    } catch (error) {
      directory.strangers.push((error as Error).message)
    }
  }
}

/** The part that changes something. */
class Unpacking {
  private readonly top = new Map<string, string>()
  private hasBegun = false
  private readonly done: Unpacked = { records: 0, written: 0, removed: 0 }

  constructor(
    private readonly directory: UnpackedDirectory,
    private readonly source: UnpackSource,
    private readonly index: UnpackedIndex | null,
    private readonly places: Map<string, Place>,
    private readonly files: DurableFiles,
  ) {}

  async run(layout: CarLayout, onRecord: (bytes: Uint8Array) => void): Promise<Unpacked> {
    const { source, places, directory, done } = this
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
    for (const [key, { wanted, found }] of places) if (!wanted && found) this.remove(pathOfRecord(key, found))
    for await (const file of source.layoutFiles(layout)) this.putTop(file, Cid.ofRaw(file.bytes))
    for (const path of directory.top)
      if ((path === BLOCKS_NAME || numberOfBeyond(path) !== null) && !this.top.has(path)) this.remove(path)
    this.putTop(unpackCommit(source.commitBlock), source.head)
    this.files.flush()
    // Only now does it name what is there, and nothing else.
    this.put(
      formatIndex(
        true,
        this.top,
        this.sorted(({ wanted }) => wanted),
      ),
      directory.top.has(INDEX_NAME),
      true,
    )
    this.files.flush()
    return done
  }

  private putRecord(key: string, file: UnpackedFile): void {
    const { found } = this.places.get(key)!
    const before = found && pathOfRecord(key, found)
    this.put(file, before === file.path)
    if (before !== null && before !== file.path) this.remove(before)
  }

  private putTop(file: UnpackedFile, cid: Cid): void {
    this.top.set(file.path, cid.toString())
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
    const { index, source } = this
    const commit = union(index?.top.get(COMMIT_NAME) ?? null, source.head.toString())!
    const records = this.sorted(({ known, wanted }) => union(known, wanted))
    this.files.write(formatIndex(false, [[COMMIT_NAME, commit]], records))
    this.files.flush()
  }

  private sorted(pick: (place: Place) => string | null): Iterable<[string, string]> {
    const { places } = this
    return (function* () {
      for (const key of [...places.keys()].sort()) {
        const cids = pick(places.get(key)!)
        if (cids !== null) yield [key, cids]
      }
    })()
  }
}

function union(known: string | null, wanted: string | null): string | null {
  if (known === null || wanted === null) return known ?? wanted
  return known.split(' ').includes(wanted) ? known : `${known} ${wanted}`
}
