/**
 * A message as it stands on the wire (RFC 6455, section 5.2): what a server sends is not masked, so it can be framed once
 * for everybody. Byte layout: FIN and opcode | length (7 bits, or 126 and 16 bits, or 127 and 64 bits) | payload.
 */
import { roomBefore } from '../commit-log/frame-run.js'

const FIN = 0x80
const OPCODES = { text: 1, binary: 2 } as const
export type MessageKind = keyof typeof OPCODES

/** Writes what stands before a message of a length; gives the offset at which the message begins. */
export function writeHead(target: Buffer, offset: number, kind: MessageKind, length: number): number {
  target[offset] = FIN | OPCODES[kind]
  switch (roomBefore(length)) {
    case 2:
      target[offset + 1] = length
      return offset + 2
    case 4:
      target[offset + 1] = 126
      return target.writeUInt16BE(length, offset + 2)
    case 10:
      target[offset + 1] = 127
      return target.writeBigUInt64BE(BigInt(length), offset + 2)
  }
}

/** One message by itself. */
export function framed(kind: MessageKind, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(roomBefore(payload.length) + payload.length)
  bytes.set(payload, writeHead(bytes, 0, kind, payload.length))
  return bytes
}
