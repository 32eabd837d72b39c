/** The log as it goes out: frames one behind another, as they are stored, with room for what a WebSocket says before each. */
import type { Database, Reader } from '../database/database.js'

/** A run of events as they go out. */
export interface FrameRun {
  frames: { seq: number; size: number }[]
  /** The frames one behind another, each with as much room before it as {@link roomBefore} says. */
  bytes: Buffer
  /** False where there were more of them once: compaction has been here. */
  isWhole: boolean
}

/** Which events: after a number, and up to another; as many as have about so many bytes. */
export interface FrameRange {
  after: number
  until: number
  /** Leaves out repositories that live elsewhere. */
  hostedOnly: boolean
  maxBytes: number
}

/** Frames of one run: not many more than fit, as each that is only measured is measured for nothing. */
const MAX_FRAMES = 128
const ROOM_SQL = "CASE WHEN length(frame) < 126 THEN '00' WHEN length(frame) < 65536 THEN '0000' ELSE '0000000000' END"
const NOTHING = Buffer.alloc(0)

/** Bytes that a WebSocket has before a message of a length (RFC 6455, section 5.2): opcode, and the length itself. */
export function roomBefore(length: number): 2 | 4 | 10 {
  return length < 126 ? 2 : length < 65_536 ? 4 : 10
}

/** Reads a run of events, one at least where there are any. */
export async function readFrameRun(database: Database, range: FrameRange): Promise<FrameRun> {
  const { after, until, hostedOnly, maxBytes } = range
  const { read } = database
  const which = `seq > ? AND seq <= ? AND hosted ${hostedOnly ? '= 1' : '>= 0'} AND frame IS NOT NULL ORDER BY seq`
  // Frames are up to megabytes each: how many of them come at a time is known by their sizes, which cost little.
  const sizes = await read.all<{ seq: number; size: number }>(
    `SELECT seq, length(frame) AS size FROM commit_log WHERE ${which} LIMIT ${MAX_FRAMES}`,
    after,
    until,
  )
  let bytes = 0
  const fit = sizes.findIndex(({ size }, i) => (bytes += size) > maxBytes && i > 0)
  const frames = fit < 0 ? sizes : sizes.slice(0, fit)
  const last = frames.at(-1)?.seq ?? until
  const row =
    frames.length > 0
      ? await read.get<{ bytes: Buffer | null }>(
          `SELECT ${database.joined(ROOM_SQL, 'frame')} AS bytes FROM (SELECT frame FROM commit_log WHERE ${which}) AS run`,
          after,
          last,
        )
      : null
  const joined = row?.bytes ?? NOTHING
  const expected = frames.reduce((sum, { size }) => sum + roomBefore(size) + size, 0)
  if (joined.length === expected) return { frames, bytes: joined, isWhole: await isWhole(read, after, last) }
  // Between the two looks some were erased, or compacted: each time there are fewer of them.
  if (joined.length < expected) return readFrameRun(database, range)
  throw new Error(`the frames after ${after} take ${joined.length} bytes, not ${expected}`)
}

/** Whether no event of a run is compacted. Compaction goes from the oldest on, so the first commit of it tells. */
async function isWhole(read: Reader, after: number, until: number): Promise<boolean> {
  const commit = await read.get<{ compacted: number }>(
    `SELECT frame IS NULL AS compacted FROM commit_log WHERE seq > ? AND seq <= ? AND kind = 'commit' ORDER BY seq LIMIT 1`,
    after,
    until,
  )
  return !commit?.compacted
}
