import { BlockList, isIP } from 'node:net'

/** Ranges that are not the public internet (IANA special-purpose address registries, multicast, reserved). */
const special = new BlockList()
for (const range of [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
])
  addRange(special, range, 'ipv4')
// Documentation, and the tunnels (6to4, Teredo, ORCHID and the rest of 2001::/23) that carry another address inside.
for (const range of ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']) addRange(special, range, 'ipv6')

/** Everything in IPv6 that is routed in public; what is mapped or translated from IPv4 lies outside. */
const globalUnicast = new BlockList()
addRange(globalUnicast, '2000::/3', 'ipv6')

/** True for an IP address, as text, that may be anyone's on the internet; false for all others and for other text. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special.check(address, 'ipv4')
    case 6:
      return globalUnicast.check(address, 'ipv6') && !special.check(address, 'ipv6')
    default:
      return false
  }
}

function addRange(list: BlockList, range: string, family: 'ipv4' | 'ipv6'): void {
  const [network, prefix] = range.split('/') as [string, string]
  list.addSubnet(network, Number(prefix), family)
}
