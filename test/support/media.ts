/** Blobs as records name them, and their bytes: some bytes for each type, which are nothing that could be looked at. */
import type { AtpAgent } from '@atproto/api'
import { Cid } from '../../src/repo-engine/index.js'

/** What a record says of the blob of that type. */
export function media(mimeType: string): { $type: 'blob'; ref: { $link: string }; mimeType: string; size: number } {
  const bytes = bytesOf(mimeType)
  return { $type: 'blob', ref: { $link: Cid.ofRaw(bytes).toString() }, mimeType, size: bytes.length }
}

/** Uploads it for an account: from then on its records may name it. */
export async function uploadMedia(client: AtpAgent, ...mimeTypes: string[]): Promise<void> {
  for (const encoding of mimeTypes) await client.uploadBlob(bytesOf(encoding), { encoding })
}

function bytesOf(mimeType: string): Buffer {
  return Buffer.from(`something of the type ${mimeType}`)
}
