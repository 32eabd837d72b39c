import { createHash } from 'node:crypto'
import { createReadStream, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Cid } from '../../../repo-engine/index.js'
import { RemoteError } from './remote-server.js'
import type { NextAccount, OldAccount } from './two-accounts.js'

/** Blobs that are under way at once. */
const AT_ONCE = 4

export interface MovedBlobs {
  /** How many have been sent. */
  sent: number
  /** CIDs of those that the old server does not give. */
  lost: string[]
}

/**
 * Brings the blobs that the new server says it lacks. What it has is told by it, so that this can be cut off anywhere. Each is
 * checked against its CID before it is sent. `directory` is for one file at a time and blob. @throws RemoteError
 */
export async function moveBlobs(
  did: string,
  old: OldAccount,
  next: NextAccount,
  directory: string,
  onSent: (sent: number) => void,
): Promise<MovedBlobs> {
  const moved: MovedBlobs = { sent: 0, lost: [] }
  let cursor: string | undefined
  do {
    const page = await next.missingBlobs(cursor)
    if (cursor !== undefined && page.cursor === cursor)
      throw new RemoteError(0, '', `${next.server.url} gives the same cursor again`)
    cursor = page.blobs.length > 0 ? page.cursor : undefined
    const waiting = [...new Set(page.blobs.map(({ cid }) => cid))]
    const work = async (): Promise<void> => {
      for (let cid = waiting.shift(); cid !== undefined; cid = waiting.shift()) {
        if (await moveBlob(did, Cid.parse(cid), old, next, directory)) onSent(++moved.sent)
        else moved.lost.push(cid)
      }
    }
    const ends = await Promise.allSettled(Array.from({ length: AT_ONCE }, work))
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed) throw failed.reason
  } while (cursor !== undefined)
  return moved
}

/** False for a blob that the old server has not, or has something else for. */
async function moveBlob(
  did: string,
  cid: Cid,
  old: OldAccount,
  next: NextAccount,
  directory: string,
): Promise<boolean> {
  const path = join(directory, cid.toString())
  try {
    const type = await old.downloadBlob(did, cid.toString(), path)
    if (!(await isBlob(path, cid))) return false
    await next.uploadBlob(path, type)
    return true
  } catch (error) {
    // 400 BlobNotFound or InvalidRequest, or 404: it is not there, or has been taken down there.
    if (error instanceof RemoteError && (error.code === 'BlobNotFound' || error.status === 404)) return false
    if (error instanceof RemoteError && error.status === 400 && /blob not found/i.test(error.message)) return false
    throw error
  } finally {
    rmSync(path, { force: true })
  }
}

async function isBlob(path: string, cid: Cid): Promise<boolean> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk)
  return hash.digest().equals(cid.multihash.digest)
}
