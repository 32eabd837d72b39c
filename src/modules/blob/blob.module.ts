import { Module } from '@nestjs/common'
import { RepoModule } from '../repo/repo.module.js'
import { BlobCache } from './blob-cache.js'
import { BlobController } from './blob.controller.js'
import { BlobFetch } from './blob-fetch.js'
import { BlobReferences } from './blob-references.js'
import { Blobs } from './blobs.js'
import { MirroredBlobs } from './mirrored-blobs.js'

@Module({
  imports: [RepoModule],
  controllers: [BlobController],
  providers: [BlobCache, BlobFetch, BlobReferences, MirroredBlobs, Blobs],
})
export class BlobModule {}
