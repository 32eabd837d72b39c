import { Injectable } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import type { LogRow } from '../commit-log/commit-log.js'
import { readCommitBlocks } from '../repo/fold-log.js'
import { RepoExports } from '../sync/repo-exports.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { ForeignHosts } from './foreign-hosts.js'

/** Commits that are sent one by one; of more, what they come to is sent at once. */
const MAX_SINGLE = 3
/** Refusals that say: it is there. */
const THERE_ALREADY: ReadonlySet<string> = new Set(['CommitReplayed', 'CommitStale'])
/** Refusals of a commit, or of a difference, after which there is something else to try. */
const TRY_MORE: ReadonlySet<string> = new Set(['CommitGap', 'CommitTooLarge', 'InvalidMst'])

/** Sends what has happened to repositories here to another server. */
@Injectable()
export class RepoSender {
  constructor(
    private readonly hosts: ForeignHosts,
    private readonly exports: RepoExports,
  ) {}

  /** Brings an account there up to some events of it, in their order. @throws XrpcError as the host refuses, FetchError */
  async send(host: string, did: Did, rows: readonly LogRow[], stop: AbortSignal): Promise<void> {
    const accounts = rows.filter(({ kind }) => kind === 'account')
    // Of an account that is gone there is nothing else to send.
    if (accounts.length > 0 && (await this.isGone(did))) return this.hosts.update(host, did, 'deleted', stop)
    const changes = rows.filter(({ cid }) => cid !== null)
    const commits = changes.filter(({ kind, frame }) => kind === 'commit' && frame !== null)
    if (changes.length === commits.length && commits.length <= MAX_SINGLE)
      await this.sendCommits(host, did, commits, stop)
    else await this.sendRepo(host, did, stop)
    if (accounts.length > 0 || rows.some(({ kind }) => kind === 'identity'))
      await this.hosts.update(host, did, null, stop)
  }

  /** Sends whatever a host lacks of a repository. @throws as {@link send} */
  async sendRepo(host: string, did: Did, stop: AbortSignal): Promise<void> {
    const rev = await this.hosts.rev(host, did)
    if (rev === null || !(await this.arrives(host, did, await this.exported(did, rev), stop)))
      await this.arrives(host, did, await this.exported(did, null), stop)
  }

  private async sendCommits(host: string, did: Did, rows: readonly LogRow[], stop: AbortSignal): Promise<void> {
    for (const row of rows)
      if (!(await this.arrives(host, did, once(readCommitBlocks(row)), stop))) return this.sendRepo(host, did, stop)
  }

  /** False when it does not fit what is there. */
  private async arrives(
    host: string,
    did: Did,
    car: AsyncIterable<Uint8Array> | null,
    stop: AbortSignal,
  ): Promise<boolean> {
    // One that is not active is nobody's to have.
    if (car === null) return true
    try {
      await this.hosts.update(host, did, car, stop)
      return true
    } catch (error) {
      const refusal = error instanceof XrpcError ? error.error : ''
      if (THERE_ALREADY.has(refusal)) return true
      if (TRY_MORE.has(refusal)) return false
      throw error
    }
  }

  private async exported(did: Did, since: string | null): Promise<AsyncIterable<Uint8Array> | null> {
    try {
      return await this.exports.export(did, since)
    } catch (error) {
      if (error instanceof XrpcError && error.status === 400) return null
      throw error
    }
  }

  private async isGone(did: Did): Promise<boolean> {
    return !(await this.exports.exists(did))
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
