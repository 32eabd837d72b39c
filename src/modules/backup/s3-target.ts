import { Readable } from 'node:stream'
import type * as ClientS3 from '@aws-sdk/client-s3'
import { loadS3, type S3Sdk } from '../blob/s3-client.js'
import type { S3Settings } from '../config/config.js'
import { ABANDONED_MS, assertName, BackupProblem, BackupTarget, type TargetObject } from './backup-target.js'

const PART_BYTES = 8 * 1024 * 1024

/** A folder of a bucket as a target. */
export class S3Target extends BackupTarget {
  private constructor(
    readonly name: string,
    private readonly sdk: S3Sdk,
    private readonly client: ClientS3.S3Client,
    private readonly bucket: string,
    private readonly prefix: string,
    private readonly now: () => number,
  ) {
    super()
  }

  /** Loads what it takes. Nothing is asked of the bucket yet. `prefix` is empty, or ends with a slash. */
  static async load(name: string, settings: S3Settings, prefix: string, now: () => number): Promise<S3Target> {
    const { sdk, client } = await loadS3(settings)
    return new S3Target(name, sdk, client, settings.bucket, prefix, now)
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const { PutObjectCommand } = this.sdk
    await this.client.send(new PutObjectCommand({ ...this.at(name), Body: bytes }))
  }

  /** What speaks like S3 and does not know the condition is asked whether the object is there first. */
  async putNew(name: string, bytes: Uint8Array): Promise<boolean> {
    const { PutObjectCommand } = this.sdk
    if ((await this.storedAt(name)) !== null) return false
    try {
      await this.client.send(new PutObjectCommand({ ...this.at(name), Body: bytes, IfNoneMatch: '*' }))
      return true
    } catch (error) {
      if ([409, 412].includes(statusOf(error) ?? 0)) return false
      throw error
    }
  }

  async putStream(name: string, source: AsyncIterable<Uint8Array>): Promise<void> {
    const body = Readable.from(source, { objectMode: false })
    const params = { ...this.at(name), Body: body }
    const upload = new this.sdk.Upload({ client: this.client, params, partSize: PART_BYTES, queueSize: 2 })
    try {
      await upload.done()
    } catch (error) {
      body.destroy()
      await upload.abort().catch(() => undefined)
      throw body.errored ?? error
    }
  }

  async storedAt(name: string): Promise<number | null> {
    const { HeadObjectCommand } = this.sdk
    const head = await this.client.send(new HeadObjectCommand(this.at(name))).catch(nullIfMissing)
    return head && (head.LastModified?.getTime() ?? 0)
  }

  async get(name: string, maxBytes: number): Promise<Buffer | null> {
    const source = await this.open(name)
    if (!source) return null
    const pieces: Uint8Array[] = []
    let bytes = 0
    for await (const piece of source) {
      bytes += piece.length
      if (bytes > maxBytes) throw new BackupProblem(`${name} is larger than such a thing can be`)
      pieces.push(piece)
    }
    return Buffer.concat(pieces)
  }

  async open(name: string): Promise<AsyncIterable<Uint8Array> | null> {
    const { GetObjectCommand } = this.sdk
    const answer = await this.client.send(new GetObjectCommand(this.at(name))).catch(nullIfMissing)
    return answer && (answer.Body as Readable)
  }

  async *list(folder: string): AsyncGenerator<TargetObject> {
    const Prefix = this.prefix + folder
    const pages = this.sdk.paginateListObjectsV2({ client: this.client }, { Bucket: this.bucket, Prefix })
    for await (const { Contents = [] } of pages)
      for (const { Key = '', LastModified } of Contents)
        yield { name: Key.slice(this.prefix.length), storedAt: LastModified?.getTime() ?? 0 }
  }

  async delete(name: string): Promise<void> {
    const { DeleteObjectCommand } = this.sdk
    await this.client.send(new DeleteObjectCommand(this.at(name))).catch(nullIfMissing)
  }

  /** Parts of uploads that were cut off are no objects, but take room. Not all that speaks like S3 can tell. */
  async sweep(): Promise<void> {
    const { ListMultipartUploadsCommand, AbortMultipartUploadCommand } = this.sdk
    const { bucket: Bucket, prefix: Prefix } = this
    const listed = await this.client.send(new ListMultipartUploadsCommand({ Bucket, Prefix })).catch(() => null)
    for (const { Key, UploadId, Initiated } of listed?.Uploads ?? [])
      if (Initiated && Initiated.getTime() < this.now() - ABANDONED_MS)
        await this.client.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId }))
  }

  close(): void {
    this.client.destroy()
  }

  private at(name: string): { Bucket: string; Key: string } {
    assertName(name)
    return { Bucket: this.bucket, Key: this.prefix + name }
  }
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode
}

function nullIfMissing(error: unknown): null {
  const { name } = error as { name?: string }
  if (name === 'NoSuchKey' || name === 'NotFound' || statusOf(error) === 404) return null
  throw error
}
