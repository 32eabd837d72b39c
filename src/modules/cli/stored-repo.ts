import { Cid, type NodePosition } from '../../repo-engine/index.js'
import type { LogRow } from '../commit-log/commit-log.js'
import type { Reader } from '../database/database.js'
import { type HeadNode, HeadTree } from '../repo/head-tree.js'
import { readRepo, type Repo } from '../repo/repo-row.js'
import type { RepoSource } from './examine-repo.js'
import type { DayCount } from './record-figures.js'

const PAGE = 100
/** Frames and parts are up to 2 MB each. */
const LOG_PAGE = 20

interface StoredRecord {
  path: string
  cid: Buffer
  bytes: Buffer
}

/**
 * A repository as its rows in the database. Records are filed by path and nodes by the key that they follow, so what a
 * walk meets between one key and the next is what two scans give at that point; and what they give and the walk does
 * not ask for is left over.
 */
export class StoredRepo implements RepoSource {
  /** Rows that nothing in the tree leads to, or that stand under another CID than the tree names. */
  readonly problems: string[] = []
  /** Layer of the root node. */
  readonly layer: number
  private readonly nodes: Rows<HeadNode>
  private readonly records: Rows<StoredRecord>
  /** What stands at the key of the turn: the record, and nodes by layer. */
  private record: StoredRecord | null = null
  private readonly here = new Map<number, HeadNode>()

  private constructor(
    private readonly reader: Reader,
    readonly repo: Repo,
    readonly commitBlock: Buffer,
    tree: { layer: number; nodesAfter: (last: HeadNode | undefined) => Promise<HeadNode[]> },
  ) {
    this.layer = tree.layer
    this.nodes = new Rows(tree.nodesAfter)
    this.records = new Rows((last) =>
      reader.all<StoredRecord>(
        `SELECT path, cid, bytes FROM record WHERE tree = ? AND path > ? ORDER BY path LIMIT ${PAGE}`,
        repo.tree,
        last?.path ?? '',
      ),
    )
  }

  /** The repository of a DID, or null. `reader` must be a snapshot. */
  static async open(reader: Reader, did: string): Promise<StoredRepo | null> {
    const repo = await readRepo(reader, did)
    if (!repo || repo.status === 'deleted') return null
    const row = await reader.get<{ commit_block: Buffer }>('SELECT commit_block FROM repo WHERE did = ?', did)
    const block = row!.commit_block
    try {
      const head = await HeadTree.open(reader, repo)
      const layer = await head.read(() => head.tree.layer)
      const pages = await head.pages()
      return new StoredRepo(reader, repo, block, { layer, nodesAfter: (last) => pages.after(last?.at ?? null, PAGE) })
    } catch (error) {
      // The rest of it can still be looked at.
      const stored = new StoredRepo(reader, repo, block, { layer: repo.stored.layer, nodesAfter: async () => [] })
      stored.problems.push((error as Error).message)
      return stored
    }
  }

  get head(): Cid {
    return this.repo.head
  }

  get(cid: Cid, at?: NodePosition): Uint8Array | null {
    if (at) {
      const node = this.here.get(at.layer)
      this.here.delete(at.layer)
      if (node && !node.cid.equals(cid)) this.misfiled(describeNode(at))
      return node?.bytes ?? null
    }
    if (cid.equals(this.head)) return this.commitBlock
    const { record } = this
    if (record && !cid.equals(Cid.fromBytes(record.cid))) this.misfiled(`record ${record.path}`)
    return record?.bytes ?? null
  }

  async turnTo(key: string): Promise<void> {
    this.leaveHere()
    this.record = null
    for (let row = await this.records.next(); row && row.path <= key; row = await this.records.next()) {
      this.records.take()
      if (row.path === key) this.record = row
      else this.leftOver(`record ${row.path}`)
    }
    for (let node = await this.nodes.next(); node && node.at.after <= key; node = await this.nodes.next()) {
      this.nodes.take()
      if (node.at.after === key) this.here.set(node.at.layer, node)
      else this.leftOver(describeNode(node.at))
    }
  }

