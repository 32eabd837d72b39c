/**
 * The tree of a repository's head, as it is stored: its nodes as they were some commits ago, and those commits in the
 * log. Most nodes that a commit makes are replaced by the next few, so a commit stores none of them: it is in the log,
 * which is enough, and only every so often are the nodes brought up to date (see {@link STORE_EVERY}).
 */
import {
  applyOps,
  Cid,
  diffTrees,
  Mst,
  type NodeBlock,
  type NodePosition,
  type TreeDiff,
} from '../../repo-engine/index.js'
import type { LogRow } from '../commit-log/commit-log.js'
import type { Reader } from '../database/database.js'
import { FetchedBlocks } from './fetched-blocks.js'
import { readCommitOps } from './fold-log.js'
import type { Repo } from './repo-row.js'

/** Operations after which the nodes are stored again; bounds what opening a tree has to read of the log. */
export const STORE_EVERY = 64

const LOG_PAGE = 16

/** A node of the head's tree. */
export interface HeadNode extends NodeBlock {
  /** Rev of the commit that stored it; null when it is newer than what is stored. */
  rev: string | null
}

interface NodeRow {
  after: string
  depth: number
  rev: string
  cid: Buffer
  bytes: Buffer
}

/** One repository's tree, for as long as `reader` shows one state: from a snapshot, or while nobody else writes. */
export class HeadTree {
  private constructor(
    readonly repo: Repo,
    /** The tree whose nodes are stored. */
    readonly stored: Mst,
    /** The tree of the head. */
    readonly tree: Mst,
    /** The trees from the one to the other, each with the rev of its commit. */
    private readonly between: readonly { rev: string; tree: Mst }[],
    /** Operations of the commits between the two. */
    readonly unstored: number,
    private readonly blocks: FetchedBlocks,
    private readonly reader: Reader,
  ) {}

  /** @throws Error when the log and the rows do not make the head: broken own state. */
  static async open(reader: Reader, repo: Repo): Promise<HeadTree> {
    const blocks = new FetchedBlocks(repo.tree)
    const stored = Mst.load(blocks, repo.stored.root, repo.stored.layer)
    const between: { rev: string; tree: Mst }[] = []
    let tree = stored
    let unstored = 0
    for (let after = repo.stored.seq; ;) {
      const rows = await reader.all<LogRow>(
        `SELECT * FROM commit_log WHERE did = ? AND seq > ? AND kind = 'commit' ORDER BY seq LIMIT ${LOG_PAGE}`,
        repo.did,
        after,
      )
      for (const row of rows) {
        const { ops, since } = readCommitOps(row)
        const before = tree
        between.push({ rev: since ?? '', tree: before })
        tree = await blocks.during(reader, () => applyOps(before, ops))
        unstored += ops.length
      }
      if (rows.length < LOG_PAGE) break
      after = rows.at(-1)!.seq
    }
    if (!tree.root.equals(repo.data))
      throw new Error(
        `${repo.did} is broken: its rows and its log make ${tree.root.toString()}, not ${repo.data.toString()}`,
      )
    between.push({ rev: repo.rev, tree })
    return new HeadTree(repo, stored, tree, between, unstored, blocks, reader)
  }

  /** The tree as it was when `rev` was the newest, if that is not before the stored nodes; else null. */
  treeAt(rev: string): Mst | null {
    return this.between.findLast((moment) => moment.rev <= rev)?.tree ?? null
  }

  /** Runs engine code that reads the trees, fetching the nodes it lacks. */
  read<T>(fn: () => T, reader: Reader = this.reader): Promise<T> {
    return this.blocks.during(reader, fn)
  }

  /** The nodes of the head's tree, page by page in pre-order. */
  async pages(): Promise<NodePages> {
    const diff = await this.read(() => diffTrees(this.stored, this.tree))
    return new NodePages(this.reader, this.repo.tree, diff)
  }
}

/** Stored nodes with what has changed since laid over them. */
export class NodePages {
  private readonly gone: ReadonlySet<string>
  private readonly added: ReadonlyMap<string, NodeBlock>

  constructor(
    private readonly reader: Reader,
    private readonly tree: number,
    private readonly diff: TreeDiff,
  ) {
    this.gone = new Set(diff.removed.map(({ at }) => placeOf(at)))
    this.added = new Map(diff.added.map((node) => [placeOf(node.at), node]))
  }

  /** The node at a place, or null. */
  async at(at: NodePosition): Promise<HeadNode | null> {
    const place = placeOf(at)
    const added = this.added.get(place)
    if (added) return { ...added, rev: null }
    if (this.gone.has(place)) return null
    const row = await this.reader.get<NodeRow>(
      'SELECT after, depth, rev, cid, bytes FROM tree_node WHERE tree = ? AND after = ? AND depth = ?',
      this.tree,
      at.after,
      -at.layer,
    )
    return row ? headNode(row) : null
  }

  /** About `limit` nodes that come after a place, in pre-order; none when there are no more. */
  async after(last: NodePosition | null, limit: number): Promise<HeadNode[]> {
    for (;;) {
      const rows = await this.reader.all<NodeRow>(
        `SELECT after, depth, rev, cid, bytes FROM tree_node WHERE tree = ? AND (after, depth) > (?, ?)
         ORDER BY after, depth LIMIT ?`,
        this.tree,
        last?.after ?? '',
        last ? -last.layer : -1000,
        limit,
      )
      const until = rows.length < limit ? null : positionOf(rows.at(-1)!)
      const kept = rows.map(headNode).filter(({ at }) => !this.gone.has(placeOf(at)) && !this.added.has(placeOf(at)))
      const fresh = this.diff.added
        .filter(({ at }) => (!last || comparePlaces(at, last) > 0) && (!until || comparePlaces(at, until) <= 0))
        .map((node): HeadNode => ({ ...node, rev: null }))
      const page = fresh.length > 0 ? [...kept, ...fresh].sort((a, b) => comparePlaces(a.at, b.at)) : kept
      if (page.length > 0 || !until) return page
      last = until
    }
  }
}

function headNode(row: NodeRow): HeadNode {
  return { at: positionOf(row), cid: Cid.fromBytes(row.cid), bytes: row.bytes, rev: row.rev }
}

function positionOf({ after, depth }: NodeRow): NodePosition {
  return { after, layer: -depth }
}

/** Pre-order: by the key before, then from the root downwards. */
function comparePlaces(left: NodePosition, right: NodePosition): number {
  if (left.after !== right.after) return left.after < right.after ? -1 : 1
  return right.layer - left.layer
}

function placeOf({ after, layer }: NodePosition): string {
  return `${layer} ${after}`
}
