import { Injectable } from '@nestjs/common'
import { Cid, type Did, isDid } from '../../repo-engine/index.js'
import { type Answer, Database, type Reader } from '../database/database.js'
import { HandleResolver } from '../identity/handle-resolver.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { readRepo, type Repo, type RepoStatus } from './repo-row.js'

/** A record as it is stored. */
export interface StoredRecord {
  path: string
  cid: Cid
  bytes: Buffer
}

interface RecordRow {
  path: string
  cid: Buffer
  bytes: Buffer
}

/** Which records of a collection: keys strictly between `after` and `before`. */
export interface RecordRange {
  collection: string
  after?: string
  before?: string
  limit: number
  /** Ascending by key; otherwise newest (greatest key) first. */
  ascending: boolean
  /** The account, to leave out what is taken down of it; left out: that is there, too. */
  shownOf?: Did
}

/** What is stored of repositories, for those who only read. */
@Injectable()
export class RepoQueries {
  constructor(
    private readonly database: Database,
    private readonly handles: HandleResolver,
  ) {}

  /** The DID that a `repo` parameter means. @throws XrpcError 400 RepoNotFound for an unknown handle. */
  async didOf(identifier: string): Promise<Did> {
    if (isDid(identifier)) return identifier
    const did = await this.handles.resolve(identifier)
    if (!did) throw invalidRequest(`Could not find repo: ${identifier}`, 'RepoNotFound')
    return did as Did
  }

  /** True when the handle resolves to the DID. */
  async handleMeans(handle: string, did: string): Promise<boolean> {
    return (await this.handles.resolve(handle)) === did
  }

  /** The repository of a DID, whatever its status. @throws XrpcError 400 RepoNotFound. */
  async repo(did: string, reader: Reader = this.database.read): Promise<Repo> {
    const repo = await readRepo(reader, did)
    if (!repo || repo.status === 'deleted') throw notFound(did)
    return repo
  }

  /**
   * The repository of a DID, if its data may be given out; `whatever` its status, to its owner and to moderators.
   * @throws XrpcError 400 RepoNotFound, RepoTakendown, …
   */
  async available(did: string, reader: Reader = this.database.read, whatever = false): Promise<Repo> {
    const repo = await this.repo(did, reader)
    if (!whatever) assertAvailable(did, repo.status)
    return repo
  }

  /**
   * One record, or null; `whatever` is taken down, for moderators.
   * @throws XrpcError 400 when the repository is not here or not available.
   */
  async record(did: string, path: string, whatever = false): Promise<StoredRecord | null> {
    const row = whatever ? await this.anyRecord(did, path) : await this.shownRecord(did, path)
    if (row) return { path, cid: Cid.fromBytes(row.cid), bytes: row.bytes }
    await this.available(did, this.database.read, whatever)
    return null
  }

  private shownRecord(did: string, path: string): Answer<Omit<RecordRow, 'path'> | undefined> {
    // A subquery, because SQLite takes three times as long for the join.
    return this.database.read.get(
      `SELECT cid, bytes FROM record WHERE tree = (SELECT tree FROM repo WHERE did = ? AND status IS NULL) AND path = ?
         AND NOT EXISTS (SELECT 1 FROM takedown WHERE subject = ?)`,
      did,
      path,
      `at://${did}/${path}`,
    )
  }

  private anyRecord(did: string, path: string): Answer<Omit<RecordRow, 'path'> | undefined> {
    return this.database.read.get(
      `SELECT cid, bytes FROM record
       WHERE tree = (SELECT tree FROM repo WHERE did = ? AND coalesce(status, '') <> 'deleted') AND path = ?`,
      did,
      path,
    )
  }

  /** Records of one collection by key. */
  async records(tree: number, range: RecordRange): Promise<StoredRecord[]> {
    const { collection, limit, ascending } = range
    // '0' is the character after '/': the end of the collection's paths.
    const after = range.after === undefined ? `${collection}/` : `${collection}/${range.after}`
    const before = range.before === undefined ? `${collection}0` : `${collection}/${range.before}`
    const shown = range.shownOf === undefined ? '' : SHOWN
    const rows = await this.database.read.all<RecordRow>(
      `SELECT path, cid, bytes FROM record WHERE tree = ? AND path > ? AND path < ? ${shown}
       ORDER BY path ${ascending ? 'ASC' : 'DESC'} LIMIT ?`,
      ...[tree, after, before],
      ...(range.shownOf === undefined ? [] : [`at://${range.shownOf}/`]),
      limit,
    )
    return rows.map(({ path, cid, bytes }) => ({ path, cid: Cid.fromBytes(cid), bytes }))
  }

  /** Collections with at least one record, in order of their paths. */
  async collections(tree: number): Promise<string[]> {
    const found: string[] = []
    for (let after = ''; ;) {
      const row = await this.database.read.get<{ path: string }>(
        'SELECT path FROM record WHERE tree = ? AND path > ? ORDER BY path LIMIT 1',
        tree,
        after,
      )
      if (!row) return found
      const collection = row.path.slice(0, row.path.indexOf('/'))
      found.push(collection)
      after = `${collection}0`
    }
  }
}

/** Of an account whose at-uri is given: what is not taken down. */
const SHOWN = 'AND NOT EXISTS (SELECT 1 FROM takedown WHERE subject = ? || record.path)'

function notFound(did: string): Error {
  return invalidRequest(`Could not find repo for DID: ${did}`, 'RepoNotFound')
}

const UNAVAILABLE: Record<RepoStatus, string> = {
  deactivated: 'RepoDeactivated',
  takendown: 'RepoTakendown',
  suspended: 'RepoSuspended',
  deleted: 'RepoNotFound',
}

/** @throws XrpcError 400 RepoTakendown, RepoDeactivated … for a repository that is not active */
export function assertAvailable(did: string, status: RepoStatus | null): void {
  if (status) throw invalidRequest(`Repo has been ${status}: ${did}`, UNAVAILABLE[status])
}
