import { Injectable } from '@nestjs/common'
import type { Did } from '../../repo-engine/index.js'
import { Database } from '../database/database.js'
import { readRepo, type RepoStatus } from '../repo/repo-row.js'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { ForeignAccounts } from './foreign-accounts.js'
import { type Mirror, Mirrors } from './mirrors.js'
import { PeerIntake, type Source } from './peer-intake.js'
import { RepoDownload } from './repo-download.js'

/** Refusals by which a host says that an account is not active. */
const INACTIVE: Record<string, Exclude<RepoStatus, 'deleted'>> = {
  RepoDeactivated: 'deactivated',
  RepoTakendown: 'takendown',
  RepoSuspended: 'suspended',
}

/** Fetches a wanted repository, and notes how that went. */
@Injectable()
export class MirrorFetch {
  constructor(
    private readonly database: Database,
    private readonly intake: PeerIntake,
    private readonly mirrors: Mirrors,
    private readonly accounts: ForeignAccounts,
    private readonly downloads: RepoDownload,
  ) {}

  /** Never throws for what others do. @throws whatever the database throws */
  async fetch(mirror: Mirror, stop: AbortSignal): Promise<void> {
    const source = await this.intake.sourceOf(mirror)
    if (source === null) return this.mirrors.forget(mirror.did)
    try {
      if (source.host === null) throw new Error('its DID document names no server')
      if (source.room === 0) throw new Error('its quota of bytes is used up')
      if (await this.isInactive(mirror.did)) return await this.database.write((tx) => this.mirrors.rest(tx, mirror.did))
      const received = await this.downloads.download(source.host, mirror.did, source.room ?? undefined, stop)
      await this.database.write(async (tx) => {
        const repo = await readRepo(tx, mirror.did)
        if (!repo) return
        await this.mirrors.fetched(tx, mirror, repo.rev)
        if (received) await this.intake.count(tx, source.peer, mirror.did, received.bytes)
        if (received?.handle !== undefined) await this.mirrors.nameHandle(tx, mirror.did, received.handle)
      })
    } catch (error) {
      if (stop.aborted) return
      await this.failed(mirror, source, error as Error)
    }
  }

  /** Whether the account is not active, as it is now: that it is again may not have been told. */
  private async isInactive(did: Did): Promise<boolean> {
    const status = async (): Promise<RepoStatus | null> => (await readRepo(this.database.read, did))?.status ?? null
    const known = await status()
    if (known === null || known === 'deleted') return false
    const now = await this.accounts.askHome(did, false)
    if (now === undefined || now === 'deleted') return true
    await this.database.write((tx) => this.accounts.setStatus(tx, did, now))
    return (await status()) !== null
  }

  private async failed(mirror: Mirror, { peer, host, isHome }: Source, error: Error): Promise<void> {
    const { did } = mirror
    const refusal = error instanceof XrpcError ? error.error : ''
    const status = isHome ? INACTIVE[refusal] : undefined
    if (refusal === 'RepoHostedHere') return this.mirrors.forget(did)
    await this.database.write(async (tx) => {
      if (status && (await this.mirrors.isHere(did, tx))) {
        await this.accounts.setStatus(tx, did, status)
        return this.mirrors.rest(tx, did)
      }
      await this.mirrors.failed(tx, mirror, error.message)
      await this.intake.note(tx, peer, `${did} from ${host}: ${error.message}`)
    })
  }
}
