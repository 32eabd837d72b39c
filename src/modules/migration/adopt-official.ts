import { join } from 'node:path'
import { Command, CommandHandler, type ICommandHandler } from '@nestjs/cqrs'
import { CommitLog } from '../commit-log/commit-log.js'
import { Config } from '../config/config.js'
import { Database } from '../database/database.js'
import { readRepo } from '../repo/repo-row.js'
import { type OfficialAccount, OfficialDirectory } from './official-directory.js'
import type { TakenBlobs } from './official-blobs.js'
import { OfficialInvites } from './official-invites.js'
import { OfficialPeople, type TakenAccount } from './official-people.js'

/** What was taken over from an official PDS. */
export interface AdoptedServer {
  accounts: AdoptedPerson[]
  inviteCodes: number
  /** The newest sequence number that was given out there; those here are above it. */
  lastSeq: number
}

/** An account as it came out: taken now, there since a run before, or not to be taken, and why. */
export type AdoptedPerson = { did: string; handle: string | null } & (
  ({ outcome: 'taken' } & TakenAccount) | ({ outcome: 'there' } & TakenBlobs) | { outcome: 'failed'; reason: string }
)

/**
 * Takes over the data directory of an official PDS whose server is stopped. `blobs`: the folder of its blobs, null for none.
 * `onProgress` is told how many accounts are done, and of how many.
 */
export class AdoptOfficial extends Command<AdoptedServer> {
  constructor(
    readonly directory: string,
    readonly blobs: string | null,
    readonly onProgress: (done: number, total: number) => void = () => undefined,
  ) {
    super()
  }
}

/**
 * Account by account, each of them whole: what is kept beside the repository comes first, and the repository last, because
 * with it the account is there. So what was cut off is done again, and what is there is left alone, but for blobs that it lacks. One that cannot be
 * taken does not keep the others.
 */
@CommandHandler(AdoptOfficial)
export class AdoptOfficialHandler implements ICommandHandler<AdoptOfficial> {
  constructor(
    private readonly database: Database,
    private readonly log: CommitLog,
    private readonly people: OfficialPeople,
    private readonly invites: OfficialInvites,
    private readonly config: Config,
  ) {}

  /** @throws Error when it is not such a directory, or its server is running */
  async execute({ directory, blobs, onProgress }: AdoptOfficial): Promise<AdoptedServer> {
    const from = OfficialDirectory.open(directory, join(this.config.dataDirectory, 'tmp'))
    try {
      const lastSeq = from.lastSeq()
      // Before anything is appended: relays ignore whatever comes under numbers that they have seen.
      this.log.startAbove(lastSeq)
      const inviteCodes = await this.invites.take(from)
      const all = from.accounts()
      const accounts: AdoptedPerson[] = []
      for (const account of all) {
        onProgress(accounts.length, all.length)
        accounts.push(await this.adopt(account, from, blobs))
      }
      onProgress(all.length, all.length)
      return { accounts, inviteCodes, lastSeq }
    } finally {
      from.close()
    }
  }

  private async adopt(account: OfficialAccount, from: OfficialDirectory, blobs: string | null): Promise<AdoptedPerson> {
    const { did, handle } = account
    try {
      const repo = await readRepo(this.database.read, did)
      if (repo?.hosting === 'hosted')
        return { did, handle, outcome: 'there', ...(await this.people.takeMissingBlobs(repo.did, from, blobs)) }
      return { did, handle, outcome: 'taken', ...(await this.people.take(account, from, blobs)) }
    } catch (error) {
      return { did, handle, outcome: 'failed', reason: (error as Error).message }
    }
  }
}
