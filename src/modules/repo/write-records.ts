import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import {
  Cid,
  type Did,
  formatCommit,
  type FormattedCommit,
  MAX_OPS,
  RepoError,
  type RepoWrite,
  type Tid,
  TidClock,
} from '../../repo-engine/index.js'
import { Database } from '../database/database.js'
import { SigningKeys } from '../identity/signing-keys.js'
import { traced } from '../tracing/spans.js'
import { invalidRequest, unauthorized } from '../xrpc/xrpc-error.js'
import { CommitWriter } from './commit-writer.js'
import { type PreparedWrite, resolveWrite } from './prepare-write.js'
import { HeadMoved, linkedPaths, type Repo } from './repo-row.js'
import { type RepoTip, RepoTips } from './repo-tips.js'

/** Most bytes of blocks in one commit's event. */
const MAX_BLOCK_BYTES = 2_000_000
/** Tries when commits that this one was formatted on top of turn out not to have been written. */
const MAX_TRIES = 5

export interface WriteConditions {
  /** The head must be this commit. */
  swapCommit?: string
  /** The first write's record must have this CID; null: must not exist. */
  swapRecord?: string | null
  /** Also delete the records of the same collection that point at the same subject, as many as one commit can. */
  replaceLinks?: boolean
}

export interface WrittenRecords {
  /** Null when every write turned out to change nothing. */
  commit: { cid: string; rev: Tid } | null
  /** In the order of the writes; null for deletes. */
  cids: (Cid | null)[]
}

/** Makes one signed commit of some writes to a repository hosted here. */
export class WriteRecords extends Command<WrittenRecords> {
  constructor(
    readonly did: Did,
    readonly writes: readonly PreparedWrite[],
    readonly conditions: WriteConditions = {},
  ) {
    super()
  }
}

@CommandHandler(WriteRecords)
export class WriteRecordsHandler implements ICommandHandler<WriteRecords> {
  constructor(
    private readonly tips: RepoTips,
    private readonly database: Database,
    private readonly writer: CommitWriter,
    private readonly keys: SigningKeys,
    private readonly tids: TidClock,
  ) {}

  /**
   * Resolves when the commit is durable. @throws XrpcError 400 InvalidSwap, InvalidRequest, RepoNotFound; 401
   * AccountDeactivated, AccountTakedown; and as {@link CommitWriter.checkBlobs}
   */
  async execute(command: WriteRecords): Promise<WrittenRecords> {
    const { did, writes } = command
    if (writes.length > MAX_OPS) throw invalidRequest(`Too many writes. Max: ${MAX_OPS}`)
    for (let tries = 1; ; tries++) {
      const attempt = await this.tips.turn(did, (tip) => this.attempt(tip, command))
      try {
        await attempt.durable
        if (attempt.refused !== undefined) throw attempt.refused
        const { commit } = attempt
        return { commit: commit && { cid: commit.cid.toString(), rev: commit.rev }, cids: writes.map(({ cid }) => cid) }
      } catch (error) {
        if (error === attempt.refused) throw error
        this.tips.drop(attempt.tip)
        // A commit below this one was not written: what was found there may never have been true.
        const fell = attempt.commit === null || error instanceof HeadMoved
        if (!fell || tries >= MAX_TRIES) throw error
      }
    }
  }

  /** Formats on the tip and queues the write; does not wait for it, so that the next one can be formatted meanwhile. */
  private async attempt(tip: RepoTip | null, command: WriteRecords): Promise<Attempt> {
    try {
      const writable = assertWritable(command.did, tip)
      const { commit, durable } = await this.format(writable, command)
      return { tip, commit, durable, refused: undefined }
    } catch (refused) {
      if (tip && tip.repo.status !== null) this.tips.drop(tip)
      return { tip, commit: null, durable: tip?.durable, refused }
    }
  }

