/**
 * Reading nodes out of a blockstore. Every node that enters the engine comes through here, and is checked
 * against its CID and against the place that its parent gives it.
 */
import { type Blockstore, MissingBlock, type NodePosition } from '../blockstore.js'
import type { Cid } from '../cid.js'
import { RepoError } from '../errors.js'
import { decodeNode, type NodeData } from './node.js'

/** A node that was read and found right where it stands. */
export interface ReadNode {
  readonly layer: number
  readonly bytes: Uint8Array
  readonly data: NodeData
}

/**
 * The root node. Its layer is that of its keys, 0 for the empty tree; `layer` is only a hint for stores that
 * file nodes by position. @throws MissingBlock, RepoError InvalidMst.
 */
export function readRoot(store: Blockstore, cid: Cid, layer?: number): ReadNode {
  const bytes = fetch(store, cid, layer === undefined ? undefined : { after: '', layer })
  const data = decodeNode(bytes)
  const found = Math.max(data.layer, 0)
  if (data.keys.length === 0 && data.links[0] !== null) throw invalid(cid, 'a root without keys holds a subtree')
  if (layer !== undefined && found !== layer) throw invalid(cid, `the root stands on layer ${found}, not ${layer}`)
  checkBottom(cid, found, data)
  return { layer: found, bytes, data }
}

/**
 * A node below another: on the layer right under it, with all keys between `at.after` and `before` (null at
 * the right edge), and with a subtree if it has no keys. @throws MissingBlock, RepoError InvalidMst.
 */
export function readNode(store: Blockstore, cid: Cid, at: NodePosition, before: string | null): ReadNode {
  const bytes = fetch(store, cid, at)
  const data = decodeNode(bytes)
  const { keys } = data
  if (keys.length === 0) {
    if (data.links[0] === null) throw invalid(cid, 'an empty node below the root')
  } else {
    if (data.layer !== at.layer) throw invalid(cid, `keys of layer ${data.layer} on layer ${at.layer}`)
    if (keys[0] <= at.after || (before !== null && keys[keys.length - 1] >= before))
      throw invalid(cid, 'keys outside the range of the node')
  }
  checkBottom(cid, at.layer, data)
  return { layer: at.layer, bytes, data }
}

function fetch(store: Blockstore, cid: Cid, at: NodePosition | undefined): Uint8Array {
  const bytes = store.get(cid, at)
  if (bytes === null) throw new MissingBlock(cid, at)
  if (!cid.matches(bytes)) throw invalid(cid, 'the block does not hash to its CID')
  return bytes
}

function checkBottom(cid: Cid, layer: number, { links }: NodeData): void {
  if (layer === 0 && links.some((link) => link !== null)) throw invalid(cid, 'a subtree below layer 0')
}

function invalid(cid: Cid, message: string): RepoError {
  return new RepoError('InvalidMst', `MST node ${cid.toString()}: ${message}`)
}
