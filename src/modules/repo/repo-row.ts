/**
 * The repository tables: where a head stands, its tree filed by position, its records in path order. Every function
 * that writes takes the open tx; what makes a change of head safe is that it is a compare-and-swap.
 */
import {
  Cid,
  type Did,
  type FormattedCommit,
  type NodeBlock,
  type NodePosition,
  type RecordBlock,
  type Tid,
  type TreeDiff,
} from '../../repo-engine/index.js'
import type { Reader, Tx } from '../database/database.js'
import type { KeyedTable } from '../database/delete-some.js'
import { LINKING_COLLECTIONS, linkOf } from './record-link.js'

/**
 * `hosted`: written here, by a key held here · `archived`: kept as it came, with its own commit · `mirrored`: the same, and
 * kept up to date with where it lives.
 */
export type Hosting = 'hosted' | 'archived' | 'mirrored'
/** Why a repository is not active. One that is `deleted` is gone for everyone, and being erased. */
export type RepoStatus = 'deactivated' | 'takendown' | 'suspended' | 'deleted'

export interface Repo {
  did: Did
  hosting: Hosting
  /** Null: active. */
  status: RepoStatus | null
  rev: Tid
  head: Cid
  data: Cid
  /** An archived repository's signature was checked against its DID document. Hosted ones are always true. */
  verified: boolean
  /** The generation of tree_node, record and record_link rows that the head stands on. */
  tree: number
  /** The tree whose nodes are stored: the commits after `seq` in the log lead from it to `data`. */
  stored: StoredNodes
}

export interface StoredNodes {
  seq: number
  root: Cid
  /** Layer of the root: with it its place is known. */
  layer: number
}

/** The tables whose rows belong to a tree. */
export const TREE_TABLES: readonly KeyedTable[] = [
  ['tree_node', 'after, depth'],
  ['record', 'path'],
  ['record_link', 'collection, subject, rkey'],
  ['record_blob', 'path, cid'],
]

/** The head that a change starts from. */
export type HeadRef = Pick<Repo, 'did' | 'hosting' | 'head' | 'tree'>

/** The head has moved since the writer looked, or the repository takes no writes any more. */
export class HeadMoved extends Error {}

interface RepoRow extends Omit<Repo, 'head' | 'data' | 'verified' | 'stored'> {
  head: Buffer
  data: Buffer
  verified: number
  stored_seq: number
  stored_root: Buffer
  stored_layer: number
}

/** The repository of a DID, or null. */
export async function readRepo(reader: Reader, did: string): Promise<Repo | null> {
  const row = await reader.get<RepoRow>(
    `SELECT did, hosting, status, rev, head, data, verified, tree, stored_seq, stored_root, stored_layer
     FROM repo WHERE did = ?`,
    did,
  )
  if (!row) return null
  const { stored_seq: seq, stored_root, stored_layer: layer, ...rest } = row
  return {
    ...rest,
    head: Cid.fromBytes(row.head),
    data: Cid.fromBytes(row.data),
    verified: row.verified === 1,
    stored: { seq, root: Cid.fromBytes(stored_root), layer },
  }
}

/**
 * A number for a new generation of rows, marked as not in use yet: what a crash leaves of it is swept at start.
 * `partOf` names its pieces in the log, where it has some.
 */
export async function newTree(tx: Tx, did: string, partOf: string | null = null): Promise<number> {
  await tx.run("INSERT INTO tree (did, state, part_of) VALUES (?, 'staged', ?)", did, partOf)
  return (await tx.get<{ id: number }>('SELECT max(id) AS id FROM tree'))!.id
}

/**
 * Puts a new repository in place, with all its nodes stored. To be called right before its events are appended.
 * @throws the database's constraint error when the DID has one
 */
export async function insertRepo(tx: Tx, repo: NewRepo, commitBlock: Uint8Array): Promise<void> {
  await tx.run(
    `INSERT INTO repo (did, hosting, status, own_status, rev, head, data, commit_block, verified, tree, stored_root, stored_layer,
       stored_seq)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT coalesce(max(seq), 0) FROM commit_log))`,
    repo.did,
    repo.hosting,
    repo.status,
    repo.ownStatus === undefined ? repo.status : repo.ownStatus,
    repo.rev,
    repo.head.bytes,
    repo.data.bytes,
    commitBlock,
    repo.verified ? 1 : 0,
    repo.tree,
    repo.data.bytes,
    repo.layer,
  )
  await tx.run("UPDATE tree SET state = 'live' WHERE id = ?", repo.tree)
}

