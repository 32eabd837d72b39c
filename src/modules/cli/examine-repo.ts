import {
  type Blockstore,
  type Cid,
  type DecodedCommit,
  type Did,
  readCommit,
  PICTURE_ITEMS,
  type PictureNode,
  readRecord,
  RepoError,
  TreePicture,
  walkTree,
} from '../../repo-engine/index.js'
import { inSlices } from '../repo/in-slices.js'
import { RecordFigures } from './record-figures.js'

/** Problems that are told one by one; of more there is only the number. */
const MAX_PROBLEMS = 1_000

/** Where an examination finds the blocks of a repository. */
export interface RepoSource extends Blockstore {
  readonly head: Cid
  /** Layer of the root node, for those that file nodes by position. */
  readonly layer?: number
  /** Called before anything that stands at a key is read: the record, and the nodes up to the next key. '' comes first. */
  turnTo?(key: string): Promise<void>
}

export interface LayerShape {
  layer: number
  nodes: number
  entries: number
  bytes: number
}

export interface CollectionSize {
  name: string
  records: number
  bytes: number
}

/** What a repository is made of, as far as it could be read. */
export interface Examination {
  /** Null: not even this could be read. */
  commit: DecodedCommit | null
  commitBytes: number
  /** Highest layer first. */
  layers: LayerShape[]
  /** In order of their names. */
  collections: CollectionSize[]
  /** What the records are like, by their sizes and keys. */
  figures: RecordFigures
  /** The tree as it can be drawn; null where nothing of it could be read. */
  picture: PictureNode | null
  /** True when the tree was walked to its end. */
  whole: boolean
  problems: Problems
}

/** A list of what is wrong that stays bounded. */
export class Problems {
  readonly told: string[] = []
  private more = 0

  add(...problems: string[]): void {
    for (const problem of problems)
      if (this.told.length < MAX_PROBLEMS) this.told.push(problem)
      else this.more++
  }

  get count(): number {
    return this.told.length + this.more
  }

  lines(): string[] {
    return this.more === 0 ? this.told : [...this.told, `… and ${this.more} more`]
  }
}

/**
 * Reads everything that the head leads to, checking hashes, the structure of the tree and every record, and goes on
 * after a bad record; a bad node ends the walk, as nobody can say what was below it. `onProgress` is told the number
 * of nodes and records so far.
 */
export async function examineRepo(
  source: RepoSource,
  did: Did | undefined,
  onProgress: (blocks: number) => void,
): Promise<Examination> {
  const problems = new Problems()
  const found: Examination = {
    ...{ commit: null, commitBytes: 0, layers: [], collections: [], figures: new RecordFigures(), picture: null },
    ...{ whole: false, problems },
  }
  try {
    const { commit, bytes } = readCommit(source, source.head, { did })
    found.commit = commit
    found.commitBytes = bytes.length
    await walk(source, commit, found, onProgress)
    found.whole = true
  } catch (error) {
    if (!(error instanceof RepoError)) throw error
    problems.add(found.commit ? `${error.message}; what is below it was not looked at` : error.message)
  }
  found.layers.sort((a, b) => b.layer - a.layer)
  return found
}

async function walk(
  source: RepoSource,
  commit: DecodedCommit,
  found: Examination,
  onProgress: (blocks: number) => void,
): Promise<void> {
  const layers = new Map<number, LayerShape>()
  const picture = new TreePicture(PICTURE_ITEMS)
  let blocks = 0
  const takeRecord = (path: string, cid: Cid): void => {
    const collection = collectionAt(found.collections, path)
    collection.records++
    try {
      const { length } = readRecord(source, path, cid).bytes
      collection.bytes += length
      found.figures.add(path, length)
    } catch (error) {
      if (!(error instanceof RepoError)) throw error
      found.problems.add(error.message.includes(path) ? error.message : `record ${path}: ${error.message}`)
    }
  }
  await source.turnTo?.('')
  await inSlices(walkTree(source, commit.data, { rootLayer: source.layer }), (item) => {
    onProgress(++blocks)
    picture.add(item)
    found.picture ??= picture.finish()
    if (item.kind === 'entry') {
      const { key, value } = item
      const ready = source.turnTo?.(key)
      if (ready) return ready.then(() => takeRecord(key, value))
      takeRecord(key, value)
      return undefined
    }
    const { layer } = item.at
    let shape = layers.get(layer)
    if (!shape) {
      shape = { layer, nodes: 0, entries: 0, bytes: 0 }
      layers.set(layer, shape)
      found.layers.push(shape)
    }
    shape.nodes++
    shape.entries += item.entries
    shape.bytes += item.bytes.length
    return undefined
  })
}

/** The collection that a path is in; paths come in order. */
function collectionAt(collections: CollectionSize[], path: string): CollectionSize {
  const name = path.slice(0, path.indexOf('/'))
  let last = collections.at(-1)
  if (last?.name !== name) {
    last = { name, records: 0, bytes: 0 }
    collections.push(last)
  }
  return last
}
