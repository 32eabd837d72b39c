/** What a followed host says (com.atproto.sync.subscribeRepos), read from its frames and trusted for nothing. */
import {
  Cid,
  type DataMap,
  type DataValue,
  decodeCbor,
  decodeCborPrefix,
  type Did,
  isDid,
  isTid,
  MAX_OPS,
  RepoError,
  type Tid,
  type TreeOp,
} from '../../repo-engine/index.js'
import { MAX_BLOCK_BYTES } from './car-diff.js'

interface Numbered {
  seq: number
  did: Did
}
export interface PeerCommit extends Numbered {
  kind: 'commit'
  rev: Tid
  since: Tid | null
  prevData: Cid | null
  ops: TreeOp[]
  /** A CAR: the commit, its root; nodes that prove it; records. */
  blocks: Uint8Array
}
/** A commit that its host does not tell, because it is too large or is of an older kind. */
export interface PeerGap extends Numbered {
  kind: 'gap'
  rev: Tid
}
export interface PeerSync extends Numbered {
  kind: 'sync'
  rev: Tid
  /** A CAR of the commit alone. */
  blocks: Uint8Array
}
export interface PeerIdentity extends Numbered {
  kind: 'identity'
}
export interface PeerAccount extends Numbered {
  kind: 'account'
  active: boolean
  status: string | null
}
export type PeerEvent = PeerCommit | PeerGap | PeerSync | PeerIdentity | PeerAccount
/** Something about the stream. `unknown` has a number where it has one. */
export type PeerNotice =
  | { kind: 'info'; name: string }
  | { kind: 'error'; error: string; message: string }
  | { kind: 'unknown'; seq: number | null }

/** Opens a frame. @throws RepoError InvalidCbor, InvalidData for what is no frame of this stream */
export function readPeerFrame(frame: Uint8Array): PeerEvent | PeerNotice {
  const { value: header, end } = decodeCborPrefix(frame)
  const body = decodeCbor(frame.subarray(end))
  if (!isMap(header) || !isMap(body)) throw invalid('a frame that is not two maps')
  if (header.op === -1) return { kind: 'error', error: text(body.error), message: text(body.message) }
  switch (header.t) {
    case '#commit':
      return readCommitBody(body)
    case '#sync':
      return { kind: 'sync', ...numbered(body, body.did), rev: tid(body.rev), blocks: blocksOf(body) }
    case '#identity':
      return { kind: 'identity', ...numbered(body, body.did) }
    case '#account': {
      if (typeof body.active !== 'boolean') throw invalid('an account event without active')
      return { kind: 'account', ...numbered(body, body.did), active: body.active, status: text(body.status) || null }
    }
    case '#info':
      return { kind: 'info', name: text(body.name) }
    default:
      return { kind: 'unknown', seq: isSeq(body.seq) ? body.seq : null }
  }
}

/** Whether it is about a repository. */
export function isPeerEvent(read: PeerEvent | PeerNotice): read is PeerEvent {
  return 'did' in read
}

function readCommitBody(body: DataMap): PeerCommit | PeerGap {
  const event = numbered(body, body.repo)
  const rev = tid(body.rev)
  const { since = null, prevData = null, ops } = body
  if (!Array.isArray(ops)) throw invalid('a commit without operations')
  if (since !== null && !isTid(since)) throw invalid('a commit with a malformed since')
  if (prevData !== null && !(prevData instanceof Cid)) throw invalid('a commit with a malformed prevData')
  if (body.tooBig === true || body.rebase === true || ops.length > MAX_OPS) return { kind: 'gap', ...event, rev }
  return { kind: 'commit', ...event, rev, since, prevData, ops: ops.map(readOp), blocks: blocksOf(body) }
}

function readOp(op: DataValue): TreeOp {
  if (!isMap(op)) throw invalid('an operation that is not a map')
  const { action, path, cid = null, prev = null } = op
  if (action !== 'create' && action !== 'update' && action !== 'delete')
    throw invalid('an operation of no known action')
  if (typeof path !== 'string') throw invalid('an operation without a path')
  if (!isCidOrNull(cid) || !isCidOrNull(prev))
    throw invalid(`the ${action} of ${path.slice(0, 80)} with malformed CIDs`)
  return { action, path, cid, prev }
}

function numbered({ seq }: DataMap, did: DataValue | undefined): Numbered {
  if (!isSeq(seq)) throw invalid('an event without a number')
  if (!isDid(did)) throw invalid(`event ${seq} without a DID`)
  return { seq, did }
}

function blocksOf({ blocks }: DataMap): Uint8Array {
  if (!(blocks instanceof Uint8Array)) throw invalid('an event without blocks')
  if (blocks.length > MAX_BLOCK_BYTES) throw invalid(`an event with ${blocks.length} bytes of blocks`)
  return blocks
}

function tid(value: DataValue | undefined): Tid {
  if (!isTid(value)) throw invalid('an event without a rev')
  return value
}

function text(value: DataValue | undefined): string {
  return typeof value === 'string' ? value.slice(0, 300) : ''
}

function isSeq(value: DataValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isCidOrNull(value: DataValue): value is Cid | null {
  return value === null || value instanceof Cid
}

function isMap(value: DataValue): value is DataMap {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return !(value instanceof Cid) && !(value instanceof Uint8Array)
}

function invalid(message: string): RepoError {
  return new RepoError('InvalidData', message)
}
