/** What is sent over a WebSocket, taken apart by hand. */
import * as dagCbor from '@ipld/dag-cbor'

/** Whole unmasked WebSocket frames: the message in each. Fails for anything else. */
export function messagesOf(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    // FIN, binary.
    expect(bytes[at]).toBe(0x82)
    const short = bytes[at + 1]!
    const [begin, size] =
      short < 126
        ? [at + 2, short]
        : short === 126
          ? [at + 4, bytes.readUInt16BE(at + 2)]
          : [at + 10, Number(bytes.readBigUInt64BE(at + 2))]
    at = begin + size
    expect(at).toBeLessThanOrEqual(bytes.length)
    messages.push(bytes.subarray(begin, at))
  }
  return messages
}

const TYPES = ['#commit', '#sync', '#identity', '#account', '#info', 'error'] as const
export type MessageType = (typeof TYPES)[number]

const headerOf = (type: MessageType): Uint8Array => dagCbor.encode(type === 'error' ? { op: -1 } : { op: 1, t: type })

/** A message of an event stream: one of the headers there are, and a body; both must be in canonical form, and all of it. */
export function opened<Body = Record<string, unknown>>(message: Buffer): { type: MessageType; body: Body } {
  const type = TYPES.find((type) => message.subarray(0, headerOf(type).length).equals(headerOf(type)))!
  const rest = message.subarray(headerOf(type).length)
  const body = dagCbor.decode<Body>(rest)
  expect(rest.equals(dagCbor.encode(body))).toBe(true)
  return { type, body }
}

/** The sequence number of an event. */
export function seqOf(message: Buffer): number {
  return opened<{ seq: number }>(message).body.seq
}
