import { type FileHandle, open } from 'node:fs/promises'

/** What is told of a write-ahead log. */
export interface WalState {
  /** Of the file, which never shrinks while it is open. */
  bytes: number
  /** Of what is in it and not in the database yet. */
  pendingBytes: number
  /** How often it was begun anew. */
  restarts: number
}

const NONE: WalState = { bytes: 0, pendingBytes: 0, restarts: 0 }
/** Beside its page a frame has a head. */
const FRAME_HEAD = 24

/**
 * How the write-ahead log of a database stands, read from beside it without taking a lock
 * (https://sqlite.org/walformat.html): in the head of the log the page size at 8 and the number of restarts at 12, big-endian;
 * in the index, of this machine's byte order, the number of the last frame at 16 and of the last one that is copied at 96.
 */
export async function readWalState(database: string): Promise<WalState> {
  const log = await open(`${database}-wal`, 'r').catch(() => null)
  const index = await open(`${database}-shm`, 'r').catch(() => null)
  try {
    if (!log || !index) return NONE
    const head = await read(log, 16)
    const state = await read(index, 100)
    if (!head || !state) return NONE
    const frames = Math.max(0, state.readUInt32LE(16) - state.readUInt32LE(96))
    return {
      bytes: (await log.stat()).size,
      pendingBytes: frames * (head.readUInt32BE(8) + FRAME_HEAD),
      restarts: head.readUInt32BE(12),
    }
  } finally {
    await log?.close()
    await index?.close()
  }
}

/** The first bytes of a file; null where it has fewer. */
async function read(file: FileHandle, bytes: number): Promise<Buffer | null> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0)
  return bytesRead === bytes ? buffer : null
}
