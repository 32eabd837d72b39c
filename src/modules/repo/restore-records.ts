import type { OnModuleDestroy } from '@nestjs/common'
import { Command, CommandBus, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { type Did, MAX_OPS, RepoError } from '../../repo-engine/index.js'
import { ActionLog } from '../audit/action-log.js'
import { Database } from '../database/database.js'
import { invalidRequest, XrpcError } from '../xrpc/xrpc-error.js'
import { CommitWriter } from './commit-writer.js'
import { bytesAt } from './log-steps.js'
import { findWayBack, type WayBack } from './past-records.js'
import { type PreparedWrite, putBack, takeAway } from './prepare-write.js'
import { readRepo, type Repo } from './repo-row.js'
import { WriteRecords } from './write-records.js'

/** Bytes of records in one commit; what its tree adds has to fit into its event as well. */
const BATCH_BYTES = 1024 * 1024
/** Records that an answer names one by one; of more there is only the number. */
const MAX_NAMED = 1_000

export interface RestoreOptions {
  did: Did
  /** One record; left out: all of them. */
  path?: string
  /** RFC 3339, as the log has it. */
  at: string
  /** Says what it would do. */
  dryRun: boolean
  /** Who the log of actions names. */
  actor: string
}

export interface RestoredRecords {
  did: Did
  at: string
  /** The last event of that moment. */
  seq: number
  created: number
  updated: number
  deleted: number
  /** Records that are what they were then. */
  same: number
  /** 0 of a dry run. */
  commits: number
  /** What was done, or would be: the first of it. */
  changes: { action: 'create' | 'update' | 'delete'; path: string }[]
  /** What cannot be brought back, and why: how many, and the first of them. */
  skipped: { count: number; records: { path: string; why: string }[] }
}

/** Brings records of an account that is hosted here back to what they were at a moment, by commits of now. */
export class RestoreRecords extends Command<RestoredRecords> {
  constructor(
    readonly options: RestoreOptions,
    /** Told events and records gone through, and all there are to go through, as far as that is known. */
    readonly onProgress: (done: number, total: number) => void = () => undefined,
  ) {
    super()
  }
}

/** A write on its way, with what it will have been. */
interface Step {
  action: 'create' | 'update' | 'delete'
  write: PreparedWrite
}

@CommandHandler(RestoreRecords)
export class RestoreRecordsHandler implements ICommandHandler<RestoreRecords>, OnModuleDestroy {
  private stopped = false
  private running: Promise<unknown> | null = null

  constructor(
    private readonly commands: CommandBus,
    private readonly database: Database,
    private readonly writer: CommitWriter,
    private readonly actions: ActionLog,
  ) {}

  /** What is done stays done; another run goes on from there. */
  async onModuleDestroy(): Promise<void> {
    this.stopped = true
    await this.running
  }

  /**
   * What the owner writes meanwhile is written: a record that is on the way back is overwritten, any other one stays.
   * @throws XrpcError 400 RepoNotFound, RepoNotActive, or InvalidRequest for a moment before the log; 409 RestoreInProgress;
   * 503 when the server stops; and as {@link WriteRecords}
   */
  async execute({ options, onProgress }: RestoreRecords): Promise<RestoredRecords> {
    if (this.running) throw new XrpcError(409, 'RestoreInProgress', 'another restore is under way')
    const run = this.restore(options, onProgress)
    this.running = run.catch(() => undefined)
    try {
      return await run
    } finally {
      this.running = null
    }
  }

  private async restore(options: RestoreOptions, onProgress: RestoreRecords['onProgress']): Promise<RestoredRecords> {
    const { did, at, path } = options
    const { way, events } = await this.look(options, onProgress)
    const restored: RestoredRecords = {
      ...{ did, at, seq: way.seq, created: 0, updated: 0, deleted: 0, same: way.same, commits: 0 },
      ...{ changes: [], skipped: { count: 0, records: [] } },
    }
    const total = events + way.puts.length + way.deletes.length
    try {
      let batch: Step[] = []
      let [bytes, done] = [0, events]
      const flush = async (): Promise<void> => {
        if (this.stopped) throw new XrpcError(503, 'NotEnoughResources', 'the server stops')
        if (batch.length > 0) await this.apply(options, batch, restored)
        ;[batch, bytes] = [[], 0]
      }
      for await (const step of this.steps(did, way, restored)) {
        onProgress(++done, total)
        if (!step) continue
        const size = step.write.bytes?.length ?? 0
        if (batch.length === MAX_OPS || bytes + size > BATCH_BYTES) await flush()
        batch.push(step)
        bytes += size
      }
      await flush()
    } finally {
      const { commits, created, updated, deleted } = restored
      const reason = `to ${at}: ${created} created, ${updated} updated, ${deleted} deleted`
      const subject = path === undefined ? did : `at://${did}/${path}`
      if (commits > 0) await this.actions.noteDone({ actor: options.actor, action: 'restore-records', subject, reason })
    }
    return restored
  }

  /** What there is to do, and how many events said so. */
  private look(
    { did, at, path }: RestoreOptions,
    onProgress: RestoreRecords['onProgress'],
  ): Promise<{ way: WayBack; events: number }> {
    return this.database.snapshot(async (reader) => {
      const repo = assertRestorable(did, await readRepo(reader, did))
      const log = await reader.get<{ n: number; first: string }>(
        'SELECT count(*) AS n, min(time) AS first FROM commit_log WHERE did = ?',
        did,
      )
      const events = log!.n
      const way = await findWayBack(reader, repo, { at, path }, (done) => onProgress(done, events))
      if (!way) throw invalidRequest(`there was no repository of ${did} here at ${at}: its log begins at ${log!.first}`)
      return { way, events }
    })
  }

  /** The writes, one after another; null for what cannot be brought back. */
  private async *steps(did: Did, way: WayBack, restored: RestoredRecords): AsyncGenerator<Step | null> {
    let place = ''
    let bytesOf: Awaited<ReturnType<typeof bytesAt>> = () => null
    for (const { path, cid, seq, piece, kept, action } of way.puts) {
      if (kept && place !== `${seq} ${piece}`) {
        bytesOf = await bytesAt(this.database.read, seq, piece)
        place = `${seq} ${piece}`
      }
      const bytes = kept ? bytesOf(path, cid) : null
      const write = bytes && putBack({ path, cid, bytes })
      const why = write ? await this.missingBlobs(did, write) : NOT_KEPT
      if (why !== null) skip(restored, path, why)
      yield why === null ? { action, write: write! } : null
    }
    for (const path of way.deletes) yield { action: 'delete', write: takeAway(path) }
  }

  /** What is wrong with the blobs that a record refers to, all of them; null: nothing. */
  private async missingBlobs(did: Did, write: PreparedWrite): Promise<string | null> {
    const wrong = new Set<string>()
    for (const ref of write.blobs) {
      try {
        await this.writer.checkBlobs(did, [{ ...write, blobs: [ref] }])
      } catch (error) {
        if (!(error instanceof XrpcError)) throw error
        wrong.add(error.message)
      }
    }
    return wrong.size === 0 ? null : [...wrong].join('; ')
  }

  /** Makes a commit of them; of what is refused as a whole, two of its halves, down to the one that is the reason. */
  private async apply(options: RestoreOptions, steps: readonly Step[], restored: RestoredRecords): Promise<void> {
    try {
      if (!options.dryRun) {
        const writes = steps.map(({ write }) => write)
        const { commit } = await this.commands.execute(new WriteRecords(options.did, writes))
        if (commit) restored.commits++
      }
    } catch (error) {
      if (!isOfTheWrites(error)) throw error
      if (steps.length === 1) return skip(restored, steps[0]!.write.path, error.message)
      const half = Math.ceil(steps.length / 2)
      await this.apply(options, steps.slice(0, half), restored)
      return this.apply(options, steps.slice(half), restored)
    }
    for (const { action, write } of steps) {
      restored[`${action}d`]++
      if (restored.changes.length < MAX_NAMED) restored.changes.push({ action, path: write.path })
    }
  }
}

const NOT_KEPT = 'its value is not kept: the log was compacted'

function skip({ skipped }: RestoredRecords, path: string, why: string): void {
  skipped.count++
  if (skipped.records.length < MAX_NAMED) skipped.records.push({ path, why })
}

/** Whether an error says something against the writes, and not against the account or the moment. */
function isOfTheWrites(error: unknown): error is Error {
  if (error instanceof RepoError) return true
  return error instanceof XrpcError && error.status === 400 && error.error !== 'RepoNotFound'
}

function assertRestorable(did: Did, repo: Repo | null): Repo {
  if (!repo || repo.status === 'deleted') throw invalidRequest(`there is no repository of ${did} here`, 'RepoNotFound')
  if (repo.hosting !== 'hosted')
    throw invalidRequest(`${did} is ${repo.hosting} here: only what is hosted here can be written to`, 'RepoNotFound')
  if (repo.status !== null) throw invalidRequest(`${did} is ${repo.status}`, 'RepoNotActive')
  return repo
}
