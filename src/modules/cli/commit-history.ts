import { type Cid, decodeCommit, decodeNode, type DecodedCommit, RepoError } from '../../repo-engine/index.js'
import type { CarRepo } from './car-repo.js'
import type { Problems } from './examine-repo.js'

/** A commit with its CID. */
export interface PastCommit {
  cid: Cid
  commit: DecodedCommit
}

/** The commits that a head leads back to over `prev`: all of them in an export of version 2. */
export interface CommitHistory {
  /** Newest first; the head is the first. */
  commits: PastCommit[]
  /** The commit at which the file ends although the history goes on; null when the oldest one is the first ever. */
  cutAt: Cid | null
}

/** What the commits of a file lead to, out of all its blocks. */
export interface Reach {
  blocks: number
  bytes: number
  /** Blocks that older commits lead to and the file does not hold. */
  missing: number
}

/** Follows `prev` for as long as the file has the commits. A commit that cannot be read is a problem and the end. */
export function readHistory(car: CarRepo, head: DecodedCommit, problems: Problems): CommitHistory {
  const commits: PastCommit[] = [{ cid: car.head, commit: head }]
  const met = new Set([car.head.toString()])
  for (let cid = head.prev; cid; cid = commits.at(-1)!.commit.prev) {
    const block = car.get(cid)
    if (!block) return { commits, cutAt: cid }
    try {
      // A hash that leads back to itself cannot be made; two in the index that look alike can.
      if (met.has(cid.toString())) throw new RepoError('InvalidCommit', 'the history leads back to itself')
      const commit = decodeCommit(block)
      if (commit.did !== head.did) throw new RepoError('InvalidCommit', `it is of ${commit.did}`)
      met.add(cid.toString())
      commits.push({ cid, commit })
    } catch (error) {
      problems.add(`commit ${cid.toString()} in the history: ${(error as Error).message}`)
      return { commits, cutAt: cid }
    }
  }
  return { commits, cutAt: null }
}

/** Measures what commits lead to. A node is gone through once, whichever commits share it. */
export function measureReach(car: CarRepo, commits: readonly PastCommit[]): Reach {
  const reach: Reach = { blocks: 0, bytes: 0, missing: 0 }
  const met = new Set<string>()
  const meets = (cid: Cid): boolean => {
    const name = Buffer.from(cid.bytes.buffer, cid.bytes.byteOffset, cid.bytes.length).toString('latin1')
    if (met.has(name)) return false
    met.add(name)
    const length = car.lengthOf(cid)
    if (length === null) {
      reach.missing++
      return false
    }
    reach.blocks++
    reach.bytes += length
    return true
  }
  for (const { cid, commit } of commits) {
    meets(cid)
    const way = [commit.data]
    for (let link = way.pop(); link; link = way.pop()) {
      if (!meets(link)) continue
      const node = readNode(car, link)
      if (!node) continue
      node.values.forEach(meets)
      for (const below of node.links) if (below) way.push(below)
    }
  }
  return reach
}

/** Null for a block that is not a node, which the examination of its tree has said or, in an old one, nobody reads. */
function readNode(car: CarRepo, cid: Cid): ReturnType<typeof decodeNode> | null {
  try {
    return decodeNode(car.get(cid)!)
  } catch (error) {
    if (error instanceof RepoError && error.code === 'InvalidMst') return null
    throw error
  }
}
