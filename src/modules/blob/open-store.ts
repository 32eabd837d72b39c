import type { Clock } from '../config/clock.js'
import type { BlobStoreSettings } from '../config/config.js'
import { DiskStore } from './disk-store.js'
import { S3Store } from './s3-store.js'

/**
 * The store of the settings. Nothing is asked of it yet. `timeoutMs`: how long a bucket may say nothing, where that is to be
 * less than usual.
 */
export async function openStore(
  settings: BlobStoreSettings,
  clock: Clock,
  timeoutMs?: number,
): Promise<DiskStore | S3Store> {
  if (settings.kind === 'disk') return new DiskStore(settings.directory)
  if (timeoutMs === undefined) return S3Store.load(settings, clock)
  return S3Store.load(settings, clock, { connectionTimeout: timeoutMs, socketTimeout: timeoutMs })
}
