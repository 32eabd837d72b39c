import { resolve } from 'node:path'
import type { BlobStoreSettings, S3Settings } from './config.js'
import type { Environment } from './environment.js'

/** Where this server backs itself up while it runs, and how buckets are reached. */
export interface BackupSettings {
  /** A folder or `s3://bucket/folder`; null: it does not. */
  target: string | null
  /** How often what was written is shipped, and how often everything is looked at, in milliseconds. */
  intervalMs: number
  snapshotMs: number
  /** How many snapshots are kept, or for how long (`30d`); null: all. */
  keep: string | null
  /** A file with the identity that targets are encrypted for; null: they are not encrypted. */
  identityFile: string | null
  s3: Omit<S3Settings, 'bucket'>
}

/** `ownKeys`: the environment has credentials in the words of AWS, which then count for backups. */
export function backupOf(env: Environment, blobs: BlobStoreSettings, ownKeys: boolean): BackupSettings {
  const shared = blobs.kind === 's3' ? blobs : null
  const endpoint = env.BACKUP_S3_ENDPOINT ?? shared?.endpoint ?? null
  return {
    target: env.BACKUP_TARGET ?? null,
    intervalMs: env.BACKUP_INTERVAL ?? 1_000,
    snapshotMs: env.BACKUP_SNAPSHOT_INTERVAL ?? 24 * 60 * 60 * 1000,
    keep: env.BACKUP_KEEP ?? null,
    identityFile: env.BACKUP_IDENTITY_FILE === undefined ? null : resolve(env.BACKUP_IDENTITY_FILE),
    s3: {
      endpoint,
      region: env.BACKUP_S3_REGION ?? shared?.region ?? 'us-east-1',
      forcePathStyle: endpoint !== null,
      credentials: ownKeys ? null : (shared?.credentials ?? null),
    },
  }
}
