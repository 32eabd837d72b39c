/** What tests of mirrors look at: what is here of an account, and whether anything at all has changed. */
import { hash } from 'node:crypto'
import { CommandBus } from '@nestjs/cqrs'
import { Database } from '../../../src/modules/database/database.js'
import { AddPeer } from '../../../src/modules/replication/add-peer.js'
import type { AskedPeer } from '../../../src/modules/replication/asked-peer.js'
import { type Mirror, Mirrors } from '../../../src/modules/replication/mirrors.js'
import { type Peer, Peers } from '../../../src/modules/replication/peers.js'
import { decodeCar, MemoryBlockstore, verifyRepo } from '../../../src/repo-engine/index.js'
import { dump } from '../../support/dump.js'
import type { TestServer } from '../../support/server.js'
import type { ForeignAccount } from './foreign-account.js'
import type { HostileHost } from './hostile-host.js'
import { repoOf } from './settled.js'
import { eventually } from '../../support/eventually.js'

export type At = Pick<TestServer, 'app' | 'url'>

/** Tables that say what is here of repositories, and what has happened to them. */
const TABLES = ['repo', 'record', 'record_link', 'tree_node', 'tree', 'commit_log', 'commit_log_part', 'account']

export function partOf<T>({ app }: Pick<At, 'app'>, type: Function & { prototype: T }): T {
  return app.get<T>(type as never, { strict: false })
}

export async function addPeer(server: At, peer: AskedPeer): Promise<Peer> {
  return partOf(server, CommandBus).execute(new AddPeer(peer))
}

export async function peerOf(server: At, url: string, direction: Peer['direction'] = 'pull'): Promise<Peer> {
  return (await partOf(server, Peers).find(url, direction))!
}

export function mirrorOf(server: At, did: string): Promise<Mirror | null> {
  return partOf(server, Mirrors).find(did)
}

/** All that a server knows of repositories and of what they mean. Nothing has changed when it is the same text. */
export async function stateOf(server: At): Promise<string> {
  const database = partOf(server, Database)
  const lines: string[] = []
  for (const table of TABLES)
    for (const row of await database.read.all<Record<string, unknown>>(`SELECT * FROM ${table}`))
      lines.push(short(`${table} ${JSON.stringify(row, hexOf)}`))
  return [...lines.sort(), await dump(database)].join('\n')
}

/** A line that nobody can read anyway, by its hash. */
function short(line: string): string {
  return line.length < 300 ? line : `${line.slice(0, 100)} … ${hash('sha256', line)}`
}

function hexOf(_: string, value: unknown): unknown {
  const isBuffer = typeof value === 'object' && (value as { type?: string } | null)?.type === 'Buffer'
  return isBuffer ? Buffer.from((value as { data: number[] }).data).toString('hex') : value
}

/** Waits for what comes by itself. */
export const until = (what: string, isSo: () => Promise<boolean> | boolean): Promise<void> => eventually(isSo, what)

/** Resolves when a server has taken all that a host has said, and has nothing to fetch from it. */
export async function caughtUp(server: At, host: HostileHost): Promise<void> {
  const { id } = await peerOf(server, host.url)
  const isDone = async (): Promise<boolean> => {
    const { position } = await peerOf(server, host.url)
    return (position ?? 0) === host.seq && (await partOf(server, Peers).usage(id)).wanted === 0
  }
  await until(`everything up to ${host.seq} is taken`, isDone).catch(async (error: Error) => {
    const wanted = await partOf(server, Database).read.all("SELECT * FROM mirror WHERE state = 'wanted'")
    throw new Error(`${error.message}: ${JSON.stringify([await peerOf(server, host.url), wanted])}`)
  })
}

/** The head and the records of an account as a server gives them out; null when it does not. Checked in full. */
export async function mirrored(
  server: At,
  { did, key }: ForeignAccount,
): Promise<{ head: string; rev: string; records: Map<string, string> } | null> {
  const car = await repoOf(server, did)
  if (!car) return null
  const { roots, blocks } = decodeCar(car)
  const store = new MemoryBlockstore()
  for (const { cid, bytes } of blocks) store.put(cid, bytes)
  const records = new Map<string, string>()
  const steps = verifyRepo({ store, head: roots[0]!, did, didKey: key.didKey })
  for (;;) {
    const { done, value } = steps.next()
    if (done) return { head: value.head.toString(), rev: value.commit.rev!, records }
    if (value.kind === 'record') records.set(value.path, value.cid.toString())
  }
}

/** A server has an account as it is. */
export async function expectMirrored(server: At, account: ForeignAccount): Promise<void> {
  const { cid, rev } = account.head
  expect(await mirrored(server, account)).toEqual({ head: cid.toString(), rev, records: account.records() })
}
