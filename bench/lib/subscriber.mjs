import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'

/** What is read at a time. One buffer for everybody in a thread: what was read is dealt with before anything else is. */
const CHUNK = Buffer.allocUnsafe(256 * 1024)
const EMPTY = Buffer.alloc(0)
/** Opcodes of RFC 6455, section 5.2; from CLOSE on they are not of messages. */
const CLOSE = 8
const PING = 9
/** A pong without content, masked by zeros: all that a client sends has to be masked. */
const PONG = Buffer.from([0x8a, 0x80, 0, 0, 0, 0])
/** How often one that does not read shows that it is still there. */
const SIGN_MS = 200

/**
 * A WebSocket of a stream that costs its client as little as can be: messages are counted by the heads of their frames, and
 * their bytes are looked at only where somebody asks for them.
 */
export class Subscriber {
  /** Messages that have come. */
  events = 0
  /** Bytes that have come since the handshake. */
  bytes = 0
  /** Why nothing more will come; null as long as something may. */
  ended = null

  // What there is of the answer to the handshake; of the head of a frame; how much of its payload lacks, and what was kept of it.
  answer = ''
  isOpen = false
  head = Buffer.alloc(10)
  headSize = 0
  left = 0
  parts = []
  target = Infinity
  onTarget = () => undefined

  /**
   * `onMessage` gets the bytes of each message, which are good until it returns; without it they are only counted. `opened`
   * resolves when the stream is open, `gone` when it has ended.
   */
  constructor(url, onMessage = null) {
    this.onMessage = onMessage
    const { hostname, port, host, pathname, search } = new URL(url)
    this.socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || 80),
      noDelay: true,
      onread: { buffer: CHUNK, callback: (size) => this.read(size) },
    })
    this.opened = new Promise((resolve, reject) => {
      this.onOpen = resolve
      this.socket.on('close', () => reject(new Error(`${url}: ${this.answer.split('\r\n', 1)[0] || this.ended}`)))
    })
    this.opened.catch(() => undefined)
    this.gone = new Promise((resolve) => {
      this.socket
        .on('error', (error) => (this.ended ??= error.message))
        .on('end', () => (this.ended ??= 'ended'))
        .on('close', () => {
          this.ended ??= 'closed'
          this.onTarget()
          resolve()
        })
    })
    const key = randomBytes(16).toString('base64')
    const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}`
    this.socket.write(`GET ${pathname}${search} HTTP/1.1\r\nHost: ${host}\r\n${upgrade}\r\n\r\n`)
  }

  /** Resolves when so many messages have come since the beginning, or no more will. */
  until(events) {
    if (this.events >= events || this.ended !== null) return Promise.resolve()
    return new Promise((resolve) => {
      this.target = events
      this.onTarget = resolve
    })
  }

  /** Reads nothing any more, but says now and then that it is there, by which it also finds out that the other end is not. */
  stall() {
    this.socket.pause()
    const sign = setInterval(() => this.socket.write(PONG), SIGN_MS)
    void this.gone.then(() => clearInterval(sign))
  }

  close() {
    this.socket.destroy()
  }

  read(size) {
    let at = this.isOpen ? 0 : this.readAnswer(size)
    this.bytes += size - at
    while (at < size) at = this.left > 0 ? this.readPayload(at, size) : this.readHead(at, size)
    return true
  }

  /** Gives where the first frame begins. */
  readAnswer(size) {
    this.answer += CHUNK.latin1Slice(0, size)
    const end = this.answer.indexOf('\r\n\r\n')
    if (end < 0) return size
    if (!/^HTTP\/1\.1 101 /.test(this.answer)) {
      this.close()
      return size
    }
    this.isOpen = true
    this.onOpen()
    return size - (this.answer.length - end - 4)
  }

  readHead(at, size) {
    const { head } = this
    while (at < size) {
      head[this.headSize++] = CHUNK[at++]
      if (this.headSize < 2) continue
      const short = head[1]
      if (this.headSize < (short < 126 ? 2 : short === 126 ? 4 : 10)) continue
      this.headSize = 0
      this.left = short < 126 ? short : short === 126 ? head.readUInt16BE(2) : Number(head.readBigUInt64BE(2))
      if (this.left === 0) this.take(EMPTY)
      break
    }
    return at
  }

  readPayload(at, size) {
    const end = Math.min(size, at + this.left)
    this.left -= end - at
    if (this.onMessage || this.opcode >= CLOSE) {
      const part = CHUNK.subarray(at, end)
      if (this.left > 0) this.parts.push(Buffer.from(part))
      else this.take(this.parts.length > 0 ? Buffer.concat([...this.parts.splice(0), part]) : part)
    } else if (this.left === 0) this.take(EMPTY)
    return end
  }

  /** A frame has come. A message in several of them, which servers of these streams do not send, would count as several. */
  take(payload) {
    if (this.opcode === PING) this.socket.write(PONG)
    else if (this.opcode === CLOSE) this.ended ??= payload.toString('utf8', 2)
    if (this.opcode >= CLOSE) return
    this.onMessage?.(payload)
    if (++this.events === this.target) this.onTarget()
  }

  get opcode() {
    return this.head[0] & 0x0f
  }
}
