import {
  Cid,
  type DataMap,
  dataToJson,
  decodeCbor,
  type PictureEntry,
  type PictureNode,
  RepoError,
} from '../../repo-engine/index.js'
import type { DrawnRecords } from './inspect-page.js'

/** Most characters of JSON that a page takes in all, and of one record. */
const MAX_ALL = 8_000_000
const MAX_ONE = 100_000

/** Where the records of a repository are found by path and CID; null: it is not there. */
export type RecordsByPath = (path: string, cid: Cid) => Promise<Uint8Array | null>

/** Reads the records that a picture shows, as many as a page can hold. What cannot be read is left out. */
export async function drawnRecords(picture: PictureNode | null, find: RecordsByPath): Promise<DrawnRecords> {
  const values = new Map<string, unknown>()
  let [size, left] = [0, 0]
  for (const { key, cid } of picture ? entriesOf(picture) : []) {
    const value = await readJson(key, Cid.parse(cid), find)
    if (value === undefined) continue
    const length = JSON.stringify(value).length
    if (length > MAX_ONE || size + length > MAX_ALL) left++
    else {
      values.set(key, value)
      size += length
    }
  }
  return { values: Object.fromEntries(values), left }
}

function* entriesOf({ below }: PictureNode): Generator<PictureEntry> {
  for (const item of below)
    if (item.kind === 'entry') yield item
    else if (item.kind === 'node') yield* entriesOf(item)
}

async function readJson(path: string, cid: Cid, find: RecordsByPath): Promise<unknown> {
  const bytes = await find(path, cid)
  try {
    return bytes === null ? undefined : dataToJson(decodeCbor(bytes) as DataMap)
  } catch (error) {
    // The examination has told of it.
    if (error instanceof RepoError) return undefined
    throw error
  }
}
