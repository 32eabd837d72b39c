import type { Clock } from '../config/clock.js'
import type { Config } from '../config/config.js'
import { DiskStore } from './disk-store.js'
import { S3Store } from './s3-store.js'

/**
 * The store that the settings name: a directory, or a bucket. Nothing is read of it yet. `timeoutMs`: how long a bucket may
 * say nothing, where that is to be less than usual.
 */
export async function openBlobStore(
  { blobStore }: Pick<Config, 'blobStore'>,
  clock: Clock,
  timeoutMs?: number,
): Promise<DiskStore | S3Store> {
  if (blobStore.kind === 'disk') return new DiskStore(blobStore.directory)
  if (timeoutMs === undefined) return S3Store.load(blobStore, clock)
  return S3Store.load(blobStore, clock, { connectionTimeout: timeoutMs, socketTimeout: timeoutMs })
}
