import { Injectable } from '@nestjs/common'
import {
  decodeCar,
  type Did,
  readCommit,
  MemoryBlockstore,
  RepoError,
  verifyDiff,
  type VerifiedDiff,
} from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import type { Tx } from '../database/database.js'
import { assertNotAhead } from '../repo/rev-ahead.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { areTooLarge, MAX_EVENT_BLOCKS } from './car-diff.js'
import { type ForeignCommit, ForeignCommits } from './foreign-commits.js'
import { ForeignIdentities } from './foreign-identities.js'
import { type KnownRepo, KnownRepos } from './known-repos.js'
import type { PeerCommit, PeerSync } from './peer-events.js'

/**
 * What comes of an event: `append`: it is the next commit, and this puts it in place · `skip`: known already, or not to be
 * had from this account now · `gap`: it does not follow on what is here, `why`; the repository has to be fetched · `refuse`:
 * nobody needs to know more of it, `why`.
 */
export type Verdict =
  | { what: 'append'; write: (tx: Tx) => Promise<void> }
  | { what: 'skip' }
  | { what: 'gap'; why: string }
  | { what: 'refuse'; why: string }

const SKIP: Verdict = { what: 'skip' }

/** Judges what a peer says of repositories: whether it is so, and whether it is the next thing. */
@Injectable()
export class CommitJudge {
  constructor(
    private readonly known: KnownRepos,
    private readonly identities: ForeignIdentities,
    private readonly commits: ForeignCommits,
    private readonly clock: Clock,
  ) {}

  /**
   * Inductive verification (https://atproto.com/specs/sync#firehose-event-validation): hashes, DID, signature, and operations
   * that lead from the new tree back to the very root that is here. What is known moves on with a commit that is good.
   * `flush` writes the commits that were found good and are not written yet.
   */
  async commit(event: PeerCommit, flush: () => Promise<void>): Promise<Verdict> {
    const kept = this.known.kept(event.did)
    if (kept) {
      const verdict = this.judge(event, kept)
      if (verdict.what === 'append' || verdict.what === 'skip') return verdict
    }
    // What was kept may not be true any more: what is stored decides, and then the key of now.
    await flush()
    const stored = await this.known.read(event.did)
    if (!stored) return { what: 'gap', why: 'the repository is not here, or its key is not to be had' }
    const verdict = this.judge(event, stored)
    if (!('misSigned' in verdict)) return verdict
    const fresh = await this.identities.find(event.did, true)
    if (!fresh || fresh.didKey === stored.didKey) return verdict
    stored.didKey = fresh.didKey
    return this.judge(event, stored)
  }

  /** A head that is stated anew: one that is not here yet means that the repository has to be fetched. */
  async sync({ did, rev, blocks }: PeerSync): Promise<Verdict> {
    const known = this.known.kept(did) ?? (await this.known.read(did))
    if (known && rev <= known.rev) return SKIP
    try {
      const { roots, blocks: found } = decodeCar(blocks)
      const store = new MemoryBlockstore()
      for (const { cid, bytes } of found) store.put(cid, bytes)
      const [head] = roots
      if (!head) throw new RepoError('InvalidCar', 'a sync without a root')
      const { commit } = readCommit(store, head, { did })
      if (commit.rev !== rev)
        throw new RepoError('InvalidCommit', `a sync of rev ${rev} with a commit of ${commit.rev}`)
      await this.identities.assertSigned(commit)
    } catch (error) {
      if (!(error instanceof RepoError || error instanceof XrpcError)) throw error
      return { what: 'refuse', why: error.message }
    }
    return { what: 'gap', why: 'the head was stated anew' }
  }

  /** Commits of an account that were found good were not written after all. */
  forget(did: Did): void {
    this.known.drop(did)
  }

  private judge(event: PeerCommit, known: KnownRepo): Verdict & { misSigned?: true } {
    const { did, rev, prevData, blocks } = event
    if (known.status !== null) return SKIP
    if (rev < known.rev) return SKIP
    if (prevData && rev > known.rev && !prevData.equals(known.data))
      return { what: 'gap', why: `rev ${rev} does not follow on the tree of ${known.rev}` }
    let verified: VerifiedDiff
    try {
      if (rev === known.rev) return sameRev(event, known)
      assertNotAhead(rev, this.clock.now())
      const limits = { maxBlocks: MAX_EVENT_BLOCKS }
      verified = verifyDiff({ car: blocks, did, didKey: known.didKey, known, ops: event.ops, limits })
      if (verified.commit.rev !== rev)
        throw new RepoError('InvalidCommit', `an event of rev ${rev} with a commit of ${verified.commit.rev}`)
      if (areTooLarge(verified.records))
        throw new RepoError('LimitExceeded', 'records that are more than one event may put in place')
    } catch (error) {
      if (!(error instanceof RepoError)) throw error
      const misSigned = error.code === 'InvalidSignature' && { misSigned: true as const }
      return { what: 'gap', why: error.message, ...misSigned }
    }
    const { head: cid, commit, bytes, ops, records } = verified
    const { data } = commit
    const from = { did, hosting: known.hosting, head: known.head, tree: known.tree }
    const next: ForeignCommit = {
      ...{ did, rev, cid, data, bytes, ops, records, blocks },
      since: known.rev,
      prevData: known.data,
    }
    this.known.advance(known, { head: cid, rev, data })
    const write = async (tx: Tx): Promise<void> => {
      known.unstored = await this.commits.append(tx, from, next, known.unstored)
    }
    return { what: 'append', write }
  }
}

/** The commit that is here, once more; or another one of the same rev, which nobody who signs in good faith makes. */
function sameRev({ did, rev, blocks }: PeerCommit & { did: Did }, known: KnownRepo): Verdict {
  const [head] = decodeCar(blocks).roots
  if (head?.equals(known.head)) return SKIP
  return { what: 'refuse', why: `another commit of ${did} with the rev ${rev}: a fork` }
}
