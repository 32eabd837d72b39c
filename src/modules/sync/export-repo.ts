/**
 * A repository as a CAR in streamable order: the commit, then the tree in pre-order with each record where its key
 * stands. Nodes are filed by position and records by path, so that order is a merge of two range scans: nothing is
 * walked, and memory does not grow with the repository. A record that stands under several paths comes once for each.
 */
import {
  carSectionHead,
  Cid,
  decodeNode,
  diffTrees,
  encodeCarHeader,
  type NodePosition,
} from '../../repo-engine/index.js'
import type { Reader } from '../database/database.js'
import { type HeadNode, HeadTree } from '../repo/head-tree.js'
import type { Repo } from '../repo/repo-row.js'

/** Rows a statement fetches: about a millisecond of work, and as many as hold about so many bytes. */
const MAX_PAGE = 500
const FIRST_PAGE = 32
const PAGE_BYTES = 1024 * 1024
/** Bytes handed on at a time. */
const CHUNK = 128 * 1024

interface Block {
  cid: Cid
  bytes: Uint8Array
}
interface RecordBlock extends Block {
  path: string
}
interface RecordRow {
  path: string
  cid: Buffer
  bytes: Buffer
}

/** The whole repository. `reader` must be a snapshot. */
export async function* exportRepo(reader: Reader, repo: Repo): AsyncGenerator<Buffer> {
  yield* chunked(wholeRepo(reader, repo))
}

/** What a holder of the commit `since` lacks: the commit, and every node and record written after it that is still there. */
export async function* exportSince(reader: Reader, repo: Repo, since: string): AsyncGenerator<Buffer> {
  yield* chunked(changedSince(reader, repo, since))
}

async function* wholeRepo(reader: Reader, repo: Repo): AsyncGenerator<Buffer | Block[]> {
  yield* commitOf(reader, repo)
  const pages = await (await HeadTree.open(reader, repo)).pages()
  const nodes = new Rows<HeadNode>((last, limit) => pages.after(last?.at ?? null, limit))
  const records = new Rows<RecordBlock>(async (last, limit) => {
    const rows = await reader.all<RecordRow>(
      'SELECT path, cid, bytes FROM record WHERE tree = ? AND path > ? ORDER BY path LIMIT ?',
      repo.tree,
      last?.path ?? '',
      limit,
    )
    return rows.map(({ path, cid, bytes }) => ({ path, cid: Cid.fromBytes(cid), bytes }))
  })
  for (;;) {
    const blocks: Block[] = []
    if (!nodes.here) await nodes.fetch()
    if (!records.here) await records.fetch()
    if (!nodes.row && !records.row) return
    // A node stands after the record of the key right before its range.
    while (nodes.here && records.here) {
      const { row: node } = nodes
      const { row: record } = records
      if (node && (!record || node.at.after < record.path)) blocks.push(nodes.take())
      else if (record) blocks.push(records.take())
      else break
    }
    yield blocks
  }
}

/** A scan in pages. `here` is false when the next row has to be fetched first; `row` is undefined at the end. */
class Rows<Row extends Block> {
  private page: Row[] = []
  private next = 0
  private last: Row | undefined
  private ended = false
  private limit = FIRST_PAGE

  constructor(private readonly read: (last: Row | undefined, limit: number) => Promise<Row[]>) {}

  get here(): boolean {
    return this.next < this.page.length || this.ended
  }

  get row(): Row | undefined {
    return this.page[this.next]
  }

  take(): Row {
    return (this.last = this.page[this.next++]!)
  }

  async fetch(): Promise<void> {
    this.page = await this.read(this.last, this.limit)
    this.next = 0
    this.ended = this.page.length === 0
    const mean = this.page.reduce((sum, { bytes }) => sum + bytes.length, 0) / this.page.length
    this.limit = Math.max(1, Math.min(MAX_PAGE, this.limit * 4, Math.floor(PAGE_BYTES / mean) || 1))
  }
}

async function* changedSince(reader: Reader, repo: Repo, since: string): AsyncGenerator<Buffer | Block[]> {
  yield* commitOf(reader, repo)
  const head = await HeadTree.open(reader, repo)
  for await (const node of nodesSince(head, since)) {
    const blocks: Block[] = [node]
    for (const key of decodeNode(node.bytes).keys) {
      const record = await reader.get<RecordRow>(
        'SELECT path, cid, bytes FROM record WHERE tree = ? AND path = ? AND rev > ?',
        repo.tree,
        key,
        since,
      )
      if (record) blocks.push({ cid: Cid.fromBytes(record.cid), bytes: record.bytes })
    }
    yield blocks
  }
}

async function* nodesSince(head: HeadTree, since: string): AsyncGenerator<Block> {
  const then = head.treeAt(since)
  if (then) {
    yield* (await head.read(() => diffTrees(then, head.tree))).added
    return
  }
  const pages = await head.pages()
  // A node that was not written after `since` has nothing below it that was.
  const way: NodePosition[] = [{ after: '', layer: head.tree.layer }]
  for (let at = way.pop(); at; at = way.pop()) {
    const node = await pages.at(at)
    if (!node) throw new Error(`${head.repo.did} is broken: no node on layer ${at.layer} after "${at.after}"`)
    if (node.rev !== null && node.rev <= since) continue
    const { keys, links } = decodeNode(node.bytes)
    for (let i = links.length - 1; i >= 0; i--)
      if (links[i]) way.push({ after: i === 0 ? at.after : keys[i - 1]!, layer: at.layer - 1 })
    yield node
  }
}

async function* commitOf(reader: Reader, repo: Repo): AsyncGenerator<Buffer | Block[]> {
  const row = await reader.get<{ commit_block: Buffer }>('SELECT commit_block FROM repo WHERE did = ?', repo.did)
  yield encodeCarHeader([repo.head])
  yield [{ cid: repo.head, bytes: row!.commit_block }]
}

/** Gathers parts into chunks of one size, one copy each, and lets other work in between. */
async function* chunked(parts: AsyncGenerator<Buffer | Block[]>): AsyncGenerator<Buffer> {
  let chunk = Buffer.allocUnsafeSlow(CHUNK)
  let filled = 0
  const put = function* (bytes: Uint8Array): Generator<Buffer> {
    for (let at = 0; at < bytes.length;) {
      const taken = Math.min(bytes.length - at, CHUNK - filled)
      chunk.set(taken === bytes.length ? bytes : bytes.subarray(at, at + taken), filled)
      filled += taken
      at += taken
      if (filled < CHUNK) return
      yield chunk
      chunk = Buffer.allocUnsafeSlow(CHUNK)
      filled = 0
    }
  }
  for await (const part of parts) {
    if (Buffer.isBuffer(part)) yield* put(part)
    else
      for (const { cid, bytes } of part) {
        yield* put(carSectionHead(cid, bytes.length))
        yield* put(bytes)
      }
    await new Promise(setImmediate)
  }
  if (filled > 0) yield chunk.subarray(0, filled)
}
