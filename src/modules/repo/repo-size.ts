import { diffTrees } from '../../repo-engine/index.js'
import type { Reader } from '../database/database.js'
import { HeadTree } from './head-tree.js'
import type { Repo } from './repo-row.js'

const PAGE = 2_000

export interface RepoSize {
  records: number
  /** Commit, nodes and records; records that are the same count each. */
  blocks: number
}

/** Counts what a repository consists of, a page at a time: a large one makes nobody wait. `reader` must be a snapshot. */
export async function measureRepo(reader: Reader, repo: Repo): Promise<RepoSize> {
  const records = await countRows(reader, 'record', 'path', repo.tree)
  const stored = await countRows(reader, 'tree_node', 'after', repo.tree)
  const head = await HeadTree.open(reader, repo)
  const { added, removed } = await head.read(() => diffTrees(head.stored, head.tree))
  return { records, blocks: 1 + stored + added.length - removed.length + records }
}

/** Several nodes stand at one key, so the last key of a page is looked at again with the next one. */
async function countRows(reader: Reader, table: 'record' | 'tree_node', key: string, tree: number): Promise<number> {
  let rows = 0
  for (let from = ''; ;) {
    const page = await reader.all<{ at: string }>(
      `SELECT ${key} AS at FROM ${table} WHERE tree = ? AND ${key} >= ? ORDER BY ${key} LIMIT ${PAGE}`,
      tree,
      from,
    )
    if (page.length < PAGE) return rows + page.length
    const last = page.at(-1)!.at
    rows += page.findIndex(({ at }) => at === last)
    from = last
    // Others have their turn between two pages.
    await new Promise((next) => setImmediate(next))
  }
}
