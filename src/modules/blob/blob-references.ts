import { Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { upTo } from '../config/up-to.js'
import type { Cid } from '../../repo-engine/index.js'
import { Database } from '../database/database.js'
import { POST, PROFILE } from '../lexicon/collections.js'
import type { Repo } from '../repo/repo-row.js'
import { Turns } from './turns.js'

/** Records looked at between two turns of other work. */
const PAGE = 100
const SEARCH_MS = 10_000
/** Searches at once, and of one repository. */
const SEARCHES = { atOnce: 2, ofOneKey: 1, waiting: 200 }
/** Blobs of which it is remembered which record refers to them. */
const MAX_PLACES = 50_000

/** Before and after all paths, and those of a collection: '0' is the character after '/'. */
const [FIRST, LAST] = ['', '\x7f']
const pathsOf = (collection: string): [from: string, to: string] => [`${collection}/`, `${collection}0`]
/** The whole of a repository, as ranges of paths: where a blob is likely to be, first. */
const RANGES: [from: string, to: string][] = [
  pathsOf(PROFILE),
  pathsOf(POST),
  [FIRST, pathsOf(POST)[0]],
  [pathsOf(POST)[1], LAST],
]

interface Row {
  path: string
  bytes: Buffer
}

/**
 * Which record of a repository refers to a blob. There is no table of that: it is searched for in the records' own bytes, in
 * which the CID stands as a link or, before 2023, as text; the profile first, then posts, newest first, then everything
 * else. Where one was found is remembered, and looked at again each time: when the record goes, so does the blob.
 */
@Injectable()
export class BlobReferences {
  private readonly places = new LRUCache<string, string>(upTo(MAX_PLACES))
  private readonly turns = new Turns(SEARCHES)

  constructor(private readonly database: Database) {}

  /**
   * Whether a record refers to the blob. A search takes 10 s at most: what it does not find by then, or when `stop` says
   * so, is not there. @throws XrpcError 503 NotEnoughResources when too many are searched for.
   */
  async has(repo: Repo, cid: Cid, stop: AbortSignal): Promise<boolean> {
    const key = `${repo.did}/${cid.toString()}`
    const place = this.places.get(key)
    if (place !== undefined && (await this.standsAt(repo, place, cid))) return true
    const found = await this.turns.run(repo.did, () => this.search(repo, cid, stop))
    if (found === null) this.places.delete(key)
    else this.places.set(key, found)
    return found !== null
  }

  private async standsAt({ tree }: Repo, path: string, cid: Cid): Promise<boolean> {
    const row = await this.database.read.get<Row>(
      'SELECT path, bytes FROM record WHERE tree = ? AND path = ?',
      tree,
      path,
    )
    return row !== undefined && mentions(row.bytes, cid)
  }

  private async search({ tree }: Repo, cid: Cid, stop: AbortSignal): Promise<string | null> {
    const until = performance.now() + SEARCH_MS
    for (const [from, to] of RANGES)
      for (let before = to; ;) {
        if (stop.aborted || performance.now() > until) return null
        const rows = await this.database.read.all<Row>(
          `SELECT path, bytes FROM record WHERE tree = ? AND path > ? AND path < ? ORDER BY path DESC LIMIT ${PAGE}`,
          tree,
          from,
          before,
        )
        const row = rows.find(({ bytes }) => mentions(bytes, cid))
        if (row) return row.path
        if (rows.length < PAGE) break
        before = rows.at(-1)!.path
        await new Promise(setImmediate)
      }
    return null
  }
}

function mentions(record: Buffer, cid: Cid): boolean {
  return record.indexOf(cid.bytes) >= 0 || record.includes(cid.toString())
}
