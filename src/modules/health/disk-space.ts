import { statfs } from 'node:fs/promises'
import type { Config } from '../config/config.js'

/** Bytes of the disk that something lies on: what may still be written, and all of it. */
export interface DiskSpace {
  /** What lies there. */
  holds: 'data' | 'blobs'
  free: number
  size: number
}

/** The disks that a server writes to. One whose folder is not there yet, or that the system tells nothing of, is left out. */
export async function diskSpaces({ dataDirectory, blobStore }: Config): Promise<DiskSpace[]> {
  const disks = [await spaceOf('data', dataDirectory)]
  if (blobStore.kind === 'disk') disks.push(await spaceOf('blobs', blobStore.directory))
  return disks.filter((disk) => disk !== null)
}

async function spaceOf(holds: DiskSpace['holds'], directory: string): Promise<DiskSpace | null> {
  const disk = await statfs(directory).catch(() => null)
  return disk && { holds, free: disk.bavail * disk.bsize, size: disk.blocks * disk.bsize }
}
