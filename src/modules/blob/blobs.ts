import { Injectable } from '@nestjs/common'
import { Database } from '../database/database.js'
import { RepoQueries } from '../repo/repo-queries.js'
import type { Repo } from '../repo/repo-row.js'
import { HostedBlobs } from './hosted-blobs.js'
import { MirroredBlobs } from './mirrored-blobs.js'
import { blobNotFound, type OpenBlob, parseBlobCid } from './open-blob.js'

/** Who is asking for a blob: the operator gets all that is here, the owner also what an inactive account has. */
export type Asker = 'operator' | 'owner' | 'anybody'

/** Blobs by account and CID, as far as they may be given out. */
@Injectable()
export class Blobs {
  constructor(
    private readonly database: Database,
    private readonly queries: RepoQueries,
    private readonly mirrored: MirroredBlobs,
    private readonly hosted: HostedBlobs,
  ) {}

  /** A repository, if that asker may see what it has. @throws XrpcError 400 RepoNotFound, RepoTakendown, … */
  repo(did: string, asker: Asker): Promise<Repo> {
    return asker === 'anybody' ? this.queries.available(did) : this.queries.repo(did)
  }

  /**
   * A blob for reading; the operator gets also what is taken down.
   * @throws XrpcError 400 RepoNotFound, RepoTakendown, …, BlobNotFound, InvalidRequest; RepoError InvalidCid; as
   * {@link MirroredBlobs.open}
   */
  async open(did: string, text: string, asker: Asker = 'anybody'): Promise<OpenBlob> {
    const cid = parseBlobCid(text)
    const repo = await this.repo(did, asker)
    if (asker !== 'operator' && (await this.isTakenDown(`${did}/${text}`))) throw blobNotFound(cid)
    return repo.hosting === 'hosted' ? this.hosted.open(repo, cid) : this.mirrored.open(repo, cid)
  }

  private async isTakenDown(subject: string): Promise<boolean> {
    return (await this.database.read.get('SELECT 1 FROM takedown WHERE subject = ?', subject)) !== undefined
  }
}
