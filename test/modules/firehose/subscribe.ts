import { WebSocket } from 'ws'

export interface Subscription {
  webSocket: WebSocket
  /** What has come and nobody has taken. */
  messages: readonly Buffer[]
  /** The next messages, once there are so many. */
  take(count: number): Promise<Buffer[]>
  /** The code that it was closed with, and why. */
  closed: Promise<number>
  reason: Promise<string>
  close(): void
}

/** A subscriber of a server's firehose, connected. */
export async function subscribe({ url }: { url: string }, cursor?: number | string): Promise<Subscription> {
  const query = cursor === undefined ? '' : `?cursor=${cursor}`
  return connect(`${url.replace('http', 'ws')}/xrpc/com.atproto.sync.subscribeRepos${query}`)
}

/** A WebSocket that keeps what it is sent until somebody takes it. */
export async function connect(address: string): Promise<Subscription> {
  const webSocket = new WebSocket(address)
  const messages: Buffer[] = []
  let arrived = (): void => undefined
  webSocket.on('message', (data: Buffer) => {
    messages.push(data)
    arrived()
  })
  const closed = new Promise<number>((resolve) => webSocket.on('close', resolve))
  const reason = new Promise<string>((resolve) => webSocket.on('close', (_, reason) => resolve(String(reason))))
  await new Promise<void>((resolve, reject) => webSocket.once('open', resolve).once('error', reject))
  return {
    webSocket,
    messages,
    closed,
    reason,
    close: () => webSocket.terminate(),
    async take(count) {
      while (messages.length < count) await new Promise<void>((resolve) => (arrived = resolve))
      return messages.splice(0, count)
    },
  }
}
