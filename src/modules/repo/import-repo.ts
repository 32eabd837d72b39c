import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import {
  Cid,
  type DecodedCommit,
  type Did,
  type RepoSummary,
  type SigningKey,
  signCommit,
  type Tid,
  TidClock,
  tidToMicros,
  verifyCommit,
  verifyRepo,
} from '../../repo-engine/index.js'
import { type Answer, Database } from '../database/database.js'
import { invalidRequest, XrpcError } from '../xrpc/xrpc-error.js'
import type { NewEvent } from '../commit-log/commit-log.js'
import { CarFile } from './car-file.js'
import { assertErased } from './erase-repo.js'
import { assertNotAhead } from './rev-ahead.js'
import { ImportPieces } from './import-pieces.js'
import { ImportStaging } from './import-staging.js'
import { inSlices } from './in-slices.js'
import { type Hosting, type NewRepo, readRepo, type Repo } from './repo-row.js'
import { RepoTips } from './repo-tips.js'

export interface ImportOptions {
  /** Whose repository it must be; null: whoever the commit says. */
  did: Did | null
  hosting: Hosting
  /** A hosted repository that begins with this import, and whether it is active. Left out: it has to be here already. */
  begins?: Pick<NewRepo, 'status' | 'ownStatus'>
  /**
   * Gives what signs the new head of a hosted repository, asked for when it is signed; null: the repository keeps the
   * commit it came with.
   */
  key: (() => Answer<SigningKey>) | null
  /** The did:key that the commit must be signed by, or null where it cannot be known; by default nobody asks. */
  signedBy?: (commit: DecodedCommit) => Promise<string | null>
  /** What its file may have, and the repository unfold to, which can be more; left out: as much as the server allows. */
  maxBytes?: number
  /** Events that come before the import, in the same transaction. */
  announce?: readonly NewEvent[]
  /** Called with the number of records written so far, and of all there are. */
  onProgress?: (records: number, total: number) => void
}

export interface ImportedRepo extends RepoSummary {
  repo: NewRepo
}

/** Puts the repository of a CAR, which may have been received already, in the place of whatever the DID has here. */
export class ImportRepo extends Command<ImportedRepo> {
  constructor(
    readonly source: AsyncIterable<Uint8Array> | CarFile,
    readonly options: ImportOptions,
  ) {
    super()
  }
}

/**
 * An import is received into a file, checked in full, written in small pieces beside the current tree, and then put in
 * place by one short transaction that also appends its event. Up to that moment nothing of it can be seen, and what a
 * crash leaves behind is swept at the next start. The projections take it in piece by piece after that, before anybody
 * else may write to it. All the while other requests are served.
 */
@CommandHandler(ImportRepo)
export class ImportRepoHandler implements ICommandHandler<ImportRepo> {
  private readonly underWay = new Set<string>()

  constructor(
    private readonly tips: RepoTips,
    private readonly database: Database,
    private readonly pieces: ImportPieces,
    private readonly tids: TidClock,
    private readonly staging: ImportStaging,
  ) {}

  /** @throws XrpcError 400 InvalidRequest, RepoNotFound, 409 ImportInProgress, ErasureInProgress; RepoError when the CAR is not a sound repository. */
  async execute({ source, options }: ImportRepo): Promise<ImportedRepo> {
    const who = options.did ?? ''
    if (this.underWay.has(who)) throw new XrpcError(409, 'ImportInProgress', 'another import is under way')
    this.underWay.add(who)
    try {
      if (source instanceof CarFile) return await this.place(source, options)
      const car = await this.staging.receive(source, options.maxBytes)
      try {
        return await this.place(car, options)
      } finally {
        car.dispose()
      }
    } finally {
      this.underWay.delete(who)
    }
  }

  private async place(car: CarFile, options: ImportOptions): Promise<ImportedRepo> {
    const [head] = car.roots
    if (car.roots.length !== 1 || !head) throw invalidRequest('expected one root')
    // The first pass writes nothing: a repository that is not sound never touches the database.
    const { maxBytes = this.staging.maxBytes } = options
    const limits = { maxBytes }
    const summary = await inSlices(verifyRepo({ store: car, head, did: options.did ?? undefined, limits }))
    const { commit } = summary
    const verified = await this.checkSignature(commit, options)
    return this.tips.alone(commit.did, async () => {
      const current = await readRepo(this.database.read, commit.did)
      assertErased(current)
      // Whoever sends it had an account when it began to.
      if (!current && options.hosting === 'hosted' && !options.begins)
        throw invalidRequest(`Could not find repo for DID: ${commit.did}`, 'RepoNotFound')
      if (current && (current.hosting === 'hosted') !== (options.hosting === 'hosted'))
        throw invalidRequest(`${commit.did} is already here, ${current.hosting}; importing into it has to name it`)
      const rev = this.revOf(commit, current, options)
      const { did } = commit
      const staged = await this.staging.stage(car, head, { did, rev, hosting: options.hosting }, (done) =>
        options.onProgress?.(done, summary.records),
      )
      const block = options.key
        ? signCommit({ did: commit.did, version: 3, data: commit.data, rev, prev: null }, await options.key())
        : car.get(head)!
      const repo: NewRepo = {
        did: commit.did,
        hosting: options.hosting,
        status: current?.status ?? options.begins?.status ?? null,
        ownStatus: options.begins?.ownStatus,
        tree: staged.tree,
        layer: staged.layer,
        rev,
        head: Cid.ofCbor(block),
        data: commit.data,
        verified: options.key !== null || verified,
      }
      try {
        await this.pieces.place(current, repo, block, staged, options.announce)
      } catch (error) {
        await this.staging.discard(staged)
        throw error
      }
      this.staging.sweepSoon()
      await this.pieces.appendAll(repo)
      return { ...summary, repo }
    })
  }

  private async checkSignature(commit: DecodedCommit, { signedBy }: ImportOptions): Promise<boolean> {
    const didKey = (await signedBy?.(commit)) ?? null
    if (didKey === null) return false
    if (!verifyCommit(commit, didKey)) throw invalidRequest(`the commit is not signed by ${didKey}`)
    return true
  }

  /** A commit signed here gets a new rev; one that is kept has its own, save for version 2, which has none. */
  private revOf({ rev }: DecodedCommit, current: Repo | null, { key, begins }: ImportOptions): Tid {
    const now = this.tids.next()
    // What this server's own operator brings was written by another clock; what is written from now on is above it.
    if (rev !== null && !begins) assertNotAhead(rev, tidToMicros(now) / 1000)
    if (key !== null || rev === null) {
      const latest = current && (rev === null || current.rev > rev) ? current.rev : rev
      return this.tids.next(latest)
    }
    if (current && rev <= current.rev)
      throw invalidRequest(`rev ${rev} is not newer than ${current.rev}, which is here already`)
    return rev
  }
}
