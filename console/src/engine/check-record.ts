/**
 * The proof of one record, checked in this browser by the server's own engine: from the blocks that the server sends up to the
 * key that the identity names, believing nothing on the way.
 */
import {
  Cid,
  decodeCar,
  type DecodedCommit,
  decodeCommit,
  encodeCbor,
  jsonToData,
  MemoryBlockstore,
  Mst,
  provePath,
  readRecord,
  verifyCommit,
} from '../../../src/repo-engine/index.js'
import { type KeyDocument, signingKeyOf } from './signing-key.js'

/** What is to be proven: that this is the record under this path. */
export interface Claim {
  did: string
  collection: string
  rkey: string
  cid: string
  /** The record in its JSON form, as it is shown. */
  value: unknown
}

export interface Step {
  name: string
  /** `unchecked`: a step before it has failed. */
  state: 'good' | 'bad' | 'unchecked'
  /** What was found, a line each. */
  found: string[]
}

/** What the steps find on their way; each needs what those before it have found. */
interface Evidence {
  store: MemoryBlockstore
  root: Cid
  commit: DecodedCommit
}

const STEPS: [
  name: string,
  check: (claim: Claim, car: Uint8Array, document: KeyDocument, has: Evidence) => string[],
][] = [
  ['Every block hashes to its CID', checkBlocks],
  ['The root is a commit of this repository', checkCommit],
  ['The tree leads from the commit to the record', checkPath],
  ['The record is the one that is shown', checkContent],
  ['The commit is signed by the key of the identity', checkSignature],
]

/**
 * Checks the answer of com.atproto.sync.getRecord, a CAR, against what a page shows. Stops at the first step that fails.
 * Never throws: what is wrong is told in the steps.
 */
export function checkRecord(claim: Claim, car: Uint8Array, document: KeyDocument): Step[] {
  const evidence = { store: new MemoryBlockstore() } as Evidence
  let hasFailed = false
  return STEPS.map(([name, check]) => {
    if (hasFailed) return { name, state: 'unchecked', found: [] }
    try {
      return { name, state: 'good', found: check(claim, car, document, evidence) }
    } catch (error) {
      hasFailed = true
      return { name, state: 'bad', found: [error instanceof Error ? error.message : String(error)] }
    }
  })
}

function checkBlocks(_: Claim, car: Uint8Array, __: KeyDocument, evidence: Evidence): string[] {
  const { roots, blocks } = decodeCar(car, { maxBytes: 64 << 20 })
  const [root] = roots
  if (!root || roots.length > 1) throw new Error(`a proof has one root, not ${roots.length}`)
  for (const { cid, bytes } of blocks) evidence.store.put(cid, bytes)
  evidence.root = root
  return [`${blocks.length} blocks in ${car.length} bytes`, `root ${root.toString()}`]
}

function checkCommit({ did }: Claim, _: Uint8Array, __: KeyDocument, evidence: Evidence): string[] {
  const bytes = evidence.store.get(evidence.root)
  if (!bytes) throw new Error('the block of the root is not there')
  const commit = decodeCommit(bytes)
  if (commit.did !== did) throw new Error(`the commit is of ${commit.did}`)
  evidence.commit = commit
  return [`version ${commit.version}, revision ${commit.rev ?? 'none'}`, `tree ${commit.data.toString()}`]
}

function checkPath({ collection, rkey, cid }: Claim, _: Uint8Array, __: KeyDocument, evidence: Evidence): string[] {
  const key = `${collection}/${rkey}`
  const tree = Mst.load(evidence.store, evidence.commit.data)
  const nodes = provePath(tree, key).sort((a, b) => b.at.layer - a.at.layer)
  const found = tree.get(key)
  if (!found) throw new Error(`the tree has nothing under ${key}`)
  if (found.toString() !== cid) throw new Error(`the tree has ${found.toString()} under ${key}`)
  return [
    ...nodes.map(({ at, cid }) => `node on layer ${at.layer}: ${cid.toString()}`),
    `${key} is ${found.toString()}`,
  ]
}

function checkContent(
  { collection, rkey, cid, value }: Claim,
  _: Uint8Array,
  __: KeyDocument,
  { store }: Evidence,
): string[] {
  const { bytes } = readRecord(store, `${collection}/${rkey}`, Cid.parse(cid))
  const shown = Cid.ofCbor(encodeCbor(jsonToData(value))).toString()
  if (shown !== cid) throw new Error(`what is shown would have the CID ${shown}`)
  return [`${bytes.length} bytes; what is shown encodes to the same CID`]
}

function checkSignature(_: Claim, __: Uint8Array, document: KeyDocument, { commit }: Evidence): string[] {
  const key = signingKeyOf(document)
  if (!key) throw new Error('the DID document names no key for commits')
  if (!verifyCommit(commit, key)) throw new Error(`the signature is not by ${key}`)
  return [`signed by ${key}`]
}
