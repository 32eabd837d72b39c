/**
 * Firehose frames (https://atproto.com/specs/event-stream): a DAG-CBOR header, then a DAG-CBOR body. A frame is encoded
 * once, when its event is appended, and the same bytes go to every subscriber. Its `seq` and `time` are known only
 * inside the transaction, so each function here prepares what surrounds them and returns what puts them in.
 *
 * Map keys are in canonical order (by length, then by bytes); the order of the statements below is that order.
 */
import { type Cid, CborWriter, type TreeOp } from '../../repo-engine/index.js'

/** Finishes a frame with what only the append knows. */
export type Frame = (seq: number, time: string) => Buffer

/** What a `#commit` says; `blocks` is a CAR slice with the commit as its root. */
export interface CommitFrameInput {
  did: string
  rev: string
  since: string | null
  commit: Cid
  prevData: Cid | null
  ops: readonly TreeOp[]
  blocks: Uint8Array
}

/** `#commit` (com.atproto.sync.subscribeRepos#commit). */
export function commitFrame(input: CommitFrameInput): Frame {
  const { did, rev, since, commit, prevData, ops, blocks } = input
  const before = header('#commit')
    .map(prevData ? 12 : 11)
    .text('ops')
    .array(ops.length)
  for (const op of ops) {
    before.map(op.prev ? 4 : 3).text('cid')
    if (op.cid) before.cid(op.cid)
    else before.null()
    before.text('path').text(op.path)
    if (op.prev) before.text('prev').cid(op.prev)
    before.text('action').text(op.action)
  }
  const head = before.text('rev').text(rev).text('seq').finish()
  const middle = new CborWriter().text('repo').text(did).text('time').finish()
  const after = new CborWriter().text('blobs').array(0).text('since')
  if (since) after.text(since)
  else after.null()
  after.text('blocks').bytes(blocks).text('commit').cid(commit)
  after.text('rebase').bool(false).text('tooBig').bool(false)
  if (prevData) after.text('prevData').cid(prevData)
  const tail = after.finish()
  return (seq, time) =>
    Buffer.concat([head, new CborWriter().uint(seq).finish(), middle, new CborWriter().text(time).finish(), tail])
}

/** `#sync`: the repository now stands at the given commit, whatever a subscriber knew before. `blocks` is a CAR of that commit alone. */
export function syncFrame(did: string, rev: string, blocks: Uint8Array): Frame {
  return (seq, time) =>
    header('#sync')
      .map(5)
      .text('did')
      .text(did)
      .text('rev')
      .text(rev)
      .text('seq')
      .uint(seq)
      .text('time')
      .text(time)
      .text('blocks')
      .bytes(blocks)
      .finish()
}

/** `#identity`: the DID document or the handle may have changed. */
export function identityFrame(did: string, handle: string | null): Frame {
  return (seq, time) => {
    const frame = header('#identity').map(handle ? 4 : 3)
    frame.text('did').text(did).text('seq').uint(seq).text('time').text(time)
    if (handle) frame.text('handle').text(handle)
    return frame.finish()
  }
}

/** `#account`: hosting status; `status` null means active. */
export function accountFrame(did: string, status: string | null): Frame {
  return (seq, time) => {
    const frame = header('#account').map(status ? 5 : 4)
    frame.text('did').text(did).text('seq').uint(seq).text('time').text(time)
    frame.text('active').bool(status === null)
    if (status) frame.text('status').text(status)
    return frame.finish()
  }
}

function header(type: string): CborWriter {
  return new CborWriter().map(2).text('t').text(type).text('op').uint(1)
}
