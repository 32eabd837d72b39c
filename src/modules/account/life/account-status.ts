import { Injectable, Optional } from '@nestjs/common'
import type { Did } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import type { XrpcMethods } from '../../lexicon/types.js'
import { BlobCounts } from '../../repo/blob-counts.js'
import { readRepo } from '../../repo/repo-row.js'
import { measureRepo } from '../../repo/repo-size.js'
import { invalidRequest } from '../../xrpc/xrpc-error.js'
import { Credentials } from '../identity/credentials.js'

export type AccountState = XrpcMethods['com.atproto.server.checkAccountStatus']['output']

/** The tables of what an account has told this server alone. The official server always says 0. */
const PRIVATE_VALUES = ['preferences', 'actor_mute', 'list_mute', 'thread_mute', 'bookmark', 'draft']

/** How far an account has come that is moving in. */
@Injectable()
export class AccountStatus {
  constructor(
    private readonly database: Database,
    private readonly credentials: Credentials,
    @Optional() private readonly blobs?: BlobCounts,
  ) {}

  /** @throws XrpcError 400 AccountNotFound where there is no repository any more */
  async of(did: Did): Promise<AccountState> {
    const validDid = await this.credentials.isHere(did)
    const { expected, imported } = (await this.blobs?.counts(did)) ?? { expected: 0, imported: 0 }
    return this.database.snapshot(async (reader) => {
      const repo = await readRepo(reader, did)
      if (!repo || repo.status === 'deleted') throw invalidRequest('user not found', 'AccountNotFound')
      const { records, blocks } = await measureRepo(reader, repo)
      let values = 0
      for (const table of PRIVATE_VALUES)
        values += (await reader.get<{ n: number }>(`SELECT count(*) AS n FROM ${table} WHERE did = ?`, did))!.n
      return {
        activated: repo.status === null,
        validDid,
        repoCommit: repo.head.toString(),
        repoRev: repo.rev,
        repoBlocks: blocks,
        indexedRecords: records,
        privateStateValues: values,
        expectedBlobs: expected,
        importedBlobs: imported,
      }
    })
  }
}
