/** The connection to the firehose, which comes back by itself after the last event that was heard. */
import { type FirehoseEvent, readFrame, type StreamNotice } from '../engine/read-frame.js'

/** `waiting`: lost, and tried again. `ended`: the server will not have it, or somebody has ended it. */
export type StreamState = 'connecting' | 'open' | 'waiting' | 'ended'

export interface StreamListener {
  onEvent(event: FirehoseEvent): void
  onState(state: StreamState): void
  /** Something that whoever looks on should know. */
  onNotice(words: string): void
}

const WAITS = [1, 2, 5, 10, 30]
/** What is wrong with these is wrong the next time as well. */
const FINAL = ['FutureCursor', 'InvalidRequest']

/** Opens the stream after the event numbered `cursor`, or at this moment. @returns what ends it */
export function openStream(cursor: number | undefined, listener: StreamListener): () => void {
  let last = cursor
  let failures = 0
  let isEnded = false
  let socket: WebSocket | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  function connect(): void {
    listener.onState('connecting')
    socket = new WebSocket(addressAfter(last))
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => {
      failures = 0
      listener.onState('open')
    }
    socket.onmessage = ({ data }) => receive(new Uint8Array(data as ArrayBuffer))
    socket.onclose = ({ code, reason }) => {
      if (isEnded) return
      const seconds = WAITS[Math.min(failures++, WAITS.length - 1)]!
      const from = last === undefined ? 'with what is written from then on' : `after event ${last}`
      const why = reason || `code ${code}`
      listener.onNotice(`The connection was lost (${why}). It is made again in ${seconds} s, and goes on ${from}.`)
      listener.onState('waiting')
      timer = setTimeout(connect, seconds * 1000)
    }
  }

  function receive(frame: Uint8Array): void {
    let read
    try {
      read = readFrame(frame)
    } catch {
      return listener.onNotice(`A frame of ${frame.length} bytes could not be read`)
    }
    if (read === null) return
    if (isNotice(read)) return notice(read)
    last = read.seq
    listener.onEvent(read)
  }

  function notice({ kind, name, message }: StreamNotice): void {
    listener.onNotice(message ? `${message} (${name})` : name)
    if (kind === 'error' && FINAL.includes(name)) end()
  }

  function end(): void {
    isEnded = true
    clearTimeout(timer)
    socket?.close()
    listener.onState('ended')
  }

  connect()
  return end
}

function addressAfter(cursor: number | undefined): string {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
  const query = cursor === undefined ? '' : `?cursor=${cursor}`
  return `${scheme}//${location.host}/xrpc/com.atproto.sync.subscribeRepos${query}`
}

function isNotice(read: FirehoseEvent | StreamNotice): read is StreamNotice {
  return read.kind === 'info' || read.kind === 'error'
}
