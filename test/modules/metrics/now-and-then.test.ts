import { NowAndThen } from '../../../src/modules/metrics/now-and-then.js'

it('who asks while it is young gets the last one; the very first waits, and so does everybody beside it', async () => {
  let counted = 0
  const figure = new NowAndThen(() => Promise.resolve(++counted))
  expect(await Promise.all([figure.get(), figure.get()])).toEqual([1, 1])
  expect(await figure.get()).toBe(1)
  expect(counted).toBe(1)
})

it('an error is told to those who wait for the first, and leaves the way open for another try', async () => {
  let tries = 0
  const figure = new NowAndThen(() => (++tries === 1 ? Promise.reject(new Error('busy')) : Promise.resolve(tries)))
  await expect(figure.get()).rejects.toThrow('busy')
  expect(await figure.get()).toBe(2)
})
