import type { FileHandle } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { Cid, CODEC_RAW } from '../../repo-engine/index.js'
import { invalidRequest, type XrpcError } from '../xrpc/xrpc-error.js'
import type { ByteRange } from './byte-range.js'

const CHUNK = 256 * 1024

/** Bytes that are ready to be read. Whoever has them reads them once, to the end or not, or else closes them. */
export interface OpenBytes {
  size: number
  /** All of them, or a range. Ending or destroying the stream closes them. @throws BlobMissing where that shows only now */
  read(range: ByteRange | null): Promise<Readable>
  close(): Promise<void>
}

/** A blob, or an image made of one, that is ready to be read. */
export interface OpenBlob extends OpenBytes {
  cid: Cid
  type: string
  /** Names what is made of a blob apart from the blob itself; empty for that. */
  variant?: string
}

/** Bytes that should be in a store are not. */
export class BlobMissing extends Error {}

/** The bytes of an open file. */
export function fileBytes(file: FileHandle, size: number): OpenBytes {
  return {
    size,
    read: (range) => Promise.resolve(streamOf(file, size, range)),
    close: () => file.close(),
  }
}

function streamOf(file: FileHandle, size: number, range: ByteRange | null): Readable {
  // A range of nothing has no end that could be named.
  if (size === 0) return file.createReadStream({ highWaterMark: CHUNK })
  return file.createReadStream({ highWaterMark: CHUNK, start: range?.start ?? 0, end: range?.end ?? size - 1 })
}

/** The CID of a blob: version 1, raw, SHA-256, in its one text. @throws RepoError InvalidCid, XrpcError 400 InvalidRequest. */
export function parseBlobCid(text: string): Cid {
  const cid = Cid.parse(text)
  if (cid.codec !== CODEC_RAW) throw invalidRequest(`not the CID of a blob: ${text}`)
  return cid
}

/** The SHA-256 of a blob in hexadecimal digits: its name as a file. */
export function digestOf(cid: Cid): string {
  return Buffer.from(cid.multihash.digest).toString('hex')
}

/** The CID of the blob with a SHA-256 of 32 bytes. */
export function cidOfDigest(digest: Uint8Array): Cid {
  return Cid.fromBytes(Buffer.concat([Buffer.from([1, CODEC_RAW, 0x12, 0x20]), digest]))
}

/** 400, as getBlob says it. */
export function blobNotFound(cid: Cid, why = 'Blob not found'): XrpcError {
  return invalidRequest(`${why}: ${cid.toString()}`, 'BlobNotFound')
}
