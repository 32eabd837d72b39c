import { Turns } from '../../../src/modules/blob/turns.js'

/** Work that is done when it is told to be, and the names of what was begun. */
function work(turns: Turns) {
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const start = (key: string, name: string): Promise<string> =>
    turns.run(key, async () => {
      begun.push(name)
      await new Promise<void>((end) => ends.set(name, end))
      return name
    })
  const end = async (name: string): Promise<void> => {
    ends.get(name)!()
    await new Promise(setImmediate)
  }
  return { begun, start, end }
}

it('does so many at once, and the others in the order in which they came', async () => {
  const { begun, start, end } = work(new Turns({ atOnce: 2, ofOneKey: 2, waiting: 10 }))
  const all = Promise.all(['1', '2', '3', '4'].map((name) => start('a', name)))
  expect(begun).toEqual(['1', '2'])
  await end('2')
  expect(begun).toEqual(['1', '2', '3'])
  await end('1')
  await end('3')
  await end('4')
  expect(await all).toEqual(['1', '2', '3', '4'])
})

it('passes over those of a key that has its share', async () => {
  const { begun, start, end } = work(new Turns({ atOnce: 2, ofOneKey: 1, waiting: 10 }))
  const all = Promise.all([start('a', 'a1'), start('a', 'a2'), start('b', 'b1'), start('c', 'c1')])
  expect(begun).toEqual(['a1', 'b1'])
  await end('b1')
  expect(begun).toEqual(['a1', 'b1', 'c1'])
  await end('a1')
  expect(begun).toEqual(['a1', 'b1', 'c1', 'a2'])
  await end('c1')
  await end('a2')
  await all
})

it('goes on after work that failed, and turns away who is too many', async () => {
  const turns = new Turns({ atOnce: 1, ofOneKey: 1, waiting: 1 })
  const failing = turns.run('a', () => Promise.reject(new Error('broken')))
  const waiting = turns.run('b', () => Promise.resolve('done'))
  await expect(turns.run('c', () => Promise.resolve('never'))).rejects.toMatchObject({
    status: 503,
    error: 'NotEnoughResources',
  })
  await expect(failing).rejects.toThrow('broken')
  expect(await waiting).toBe('done')
  expect(await turns.run('c', () => Promise.resolve('now'))).toBe('now')
})
