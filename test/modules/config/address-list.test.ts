import { AddressList, clientAddress } from '../../../src/modules/config/address-list.js'

describe('a list of addresses', () => {
  it.each<[entry: string, inside: string[], outside: string[]]>([
    ['192.0.2.7', ['192.0.2.7', '::ffff:192.0.2.7'], ['192.0.2.8', '::1']],
    ['192.0.2.0/24', ['192.0.2.0', '192.0.2.255'], ['192.0.3.0']],
    ['0.0.0.0/0', ['1.2.3.4'], ['2001:db8::1']],
    ['2001:db8::/32', ['2001:db8:1::9'], ['2001:db9::1', '192.0.2.7']],
    ['none', [], ['127.0.0.1', '::1', '1.2.3.4']],
    ['loopback', ['127.0.0.1', '127.9.9.9', '::1'], ['10.0.0.1', '128.0.0.1']],
    ['linklocal', ['169.254.1.1', 'fe80::1'], ['169.255.0.1']],
    ['uniquelocal', ['10.1.1.1', '172.31.0.1', '192.168.9.9', 'fd00::1'], ['172.32.0.1', '8.8.8.8']],
  ])('%s', (entry, inside, outside) => {
    const list = new AddressList([entry])
    expect(inside.filter((address) => !list.has(address))).toEqual([])
    expect(outside.filter((address) => list.has(address))).toEqual([])
    expect(['', 'unknown', 'localhost', '1.2.3'].filter((text) => list.has(text))).toEqual([])
  })

  it.each(['', 'nobody', '1.2.3', '1.2.3.4/', '1.2.3.4/33', '1.2.3.4/-1', '::1/129', '1.2.3.4/8/8', 'loopback/8'])(
    'has no %j',
    (entry) => expect(() => new AddressList([entry])).toThrow(RangeError),
  )
})

describe('20. the address of a client', () => {
  const trusted = new AddressList(['loopback', '10.0.0.0/8'])

  it.each<[connected: string, forwardedFor: string | undefined, client: string]>([
    ['127.0.0.1', undefined, '127.0.0.1'],
    ['127.0.0.1', '', '127.0.0.1'],
    ['127.0.0.1', '203.0.113.5', '203.0.113.5'],
    ['127.0.0.1', '198.51.100.1, 203.0.113.5', '203.0.113.5'],
    ['127.0.0.1', '198.51.100.1, 203.0.113.5, 10.1.1.1', '203.0.113.5'],
    ['127.0.0.1', '10.2.2.2, 10.1.1.1', '10.2.2.2'],
    ['203.0.113.5', '198.51.100.1', '203.0.113.5'],
    ['127.0.0.1', '198.51.100.1, unknown', 'unknown'],
  ])('%s that says %j is %s', (connected, forwardedFor, client) =>
    expect(clientAddress(connected, forwardedFor, trusted)).toBe(client),
  )
})
