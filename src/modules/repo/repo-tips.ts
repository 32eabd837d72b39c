import { Injectable } from '@nestjs/common'
import { type FormattedCommit, Mst } from '../../repo-engine/index.js'
import { Database } from '../database/database.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { FetchedBlocks } from './fetched-blocks.js'
import { readRepo, type Repo } from './repo-row.js'

/** Nodes that all trees together may hold in memory: about 40 MB. */
const MAX_NODES = 25_000
/** Turns between two looks at how many nodes are held. */
const TURNS_PER_LOOK = 64
/** Writers that may wait for one repository. */
const MAX_WAITING = 1_000

/**
 * The newest state of a repository that a commit has been formatted on: the durable head, or one ahead of it whose
 * commit is still waiting to be written. Writes are queued in the order they are formatted, and each is a
 * compare-and-swap on the one before, so when one fails those on top of it fail too and are formatted anew.
 */
export class RepoTip {
  /** Resolves when every commit formatted so far is durable or has failed; never rejects. */
  settled: Promise<unknown> = Promise.resolve()

  constructor(
    public repo: Repo,
    public tree: Mst,
    private readonly blocks: FetchedBlocks,
    private readonly database: Database,
  ) {}

  /** Runs engine code that reads the tree, fetching the nodes it lacks. */
  read<T>(fn: () => T): Promise<T> {
    return this.blocks.during(this.database.read, fn)
  }

  /** The given commit is the tip now; `durable` is its write. */
  advance(commit: FormattedCommit, durable: Promise<unknown>): void {
    this.repo = {
      ...this.repo,
      head: commit.cid,
      data: commit.data,
      rev: commit.rev,
      layer: commit.tree.layer,
    }
    this.tree = commit.tree
    this.settled = Promise.allSettled([this.settled, durable])
  }
}

/** The tips of the repositories written lately, and the queue in front of each. */
@Injectable()
export class RepoTips {
  /** Least recently used first. */
  private readonly tips = new Map<string, RepoTip>()
  private readonly turns = new Map<string, { last: Promise<unknown>; waiting: number }>()

  private turnsTaken = 0

  constructor(private readonly database: Database) {}

  /**
   * Runs `fn` alone on a repository's tip, after those who asked before. `fn` gets null where no such repository is.
   * @throws XrpcError NotEnoughResources when too many wait already.
   */
  async turn<T>(did: string, fn: (tip: RepoTip | null) => Promise<T>): Promise<T> {
    const queue = this.turns.get(did) ?? { last: Promise.resolve(), waiting: 0 }
    if (queue.waiting >= MAX_WAITING) throw new XrpcError(503, 'NotEnoughResources', 'too many writes wait for this repository')
    queue.waiting++
    this.turns.set(did, queue)
    const mine = queue.last.then(async () => fn(await this.load(did)))
    queue.last = mine.catch(() => undefined)
    try {
      return await mine
    } finally {
      if (--queue.waiting === 0) this.turns.delete(did)
      this.evict()
    }
  }

  /** Forgets a tip that turned out not to be what is stored. */
  drop(did: string): void {
    this.tips.delete(did)
  }

  private async load(did: string): Promise<RepoTip | null> {
    const known = this.tips.get(did)
    if (known) {
      this.tips.delete(did)
      this.tips.set(did, known)
      return known
    }
    const repo = await readRepo(this.database.read, did)
    if (!repo) return null
    const blocks = new FetchedBlocks(repo.tree)
    const tip = new RepoTip(repo, Mst.load(blocks, repo.data, repo.layer), blocks, this.database)
    this.tips.set(did, tip)
    return tip
  }

  private evict(): void {
    if (++this.turnsTaken % TURNS_PER_LOOK !== 0) return
    let nodes = 0
    for (const tip of this.tips.values()) nodes += tip.tree.nodeCountLoaded
    for (const [did, tip] of this.tips) {
      if (nodes <= MAX_NODES) return
      nodes -= tip.tree.nodeCountLoaded
      this.tips.delete(did)
    }
  }
}
