import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'
import type * as ClientS3 from '@aws-sdk/client-s3'
import { Cid, CODEC_RAW } from '../../repo-engine/index.js'
import type { OnApplicationShutdown } from '@nestjs/common'
import type { Clock } from '../config/clock.js'
import type { S3Settings } from '../config/config.js'
import { BlobStore, type StoredBlob } from './blob-store.js'
import { BlobMissing, type OpenBytes } from './open-blob.js'
import { loadS3, S3_TIMEOUTS, type S3Sdk } from './s3-client.js'

const [BLOBS, TEMPS] = ['blocks/', 'tmp/']
/** How old a temporary object is that no upload still goes on with: another server may use the bucket. */
const ABANDONED_MS = 24 * 60 * 60 * 1000
/** What an upload holds in memory: so many parts of the least size that there is. */
const PART_BYTES = 5 * 1024 * 1024
const PARTS_AT_ONCE = 2

/** Who takes a blob slowly holds a connection: others need some, too. */
const AGENT = { maxSockets: 500 }

/** Blobs as objects of a bucket: `blocks/<CID>`; half received ones under `tmp/`. */
export class S3Store extends BlobStore implements OnApplicationShutdown {
  private constructor(
    private readonly sdk: S3Sdk,
    private readonly client: ClientS3.S3Client,
    private readonly bucket: string,
    private readonly clock: Clock,
  ) {
    super()
  }

  /** Loads what it takes, which a server with a disk can do without. Nothing is asked of the bucket yet. */
  static async load(settings: S3Settings, clock: Clock, timeouts: typeof S3_TIMEOUTS = S3_TIMEOUTS): Promise<S3Store> {
    const { sdk, client } = await loadS3(settings, { ...timeouts, httpAgent: AGENT, httpsAgent: AGENT })
    return new S3Store(sdk, client, settings.bucket, clock)
  }

  onApplicationShutdown(): void {
    this.client.destroy()
  }

  async putTemp(source: AsyncIterable<Uint8Array>): Promise<string> {
    const temp = randomUUID()
    const body = Readable.from(source, { objectMode: false })
    const upload = new this.sdk.Upload({
      client: this.client,
      params: { Bucket: this.bucket, Key: TEMPS + temp, Body: body },
      partSize: PART_BYTES,
      queueSize: PARTS_AT_ONCE,
    })
    try {
      await upload.done()
    } catch (error) {
      body.destroy()
      await upload.abort().catch(() => undefined)
      throw body.errored ?? error
    }
    return temp
  }

  async makePermanent(temp: string, cid: Cid): Promise<void> {
    const { CopyObjectCommand } = this.sdk
    const CopySource = `${this.bucket}/${TEMPS}${temp}`
    await this.client.send(new CopyObjectCommand({ Bucket: this.bucket, Key: keyOf(cid), CopySource }))
    this.onPermanent(cid)
    await this.dropTemp(temp)
  }

  /** What cannot be deleted now is swept a day later. */
  async dropTemp(temp: string): Promise<void> {
    await this.remove(TEMPS + temp).catch(() => undefined)
  }

  /** Nothing is asked before the bytes are read. */
  open(cid: Cid, size: number): Promise<OpenBytes> {
    const read: OpenBytes['read'] = async (range) => {
      const { GetObjectCommand } = this.sdk
      const Range = range ? `bytes=${range.start}-${range.end}` : undefined
      const request = new GetObjectCommand({ Bucket: this.bucket, Key: keyOf(cid), Range })
      const answer = await this.client.send(request).catch(nullIfMissing)
      if (!answer) throw new BlobMissing(`${cid.toString()} is not in the bucket`)
      return answer.Body as Readable
    }
    return Promise.resolve({ size, read, close: () => Promise.resolve() })
  }

  async stat(cid: Cid): Promise<StoredBlob | null> {
    const { HeadObjectCommand } = this.sdk
    const request = new HeadObjectCommand({ Bucket: this.bucket, Key: keyOf(cid) })
    const head = await this.client.send(request).catch(nullIfMissing)
    return head && { cid, size: head.ContentLength ?? 0, storedAt: head.LastModified?.getTime() ?? 0 }
  }

  async delete(cid: Cid): Promise<void> {
    await this.remove(keyOf(cid))
  }

  async *list(): AsyncGenerator<StoredBlob> {
    for await (const { key, size, storedAt } of this.objects(BLOBS)) {
      const cid = cidOfKey(key)
      if (cid) yield { cid, size, storedAt }
    }
  }

  async sweepTemps(): Promise<void> {
    const since = this.clock.now() - ABANDONED_MS
    for await (const { key, storedAt } of this.objects(TEMPS)) if (storedAt < since) await this.remove(key)
    // Not all that speaks like S3 can tell.
    await this.sweepParts(since).catch(() => undefined)
  }

  /** Parts of uploads that a crash has cut off are no objects, but take room. */
  private async sweepParts(since: number): Promise<void> {
    const { ListMultipartUploadsCommand, AbortMultipartUploadCommand } = this.sdk
    const { bucket: Bucket } = this
    const { Uploads = [] } = await this.client.send(new ListMultipartUploadsCommand({ Bucket, Prefix: TEMPS }))
    for (const { Key, UploadId, Initiated } of Uploads)
      if (Initiated && Initiated.getTime() < since)
        await this.client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
  }

  private async remove(Key: string): Promise<void> {
    const { DeleteObjectCommand } = this.sdk
    await this.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key })).catch(nullIfMissing)
  }

  private async *objects(Prefix: string): AsyncGenerator<{ key: string; size: number; storedAt: number }> {
    const pages = this.sdk.paginateListObjectsV2({ client: this.client }, { Bucket: this.bucket, Prefix })
    for await (const { Contents = [] } of pages)
      for (const { Key: key = '', Size: size = 0, LastModified } of Contents)
        yield { key, size, storedAt: LastModified?.getTime() ?? 0 }
  }
}

function keyOf(cid: Cid): string {
  return BLOBS + cid.toString()
}

function cidOfKey(key: string): Cid | null {
  try {
    const cid = Cid.parse(key.slice(BLOBS.length))
    return cid.codec === CODEC_RAW ? cid : null
  } catch {
    return null
  }
}

function nullIfMissing(error: unknown): null {
  const { name, $metadata } = error as { name?: string; $metadata?: { httpStatusCode?: number } }
  if (name === 'NoSuchKey' || name === 'NotFound' || $metadata?.httpStatusCode === 404) return null
  throw error
}
