import { WebSocket } from 'ws'
import type { Cid, Did, Tid } from '../../../src/repo-engine/index.js'
import { decodeCar, MemoryBlockstore, readCommit } from '../../../src/repo-engine/index.js'
import { opened } from '../../modules/firehose/wire.js'
import { type EventBody, followCommit } from '../../support/invariants.js'
import type { MortalServer } from './mortal-server.js'

/** Events that are asked for again after each break. */
const OVERLAP = 40

/** Somebody who reads the raw stream, keeps every frame, and whenever it breaks goes back a little. */
export class Witness {
  /** Every frame that was ever sent, by its number. */
  readonly frames = new Map<number, Buffer>()
  /** What should not have been. */
  readonly problems: string[] = []
  /** Frames that came again. */
  repeated = 0
  last = 0
  private readonly stop = new AbortController()
  private readonly done: Promise<void>

  constructor(private readonly server: MortalServer) {
    this.done = this.watch()
  }

  async end(): Promise<void> {
    this.stop.abort()
    await this.done
  }

  private async watch(): Promise<void> {
    for (; !this.stop.signal.aborted; await this.server.running()) {
      const after = Math.max(0, this.last - OVERLAP)
      await readFrames(this.server, after, (message) => this.take(message), this.stop.signal)
    }
  }

  private take(message: Buffer): void {
    const { type, body } = opened<EventBody>(message)
    if (type === '#info' || type === 'error') return void this.problems.push(JSON.stringify(body))
    const known = this.frames.get(body.seq)
    if (known) this.repeated++
    if (known && !known.equals(message)) this.problems.push(`seq ${body.seq} came with other content`)
    this.frames.set(body.seq, message)
    this.last = Math.max(this.last, body.seq)
  }
}

/** Everything that comes after a number until the connection ends or `signal` aborts, in increasing order. */
export async function readFrames(
  server: MortalServer,
  after: number,
  take: (message: Buffer) => void,
  signal: AbortSignal,
): Promise<void> {
  const url = `${server.url.replace('http', 'ws')}/xrpc/com.atproto.sync.subscribeRepos?cursor=${after}`
  const webSocket = new WebSocket(url)
  const hangUp = (): void => webSocket.terminate()
  signal.addEventListener('abort', hangUp)
  webSocket.on('message', take)
  // A server that is killed is seen by the connection's end.
  webSocket.on('error', () => undefined)
  await new Promise((closed) => webSocket.on('close', closed))
  signal.removeEventListener('abort', hangUp)
}

/** A repository as a relay knows it that has followed every event. */
export interface FollowedRepo {
  rev: Tid
  data: Cid
  head: string
}

/**
 * Sync 1.1 to the letter over frames in their order: revs rise, `since` and `prevData` name the commit before, and undoing the
 * operations of each commit on what it brings arrives at exactly that. Gives the repositories that are not deleted.
 */
export function followStrictly(frames: Iterable<Buffer>, keys: ReadonlyMap<string, string>): Map<string, FollowedRepo> {
  const repos = new Map<string, FollowedRepo>()
  for (const frame of frames) {
    const { type, body } = opened<EventBody>(frame)
    const did = body.repo ?? body.did!
    const known = repos.get(did) ?? null
    if (type === '#account' && body.status === 'deleted') repos.delete(did)
    if (type === '#commit') {
      const { commit, head } = followCommit(body, known, keys.get(did)!)
      repos.set(did, { rev: commit.rev, data: commit.data, head: head.toString() })
    } else if (type === '#sync') {
      const { roots, blocks } = decodeCar(body.blocks)
      const store = new MemoryBlockstore()
      for (const { cid, bytes } of blocks) store.put(cid, bytes)
      const { commit } = readCommit(store, roots[0]!, { did: did as Did, didKey: keys.get(did)! })
      const head = roots[0]!.toString()
      // It states the head anew, or it is a whole repository that was put in the place of the one before.
      if (known && (body.rev < known.rev || (body.rev === known.rev && head !== known.head)))
        throw new Error(`#sync ${body.seq} of ${did} goes back from ${known.rev} to ${body.rev}`)
      if (commit.rev !== body.rev) throw new Error(`#sync ${body.seq} says ${body.rev} of ${commit.rev}`)
      repos.set(did, { rev: body.rev, data: commit.data, head })
    }
  }
  return repos
}
