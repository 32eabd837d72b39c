import { mkdtempSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import S3rver from 's3rver'

const BUCKET = 'blobs'

/** A server that speaks S3, with one bucket, and the settings that have a server keep its blobs there. */
export async function startS3(): Promise<{ env: Record<string, string>; directory: string; close(): Promise<void> }> {
  const directory = mkdtempSync(join(tmpdir(), 'skylog-s3-'))
  const server = new S3rver({
    port: 0,
    address: 'localhost',
    silent: true,
    directory,
    configureBuckets: [{ name: BUCKET, configs: [] }],
  })
  const { port } = (await server.run()) as unknown as AddressInfo
  return {
    directory: join(directory, BUCKET),
    env: {
      PDS_BLOBSTORE_S3_BUCKET: BUCKET,
      PDS_BLOBSTORE_S3_REGION: 'us-east-1',
      PDS_BLOBSTORE_S3_ENDPOINT: `http://localhost:${port}`,
      PDS_BLOBSTORE_S3_FORCE_PATH_STYLE: 'true',
      PDS_BLOBSTORE_S3_ACCESS_KEY_ID: 'S3RVER',
      PDS_BLOBSTORE_S3_SECRET_ACCESS_KEY: 'S3RVER',
    },
    async close() {
      await server.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
