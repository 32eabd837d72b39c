import fc from 'fast-check'
import { isTid, parseTid, TidClock, tidFromMicros, tidToMicros, type Tid } from '../../src/repo-engine/tid.js'

describe('TID', () => {
  it('holds 53 bits of time and 10 bits of clock', () => {
    expect(tidFromMicros(0, 0)).toBe('2222222222222')
    expect(tidFromMicros(0, 1023)).toBe('22222222222zz')
    expect(tidFromMicros(Number.MAX_SAFE_INTEGER, 1023)).toBe('bzzzzzzzzzzzz')
    expect(tidToMicros(parseTid('3jzfcijpj2z2a'))).toBe(1_688_137_381_887_007)
    expect(tidFromMicros(1_688_137_381_887_007, 6)).toBe('3jzfcijpj2z2a')
  })

  it('keeps time, and sorts as time does', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), fc.maxSafeNat(), fc.nat(1023), fc.nat(1023), (a, b, clockA, clockB) => {
        const [left, right] = [tidFromMicros(a, clockA), tidFromMicros(b, clockB)]
        expect(isTid(left)).toBe(true)
        expect(tidToMicros(left)).toBe(a)
        expect(left < right).toBe(a < b || (a === b && clockA < clockB))
      }),
    )
  })

  it('refuses numbers that do not fit', () => {
    for (const micros of [-1, 0.5, 2 ** 53, NaN, Infinity]) expect(() => tidFromMicros(micros, 0)).toThrow(RangeError)
    for (const clockId of [-1, 0.5, 1024, NaN]) expect(() => tidFromMicros(1, clockId)).toThrow(RangeError)
  })
})

describe('TidClock', () => {
  it('increases whatever the clock does and whatever it is to follow', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: -5000, max: 5000 }), fc.option(fc.nat(4_000_000))), {
      maxLength: 50,
    })
    fc.assert(
      fc.property(steps, (moves) => {
        let millis = 2000
        const clock = new TidClock(() => Math.max(millis, 0), 7)
        let last = ''
        for (const [move, afterMicros] of moves) {
          millis += move
          const after = afterMicros === null ? null : tidFromMicros(afterMicros, 1023)
          const tid = clock.next(after)
          expect(isTid(tid)).toBe(true)
          expect(tid > last).toBe(true)
          if (after) expect(tid > after).toBe(true)
          last = tid
        }
      }),
    )
  })

  it('tells the time of the clock when nothing holds it back', () => {
    const clock = new TidClock(() => 1_700_000_000_123.4567, 3)
    expect(tidToMicros(clock.next())).toBe(1_700_000_000_123_456)
    expect(tidToMicros(clock.next())).toBe(1_700_000_000_123_457)
  })

  it('says so when no TID is left', () => {
    const clock = new TidClock(() => 0)
    for (const last of ['bzzzzzzzzzzzz', 'jzzzzzzzzzzzz'] as Tid[])
      expect(() => clock.next(last)).toThrow(expect.objectContaining({ code: 'LimitExceeded' }))
    expect(clock.next()).toBe('2222222222322')
  })
})
