import type * as ClientS3 from '@aws-sdk/client-s3'
import type { Upload } from '@aws-sdk/lib-storage'
import type { S3Settings } from '../config/config.js'

/** What there is to speak with S3 by: the commands, and uploads whose size is not known before. */
export type S3Sdk = typeof ClientS3 & { Upload: typeof Upload }

/** `socketTimeout`: with nothing on its way in either direction. Milliseconds. */
export const S3_TIMEOUTS = { connectionTimeout: 10_000, socketTimeout: 60_000 }

/**
 * A client of a bucket's store, and what it takes, which a server with a disk can do without. Nothing is asked of the store yet.
 * `requests` are options of its HTTP handler.
 */
export async function loadS3(
  { region, endpoint, forcePathStyle, credentials }: S3Settings,
  requests: object = S3_TIMEOUTS,
): Promise<{ sdk: S3Sdk; client: ClientS3.S3Client }> {
  const { Upload } = await import('@aws-sdk/lib-storage')
  const sdk = { ...(await import('@aws-sdk/client-s3')), Upload }
  const client = new sdk.S3Client({
    region,
    forcePathStyle,
    ...(endpoint !== null && { endpoint }),
    ...(credentials && { credentials }),
    requestHandler: requests,
    // What speaks like S3 seldom knows its newer checksums.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
  return { sdk, client }
}
