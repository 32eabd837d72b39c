/** From a CAR to files and back: the same bytes where nothing has changed, a sound repository where something has. */
import { verifyRepoCar } from '@atproto/repo'
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { type CarBlock, decodeCar, encodeCar, encodeCarSection } from '../../../src/repo-engine/car.js'
import { type DataMap, type DataValue, encodeCbor } from '../../../src/repo-engine/cbor.js'
import { Cid, CODEC_RAW } from '../../../src/repo-engine/cid.js'
import { signCommit } from '../../../src/repo-engine/commit.js'
import { SigningKey } from '../../../src/repo-engine/keys.js'
import { buildTree } from '../../../src/repo-engine/mst/build.js'
import { walkTree } from '../../../src/repo-engine/mst/walk.js'
import { MemoryBlockstore } from '../../../src/repo-engine/blockstore.js'
import { parseDid } from '../../../src/repo-engine/syntax.js'
import { parseTid, type Tid, TidClock } from '../../../src/repo-engine/tid.js'
import { parseIndex } from '../../../src/repo-engine/unpacked/index-file.js'
import type { UnpackedFile } from '../../../src/repo-engine/unpacked/record-file.js'
import { packCar, unpackCar } from '../../../src/repo-engine/unpacked/whole-car.js'

const did = parseDid('did:plc:ewvi7nxzyoun6zhxrhs64oiz')
const key = SigningKey.fromPrivate('k256', Buffer.alloc(32, 1))
const signer = { key, nextRev: (after: Tid | null) => new TidClock(() => 1_800_000_000_000).next(after) }
const project = fileURLToPath(new URL('../../..', import.meta.url))
/** Larger repositories, which are not part of the project. Their tests are left out where the folder is absent. */
const vectors = resolve(project, process.env.SKYLOG_VECTORS ?? '../shared/vectors/cars')

/** Blocks of a repository in streamable order; the commit is the first. */
function blocksOf(records: Iterable<readonly [path: string, block: CarBlock]>): CarBlock[] {
  const sorted = [...new Map(records)].sort(([a], [b]) => (a < b ? -1 : 1))
  const store = new MemoryBlockstore()
  const { root } = buildTree(
    sorted.map(([path, { cid }]) => [path, cid] as const),
    ({ cid, bytes }) => store.put(cid, bytes),
  )
  const bytes = signCommit({ did, version: 3, data: root, rev: parseTid('3k67up3j7hf2x'), prev: null }, key)
  const blocks: CarBlock[] = [{ cid: Cid.ofCbor(bytes), bytes }]
  let record = 0
  for (const item of walkTree(store, root)) blocks.push(item.kind === 'node' ? item : sorted[record++]![1])
  return blocks
}

const carOf = (blocks: readonly CarBlock[]) => encodeCar(blocks[0]!.cid, blocks)
const note = (value: DataValue): CarBlock => {
  const bytes = encodeCbor(value)
  return { cid: Cid.ofCbor(bytes), bytes }
}
const notes = (count: number): [string, CarBlock][] =>
  Array.from({ length: count }, (_, n) => [`com.example.note/n${n}`, note({ $type: 'com.example.note', n })])
const names = (files: readonly UnpackedFile[]) => files.map(({ path }) => path)
const tops = (files: readonly UnpackedFile[]) => names(files).filter((path) => !path.includes('/'))
const textOf = (files: readonly UnpackedFile[], path: string) =>
  new TextDecoder().decode(files.find((file) => file.path === path)!.bytes)
const write = (files: readonly UnpackedFile[], path: string, text: string): UnpackedFile[] => [
  ...files.filter((file) => file.path !== path),
  { path, bytes: new TextEncoder().encode(text) },
]

