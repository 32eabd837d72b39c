import { Global, Module } from '@nestjs/common'
import { CqrsModule } from '@nestjs/cqrs'
import { Clock } from '../config/clock.js'
import { Config } from '../config/config.js'
import { OutboxModule } from '../outbox/outbox.module.js'
import { BlobCounts } from '../repo/blob-counts.js'
import { RecordBlobs } from '../repo/record-blobs.js'
import { RepoModule } from '../repo/repo.module.js'
import { BlobCache } from './blob-cache.js'
import { BlobController } from './blob.controller.js'
import { BlobFetch } from './blob-fetch.js'
import { BlobLocks } from './blob-locks.js'
import { BlobReferences } from './blob-references.js'
import { BlobRemoval } from './blob-removal.js'
import { BlobScrub } from './blob-scrub.js'
import { BlobStore } from './blob-store.js'
import { Blobs } from './blobs.js'
import { HostedBlobs } from './hosted-blobs.js'
import { HostedReferences } from './hosted-references.js'
import { ImageController } from './image.controller.js'
import { KeepBlobHandler } from './keep-blob.js'
import { LooseBlobs } from './loose-blobs.js'
import { MirroredBlobs } from './mirrored-blobs.js'
import { openBlobStore } from './open-blob-store.js'
import { ScaledImages } from './scaled-images.js'
import { ScrubController } from './scrub.controller.js'
import { UnreadReferences } from './unread-references.js'
import { UploadBlobHandler } from './upload-blob.js'
import { UploadController } from './upload.controller.js'
import { VideoController } from './video/video.controller.js'
import { Videos } from './video/videos.js'

/** Global, because repositories are stored without knowing what a blob is: they are given the one class that does. */
@Global()
@Module({
  imports: [CqrsModule, RepoModule, OutboxModule],
  controllers: [BlobController, UploadController, ImageController, VideoController, ScrubController],
  providers: [
    {
      provide: BlobStore,
      inject: [Config, Clock],
      useFactory: openBlobStore,
    },
    BlobLocks,
    BlobRemoval,
    HostedReferences,
    { provide: RecordBlobs, useExisting: HostedReferences },
    KeepBlobHandler,
    UploadBlobHandler,
    HostedBlobs,
    { provide: BlobCounts, useExisting: HostedBlobs },
    UnreadReferences,
    LooseBlobs,
    BlobScrub,
    BlobCache,
    BlobFetch,
    BlobReferences,
    MirroredBlobs,
    Blobs,
    ScaledImages,
    Videos,
  ],
  exports: [BlobStore, RecordBlobs, HostedBlobs, BlobCache, BlobCounts],
})
export class BlobModule {}
