import { FreshCache } from '../../../src/modules/identity/fresh-cache.js'
import { HeldClock } from './identity-app.js'

const FRESHNESS = { staleMs: 100, maxMs: 1000, missingMs: 10 }

describe('a cache of what others say', () => {
  let clock: HeldClock
  let loads: number
  let answer: string | null | Error
  let cache: FreshCache<string>

  beforeEach(() => {
    clock = new HeldClock()
    loads = 0
    answer = 'one'
    cache = new FreshCache<string>(
      async () => {
        loads++
        await Promise.resolve()
        if (answer instanceof Error) throw answer
        return answer
      },
      clock,
      FRESHNESS,
    )
  })

  it('asks once for all who wait', async () => {
    expect(await Promise.all([cache.get('k'), cache.get('k'), cache.get('k')])).toEqual(['one', 'one', 'one'])
    expect(loads).toBe(1)
  })

  it('a lookup that has begun before is not fresh: who wants that waits for the next one, which is one for all', async () => {
    let told: (value: string) => void = () => undefined
    let begun = 0
    const slow = new FreshCache<string>(() => (begun++, new Promise((resolve) => (told = resolve))), clock, FRESHNESS)
    const plain = slow.get('k')
    const fresh = [slow.get('k', true), slow.get('k', true)]
    told('before')
    expect(await plain).toBe('before')
    await new Promise(setImmediate)
    told('after')
    expect(await Promise.all(fresh)).toEqual(['after', 'after'])
    expect([begun, await slow.get('k')]).toEqual([2, 'after'])
  })

  it('gives a stale value at once and asks anew behind it', async () => {
    await cache.get('k')
    answer = 'two'
    clock.forward(99)
    expect(await cache.get('k')).toBe('one')
    expect(loads).toBe(1)
    clock.forward(1)
    expect(await cache.get('k')).toBe('one')
    await new Promise(setImmediate)
    expect(await cache.get('k')).toBe('two')
    expect(loads).toBe(2)
  })

  it('asks afresh, but not again and again, also where nobody answers', async () => {
    await cache.get('k')
    answer = 'two'
    expect(await cache.get('k', true, 50)).toBe('one')
    expect(await cache.get('k', true)).toBe('two')
    clock.forward(50)
    answer = new Error('silence')
    for (let i = 0; i < 5; i++) await cache.get('k', true, 50)
    expect(loads).toBe(3)
    expect(await cache.get('k', true, 50)).toBe('two')
  })

  it('does not give a value that is too old', async () => {
    await cache.get('k')
    answer = new Error('silence')
    clock.forward(1000)
    expect(await cache.get('k')).toBeNull()
  })

  it('keeps a usable value while the source is silent, but does not call it fresh', async () => {
    await cache.get('k')
    answer = new Error('silence')
    clock.forward(500)
    expect(await cache.get('k', true)).toBeNull()
    expect(await cache.get('k')).toBe('one')
  })

  it('remembers for a moment that there is nothing', async () => {
    answer = null
    expect(await cache.get('k')).toBeNull()
    answer = 'one'
    clock.forward(9)
    expect(await cache.get('k')).toBeNull()
    expect(await cache.get('k', true)).toBe('one')
    answer = null
    expect(await cache.get('k', true)).toBeNull()
    clock.forward(10)
    answer = 'two'
    expect(await cache.get('k')).toBe('two')
  })
})
