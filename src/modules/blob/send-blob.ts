import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { XrpcError } from '../xrpc/xrpc-error.js'
import { parseRange } from './byte-range.js'
import { UNKNOWN } from './media-type.js'
import { BlobMissing, blobNotFound, type OpenBlob } from './open-blob.js'
import { declaredType } from './sniffed-type.js'

/** A client that takes nothing for this long is cut off: it holds a file open. */
const STALL_MS = 60_000
/** What a CID names never changes. */
const FOR_EVER = 'public, max-age=31536000, immutable'

export interface SendOptions {
  /** `attachment`: to be saved, whatever it is · `inline`: may be shown as what it is. */
  disposition: 'attachment' | 'inline'
  /** Not for everybody, so no cache may keep it. */
  isPrivate?: boolean
}

/**
 * Answers with a blob, or as much of it as the request asks for (RFC 9110: If-None-Match, Range, If-Range, HEAD), and sees
 * to it that it is closed. Whatever its bytes are, nothing in them runs.
 * @throws XrpcError 416 RangeNotSatisfiable; 400 BlobNotFound when it shows only now that its bytes are not there.
 */
export async function sendBlob(
  blob: OpenBlob,
  { method, headers }: FastifyRequest,
  reply: FastifyReply,
  { disposition, isPrivate = false }: SendOptions,
): Promise<void> {
  const { cid, size, type, variant = '' } = blob
  const etag = `"${cid.toString()}${variant}"`
  const caching = { etag, 'cache-control': isPrivate ? 'private, no-store' : FOR_EVER }
  if (isAmong(etag, headers['if-none-match'])) {
    await blob.close()
    return void reply.status(304).headers(caching).send()
  }
  const isWhole = method !== 'GET' || ![undefined, etag].includes(headers['if-range'] as string | undefined)
  const range = isWhole ? null : parseRange(headers.range, size)
  if (range === 'unsatisfiable') {
    await blob.close()
    throw new XrpcError(416, 'RangeNotSatisfiable', `not within ${size} bytes`, { 'content-range': `bytes */${size}` })
  }
  const body =
    method === 'HEAD'
      ? await closed(blob)
      : await blob.read(range).catch((error: unknown) => {
          throw error instanceof BlobMissing ? blobNotFound(cid) : error
        })
  reply.status(range ? 206 : 200).headers({
    ...caching,
    // What another server has kept may be no type, and is in records as it is.
    'content-type': declaredType(type) ?? UNKNOWN,
    'content-length': String(range ? range.end - range.start + 1 : size),
    ...(range && { 'content-range': `bytes ${range.start}-${range.end}/${size}` }),
    'accept-ranges': 'bytes',
    'content-disposition': `${disposition}; filename="${cid.toString()}"`,
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
  })
  reply.raw.setTimeout(STALL_MS)
  reply.send(body)
}

async function closed(blob: OpenBlob): Promise<Readable> {
  await blob.close()
  return Readable.from([])
}

/** Weak comparison, which is what If-None-Match asks for. */
function isAmong(etag: string, header: string | undefined): boolean {
  const tags = header?.split(',').map((tag) => tag.trim().replace(/^W\//, '')) ?? []
  return tags.includes(etag) || tags.includes('*')
}
