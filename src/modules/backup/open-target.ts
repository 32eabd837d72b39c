import { resolve } from 'node:path'
import { ConfigError, type S3Settings } from '../config/config.js'
import type { BackupTarget } from './backup-target.js'
import { DirectoryTarget } from './directory-target.js'
import { S3Target } from './s3-target.js'

const S3_URL = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,62})(?:\/([\w./-]*))?$/

/** How a bucket is reached; the rest is in the name of a target. */
export type S3Access = Omit<S3Settings, 'bucket'>

/** What a target is called, whatever way it was written. @throws ConfigError for what is neither a folder nor a bucket */
export function targetName(text: string): string {
  if (!text.startsWith('s3:')) return resolve(text)
  const [, bucket, path = ''] = S3_URL.exec(text) ?? []
  if (!bucket) throw new ConfigError(`${text}: a bucket is written s3://bucket/folder`)
  const prefix = path.replace(/^\/+|\/+$/g, '')
  return `s3://${bucket}${prefix && `/${prefix}`}`
}

/** The target of a name, a folder or `s3://bucket/folder`. Nothing is written yet. @throws ConfigError as {@link targetName} */
export async function openTarget(text: string, access: S3Access, now: () => number): Promise<BackupTarget> {
  const name = targetName(text)
  const [, bucket, prefix] = S3_URL.exec(name) ?? []
  if (!bucket) return new DirectoryTarget(name, now)
  return S3Target.load(name, { ...access, bucket }, prefix ? `${prefix}/` : '', now)
}
