/** Repositories made by hand, as sound or as broken as a test needs them, with nothing of this server's own engine. */
import { createHash } from 'node:crypto'
import { type Keypair, Secp256k1Keypair } from '@atproto/crypto'
import { encode } from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import { create as digestOf } from 'multiformats/hashes/digest'

export interface RawBlock {
  cid: CID
  bytes: Uint8Array
}

const sha256 = (bytes: Uint8Array | string): Buffer => createHash('sha256').update(bytes).digest()

/** Any bytes as a block that says of itself to be DAG-CBOR. */
export function blockOf(bytes: Uint8Array): RawBlock {
  return { cid: CID.createV1(0x71, digestOf(0x12, sha256(bytes))), bytes }
}

export const cborBlock = (value: unknown): RawBlock => blockOf(encode(value))

/** Leading zero bits of the key's hash, by two (https://atproto.com/specs/repository#mst-structure). */
export function layerOf(key: string): number {
  const hash = sha256(key)
  const byte = hash.findIndex((value) => value !== 0)
  return byte * 4 + Math.floor((Math.clz32(hash[byte]!) - 24) / 2)
}

export interface Entry {
  p: number
  k: Uint8Array
  v: CID
  t: CID | null
}

/** The entries of a node, prefixes taken out. */
export function entriesOf(
  keys: readonly string[],
  value: (key: string) => CID,
  right: (index: number) => CID | null,
): Entry[] {
  return keys.map((key, index) => {
    const before = index === 0 ? '' : keys[index - 1]!
    let p = 0
    while (p < Math.min(before.length, key.length) && before[p] === key[p]) p++
    return { p, k: Buffer.from(key.slice(p)), v: value(key), t: right(index) }
  })
}

/** The tree over some records, its root first. */
export function treeOf(records: ReadonlyMap<string, CID>): RawBlock[] {
  const blocks: RawBlock[] = []
  const build = (keys: string[], layer: number): CID | null => {
    if (keys.length === 0) return null
    const here = keys.flatMap((key, index) => (layerOf(key) === layer ? [index] : []))
    const place = blocks.length
    blocks.push(undefined as never)
    const left = build(keys.slice(0, here[0] ?? keys.length), layer - 1)
    const rights = here.map((index, i) => build(keys.slice(index + 1, here[i + 1] ?? keys.length), layer - 1))
    const e = entriesOf(
      here.map((index) => keys[index]!),
      (key) => records.get(key)!,
      (index) => rights[index]!,
    )
    blocks[place] = cborBlock({ l: left, e })
    return blocks[place].cid
  }
  const keys = [...records.keys()].sort()
  if (keys.length === 0) return [cborBlock({ l: null, e: [] })]
  build(keys, Math.max(...keys.map(layerOf)))
  return blocks
}

/** A rev for a moment. */
export function revAt(millis: number): string {
  const bits = BigInt(Math.floor(millis)) * 1000n * 1024n
  return Array.from(
    { length: 13 },
    (_, n) => '234567abcdefghijklmnopqrstuvwxyz'[Number((bits >> BigInt(60 - 5 * n)) & 31n)],
  ).join('')
}

export const stranger: Keypair = await Secp256k1Keypair.create()

export async function commitOf(
  fields: { did: string; data: CID } & Record<string, unknown>,
  key = stranger,
): Promise<RawBlock> {
  const unsigned = { version: 3, rev: revAt(Date.now() - 1_000), prev: null, ...fields }
  return cborBlock({ ...unsigned, sig: await key.sign(encode(unsigned)) })
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (; value >= 0x80; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80)
  return Buffer.from([...bytes, value])
}

export function section({ cid, bytes }: { cid: { bytes: Uint8Array }; bytes: Uint8Array }): Buffer {
  return Buffer.concat([varint(cid.bytes.length + bytes.length), cid.bytes, bytes])
}

export function carHeader(header: unknown): Buffer {
  const bytes = encode(header)
  return Buffer.concat([varint(bytes.length), bytes])
}

export function carOf(roots: readonly CID[], blocks: readonly RawBlock[]): Buffer {
  return Buffer.concat([carHeader({ version: 1, roots }), ...blocks.map(section)])
}

export interface HandMade {
  car: Buffer
  commit: RawBlock
  nodes: RawBlock[]
  records: RawBlock[]
}

/** A whole repository with the given records, signed by a stranger. */
export async function repoOf(
  did: string,
  records: Readonly<Record<string, unknown>>,
  fields: Record<string, unknown> = {},
): Promise<HandMade> {
  const made = Object.entries(records).map(([path, value]) => [path, cborBlock(value)] as const)
  const nodes = treeOf(new Map(made.map(([path, { cid }]) => [path, cid])))
  const commit = await commitOf({ did, data: nodes[0]!.cid, ...fields })
  const blocks = made.map(([, block]) => block)
  return { car: carOf([commit.cid], [commit, ...nodes, ...blocks]), commit, nodes, records: blocks }
}

/** A repository over whatever stands for its tree, the root of it first. */
export async function repoOver(
  did: string,
  nodes: readonly RawBlock[],
  records: readonly RawBlock[] = [],
): Promise<Buffer> {
  const commit = await commitOf({ did, data: nodes[0]!.cid })
  return carOf([commit.cid], [commit, ...nodes, ...records])
}
