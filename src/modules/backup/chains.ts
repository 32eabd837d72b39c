import { randomUUID } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { Injectable } from '@nestjs/common'
import { BlobStore } from '../blob/blob-store.js'
import { CommitLog } from '../commit-log/commit-log.js'
import { Clock } from '../config/clock.js'
import { Config } from '../config/config.js'
import { Database } from '../database/database.js'
import { assertElsewhere } from './backup-identity.js'
import { BackupProblem, type BackupTarget } from './backup-target.js'
import { Chain } from './chain.js'
import { listManifests, OWNER_FILE, readManifest } from './manifest.js'
import { accessOf, type AccessWish, openTarget, targetName } from './open-target.js'
import { TargetLock } from './target-lock.js'

/** A target that is this server's to write to. */
export interface HeldTarget {
  target: BackupTarget
  lock: TargetLock
}

/** Begins generations of backups of this server, and tells those that are being made what has come. */
@Injectable()
export class Chains {
  private readonly live = new Set<Chain>()

  constructor(
    readonly database: Database,
    private readonly log: CommitLog,
    private readonly blobs: BlobStore,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {
    blobs.onPermanent = (cid) => {
      for (const chain of this.live) chain.arrives(cid)
    }
  }

  /**
   * Opens a target, and locks it. @throws ConfigError for what is none; BackupProblem when it is in use, lies in the data
   * directory as its key must not either, or has backups of another server or kind
   */
  async hold(name: string, wish: AccessWish = { endpoint: null, identityFile: null }): Promise<HeldTarget> {
    const { config, clock } = this
    const access = accessOf(config.backup, wish)
    if (access.identityFile !== null) assertElsewhere(access.identityFile, config.dataDirectory, targetName(name))
    const target = await openTarget(name, access, () => clock.now())
    try {
      if (`${target.name}${sep}`.startsWith(`${resolve(config.dataDirectory)}${sep}`))
        throw new BackupProblem(`${target.name} is in the data directory: a backup there is lost with it`)
      await this.assertOwn(target)
      return { target, lock: await TargetLock.take(target, this.owner(), () => clock.now()) }
    } catch (error) {
      target.close()
      throw error
    }
  }

  /** A generation begins: what is committed from now on can be shipped. */
  begin(target: BackupTarget): Chain {
    const { database, log, blobs, config, clock } = this
    const chain = new Chain({ database, log, blobs, config, clock }, target)
    this.live.add(chain)
    return chain
  }

  end(chain: Chain): void {
    this.live.delete(chain)
    chain.end()
  }

  private async assertOwn(target: BackupTarget): Promise<void> {
    for (const id of (await listManifests(target)).reverse()) {
      // One that is damaged keeps nobody from making another.
      const server = await readManifest(target, id).then(
        (manifest) => manifest.server,
        (error: unknown) => {
          if (!(error instanceof BackupProblem)) throw error
        },
      )
      if (server === this.config.serviceDid) return
      if (server) throw new BackupProblem(`${target.name} has backups of ${server}; this is ${this.config.serviceDid}`)
    }
  }

  /** Names this data directory, where it lies and as long as it is not copied. */
  private owner(): string {
    const file = join(this.config.dataDirectory, OWNER_FILE)
    if (!existsSync(file)) writeFileSync(file, `${randomUUID()}\n`, { mode: 0o600 })
    return readFileSync(file, 'utf8').trim()
  }
}