  private async format(
    tip: RepoTip,
    { did, writes, conditions }: WriteRecords,
  ): Promise<{ commit: FormattedCommit | null; durable: Promise<unknown> }> {
    const { repo } = tip
    checkSwapCommit(repo, conditions.swapCommit)
    await this.writer.checkBlobs(did, writes)
    const key = await this.keys.get(did)
    const replaced = conditions.replaceLinks ? await this.linked(tip, writes[0]!, MAX_OPS - writes.length) : []
    const formats = (): FormattedCommit | null => {
      checkSwapRecord(tip, writes[0], conditions.swapRecord)
      const changes = [...replaced.map((path): RepoWrite => ({ action: 'delete', path })), ...changesOf(tip, writes)]
      if (changes.length === 0) return null
      const { head, rev: since } = repo
      return formatted({ did, tree: tip.tree, head, since, rev: this.tids.next(since), writes: changes, key })
    }
    const commit = await traced({ name: 'commit format' }, () => tip.read(formats))
    if (!commit) return { commit, durable: tip.durable }
    const changes = await tip.read(() => tip.nodeChanges(commit))
    const durable = this.writer.write(repo, commit, writes, changes)
    tip.advance(commit, changes !== null, durable)
    return { commit, durable }
  }

  /** Looks in what is stored, so everything formatted before has to be stored first. */
  private async linked(tip: RepoTip, { collection, subject, path }: PreparedWrite, limit: number): Promise<string[]> {
    if (subject === null) return []
    await tip.settled
    // One more, because the path that is written may be among them.
    const paths = await linkedPaths(this.database.read, tip.repo.tree, collection, subject, limit + 1)
    return paths.filter((linked) => linked !== path).slice(0, limit)
  }
}

interface Attempt {
  tip: RepoTip | null
  commit: FormattedCommit | null
  /** The write of this commit, or of the one below where this attempt made none. */
  durable: Promise<unknown> | undefined
  /** Why there is no commit, where that is not because nothing changes. */
  refused: unknown
}

function assertWritable(did: Did, tip: RepoTip | null): RepoTip {
  if (!tip || tip.repo.hosting !== 'hosted') throw invalidRequest(`Could not find repo for DID: ${did}`, 'RepoNotFound')
  const { status } = tip.repo
  if (status === null) return tip
  throw unauthorized(`Account is ${status}`, status === 'deactivated' ? 'AccountDeactivated' : 'AccountTakedown')
}

function checkSwapCommit({ head }: Repo, swapCommit: string | undefined): void {
  if (swapCommit !== undefined && !head.equals(Cid.parse(swapCommit)))
    throw invalidRequest(`Commit was at ${head.toString()}`, 'InvalidSwap')
}

function checkSwapRecord(tip: RepoTip, write: PreparedWrite | undefined, swapRecord: string | null | undefined): void {
  if (swapRecord === undefined || !write) return
  const held = tip.tree.get(write.path)
  if (swapRecord === null ? held !== null : !held?.equals(Cid.parse(swapRecord)))
    throw invalidRequest(`Record was at ${held ? held.toString() : 'null'}`, 'InvalidSwap')
}

function changesOf(tip: RepoTip, writes: readonly PreparedWrite[]): RepoWrite[] {
  // Only `put` and a lone delete look at what is there; the engine checks the rest in order.
  const lone = writes.length === 1
  return writes.flatMap((write) => {
    const looks = write.action === 'put' || (write.action === 'delete' && lone)
    const held = looks ? tip.tree.get(write.path) : null
    // Deleting what is not there is a success that changes nothing.
    if (write.action === 'delete' && lone && held === null) return []
    return resolveWrite(write, held) ?? []
  })
}

function formatted(input: Parameters<typeof formatCommit>[0]): FormattedCommit | null {
  let commit: FormattedCommit
  try {
    commit = formatCommit(input)
  } catch (error) {
    if (error instanceof RepoError && (error.code === 'KeyExists' || error.code === 'KeyNotFound'))
      throw invalidRequest(error.message)
    throw error
  }
  if (commit.blocks.length > MAX_BLOCK_BYTES)
    throw invalidRequest(`Too many writes. Max event size: ${MAX_BLOCK_BYTES} bytes`)
  return commit.ops.length > 0 ? commit : null
}
