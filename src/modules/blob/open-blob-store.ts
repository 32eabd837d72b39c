import type { Clock } from '../config/clock.js'
import type { Config } from '../config/config.js'
import type { BlobStore } from './blob-store.js'
import { DiskStore } from './disk-store.js'
import { S3Store } from './s3-store.js'

/** The store that the settings name: a directory, or a bucket. Nothing is read of it yet. */
export async function openBlobStore({ blobStore }: Config, clock: Clock): Promise<BlobStore> {
  return blobStore.kind === 's3' ? S3Store.load(blobStore, clock) : new DiskStore(blobStore.directory)
}
