/** What a repository is, as read and checked by other implementations than this server's. */
import type { AtpAgent } from '@atproto/api'
import { readCarWithRoot, verifyRepo } from '@atproto/repo'
import { CarBlockIterator } from '@ipld/car'
import { decode } from '@ipld/dag-cbor'
import type { CID } from 'multiformats/cid'

export interface VerifiedRepo {
  head: string
  rev: string
  /** CID by path, in order of the paths. */
  records: ReadonlyMap<string, string>
}

/** The did:key that the DID document of an account says its repository is signed with. */
export async function signingKeyOf(agent: AtpAgent, did: string): Promise<string> {
  const { didDoc } = (await agent.com.atproto.repo.describeRepo({ repo: did })).data
  const [{ publicKeyMultibase }] = didDoc.verificationMethod as [{ publicKeyMultibase: string }]
  return `did:key:${publicKeyMultibase}`
}

/** Reads a whole repository. Throws when a block is missing or wrong, or DID, tree or signature are not right. */
export async function verified(car: Uint8Array, did: string, didKey: string): Promise<VerifiedRepo> {
  const { root, blocks } = await readCarWithRoot(car)
  const { creates, commit } = await verifyRepo(blocks, root, did, didKey)
  const paths = creates.map(({ collection, rkey, cid }) => [`${collection}/${rkey}`, cid.toString()] as const)
  return { head: root.toString(), rev: commit.rev, records: new Map([...paths].sort(([a], [b]) => (a < b ? -1 : 1))) }
}

/** The repository of an account as it is now. */
export async function exported(agent: AtpAgent, did: string): Promise<VerifiedRepo> {
  const { data } = await agent.com.atproto.sync.getRepo({ did })
  return verified(data, did, await signingKeyOf(agent, did))
}

export interface Block {
  cid: string
  value: unknown
}

/** The blocks of a CAR in their order. */
export async function blocksOf(car: Uint8Array): Promise<{ roots: string[]; blocks: Block[] }> {
  const reader = await CarBlockIterator.fromBytes(car)
  const blocks: Block[] = []
  for await (const { cid, bytes } of reader) blocks.push({ cid: cid.toString(), value: decode(bytes) })
  return { roots: (await reader.getRoots()).map(String), blocks }
}

interface Node {
  l: CID | null
  e: { v: CID; t: CID | null }[]
}

/** CIDs of a repository in the order of a walk from its commit down and from left to right. */
export function walkOf(head: string, blocks: readonly Block[]): string[] {
  const values = new Map(blocks.map(({ cid, value }) => [cid, value]))
  const order = [head]
  const visit = (cid: CID): void => {
    order.push(cid.toString())
    const { l, e } = values.get(cid.toString()) as Node
    if (l) visit(l)
    for (const { v, t } of e) {
      order.push(v.toString())
      if (t) visit(t)
    }
  }
  visit((values.get(head) as { data: CID }).data)
  return order
}
