/**
 * What an event of the log is to a consumer of Jetstream (https://github.com/bluesky-social/jetstream): one message an
 * operation, with the record as JSON. It has no word for a `sync`, and an import is told by its pieces: a record each.
 */
import { type Cid, dataToJson, decodeCbor } from '../../../repo-engine/index.js'
import type { LogRow } from '../../commit-log/commit-log.js'
import { readAccountEvent, readCommitChanges, readIdentityEvent, readImportPart } from '../../repo/fold-log.js'

/** A message, without whose it is and when: `kind` and what is of that kind. */
export interface Told {
  /** Null for what is of no record. */
  collection: string | null
  body: object
}

/**
 * What a row tells, in order, but for a piece of an import. Null is in the place of what is not told, because it is not kept
 * any more: the places of the others do not depend on it. @throws Error when it does not hold what it should
 */
export function toldByRow(row: LogRow): (Told | null)[] {
  switch (row.kind) {
    case 'commit':
      return toldByCommit(row)
    case 'identity': {
      const { handle } = readIdentityEvent(row)
      return [toldOf('identity', { did: row.did, ...(handle && { handle }), seq: row.seq, time: row.time })]
    }
    case 'account': {
      const { status } = readAccountEvent(row)
      const { did, seq, time } = row
      return [toldOf('account', { active: status === null, did, seq, ...(status && { status }), time })]
    }
    case 'import':
    case 'part':
    case 'sync':
      return []
  }
}

/** What a piece of an import tells: its records, as created by the commit of a rev. @throws RepoError when it is malformed */
export function* toldByPiece(rev: string, piece: Uint8Array): Generator<Told | null, void, void> {
  for (const { path, cid, bytes } of readImportPart(piece)) yield bytes && toldRecord(rev, 'create', path, cid, bytes)
}

function toldByCommit(row: LogRow): (Told | null)[] {
  const { ops, records } = readCommitChanges(row)
  const bytesOf = new Map(records.map(({ path, bytes }) => [path, bytes]))
  const rev = row.rev!
  return ops.map(({ action, path, cid }) => {
    if (!cid) return toldCommit(rev, action, path)
    const bytes = bytesOf.get(path)
    // One that was superseded before the log was compacted is not kept; what superseded it is told later.
    return bytes ? toldRecord(rev, action, path, cid, bytes) : null
  })
}

function toldRecord(rev: string, operation: string, path: string, cid: Cid, bytes: Uint8Array): Told | null {
  try {
    return toldCommit(rev, operation, path, { record: dataToJson(decodeCbor(bytes)), cid: cid.toString() })
  } catch {
    // Nobody can read it, here as elsewhere.
    return null
  }
}

function toldCommit(rev: string, operation: string, path: string, record?: { record: unknown; cid: string }): Told {
  const slash = path.indexOf('/')
  const collection = path.slice(0, slash)
  return toldOf('commit', { rev, operation, collection, rkey: path.slice(slash + 1), ...record }, collection)
}

function toldOf(kind: string, detail: object, collection: string | null = null): Told {
  return { collection, body: { kind, [kind]: detail } }
}
