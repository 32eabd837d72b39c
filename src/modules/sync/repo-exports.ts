import { Injectable } from '@nestjs/common'
import { type CarBlock, Cid, encodeCar, type NodePosition, provePath } from '../../repo-engine/index.js'
import { Database, type Reader } from '../database/database.js'
import { type HeadNode, HeadTree } from '../repo/head-tree.js'
import { RepoQueries } from '../repo/repo-queries.js'
import { invalidRequest, XrpcError } from '../xrpc/xrpc-error.js'
import { exportRepo, exportSince } from './export-repo.js'

/** Exports that may run at once, each on a snapshot of its own, and that may wait. */
const MAX_RUNNING = 5
const MAX_WAITING = 100
/** An export that its reader does not take this long is given up: the WAL cannot shrink below its snapshot. */
const STALL_MS = 60_000
/** Rows looked at between two turns of other work when blocks are searched by CID. */
const SEARCH_ROWS = 500

/** Repositories, and provable parts of them, as CARs. Everything is read from one snapshot, so nothing is ever torn. */
@Injectable()
export class RepoExports {
  private running = 0
  private readonly waiting: (() => void)[] = []

  constructor(
    private readonly database: Database,
    private readonly queries: RepoQueries,
  ) {}

  /**
   * The whole repository, or what was written after the rev `since`, in streamable order. A snapshot is held from the
   * first chunk that is asked for to the end of the iteration. `whatever` its status, here as in the others. @throws XrpcError RepoNotFound …, 503 NotEnoughResources.
   */
  async export(did: string, since: string | null, whatever = false): Promise<AsyncGenerator<Buffer>> {
    await this.queries.available(did, undefined, whatever)
    if (this.waiting.length >= MAX_WAITING) throw new XrpcError(503, 'NotEnoughResources', 'too many exports at once')
    return this.chunks(did, since, whatever)
  }

  /** Whether there is a repository of a DID, active or not. */
  async exists(did: string): Promise<boolean> {
    const row = await this.database.read.get(
      "SELECT 1 FROM repo WHERE did = ? AND coalesce(status, '') <> 'deleted'",
      did,
    )
    return row !== undefined
  }

  private async *chunks(did: string, since: string | null, whatever: boolean): AsyncGenerator<Buffer> {
    await this.enter()
    // The snapshot is a callback and the CAR a generator; chunks pass from one to the other by hand.
    const chunks = new Handover()
    const done = this.database
      .snapshot(async (reader) => {
        const repo = await this.queries.available(did, reader, whatever)
        const car = since === null ? exportRepo(reader, repo) : exportSince(reader, repo, since)
        for await (const chunk of car) if (!(await chunks.put(chunk))) return
      })
      .then(
        () => chunks.end(),
        (error: unknown) => chunks.end(error),
      )
    try {
      yield* chunks.take()
    } finally {
      await done
      this.leave()
    }
  }

  /** A CAR that proves what stands under a path: commit, the nodes down to it, and the record if there is one. */
  async proveRecord(did: string, path: string, whatever = false): Promise<Buffer> {
    return this.database.snapshot(async (reader) => {
      const repo = await this.queries.available(did, reader, whatever)
      const head = await HeadTree.open(reader, repo)
      const nodes = await head.read(() => provePath(head.tree, path))
      const commit = await commitBlock(reader, did)
      const record = await reader.get<{ cid: Buffer; bytes: Buffer }>(
        'SELECT cid, bytes FROM record WHERE tree = ? AND path = ?',
        repo.tree,
        path,
      )
      return encodeCar(repo.head, [
        { cid: repo.head, bytes: commit },
        ...nodes,
        ...(record ? [{ cid: Cid.fromBytes(record.cid), bytes: record.bytes }] : []),
      ])
    })
  }

