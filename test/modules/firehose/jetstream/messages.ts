/** The messages of a run of WebSocket frames (RFC 6455, section 5.2). */
export function messages(bytes: Buffer): string[] {
  const found: string[] = []
  for (let at = 0; at < bytes.length;) {
    expect(bytes[at]).toBe(0x81)
    const short = bytes[at + 1]!
    const [start, length] =
      short < 126
        ? [at + 2, short]
        : short === 126
          ? [at + 4, bytes.readUInt16BE(at + 2)]
          : [at + 10, Number(bytes.readBigUInt64BE(at + 2))]
    at = start + length
    found.push(bytes.toString('utf8', start, at))
  }
  return found
}
