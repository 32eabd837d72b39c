import type { Tx } from '../../../src/modules/database/database.js'
import { OnePerSubject, type Pointer } from '../../../src/projections/derived/one-per-subject.js'
import type { Did } from '../../../src/repo-engine/index.js'
import { type Scratch, scratchDatabase } from '../../support/crash.js'

const DID = 'did:web:alice.test' as Did
let scratch: Scratch
/** What has taken effect, as `+rkey` and `-rkey`. */
let effects: string[]
let pointers: OnePerSubject

beforeEach(async () => {
  scratch = await scratchDatabase()
  effects = []
  const note = (sign: string) => async (pointer: Pointer) => void effects.push(sign + pointer.uri.split('/').at(-1)!)
  pointers = new OnePerSubject('bsky_like', true, { apply: note('+'), retract: note('-') })
})
afterEach(() => scratch.remove())

const uriOf = (rkey: string): string => `at://${DID}/c.o.l/${rkey}`
const write = (fn: (tx: Tx) => Promise<void>): Promise<void> => scratch.database.write(fn)
const insert = (rkey: string, subject = 'at://x'): Promise<void> =>
  write((tx) => {
    const record = {
      uri: uriOf(rkey),
      did: DID,
      collection: 'c.o.l',
      rkey,
      cid: 'cid',
      value: {},
      indexedAt: 2,
      sortAt: 1,
    }
    return pointers.insert(record, subject, null, tx)
  })
const remove = (rkey: string): Promise<void> => write((tx) => pointers.remove(uriOf(rkey), tx))

it('lets the first have its effect, and later ones with a greater uri none', async () => {
  await insert('a')
  await insert('b')
  expect(effects).toEqual(['+a'])
})

it('lets the least uri take the place of the one that came before', async () => {
  await insert('b')
  await insert('a')
  expect(effects).toEqual(['+b', '-b', '+a'])
})

it('lets the next take the place of one that goes', async () => {
  for (const rkey of ['a', 'b', 'c']) await insert(rkey)
  await remove('b')
  await remove('a')
  await remove('c')
  expect(effects).toEqual(['+a', '-a', '+c', '-c'])
})

it('keeps subjects apart, and passes over what never came', async () => {
  await insert('a', 'at://x')
  await insert('b', 'at://y')
  await remove('z')
  expect(effects).toEqual(['+a', '+b'])
})