describe('a CAR that was unpacked is packed as the same bytes', () => {
  describe.each([
    [resolve(project, 'test/fixtures/cars'), 'greenground.car', ['blocks.txt']],
    [vectors, 'bsky-app-2025-08.car', ['blocks.txt']],
    [vectors, '2023-v2-full-history.car', ['beyond-1.car', 'blocks.txt']],
  ])('%s', (folder, name, extra) => {
    const path = resolve(folder, name)
    const test = existsSync(path) ? it : it.skip

    test(name, () => {
      const car = readFileSync(path)
      const files = [...unpackCar(car)]
      expect(tops(files)).toEqual([...extra, 'commit.json', 'index.txt'])
      const packed = packCar(files.reverse())
      expect(Buffer.compare(packed.car, car)).toBe(0)
      expect(packed).toMatchObject({ changes: null, head: decodeCar(car).roots[0] })
      // Records of the wild are JSON, all of them.
      expect(names(files).filter((each) => /\.(cbor|raw)$/.test(each))).toEqual([])
    })
  })

  const part = fc.string({ unit: fc.constantFrom(...'abAB01_~.:-'), minLength: 1, maxLength: 8 })
  const bytes = fc.uint8Array({ maxLength: 12 })
  const records = fc.array(
    fc.tuple(
      fc.tuple(part, part).map((parts) => parts.join('/')),
      fc.oneof(
        fc.integer({ max: 5 }).map((n) => note({ $type: 'com.example.note', n })),
        bytes.map((block) => ({ cid: Cid.ofCbor(block), bytes: block })),
        bytes.map((block) => ({ cid: Cid.of(CODEC_RAW, block), bytes: block })),
      ),
    ),
    { maxLength: 60 },
  )

  it('whatever is in it, in whatever order, however often, with whatever else', () => {
    const strangers = fc.array(bytes, { maxLength: 5 })
    fc.assert(
      fc.property(records, strangers, fc.gen(), (entries, others, gen) => {
        const blocks = [...blocksOf(entries), ...others.map((block) => ({ cid: Cid.ofRaw(block), bytes: block }))]
        const order = gen(fc.shuffledSubarray, blocks, { minLength: blocks.length })
        const again = gen(fc.subarray, blocks)
        const car = encodeCar(blocks[0]!.cid, [...order, ...again])
        expect(Buffer.compare(packCar(unpackCar(car)).car, car)).toBe(0)
      }),
    )
  })

  it('in streamable order it needs no note, also where a record stands twice', () => {
    fc.assert(
      fc.property(records, (entries) => {
        const car = carOf(blocksOf(entries))
        const files = [...unpackCar(car)]
        expect(tops(files)).toEqual(['commit.json', 'index.txt'])
        expect(Buffer.compare(packCar(files).car, car)).toBe(0)
      }),
    )
  })

  it('an order is noted in runs, forwards and backwards', () => {
    const [commit, ...rest] = blocksOf(notes(100))
    const reversed = [...rest].reverse()
    const backwards = [...unpackCar(carOf([commit!, ...reversed]))]
    expect(textOf(backwards, 'blocks.txt')).toBe(`0\n${rest.length}-1\n`)
    const stranger = note({ left: 'over' })
    const files = [...unpackCar(carOf([commit!, stranger, ...rest, commit!]))]
    expect(textOf(files, 'blocks.txt')).toBe(`0\n${rest.length + 1}\n1-${rest.length}\n0\n`)
    const beyond = decodeCar(files.find(({ path }) => path === 'beyond-1.car')!.bytes)
    expect(beyond.blocks.map(({ cid }) => cid.toString())).toEqual([stranger.cid.toString()])
  })

  it('a header that says more is noted', () => {
    const blocks = blocksOf(notes(3))
    const header = encodeCbor({ roots: [blocks[0]!.cid], version: 1, by: 'somebody' })
    const sections = blocks.map(({ cid, bytes: block }) => encodeCarSection(cid, block))
    const car = Buffer.concat([Buffer.from([header.length]), header, ...sections])
    const files = [...unpackCar(car)]
    expect(textOf(files, 'blocks.txt')).toBe(`header ${header.toString('hex')}\n0-${blocks.length - 1}\n`)
    expect(Buffer.compare(packCar(files).car, car)).toBe(0)
  })

  it('blocks beyond the head are in files of some megabytes each', () => {
    const blocks = blocksOf(notes(3))
    const large = Array.from({ length: 9 }, (_, n) => note(new Uint8Array(2 ** 20).fill(n)))
    const car = encodeCar(blocks[0]!.cid, [...large, ...blocks])
    const files = [...unpackCar(car)]
    expect(tops(files)).toEqual(['beyond-1.car', 'beyond-2.car', 'blocks.txt', 'commit.json', 'index.txt'])
    expect(Buffer.compare(packCar(files).car, car)).toBe(0)
  })
})