/**
 * A repository whose nodes are all stored; `layer` is its root's. `ownStatus` is what its owner says, where that is not its
 * status.
 */
export type NewRepo = Omit<Repo, 'stored'> & { layer: number; ownStatus?: RepoStatus | null }

/** As much of a commit as storage has to know. */
export type HeadChange = Pick<FormattedCommit, 'cid' | 'rev' | 'data' | 'bytes' | 'ops' | 'records'>

/**
 * Moves an active repository from `from` to a commit on top of it: head and records. The first statement is the
 * compare-and-swap of the head. @throws HeadMoved
 */
export async function applyCommit(tx: Tx, from: HeadRef, commit: HeadChange): Promise<void> {
  const moved = await tx.run(
    `UPDATE repo SET head = ?, rev = ?, data = ?, commit_block = ?
     WHERE did = ? AND head = ? AND hosting = ? AND status IS NULL`,
    commit.cid.bytes,
    commit.rev,
    commit.data.bytes,
    commit.bytes,
    from.did,
    from.head.bytes,
    from.hosting,
  )
  if (moved === 0) throw new HeadMoved(`the head of ${from.did} is no longer ${from.head.toString()}`)
  for (const { path, prev, action } of commit.ops) {
    if (prev && LINKING_COLLECTIONS.has(collectionOf(path))) await removeLink(tx, from.tree, path)
    if (action === 'delete') await tx.run('DELETE FROM record WHERE tree = ? AND path = ?', from.tree, path)
  }
  await putRecords(tx, from.tree, commit.rev, commit.records)
}

/**
 * Makes a repository that is kept here one that is hosted here, active, with its tree under another commit. What the
 * operator has taken down stays so. @throws HeadMoved when it is no longer `kept`
 */
export async function hostRepo(
  tx: Tx,
  kept: Repo,
  commit: Pick<Repo, 'rev' | 'head'>,
  block: Uint8Array,
): Promise<void> {
  const moved = await tx.run(
    `UPDATE repo SET hosting = 'hosted', own_status = NULL,
       status = CASE WHEN EXISTS (SELECT 1 FROM takedown WHERE subject = repo.did) THEN 'takendown' END,
       rev = ?, head = ?, commit_block = ?, verified = 1
     WHERE did = ? AND head = ? AND hosting <> 'hosted' AND (status IS NULL OR status <> 'deleted')`,
    commit.rev,
    commit.head.bytes,
    block,
    kept.did,
    kept.head.bytes,
  )
  if (moved === 0) throw new HeadMoved(`${kept.did} is no longer kept here at ${kept.head.toString()}`)
}

/** Puts a repository hosted here, of whatever status, under another commit over the same tree. @throws HeadMoved */
export async function resignRepo(
  tx: Tx,
  from: HeadRef,
  commit: Pick<Repo, 'rev' | 'head'>,
  block: Uint8Array,
): Promise<void> {
  const moved = await tx.run(
    `UPDATE repo SET rev = ?, head = ?, commit_block = ?
     WHERE did = ? AND head = ? AND hosting = 'hosted' AND (status IS NULL OR status <> 'deleted')`,
    commit.rev,
    commit.head.bytes,
    block,
    from.did,
    from.head.bytes,
  )
  if (moved === 0) throw new HeadMoved(`the head of ${from.did} is no longer ${from.head.toString()}`)
}

/** Brings the stored nodes from one tree to another: `stored` says which, `changes` how the two differ. */
export async function storeNodes(
  tx: Tx,
  repo: Repo,
  rev: string,
  stored: StoredNodes,
  changes: TreeDiff,
): Promise<void> {
  await putNodes(tx, repo.tree, rev, changes.added)
  const filled = new Set(changes.added.map(({ at }) => placeOf(at)))
  for (const { at } of changes.removed)
    if (!filled.has(placeOf(at)))
      await tx.run('DELETE FROM tree_node WHERE tree = ? AND after = ? AND depth = ?', repo.tree, at.after, -at.layer)
  await tx.run(
    'UPDATE repo SET stored_seq = ?, stored_root = ?, stored_layer = ? WHERE did = ?',
    stored.seq,
    stored.root.bytes,
    stored.layer,
    repo.did,
  )
}

