/** The firehose in the browser: frames of com.atproto.sync.subscribeRepos, read by the server's own engine. */
import {
  carBlocks,
  Cid,
  type DataMap,
  type DataValue,
  dataToJson,
  decodeCbor,
  decodeCborPrefix,
} from '../../../src/repo-engine/index.js'
import { statusWords } from '../ui/repo-status.js'

interface Numbered {
  seq: number
  did: string
  /** When it was told, as ISO 8601. */
  time: string
}
export interface CommitEvent extends Numbered {
  kind: 'commit'
  rev: string
  ops: { action: string; path: string; cid: Cid | null }[]
  /** A CAR with the records that are new. */
  blocks: Uint8Array
}
export interface OtherEvent extends Numbered {
  kind: 'identity' | 'account' | 'sync'
  /** What it says, in words. */
  said: string
}
export type FirehoseEvent = CommitEvent | OtherEvent
/** What is said of the stream itself. */
export interface StreamNotice {
  kind: 'info' | 'error'
  name: string
  message: string
}

/**
 * Opens a frame: two CBOR items, a head and a body. Records stay packed until somebody wants to see them.
 * @returns null for a kind of event that is not known here
 * @throws RepoError, TypeError for what is no frame
 */
export function readFrame(frame: Uint8Array): FirehoseEvent | StreamNotice | null {
  const { value, end } = decodeCborPrefix(frame)
  const head = mapOf(value)
  const body = mapOf(decodeCbor(frame.subarray(end)))
  if (head.op === -1) return { kind: 'error', name: textOf(body.error), message: textOf(body.message) }
  const told = { seq: Number(body.seq), did: textOf(body.did ?? body.repo), time: textOf(body.time) }
  switch (head.t) {
    case '#commit':
      return { kind: 'commit', ...told, rev: textOf(body.rev), ops: opsOf(body.ops), blocks: bytesOf(body.blocks) }
    case '#sync':
      return { kind: 'sync', ...told, said: `Begins anew at revision ${textOf(body.rev)}` }
    case '#identity':
      return { kind: 'identity', ...told, said: body.handle ? `Is called @${textOf(body.handle)}` : 'Has changed' }
    case '#account':
      return {
        kind: 'account',
        ...told,
        said: body.active ? 'Is active' : `Is ${statusWords(textOf(body.status)) || 'not active'}`,
      }
    case '#info':
      return { kind: 'info', name: textOf(body.name), message: textOf(body.message) }
    default:
      return null
  }
}

/**
 * The record with a CID out of the blocks of a commit, in its JSON form; null where it is not among them.
 * @throws RepoError for blocks that are no CAR, or hold something else than they say
 */
export function recordIn(blocks: Uint8Array, cid: Cid): unknown {
  for (const block of carBlocks(blocks))
    if (block.cid.equals(cid)) {
      if (!cid.matches(block.bytes)) throw new TypeError('a block that does not hash to its CID')
      return dataToJson(decodeCbor(block.bytes))
    }
  return null
}

function opsOf(ops: DataValue | undefined): CommitEvent['ops'] {
  return (Array.isArray(ops) ? ops : []).map((op) => {
    const { action, path, cid } = mapOf(op)
    return { action: textOf(action), path: textOf(path), cid: cid instanceof Cid ? cid : null }
  })
}

function mapOf(value: DataValue): DataMap {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new TypeError('not a map')
  if (value instanceof Uint8Array || value instanceof Cid) throw new TypeError('not a map')
  return value
}

function textOf(value: DataValue | undefined): string {
  return typeof value === 'string' ? value : ''
}

function bytesOf(value: DataValue | undefined): Uint8Array {
  return value instanceof Uint8Array ? value : new Uint8Array()
}