  /**
   * Blocks of the current repository by CID. They are filed by place, so they are searched for: commit, records, nodes.
   * @throws XrpcError 400 BlockNotFound naming those that are not there.
   */
  async blocks(did: string, cids: Cid[], whatever = false): Promise<Buffer> {
    return this.database.snapshot(async (reader) => {
      const repo = await this.queries.available(did, reader, whatever)
      const wanted = new Map(cids.map((cid) => [cid.toString(), cid]))
      const found: CarBlock[] = []
      const take = (cid: Cid, bytes: Uint8Array): void => {
        if (wanted.delete(cid.toString())) found.push({ cid, bytes })
      }
      if (wanted.has(repo.head.toString())) take(repo.head, await commitBlock(reader, did))
      for (let after = ''; wanted.size > 0;) {
        const rows = await reader.all<{ path: string; cid: Buffer }>(
          'SELECT path, cid FROM record WHERE tree = ? AND path > ? ORDER BY path LIMIT ?',
          repo.tree,
          after,
          SEARCH_ROWS,
        )
        for (const row of rows) {
          const cid = Cid.fromBytes(row.cid)
          if (wanted.has(cid.toString())) take(cid, await recordBytes(reader, repo.tree, row.path))
        }
        if (rows.length === 0) break
        after = rows.at(-1)!.path
        await new Promise(setImmediate)
      }
      const pages = await (await HeadTree.open(reader, repo)).pages()
      for (let at: NodePosition | null = null; wanted.size > 0;) {
        const nodes: HeadNode[] = await pages.after(at, SEARCH_ROWS)
        for (const { cid, bytes } of nodes) take(cid, bytes)
        if (nodes.length === 0) break
        at = nodes.at(-1)!.at
        await new Promise(setImmediate)
      }
      if (wanted.size > 0)
        throw invalidRequest(`Could not find cids: ${[...wanted.keys()].join(', ')}`, 'BlockNotFound')
      return encodeCar(repo.head, found)
    })
  }

  private async enter(): Promise<void> {
    if (this.running < MAX_RUNNING) {
      this.running++
      return
    }
    await new Promise<void>((resolve) => this.waiting.push(resolve))
  }

  private leave(): void {
    const next = this.waiting.shift()
    if (next) next()
    else this.running--
  }
}

async function recordBytes(reader: Reader, tree: number, path: string): Promise<Buffer> {
  return (await reader.get<{ bytes: Buffer }>('SELECT bytes FROM record WHERE tree = ? AND path = ?', tree, path))!
    .bytes
}

async function commitBlock(reader: Reader, did: string): Promise<Buffer> {
  return (await reader.get<{ commit_block: Buffer }>('SELECT commit_block FROM repo WHERE did = ?', did))!.commit_block
}

/** One chunk at a time from a producer that is called back to a consumer that iterates. */
class Handover {
  private chunk: Buffer | null = null
  private ended = false
  private error: unknown
  private wakeTaker: () => void = () => undefined
  private wakePutter: (wanted: boolean) => void = () => undefined

  /** Resolves with true when the next chunk is wanted, with false when nobody takes any more. */
  async put(chunk: Buffer): Promise<boolean> {
    if (this.ended) return false
    this.chunk = chunk
    this.wakeTaker()
    const wanted = new Promise<boolean>((resolve) => (this.wakePutter = resolve))
    const stall = setTimeout(() => {
      this.error = new Error('the export was not read')
      this.close()
    }, STALL_MS).unref()
    try {
      return await wanted
    } finally {
      clearTimeout(stall)
    }
  }

  end(error?: unknown): void {
    this.error ??= error
    this.ended = true
    this.wakeTaker()
  }

  async *take(): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        while (!this.chunk && !this.ended) await new Promise<void>((resolve) => (this.wakeTaker = resolve))
        const { chunk } = this
        if (chunk) {
          this.chunk = null
          yield chunk
          this.wakePutter(true)
        } else if (this.error !== undefined) throw this.error
        else return
      }
    } finally {
      this.close()
    }
  }

  private close(): void {
    this.ended = true
    this.wakePutter(false)
    this.wakeTaker()
  }
}
