import { Injectable } from '@nestjs/common'
import { SafeFetch } from '../identity/safe-fetch.js'
import { Patience } from './patience.js'
import { PeerStates } from './peer-states.js'
import { streamOf } from './peer-stream.js'
import type { Peer } from './peers.js'

/** The firehoses of followed hosts. */
@Injectable()
export class HostStreams {
  constructor(
    private readonly fetch: SafeFetch,
    private readonly states: PeerStates,
    private readonly patience: Patience,
  ) {}

  /** What a host has to say after the peer's position, as it comes. @throws StreamEnded, FetchError */
  async *open(peer: Peer, onOpen: () => void, signal: AbortSignal): AsyncGenerator<Buffer[], never> {
    const { id, maxRate } = peer
    this.states.set(id, { connection: 'connecting' })
    const opened = (): void => {
      this.states.set(id, { connection: 'connected' })
      onOpen()
    }
    try {
      const { lookup } = this.fetch
      const { silenceMs } = this.patience
      for await (const frames of streamOf(this.address(peer), { lookup, maxRate, silenceMs, signal, onOpen: opened })) {
        this.states.set(id, { events: this.states.of(id).events + frames.length })
        yield frames
      }
      throw new Error('a stream has ended without a reason')
    } finally {
      if (signal.aborted) this.states.forget(id)
      else this.states.set(id, { connection: 'waiting' })
    }
  }

  private address({ url, position }: Peer): string {
    const { protocol, host } = this.fetch.check(url)
    const cursor = position === null ? '' : `?cursor=${position}`
    return `${protocol === 'https:' ? 'wss' : 'ws'}://${host}/xrpc/com.atproto.sync.subscribeRepos${cursor}`
  }
}
