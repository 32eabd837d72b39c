import { BlockList, isIP } from 'node:net'

/** What settings may name instead of writing networks out (RFC 1918, 3927, 4193, 4291). */
const NAMED: Readonly<Record<string, readonly string[]>> = {
  none: [],
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}

/** Addresses and networks, as settings list them. IPv4 written as IPv6 (`::ffff:…`) counts as what it is. */
export class AddressList {
  private readonly list = new BlockList()

  /** `entries`: addresses, networks (`10.0.0.0/8`), or `loopback`, `linklocal`, `uniquelocal`, `none`. @throws RangeError naming one that is none. */
  constructor(entries: readonly string[]) {
    for (const entry of entries) for (const network of NAMED[entry] ?? [entry]) this.add(network)
  }

  has(address: string): boolean {
    const family = isIP(address)
    return family !== 0 && this.list.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }

  private add(network: string): void {
    const [address = '', length, ...more] = network.split('/')
    const family = isIP(address)
    const bits = family === 6 ? 128 : 32
    const prefix = length === undefined ? bits : /^\d{1,3}$/.test(length) ? Number(length) : -1
    if (family === 0 || more.length > 0 || prefix < 0 || prefix > bits)
      throw new RangeError(`"${network}" is neither an address nor a network`)
    this.list.addSubnet(address, prefix, family === 6 ? 'ipv6' : 'ipv4')
  }
}

/**
 * The address that a request comes from: whoever is connected, or, where that is a proxy that is trusted, whom it says it
 * has had the request from (`X-Forwarded-For`), and so on.
 */
export function clientAddress(connected: string, forwardedFor: string | undefined, trusted: AddressList): string {
  const way = (forwardedFor ?? '')
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '')
  let address = connected
  while (way.length > 0 && trusted.has(address)) address = way.pop()!
  return address
}