it('one repository makes the same files, whatever the order of its CAR', () => {
  const blocks = blocksOf(notes(50))
  const records = (files: Iterable<UnpackedFile>) =>
    [...files].filter(({ path }) => path.includes('/')).map(({ path, bytes }) => [path, Buffer.from(bytes)])
  const reversed = encodeCar(blocks[0]!.cid, [...blocks].reverse())
  expect(records(unpackCar(reversed))).toEqual(records(unpackCar(carOf(blocks))))
})

describe('a CAR that is no repository is not unpacked', () => {
  const blocks = blocksOf(notes(20))
  const [commit] = blocks
  it.each<[string, Uint8Array, string]>([
    ['two roots', Buffer.concat([headerOf([commit!.cid, commit!.cid])]), 'one root'],
    ['a root that is not there', encodeCar(commit!.cid, blocks.slice(1)), 'missing block'],
    ['without a node', carOf(blocks.filter((_, n) => n !== 1)), 'missing block'],
    ['without a record', carOf(blocks.slice(0, -1)), 'missing block'],
    ['a root that is no commit', encodeCar(blocks[1]!.cid, blocks), 'commit'],
    ['cut off', carOf(blocks).subarray(0, -3), 'cut off'],
    ['one block again and again', carOf([...blocks, ...Array<CarBlock>(500).fill(commit!)]), 'again and again'],
  ])('%s', (_, car, why) => {
    expect(() => [...unpackCar(car)]).toThrow(why)
  })
})

function headerOf(roots: Cid[]): Buffer {
  const header = encodeCbor({ roots, version: 1 })
  return Buffer.concat([Buffer.from([header.length]), header])
}

