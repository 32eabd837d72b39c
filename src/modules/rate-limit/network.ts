/** What one person has of the address space: an IPv4 address, or the /64 of an IPv6 address (RFC 6177). */
export function networkOf(address: string): string {
  if (!address.includes(':')) return address.slice(0, MAX_LENGTH)
  // Some proxies say the port as well, which is another one for each connection.
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(address)
  if (bracketed) return networkOf(bracketed[1]!)
  const plain = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+)(?::\d+)?$/i.exec(address)
  if (plain) return plain[1]!
  const [head = '', tail] = address.slice(0, MAX_LENGTH).toLowerCase().split('%', 1)[0]!.split('::')
  const groups = head === '' ? [] : head.split(':')
  const after = tail ? tail.split(':') : []
  while (tail !== undefined && groups.length + after.length < 8) groups.push('0')
  return [...groups, ...after]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')
}

/** Longer than any address: what a proxy passes on need not be one. */
const MAX_LENGTH = 64
