import { Injectable } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import type { Cid, Did, Tid } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { upTo } from '../config/up-to.js'
import { Database } from '../database/database.js'
import { type HeadRef, readRepo, type RepoStatus } from '../repo/repo-row.js'
import { RepoTips } from '../repo/repo-tips.js'
import { ForeignIdentities } from './foreign-identities.js'

const MAX_KNOWN = 20_000
/** A key older than this is looked up again. */
const KEY_MS = 60 * 60 * 1000

/** Where a mirrored repository stands, and what has to be known to judge the next commit. */
export interface KnownRepo extends HeadRef {
  did: Did
  rev: Tid
  data: Cid
  status: RepoStatus | null
  /** Operations since the nodes of its tree were stored, about. */
  unstored: number
  /** did:key of what signs its commits. */
  didKey: string
  keyAt: number
}

/**
 * The heads of the repositories that peers write to, as of the newest commit that was judged: ahead of what is stored by
 * the commits that are still to be written. Whoever finds out that one is not true drops it, and reads it again.
 */
@Injectable()
export class KnownRepos {
  private readonly known = new LRUCache<string, KnownRepo>(upTo(MAX_KNOWN))

  constructor(
    private readonly database: Database,
    private readonly tips: RepoTips,
    private readonly identities: ForeignIdentities,
    private readonly clock: Clock,
  ) {}

  /** What is kept of a repository. */
  kept(did: string): KnownRepo | undefined {
    const known = this.known.get(did)
    return known && this.clock.now() - known.keyAt < KEY_MS ? known : undefined
  }

  /** What is stored of a repository; null when it is not here, is not a mirror, or its key is not to be had. */
  async read(did: Did): Promise<KnownRepo | null> {
    this.drop(did)
    // While an import is being told piece by piece, nothing else may be.
    if (this.tips.isTaken(did)) await this.tips.alone(did, async () => undefined)
    const repo = await readRepo(this.database.read, did)
    if (!repo || repo.hosting === 'hosted' || repo.status === 'deleted') return null
    const identity = await this.identities.find(did)
    if (!identity) return null
    const since = await this.database.read.get<{ commits: number }>(
      "SELECT count(*) AS commits FROM commit_log WHERE did = ? AND seq > ? AND kind = 'commit'",
      did,
      repo.stored.seq,
    )
    const { rev, data, head, status, hosting, tree } = repo
    const { didKey } = identity
    const unstored = since!.commits
    const known = { did, rev, data, head, status, hosting, tree, unstored, didKey, keyAt: this.clock.now() }
    // One that takes no commits now is read again each time: what makes it active is not always told here.
    if (status === null) this.known.set(did, known)
    return known
  }

  /** A commit on top of what is known was found good: with it, what was archived is a mirror. */
  advance(known: KnownRepo, to: Pick<KnownRepo, 'head' | 'rev' | 'data'>): void {
    Object.assign(known, to, { hosting: 'mirrored' } satisfies Partial<KnownRepo>)
  }

  drop(did: string): void {
    this.known.delete(did)
  }
}
