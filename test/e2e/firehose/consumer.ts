import { get, type IncomingMessage } from 'node:http'
import { HandleResolver, IdResolver } from '@atproto/identity'
import { type Event, Firehose, MemoryRunner, type SyncEvt } from '@atproto/sync'
import { decode, encode } from '@ipld/dag-cbor'
import type { CID } from 'multiformats/cid'
import { buildTree, Cid } from '../../../src/repo-engine/index.js'
import type { MortalServer } from './mortal-server.js'
import { repositoryOf } from './repositories.js'
import { endFirehose } from './end-firehose.js'

/** A repository as the consumer's events tell it. */
export interface CollectedRepo {
  /** CID by path. */
  records: Map<string, string>
  /** The number of the newest event that is in it. */
  seq: number
  /** A repository that was fetched has everything up to this rev. */
  fetchedRev: string
  /** The verified one; undefined for none. */
  handle: string | undefined
  status: string | null
}

/**
 * The consumer of @atproto/sync, at its strictest: each commit's signature and proofs and each handle are verified by it. It
 * keeps its cursor and comes back by itself. Every error that it reports is kept.
 */
export class Consumer {
  readonly repos = new Map<string, CollectedRepo>()
  readonly errors: unknown[] = []
  /** Events of each kind. */
  readonly seen: Record<string, number> = {}
  /** Repositories that it had to fetch, because they were no longer what it had followed. */
  fetched = 0
  private readonly runner = new MemoryRunner({ startCursor: 0 })
  private readonly firehose: Firehose
  private hasEnded = false

  constructor(private readonly server: MortalServer) {
    this.firehose = new Firehose({
      service: server.url.replace('http', 'ws'),
      idResolver: resolverAt(server),
      runner: this.runner,
      handleEvent: (event) => this.take(event),
      onError: (error) => void this.errors.push(error),
      unauthenticatedCommits: false,
      unauthenticatedHandles: false,
      subscriptionReconnectDelay: 50,
      maxReconnectSeconds: 0.05,
    })
    void this.firehose.start()
  }

  /** Everything up to here is done. */
  get cursor(): number {
    return this.runner.getCursor() ?? 0
  }

  /** Takes nothing more. */
  async end(): Promise<void> {
    this.hasEnded = true
    await endFirehose(this.firehose, this.runner)
  }

  private async take(event: Event): Promise<void> {
    if (this.hasEnded) return
    this.seen[event.event] = (this.seen[event.event] ?? 0) + 1
    const repo = this.repos.get(event.did) ?? nothing()
    this.repos.set(event.did, repo)
    // What was under way when the connection broke comes again.
    if (event.seq < repo.seq) return
    repo.seq = event.seq
    switch (event.event) {
      case 'identity':
        repo.handle = event.handle
        return
      case 'account':
        repo.status = event.status ?? null
        if (repo.status === 'deleted') repo.records.clear()
        return
      case 'sync':
        if (event.rev > repo.fetchedRev && rootOf(repo.records) !== rootIn(event)) await this.fetch(event, repo)
        return
      default: {
        if (event.rev <= repo.fetchedRev) return
        const path = `${event.collection}/${event.rkey}`
        if (event.event === 'delete') return void repo.records.delete(path)
        const cid = event.cid.toString()
        if (Cid.ofCbor(encode(event.record)).toString() !== cid) throw new Error(`the record of ${path} is not ${cid}`)
        repo.records.set(path, cid)
      }
    }
  }

  private async fetch({ did, rev }: SyncEvt, repo: CollectedRepo): Promise<void> {
    const fetched = await repositoryOf(this.server, did)
    repo.records = new Map(fetched?.records)
    repo.fetchedRev = fetched?.rev ?? rev
    this.fetched++
  }
}

/** The root of the tree over some records. */
function rootOf(records: ReadonlyMap<string, string>): string {
  const entries = [...records]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, cid]) => [path, Cid.parse(cid)] as const)
  return buildTree(entries, () => undefined).root.toString()
}

/** The root that the commit of a `#sync` is signed over. */
function rootIn({ blocks, cid }: SyncEvt): string {
  return decode<{ data: CID }>(blocks.get(cid)!).data.toString()
}

const nothing = (): CollectedRepo => ({ records: new Map(), seq: 0, fetchedRev: '', handle: undefined, status: null })

/**
 * Resolves DIDs by the directory in the server, and handles by what it serves at their names, for which there is no DNS here.
 * The directory of the network is not killed when a server is: whoever asks waits until it is back.
 */
function resolverAt(server: MortalServer): IdResolver {
  const patient: typeof fetch = (input) => {
    const { protocol, hostname, pathname } = new URL(input as URL)
    return server.answer(() => (protocol === 'https:' ? ask(server, pathname, hostname) : fetch(input as URL)))
  }
  const resolver = new IdResolver({ plcUrl: server.url, fetch: patient })
  resolver.handle = new WithoutDns({ fetch: patient })
  return resolver
}

class WithoutDns extends HandleResolver {
  override resolveDns(): Promise<undefined> {
    return Promise.resolve(undefined)
  }
}

/** A request that reaches the server under another name. */
function ask(server: MortalServer, path: string, host: string): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = get(new URL(path, server.url), { headers: { host } }, (message: IncomingMessage) => {
      const chunks: Buffer[] = []
      message.on('data', (chunk: Buffer) => chunks.push(chunk))
      message.on('error', reject)
      message.on('end', () => resolve(new Response(Buffer.concat(chunks), { status: message.statusCode })))
    })
    request.on('error', reject)
  })
}