describe('files that were changed', () => {
  const files = [...unpackCar(carOf([...blocksOf(notes(30)), note({ left: 'over' })]))]
  const one = 'com.example.note/n1.json'
  const edited = write(files, one, '{"$type": "com.example.note", "n": "edited"}')

  it('need a key', () => {
    expect(() => packCar(edited)).toThrow('no key')
  })

  it('are signed anew, with a newer rev, as a repository that others find sound', async () => {
    const changed = write(edited, 'com.example.note/new.json', '{"$type": "com.example.note"}').filter(
      ({ path }) => path !== 'com.example.note/n7.json',
    )
    const { car, changes, head } = packCar(changed, signer)
    expect(changes).toEqual({
      added: ['com.example.note/new'],
      edited: ['com.example.note/n1'],
      removed: ['com.example.note/n7'],
    })
    const verified = await verifyRepoCar(car, did, key.didKey)
    expect(verified.commit.rev > '3k67up3j7hf2x').toBe(true)
    expect(verified.creates).toHaveLength(30)
    const values = new Map(verified.creates.map(({ collection, rkey, cid }) => [`${collection}/${rkey}`, String(cid)]))
    expect(values.get('com.example.note/n1')).toBe(note({ $type: 'com.example.note', n: 'edited' }).cid.toString())
    expect(values.has('com.example.note/n7')).toBe(false)
    // What was left over belongs to the commit before.
    expect(tops([...unpackCar(car)])).toEqual(['commit.json', 'index.txt'])
    expect(decodeCar(car).roots.map(String)).toEqual([String(head)])
  })

  it('may be none any more, and may be many', async () => {
    const none = packCar(
      files.filter(({ path }) => !path.includes('/')),
      signer,
    )
    expect((await verifyRepoCar(none.car, did, key.didKey)).creates).toEqual([])
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(200), { maxLength: 20 }), fc.nat(200), (numbers, edit) => {
        let now: UnpackedFile[] = files.filter(({ path }) => !numbers.some((n) => path.endsWith(`/n${n}.json`)))
        for (const n of [...numbers.filter((each) => each > 29), edit])
          now = write(now, `com.example.note/n${n}.json`, `{"$type": "com.example.note", "was": ${n}}`)
        const { car } = packCar(now, signer)
        const again = [...unpackCar(car)]
        const paths = (each: readonly UnpackedFile[]) =>
          names(each)
            .filter((path) => path.includes('/'))
            .sort()
        expect(paths(again)).toEqual(paths(now))
        expect(Buffer.compare(packCar(again).car, car)).toBe(0)
      }),
      { numRuns: 30 },
    )
  })

  it('are not changed by how they are written', () => {
    const tidied = write(files, one, JSON.stringify(JSON.parse(textOf(files, one))))
    const crlf = write(tidied, 'index.txt', textOf(files, 'index.txt').replaceAll('\n', '\r\n'))
    expect(packCar(crlf)).toMatchObject({ changes: null })
  })

  it('without an index are packed too, if nothing has changed or there is a key', () => {
    const without = (some: readonly UnpackedFile[]) => some.filter(({ path }) => path !== 'index.txt')
    expect(packCar(without(files))).toMatchObject({ changes: null })
    expect(() => packCar(without(edited))).toThrow('no key')
    expect(packCar(without(edited), signer)).toMatchObject({ changes: null })
  })

  it.each<[string, string, string, string]>([
    ['a record without a $type', one, '{"text": "?"}', 'no $type'],
    ['a collection that is none', 'note/n1.json', '{"$type": "note"}', 'not a valid repository path'],
    ['a record that is no record', 'com.example.note/n1.cbor', 'abc', 'com.example.note/n1'],
    ['a name that is none', 'com.example.note/N1.json', '{"$type": "com.example.note"}', '%4e1.json'],
    ['no JSON', one, '{', 'not JSON'],
    [
      'a commit that was edited',
      'commit.json',
      textOf(files, 'commit.json').replace('"3k67', '"3k77'),
      'not the commit',
    ],
    ['a commit that is none', 'commit.json', '{"did": "did:plc:ewvi7nxzyoun6zhxrhs64oiz"}', 'commit.json'],
    ['an index that is none', 'index.txt', 'hello\n', 'line 1'],
    ['an index of a later version', 'index.txt', 'unpacked 2\n', 'line 1'],
    ['an index out of order', 'index.txt', `unpacked 1\nb.c.d/y ${key0()}\nb.c.d/x ${key0()}\n`, 'line 3'],
    ['an index with something else', 'index.txt', `unpacked 1\n../x ${key0()}z\n`, 'line 2'],
    ['an unpack that was cut off', 'index.txt', textOf(files, 'index.txt').replace('unpacked', 'unpacking'), 'cut off'],
  ])('are refused: %s', (_, path, text, why) => {
    const replaced = path.endsWith('.cbor') ? files.filter((file) => file.path !== one) : files
    expect(() => packCar(write(replaced, path, text), signer)).toThrow(why)
  })

  it.each([
    ['1-2', 'leaves out block 0'],
    ['0-9999', 'names a block 9999'],
    [Array<string>(40).fill('0-30').join('\n'), 'again and again'],
    ['-1', 'line 1'],
    ['0-', 'line 1'],
    ['0x1', 'line 1'],
    ['header zz', 'line 1'],
    ['header a0', 'CAR version'],
  ])('are refused: the order %j', (order, why) => {
    expect(() => packCar(write(files, 'blocks.txt', `${order}\n`))).toThrow(why)
  })

  it('are refused: a block beyond the head that was changed', () => {
    const spoilt = files.map(({ path, bytes }) => {
      const copy = Uint8Array.from(bytes)
      if (path === 'beyond-1.car') copy[copy.length - 1]! ^= 1
      return { path, bytes: copy }
    })
    expect(() => packCar(spoilt)).toThrow('beyond-1.car: block 0')
  })
})

it('the index names all that was unpacked', () => {
  const files = [...unpackCar(carOf([...blocksOf(notes(3)), note({ left: 'over' } satisfies DataMap)]))]
  const { whole, top, records } = parseIndex(files.at(-1)!.bytes)
  expect(whole).toBe(true)
  expect([...top.keys()]).toEqual(['beyond-1.car', 'blocks.txt', 'commit.json'])
  expect([...records.keys()]).toEqual(['com.example.note/n0', 'com.example.note/n1', 'com.example.note/n2'])
})

function key0(): string {
  return note({}).cid.toString()
}
