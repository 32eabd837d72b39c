import { createSocket, type Socket } from 'node:dgram'
import type { AddressInfo } from 'node:net'

/** Record types (RFC 1035 section 3.2.2, RFC 3596). */
const TYPES: Record<number, 'A' | 'TXT' | 'AAAA'> = { 1: 'A', 16: 'TXT', 28: 'AAAA' }
const NAME_ERROR = 3

/** A name server that knows what a test tells it: `A name`, `TXT name`; `*` for every name below. */
export class DnsServer {
  /** Values by type and name: `A pds.example`. A name of which there is nothing does not exist. */
  readonly records = new Map<string, string[]>()

  private constructor(private readonly socket: Socket) {}

  static async start(): Promise<DnsServer> {
    const socket = createSocket('udp4')
    const server = new DnsServer(socket)
    socket.on('message', (question, { port, address }) => socket.send(server.answer(question), port, address))
    await new Promise<void>((ready) => socket.bind(0, '127.0.0.1', ready))
    return server
  }

  /** As DNS_SERVER takes it. */
  get address(): string {
    return `127.0.0.1:${(this.socket.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    await new Promise<void>((closed) => this.socket.close(closed))
  }

  private answer(question: Buffer): Buffer {
    const { name, end } = readName(question)
    const type = TYPES[question.readUInt16BE(end)]
    const values = this.find(type ?? '', name)
    const isKnown = Object.values(TYPES).some((other) => this.find(other, name).length > 0)
    const head = Buffer.from(question.subarray(0, end + 4))
    // It is an answer, by an authority, recursion is available.
    head.writeUInt16BE(0x8580 | (isKnown ? 0 : NAME_ERROR), 2)
    head.writeUInt16BE(values.length, 6)
    head.fill(0, 8, 12)
    const answers = values.map((value) => {
      const data = dataOf(type!, value)
      const record = Buffer.alloc(12)
      // The name is the one in the question.
      record.writeUInt16BE(0xc00c, 0)
      question.copy(record, 2, end, end + 4)
      record.writeUInt32BE(60, 6)
      record.writeUInt16BE(data.length, 10)
      return Buffer.concat([record, data])
    })
    return Buffer.concat([head, ...answers])
  }

  private find(type: string, name: string): string[] {
    const above = name.replace(/^[^.]+/, '*')
    return this.records.get(`${type} ${name}`) ?? this.records.get(`${type} ${above}`) ?? []
  }
}

/** The name in a question, and where it ends. */
function readName(question: Buffer): { name: string; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = question[at]!; length > 0; length = question[at]!) {
    labels.push(question.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 }
}

function dataOf(type: string, value: string): Buffer {
  if (type === 'A') return Buffer.from(value.split('.').map(Number))
  if (type === 'TXT') return Buffer.concat([Buffer.from([value.length]), Buffer.from(value, 'latin1')])
  return Buffer.from(
    value
      .split(':')
      .map((part) => part.padStart(4, '0'))
      .join(''),
    'hex',
  )
}
