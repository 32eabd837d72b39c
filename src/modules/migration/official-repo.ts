import { Injectable } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { decodeCommit, verifyCommit } from '../../repo-engine/index.js'
import { beginning } from '../account/sign-up/account-genesis.js'
import { type ImportedRepo, ImportRepo } from '../repo/import-repo.js'
import type { OfficialAccount } from './official-directory.js'
import type { SoundAccount } from './official-credentials.js'
import type { OfficialStore } from './official-store.js'

/** A repository that was taken over. */
export interface TakenRepo {
  head: string
  rev: string
  records: number
  /** False: its newest commit was not signed by the account's key, and it has been signed anew. */
  kept: boolean
}

/** Takes over the repository of an account that has been reserved: from then on the account is there. */
@Injectable()
export class OfficialRepo {
  constructor(private readonly commands: CommandBus) {}

  /**
   * The newest commit stays as it is, byte for byte: whoever has heard of it hears nothing new. One that was imported
   * there and never written to is signed by the key of the server before; that nobody would accept, so it is signed anew.
   * @throws RepoError, XrpcError when it is not a sound repository; nothing of it is here then
   */
  async take(account: OfficialAccount, { did, handle, key }: SoundAccount, store: OfficialStore): Promise<TakenRepo> {
    const { bytes } = store.head()
    const kept = verifyCommit(decodeCommit(bytes), key.didKey)
    const ownStatus = account.deactivatedAt === null ? null : 'deactivated'
    const status = account.takedownRef === null ? ownStatus : 'takendown'
    const { repo, records }: ImportedRepo = await this.commands.execute(
      new ImportRepo(store.car(), {
        did,
        hosting: 'hosted',
        begins: { status, ownStatus },
        key: kept ? null : () => key,
        signedBy: async () => (kept ? key.didKey : null),
        // An operator's own data is taken whatever its size.
        maxBytes: Infinity,
        announce: beginning(did, handle, status),
      }),
    )
    return { head: repo.head.toString(), rev: repo.rev, records, kept }
  }
}
