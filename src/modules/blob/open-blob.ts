import type { FileHandle } from 'node:fs/promises'
import { Cid, CODEC_RAW } from '../../repo-engine/index.js'
import { invalidRequest, type XrpcError } from '../xrpc/xrpc-error.js'

/** A blob that is ready to be read. Whoever has it closes its file. */
export interface OpenBlob {
  cid: Cid
  file: FileHandle
  size: number
  /** By its first bytes, whatever anybody says of it. */
  type: string
}

/** The CID of a blob: version 1, raw, SHA-256, in its one text. @throws RepoError InvalidCid, XrpcError 400 InvalidRequest. */
export function parseBlobCid(text: string): Cid {
  const cid = Cid.parse(text)
  if (cid.codec !== CODEC_RAW) throw invalidRequest(`not the CID of a blob: ${text}`)
  return cid
}

/** 400, as getBlob says it. */
export function blobNotFound(cid: Cid, why = 'Blob not found'): XrpcError {
  return invalidRequest(`${why}: ${cid.toString()}`, 'BlobNotFound')
}
