import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import {
  type Blockstore,
  type Cid,
  type DecodedCommit,
  type Did,
  type Handle,
  readCommit,
  RepoError,
  type RepoErrorCode,
  type SignedCommit,
  type Tid,
} from '../../repo-engine/index.js'
import type { NewEvent } from '../commit-log/commit-log.js'
import { accountFrame, identityFrame } from '../commit-log/frame.js'
import { Database } from '../database/database.js'
import type { CarFile } from '../repo/car-file.js'
import { assertErased } from '../repo/erase-repo.js'
import { ImportRepo } from '../repo/import-repo.js'
import { ImportStaging } from '../repo/import-staging.js'
import { assertAvailable } from '../repo/repo-queries.js'
import { HeadMoved, readRepo, type Repo } from '../repo/repo-row.js'
import { invalidRequest, XrpcError } from '../xrpc/xrpc-error.js'
import { readDiff } from './car-diff.js'
import { ForeignCommits } from './foreign-commits.js'
import { ForeignIdentities } from './foreign-identities.js'

/** Tries when the repository has moved on while a CAR was looked at. */
const MAX_TRIES = 3

export interface ReceivedRepo {
  /** Where the repository stands now. */
  rev: Tid
  /** What was taken in: the CAR, or all that it unfolds to where it is a whole repository. */
  bytes: number
  /** The handle that was said, when the repository was not here before; undefined when it was. */
  handle?: Handle | null
}

/**
 * Takes in a CAR of a repository that lives elsewhere: the whole of it, or what has changed since the commit that is here.
 * Its newest commit, the one root, has to be signed by the key in the DID document; everything else follows from that.
 */
export class ReceiveRepo extends Command<ReceivedRepo> {
  /**
   * `maxBytes` bounds what is taken in; left out: as an import. `within` bounds what may come before the commit, which is
   * judged as soon as it is here.
   */
  constructor(
    readonly did: Did,
    readonly source: AsyncIterable<Uint8Array>,
    readonly maxBytes?: number,
    readonly within = Infinity,
  ) {
    super()
  }
}

interface Signed {
  head: Cid
  commit: DecodedCommit & { rev: Tid }
  bytes: Uint8Array
}

@CommandHandler(ReceiveRepo)
export class ReceiveRepoHandler implements ICommandHandler<ReceiveRepo> {
  constructor(
    private readonly staging: ImportStaging,
    private readonly identities: ForeignIdentities,
    private readonly commits: ForeignCommits,
    private readonly database: Database,
    private readonly commands: CommandBus,
  ) {}

  /**
   * Nothing has changed when this throws. @throws XrpcError 400 ForeignCommit, InvalidSignature, InvalidCommit, InvalidCar,
   * InvalidMst, InvalidData, UnresolvableDid, RepoHostedHere, RepoTakendown …; 409 CommitReplayed, CommitForked,
   * CommitStale, CommitGap, ImportInProgress; 413 CommitTooLarge; 503 NotEnoughResources when others are always first
   */
  async execute({ did, source, maxBytes, within }: ReceiveRepo): Promise<ReceivedRepo> {
    const judged: Signed[] = []
    const look = async (block: Uint8Array, roots: readonly Cid[]): Promise<void> => {
      const signed = await this.judge({ get: () => block }, roots, did)
      await this.assertWanted(signed)
      judged.push(signed)
    }
    try {
      const car = await this.staging.receive(source, maxBytes, { look, within })
      try {
        return await this.take(car, judged[0] ?? (await this.judge(car, car.roots, did)), maxBytes)
      } finally {
        car.dispose()
      }
    } catch (error) {
      throw error instanceof RepoError ? named(error) : error
    }
  }

  private async take(car: CarFile, signed: Signed, maxBytes?: number): Promise<ReceivedRepo> {
    const { rev } = signed.commit
    for (let tries = 1; ; tries++) {
      const repo = await this.assertWanted(signed)
      try {
        if (repo && (await this.advance(car, repo, signed))) return { rev, bytes: car.size }
        return { rev, ...(await this.replace(car, repo, signed, maxBytes)) }
      } catch (error) {
        if (!(error instanceof HeadMoved)) {
          // Another push may have been first: then that is what is wrong with this one.
          await this.assertWanted(signed)
          throw error
        }
        if (tries >= MAX_TRIES) throw new XrpcError(503, 'NotEnoughResources', `${error.message}; try again`)
      }
    }
  }