/** Writes nodes at their places. */
export async function putNodes(tx: Tx, tree: number, rev: string, nodes: readonly NodeBlock[]): Promise<void> {
  for (const { at, cid, bytes } of nodes)
    await tx.run(
      `INSERT INTO tree_node (tree, after, depth, rev, cid, bytes) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (tree, after, depth) DO UPDATE SET rev = excluded.rev, cid = excluded.cid, bytes = excluded.bytes`,
      tree,
      at.after,
      -at.layer,
      rev,
      cid.bytes,
      bytes,
    )
}

/** Writes records at their paths, and what they link to. */
export async function putRecords(tx: Tx, tree: number, rev: string, records: readonly RecordBlock[]): Promise<void> {
  for (const { path, cid, bytes } of records) {
    await tx.run(
      `INSERT INTO record (tree, path, rev, cid, bytes) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (tree, path) DO UPDATE SET rev = excluded.rev, cid = excluded.cid, bytes = excluded.bytes`,
      tree,
      path,
      rev,
      cid.bytes,
      bytes,
    )
    const subject = linkOf(path, bytes)
    if (subject !== null)
      await tx.run(
        'INSERT INTO record_link (tree, collection, subject, rkey) VALUES (?, ?, ?, ?)',
        tree,
        collectionOf(path),
        subject,
        path.slice(path.indexOf('/') + 1),
      )
  }
}

/** Paths of the records in a collection that point at the subject, in their order, `limit` at most. */
export async function linkedPaths(
  reader: Reader,
  tree: number,
  collection: string,
  subject: string,
  limit: number,
): Promise<string[]> {
  const rows = await reader.all<{ rkey: string }>(
    'SELECT rkey FROM record_link WHERE tree = ? AND collection = ? AND subject = ? ORDER BY rkey LIMIT ?',
    tree,
    collection,
    subject,
    limit,
  )
  return rows.map(({ rkey }) => `${collection}/${rkey}`)
}

async function removeLink(tx: Tx, tree: number, path: string): Promise<void> {
  const row = await tx.get<{ bytes: Buffer }>('SELECT bytes FROM record WHERE tree = ? AND path = ?', tree, path)
  const subject = row ? linkOf(path, row.bytes) : null
  if (subject !== null)
    await tx.run(
      'DELETE FROM record_link WHERE tree = ? AND collection = ? AND subject = ? AND rkey = ?',
      tree,
      collectionOf(path),
      subject,
      path.slice(path.indexOf('/') + 1),
    )
}

/** The part of a path before the slash. */
export function collectionOf(path: string): string {
  return path.slice(0, path.indexOf('/'))
}

function placeOf({ after, layer }: NodePosition): string {
  return `${layer} ${after}`
}

/**
 * Puts a repository whose rows are already written in the place of the one a DID has, or in an empty place. To be
 * called right before its event is appended. @throws HeadMoved when the one in place is no longer `current`
 */
export async function replaceRepo(tx: Tx, current: Repo | null, repo: NewRepo, commitBlock: Uint8Array): Promise<void> {
  if (!current) return insertRepo(tx, repo, commitBlock)
  const moved = await tx.run(
    `UPDATE repo SET rev = ?, head = ?, data = ?, commit_block = ?, hosting = ?, verified = ?, tree = ?, stored_root = ?,
       stored_layer = ?, stored_seq = (SELECT max(seq) FROM commit_log)
     WHERE did = ? AND head = ?`,
    repo.rev,
    repo.head.bytes,
    repo.data.bytes,
    commitBlock,
    repo.hosting,
    repo.verified ? 1 : 0,
    repo.tree,
    repo.data.bytes,
    repo.layer,
    repo.did,
    current.head.bytes,
  )
  if (moved === 0) throw new HeadMoved(`the head of ${repo.did} is no longer ${current.head.toString()}`)
  await tx.run("UPDATE tree SET state = 'dead' WHERE id = ?", current.tree)
  await tx.run("UPDATE tree SET state = 'live' WHERE id = ?", repo.tree)
}
