import { resolve } from 'node:path'
import { ConfigError, type S3Settings } from '../config/config.js'
import type { BackupTarget } from './backup-target.js'
import { DirectoryTarget } from './directory-target.js'
import { S3Target } from './s3-target.js'
import { assertKind } from './target-kind.js'

const S3_URL = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,62})(?:\/([\w./-]*))?$/

/** How a target is reached and read; the rest is in its name. */
export interface TargetAccess {
  s3: Omit<S3Settings, 'bucket'>
  /** A file with the identity that it is encrypted for; null: it is not encrypted. */
  identityFile: string | null
}

/** What is said instead of the settings; null: nothing. */
export interface AccessWish {
  /** Where S3 is. */
  endpoint: string | null
  identityFile: string | null
}

export function accessOf({ s3, identityFile }: TargetAccess, wish: AccessWish): TargetAccess {
  return {
    s3: wish.endpoint === null ? s3 : { ...s3, endpoint: wish.endpoint, forcePathStyle: true },
    identityFile: wish.identityFile ?? identityFile,
  }
}

/** What a target is called, whatever way it was written. @throws ConfigError for what is neither a folder nor a bucket */
export function targetName(text: string): string {
  if (!text.startsWith('s3:')) return resolve(text)
  const [, bucket, path = ''] = S3_URL.exec(text) ?? []
  if (!bucket) throw new ConfigError(`${text}: a bucket is written s3://bucket/folder`)
  const prefix = path.replace(/^\/+|\/+$/g, '')
  return `s3://${bucket}${prefix && `/${prefix}`}`
}

/**
 * The target of a name, a folder or `s3://bucket/folder`. Nothing is written yet.
 * @throws ConfigError as {@link targetName}, and for an identity that cannot be read; OtherKind as {@link assertKind}
 */
export async function openTarget(text: string, access: TargetAccess, now: () => number): Promise<BackupTarget> {
  const bare = await openBare(targetName(text), access, now)
  try {
    const target = access.identityFile === null ? bare : await sealed(bare, access.identityFile)
    await assertKind(target)
    return target
  } catch (error) {
    bare.close()
    throw error
  }
}

async function openBare(name: string, { s3 }: TargetAccess, now: () => number): Promise<BackupTarget> {
  const [, bucket, prefix] = S3_URL.exec(name) ?? []
  if (!bucket) return new DirectoryTarget(name, now)
  return S3Target.load(name, { ...s3, bucket }, prefix ? `${prefix}/` : '', now)
}

/** Loads what it takes, which whoever does not encrypt can do without. */
async function sealed(target: BackupTarget, file: string): Promise<BackupTarget> {
  const { readIdentity } = await import('./backup-identity.js')
  const { SealedTarget } = await import('./sealed-target.js')
  return new SealedTarget(target, await readIdentity(file))
}