  /** Looks at the rows behind the last key; the walk has ended well. */
  async finish(): Promise<void> {
    this.leaveHere()
    for (let row = await this.records.next(); row; row = await this.records.next()) {
      this.records.take()
      this.leftOver(`record ${row.path}`)
    }
    for (let node = await this.nodes.next(); node; node = await this.nodes.next()) {
      this.nodes.take()
      this.leftOver(describeNode(node.at))
    }
  }

  /** How many nodes and records are stored. */
  async countRows(): Promise<number> {
    const { tree } = this.repo
    const nodes = await this.reader.get<{ n: number }>('SELECT count(*) AS n FROM tree_node WHERE tree = ?', tree)
    const records = await this.reader.get<{ n: number }>('SELECT count(*) AS n FROM record WHERE tree = ?', tree)
    return nodes!.n + records!.n
  }

  /** How many events the log has of this repository. */
  async countEvents(): Promise<number> {
    const row = await this.reader.get<{ n: number }>(
      'SELECT count(*) AS n FROM commit_log WHERE did = ?',
      this.repo.did,
    )
    return row!.n
  }

  /** A record under a path, if it is of that CID; at any time, whatever the turn. */
  async recordAt(path: string, cid: Cid): Promise<Uint8Array | null> {
    const row = await this.reader.get<{ bytes: Buffer }>(
      'SELECT bytes FROM record WHERE tree = ? AND path = ? AND cid = ?',
      this.repo.tree,
      path,
      cid.bytes,
    )
    return row?.bytes ?? null
  }

  /** Events of this repository by day. */
  async days(): Promise<DayCount[]> {
    return this.reader.all<DayCount>(
      'SELECT substr(time, 1, 10) AS day, count(*) AS count FROM commit_log WHERE did = ? GROUP BY substr(time, 1, 10) ORDER BY 1',
      this.repo.did,
    )
  }

  /** The newest event that moved the head, or null. */
  async lastMove(): Promise<{ seq: number; cid: Buffer; rev: string } | null> {
    const row = await this.reader.get<{ seq: number; cid: Buffer; rev: string }>(
      'SELECT seq, cid, rev FROM commit_log WHERE did = ? AND cid IS NOT NULL ORDER BY seq DESC LIMIT 1',
      this.repo.did,
    )
    return row ?? null
  }

  /** All events of this repository, oldest first. */
  async *events(): AsyncGenerator<LogRow> {
    for (let after = 0; ;) {
      const rows = await this.reader.all<LogRow>(
        `SELECT * FROM commit_log WHERE did = ? AND seq > ? ORDER BY seq LIMIT ${LOG_PAGE}`,
        this.repo.did,
        after,
      )
      yield* rows
      if (rows.length < LOG_PAGE) return
      after = rows.at(-1)!.seq
    }
  }

  /** The pieces of an import, in order. */
  async *parts(partOf: string): AsyncGenerator<Buffer> {
    for (let n = -1; ;) {
      const row = await this.reader.get<{ n: number; bytes: Buffer }>(
        'SELECT n, bytes FROM commit_log_part WHERE part_of = ? AND n > ? ORDER BY n LIMIT 1',
        partOf,
        n,
      )
      if (!row) return
      yield row.bytes
      n = row.n
    }
  }

  /** Nodes at the key of the turn that the walk has not asked for. */
  private leaveHere(): void {
    for (const { at } of this.here.values()) this.leftOver(describeNode(at))
    this.here.clear()
  }

  private leftOver(what: string): void {
    this.problems.push(`${what} is stored, but not in the tree`)
  }

  private misfiled(what: string): void {
    this.problems.push(`${what} is stored under a CID that the tree does not name`)
  }
}

function describeNode({ after, layer }: NodePosition): string {
  return after === '' ? `the first node on layer ${layer}` : `the node after ${after} on layer ${layer}`
}

/** A scan in pages that shows its next row before it is taken. */
class Rows<Row> {
  private page: Row[] = []
  private at = 0
  private last: Row | undefined
  private ended = false

  constructor(private readonly read: (last: Row | undefined) => Row[] | Promise<Row[]>) {}

  async next(): Promise<Row | undefined> {
    if (this.at === this.page.length && !this.ended) {
      this.page = await this.read(this.last)
      this.at = 0
      this.ended = this.page.length === 0
    }
    return this.page[this.at]
  }

  take(): void {
    this.last = this.page[this.at++]
  }
}