  /** What is here of a repository. @throws XrpcError when its commit is not one that may come next */
  private async assertWanted(signed: Signed): Promise<Repo | null> {
    const repo = await readRepo(this.database.read, signed.commit.did)
    assertErased(repo)
    if (repo) assertNext(repo, signed)
    return repo
  }

  /** The commit that a CAR is about, by the account that it is said to be of. */
  private async judge(store: Blockstore, roots: readonly Cid[], did: Did): Promise<Signed> {
    const [head] = roots
    if (roots.length !== 1 || !head) throw new RepoError('InvalidCar', 'expected one root')
    const { commit, bytes } = readCommit(store, head, {})
    if (commit.did !== did) throw invalidRequest(`the commit is of ${commit.did}, not of ${did}`, 'ForeignCommit')
    const { rev } = commit
    if (rev === null) throw new RepoError('InvalidCommit', 'a commit without a rev cannot be followed')
    await this.identities.assertSigned(commit)
    return { head, commit: { ...commit, rev }, bytes }
  }

  /** Appends the CAR as one commit. False when it is more than that. */
  private advance(car: CarFile, { rev: since, head: prev }: Repo, { commit, bytes }: Signed): Promise<boolean> {
    const { did, rev, data } = commit
    return this.commits.advance(did, async (head) => {
      if (!head.repo.head.equals(prev)) throw new HeadMoved(`the head of ${did} is no longer ${prev.toString()}`)
      const signed: SignedCommit = { did, since, rev, prev, bytes }
      return readDiff(head, car, signed, data)
    })
  }

  /** Puts the CAR, which has to be a whole repository, in the place of what is here. */
  private async replace(
    car: CarFile,
    repo: Repo | null,
    { commit }: Signed,
    maxBytes?: number,
  ): Promise<Omit<ReceivedRepo, 'rev'>> {
    const { did } = commit
    const isNew = repo?.hosting !== 'mirrored'
    const handle = isNew ? ((await this.identities.handleOf(did)) ?? null) : undefined
    // Its signature is known to be good.
    const options = { did, hosting: 'mirrored', key: null, signedBy: () => this.keyOf(did), maxBytes } as const
    try {
      const announce = handle === undefined ? [] : announcing(did, handle)
      const { bytes } = await this.commands.execute(new ImportRepo(car, { ...options, announce }))
      return { bytes, handle }
    } catch (error) {
      // With something of it here the rest may be what lacks: whoever sent a difference has to send everything.
      if (repo && error instanceof RepoError && error.code === 'MissingBlock')
        throw new XrpcError(413, 'CommitTooLarge', 'more than one event can tell; send the whole repository')
      throw error
    }
  }

  private async keyOf(did: Did): Promise<string | null> {
    return (await this.identities.find(did))?.didKey ?? null
  }
}

/** @throws XrpcError for a commit that does not come after the head, or a repository that takes none. */
function assertNext({ did, hosting, status, rev, head }: Repo, signed: Signed): void {
  if (hosting === 'hosted') throw invalidRequest(`${did} is hosted here`, 'RepoHostedHere')
  assertAvailable(did, status)
  const { commit } = signed
  if (commit.rev < rev) throw new XrpcError(409, 'CommitStale', `rev ${commit.rev} is older than ${rev}, which is here`)
  if (commit.rev > rev) return
  if (signed.head.equals(head)) throw new XrpcError(409, 'CommitReplayed', `rev ${rev} is here already`)
  throw new XrpcError(409, 'CommitForked', `rev ${rev} is here with another commit, ${head.toString()}`)
}

/** Who comes with a repository that was not here before. */
function announcing(did: Did, handle: Handle | null): NewEvent[] {
  const bare = { did, rev: null, cid: null, event: null, hosted: false }
  return [
    { ...bare, kind: 'identity', frame: identityFrame(did, handle), detail: { handle } },
    { ...bare, kind: 'account', frame: accountFrame(did, null), detail: { status: null } },
  ]
}

/** What the engine says of a CAR, as an answer. */
function named({ code, message }: RepoError): XrpcError {
  const [status, error]: [number, string] = NAMES[code] ?? [400, code]
  return new XrpcError(status, error, message)
}
const NAMES: Partial<Record<RepoErrorCode, [number, string]>> = {
  MissingBlock: [409, 'CommitGap'],
  LimitExceeded: [413, 'CommitTooLarge'],
}
