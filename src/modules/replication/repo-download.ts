import { Injectable } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import type { Did, Tid } from '../../repo-engine/index.js'
import { Database } from '../database/database.js'
import { readRepo } from '../repo/repo-row.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { ForeignHosts } from './foreign-hosts.js'
import { type ReceivedRepo, ReceiveRepo } from './receive-repo.js'

/** Refusals of a difference after which the whole repository is worth a try. */
const TRY_WHOLE: ReadonlySet<string> = new Set(['CommitGap', 'CommitTooLarge', 'InvalidMst', 'RevNotFound'])
/** Refusals that say: what the host has is here. */
const HERE_ALREADY: ReadonlySet<string> = new Set(['CommitReplayed', 'CommitStale'])

/** Brings repositories over from other hosts. */
@Injectable()
export class RepoDownload {
  constructor(
    private readonly database: Database,
    private readonly hosts: ForeignHosts,
    private readonly commands: CommandBus,
  ) {}

  /**
   * Makes what is here of a repository what a host has: what has changed since, if that is enough, or else all of it. Null
   * when there is nothing newer. @throws XrpcError as the host, or the handler of {@link ReceiveRepo}, refuses; FetchError
   */
  async download(
    host: string,
    did: Did,
    maxBytes: number | undefined,
    stop: AbortSignal,
  ): Promise<ReceivedRepo | null> {
    const repo = await readRepo(this.database.read, did)
    const receive = (since: Tid | null): Promise<ReceivedRepo> =>
      this.commands.execute(new ReceiveRepo(did, this.hosts.repo(host, did, since, stop), maxBytes))
    try {
      if (!repo) return await receive(null)
      try {
        return await receive(repo.rev)
      } catch (error) {
        if (!(error instanceof XrpcError) || !TRY_WHOLE.has(error.error)) throw error
        return await receive(null)
      }
    } catch (error) {
      if (error instanceof XrpcError && HERE_ALREADY.has(error.error)) return null
      throw error
    }
  }
}
