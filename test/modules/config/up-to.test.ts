import { LRUCache } from 'lru-cache'
import { upTo } from '../../../src/modules/config/up-to.js'

it('keeps so many entries, those that were used last', () => {
  const cache = new LRUCache<string, number>(upTo(3))
  for (const [i, name] of ['alice', 'bob', 'carla'].entries()) cache.set(name, i)
  expect(cache.get('alice')).toBe(0)
  cache.set('dan', 3)
  expect([...cache.keys()]).toEqual(['dan', 'alice', 'carla'])
})

it('takes no room before there is something', () => {
  const before = process.memoryUsage()
  const cache = new LRUCache<string, true>({ ...upTo(10_000_000), ttl: 1_000 })
  const after = process.memoryUsage()
  expect(after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers).toBeLessThan(1_000_000)
  expect(cache.size).toBe(0)
})
