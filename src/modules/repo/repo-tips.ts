import { Injectable } from '@nestjs/common'
import { diffTrees, type FormattedCommit, type Mst, type TreeDiff } from '../../repo-engine/index.js'
import { Database, type Reader } from '../database/database.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { HeadTree, STORE_EVERY } from './head-tree.js'
import { readRepo, type Repo } from './repo-row.js'

/** Nodes that all trees together may hold in memory: about 12 MB. */
const MAX_NODES = 5_000
/** Turns between two looks at how many nodes are held. */
const TURNS_PER_LOOK = 16
/** Writers that may wait for one repository. */
const MAX_WAITING = 1_000

/**
 * The newest state of a repository that a commit has been formatted on: the durable head, or one ahead of it whose
 * commit is still waiting to be written. Writes are queued in the order they are formatted, and each is a
 * compare-and-swap on the one before, so when one fails those on top of it fail too and are formatted anew.
 */
export class RepoTip {
  /** The write of the newest commit formatted here. While it may still fail, whatever the tip says is not certain. */
  durable: Promise<unknown> = Promise.resolve()
  /** Resolves when every commit formatted so far is durable or has failed; never rejects. */
  settled: Promise<unknown> = Promise.resolve()
  repo: Repo
  tree: Mst
  /** The tree whose nodes are stored, and the operations since. */
  private stored: Mst
  private unstored: number

  constructor(
    private readonly head: HeadTree,
    private readonly reader: Reader,
  ) {
    this.repo = head.repo
    this.tree = head.tree
    this.stored = head.stored
    this.unstored = head.unstored
  }

  /** Runs engine code that reads the tree, fetching the nodes it lacks. */
  read<T>(fn: () => T): Promise<T> {
    return this.head.read(fn, this.reader)
  }

  /** How the nodes that are stored differ from those of the commit's tree, when it is time to store them; else null. */
  nodeChanges(commit: FormattedCommit): TreeDiff | null {
    return this.unstored + commit.ops.length < STORE_EVERY ? null : diffTrees(this.stored, commit.tree)
  }

  /** The given commit is the tip now; `durable` is its write, which stores the nodes too if `stores`. */
  advance(commit: FormattedCommit, stores: boolean, durable: Promise<unknown>): void {
    this.repo = { ...this.repo, head: commit.cid, data: commit.data, rev: commit.rev }
    this.tree = commit.tree
    this.unstored = stores ? 0 : this.unstored + commit.ops.length
    if (stores) this.stored = commit.tree
    this.durable = durable
    this.settled = Promise.allSettled([this.settled, durable])
  }
}

/** The tips of the repositories written lately, and the queue in front of each. */
@Injectable()
export class RepoTips {
  /** Least recently used first. */
  private readonly tips = new Map<string, RepoTip>()
  private readonly turns = new Map<string, { last: Promise<unknown>; waiting: number }>()

  /** Writes that were still on their way when their tip was forgotten. */
  private readonly settling = new Map<string, Promise<unknown>>()
  private turnsTaken = 0

  constructor(private readonly database: Database) {}

  /**
   * Runs `fn` alone on a repository's tip, after those who asked before. `fn` gets null where no such repository is.
   * @throws XrpcError NotEnoughResources when too many wait already.
   */
  async turn<T>(did: string, fn: (tip: RepoTip | null) => Promise<T>): Promise<T> {
    return this.queued(did, async () => fn(await this.load(did)))
  }

  /**
   * As {@link turn}, for those who do not go on from the tip: every commit formatted before is durable or has failed, and
   * the tip is forgotten.
   */
  async alone<T>(did: string, fn: () => Promise<T>): Promise<T> {
    return this.queued(did, async () => {
      const tip = this.tips.get(did)
      await tip?.settled
      this.drop(tip)
      await this.settling.get(did)
      return fn()
    })
  }

  /** Whether somebody has a turn on a repository, or waits for one. */
  isTaken(did: string): boolean {
    return this.turns.has(did)
  }

  private async queued<T>(did: string, fn: () => Promise<T>): Promise<T> {
    const queue = this.turns.get(did) ?? { last: Promise.resolve(), waiting: 0 }
    if (queue.waiting >= MAX_WAITING)
      throw new XrpcError(503, 'NotEnoughResources', 'too many writes wait for this repository')
    queue.waiting++
    this.turns.set(did, queue)
    const mine = queue.last.then(fn)
    queue.last = mine.catch(() => undefined)
    try {
      return await mine
    } finally {
      if (--queue.waiting === 0) this.turns.delete(did)
      this.evict()
    }
  }

  /** Forgets a tip that turned out not to be what is stored; the next one is read when its last write is through. */
  drop(tip: RepoTip | null | undefined): void {
    const did = tip?.repo.did ?? ''
    if (!tip || this.tips.get(did) !== tip) return
    this.tips.delete(did)
    const settled = Promise.allSettled([this.settling.get(did), tip.settled])
    this.settling.set(did, settled)
    void settled.then(() => this.settling.get(did) === settled && this.settling.delete(did))
  }

  private async load(did: string): Promise<RepoTip | null> {
    const known = this.tips.get(did)
    if (known) {
      this.tips.delete(did)
      this.tips.set(did, known)
      return known
    }
    await this.settling.get(did)
    const repo = await readRepo(this.database.read, did)
    if (!repo || repo.status === 'deleted') return null
    const tip = new RepoTip(await HeadTree.open(this.database.read, repo), this.database.read)
    this.tips.set(did, tip)
    return tip
  }

  private evict(): void {
    if (++this.turnsTaken % TURNS_PER_LOOK !== 0) return
    let nodes = 0
    for (const tip of this.tips.values()) nodes += weightOf(tip)
    for (const tip of this.tips.values()) {
      if (nodes <= MAX_NODES) return
      nodes -= weightOf(tip)
      this.drop(tip)
    }
  }
}

/** A tip counts as a node itself, so that many that have read nothing are bounded too. */
function weightOf({ tree }: RepoTip): number {
  return tree.nodeCountLoaded + 1
}
