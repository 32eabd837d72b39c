import {
  type Cid,
  type Did,
  encodeCar,
  encodeCbor,
  type FormattedCommit,
  type RecordBlock,
  type Tid,
} from '../../repo-engine/index.js'
import type { NewEvent } from '../commit-log/commit-log.js'
import { commitFrame, syncFrame } from '../commit-log/frame.js'
import type { ImportPiece } from './fold-log.js'
import type { StagedRepo } from './import-staging.js'
import type { Hosting, NewRepo } from './repo-row.js'

/** What the log has to know of a commit. */
export type LoggedChange = Pick<
  FormattedCommit,
  'did' | 'rev' | 'since' | 'cid' | 'prevData' | 'ops' | 'blocks' | 'records'
>

/** A commit as the log keeps it: the frame holds all that a replay needs. */
export function commitEvent(commit: LoggedChange, hosted = true): NewEvent {
  const { did, rev, since, cid, prevData, ops, blocks, records } = commit
  return {
    did,
    kind: 'commit',
    rev,
    cid,
    event: null,
    frame: commitFrame({ did, rev, since, commit: cid, prevData, ops, blocks }),
    hosted,
    detail: { ops, records },
  }
}

/** The head stated anew, or another one over the same tree. */
export function syncEvent(did: Did, rev: Tid, head: Cid, commitBlock: Uint8Array, hosted = true): NewEvent {
  const blocks = encodeCar(head, [{ cid: head, bytes: commitBlock }])
  return { did, kind: 'sync', rev, cid: head, event: null, frame: syncFrame(did, rev, blocks), hosted }
}

/**
 * A whole repository put in place. On the wire it is a sync; a replay rebuilds the tree from the records in the log's
 * parts. `event` is DAG-CBOR: {hosting, partOf: names the parts, records: how many, verified}.
 */
export function importEvent(repo: NewRepo, commitBlock: Uint8Array, staged: StagedRepo): NewEvent {
  const event = encodeCbor({
    partOf: staged.id,
    records: staged.records,
    hosting: repo.hosting,
    verified: repo.verified,
  })
  const hosted = repo.hosting === 'hosted'
  const silent = hosted && repo.status !== null
  return { ...syncEvent(repo.did, repo.rev, repo.head, commitBlock, hosted), kind: 'import', event, silent }
}

/**
 * A piece of an import that is in place, for the projections to take in: it never goes on the wire. `event` is DAG-CBOR:
 * {partOf, n: names the piece, after, to: the paths that it is all of (see ImportPiece)}.
 */
export function pieceEvent(
  did: string,
  hosting: Hosting,
  piece: ImportPiece,
  records: readonly RecordBlock[],
): NewEvent {
  const bare = { did, kind: 'part', rev: null, cid: null, frame: null } as const
  return { ...bare, event: encodeCbor({ ...piece }), hosted: hosting === 'hosted', detail: { records } }
}
