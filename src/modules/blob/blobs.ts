import { Injectable } from '@nestjs/common'
import { Database } from '../database/database.js'
import { RepoQueries } from '../repo/repo-queries.js'
import { MirroredBlobs } from './mirrored-blobs.js'
import { blobNotFound, type OpenBlob, parseBlobCid } from './open-blob.js'

/** Blobs by account and CID, as far as they may be given out. */
@Injectable()
export class Blobs {
  constructor(
    private readonly database: Database,
    private readonly queries: RepoQueries,
    private readonly mirrored: MirroredBlobs,
  ) {}

  /**
   * A blob for reading; the operator gets also what is taken down. An account that is hosted here has none yet.
   * @throws XrpcError 400 RepoNotFound, RepoTakendown, …, BlobNotFound, InvalidRequest; RepoError InvalidCid; as
   * {@link MirroredBlobs.open}
   */
  async open(did: string, text: string, isAdmin = false): Promise<OpenBlob> {
    const cid = parseBlobCid(text)
    const repo = isAdmin ? await this.queries.repo(did) : await this.queries.available(did)
    if (!isAdmin && (await this.isTakenDown(`${did}/${text}`))) throw blobNotFound(cid)
    if (repo.hosting === 'hosted') throw blobNotFound(cid)
    return this.mirrored.open(repo, cid)
  }

  private async isTakenDown(subject: string): Promise<boolean> {
    return (await this.database.read.get('SELECT 1 FROM takedown WHERE subject = ?', subject)) !== undefined
  }
}
