import { CarReader, CarWriter } from '@ipld/car'
import { readCarWithRoot } from '@atproto/repo'
import fc from 'fast-check'
import { CID } from 'multiformats/cid'
import { readFileSync } from 'node:fs'
import {
  type CarEntry,
  CarParser,
  carSectionHead,
  decodeCar,
  encodeCar,
  encodeCarHeader,
  encodeCarSection,
  readCar,
} from '../../src/repo-engine/car.js'
import { Cid } from '../../src/repo-engine/cid.js'
import { RepoError } from '../../src/repo-engine/errors.js'
import { readVarint, varintLength, writeVarint } from '../../src/repo-engine/varint.js'

const block = (text: string) => {
  const bytes = Buffer.from(text)
  return { cid: Cid.ofRaw(bytes), bytes }
}
const blocks = ['one', 'two', 'x'.repeat(127), 'y'.repeat(128), 'z'.repeat(20_000), ''].map(block)
const root = blocks[0]!.cid
const car = encodeCar(root, blocks)
const greenground = readFileSync(new URL('../fixtures/cars/greenground.car', import.meta.url))

const strip = (list: Iterable<{ cid: { toString(): string }; bytes: Uint8Array }>) =>
  [...list].map(({ cid, bytes }) => [cid.toString(), Buffer.from(bytes).toString('hex')])

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of source) list.push(item)
  return list
}

async function* pieces(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

/** A CAR with the root list of the first argument and the given raw sections behind it. */
const raw = (...sections: Uint8Array[]) => Buffer.concat([encodeCarHeader([root]), ...sections])
const section = (...parts: Uint8Array[]) => {
  const body = Buffer.concat(parts)
  const prefix = Buffer.alloc(varintLength(body.length))
  writeVarint(prefix, 0, body.length)
  return Buffer.concat([prefix, body])
}
const codeOf = (run: () => unknown) => {
  try {
    run()
  } catch (error) {
    if (error instanceof RepoError) return error.code
    throw error
  }
  return 'none'
}

describe('varint', () => {
  it.each([
    [0, '00'],
    [127, '7f'],
    [128, '8001'],
    [300, 'ac02'],
    [16384, '808001'],
    [2 ** 32, '8080808010'],
    [2 ** 49 - 1, 'ffffffffffff7f'],
  ])('%d is %s', (value, hex) => {
    const bytes = Buffer.alloc(hex.length / 2)
    expect(writeVarint(bytes, 0, value)).toBe(bytes.length)
    expect(bytes.toString('hex')).toBe(hex)
    expect(varintLength(value)).toBe(bytes.length)
    expect(readVarint(bytes, 0)).toBe(value)
    expect(readVarint(bytes.subarray(0, -1), 0)).toBeNull()
  })

  it.each(['8000', '808000', 'ff00', 'ffffffffffffff01', '80808080808080'])('refuses %s', (hex) => {
    expect(codeOf(() => readVarint(Buffer.from(hex, 'hex'), 0))).toBe('InvalidCar')
  })
})

describe('writing CARs', () => {
  it('is what @ipld/car writes', async () => {
    const { writer, out } = CarWriter.create([CID.decode(root.bytes)])
    const written = collect(out)
    for (const { cid, bytes } of blocks) await writer.put({ cid: CID.decode(cid.bytes), bytes })
    await writer.close()
    expect(Buffer.concat(await written).equals(car)).toBe(true)
  })

  it('is read by @ipld/car', async () => {
    const reader = await CarReader.fromBytes(car)
    expect((await reader.getRoots()).map(String)).toEqual([root.toString()])
    expect(strip(await collect(reader.blocks()))).toEqual(strip(blocks))
  })

  it('is read by @atproto/repo', async () => {
    const read = await readCarWithRoot(car)
    expect(read.root.toString()).toBe(root.toString())
    expect(read.blocks.size).toBe(blocks.length)
  })

  it('gives the same bytes section by section', () => {
    const sections = blocks.map(({ cid, bytes }) => encodeCarSection(cid, bytes))
    expect(Buffer.concat([encodeCarHeader([root]), ...sections]).equals(car)).toBe(true)
    const split = blocks.flatMap(({ cid, bytes }) => [carSectionHead(cid, bytes.length), bytes])
    expect(Buffer.concat([encodeCarHeader([root]), ...split]).equals(car)).toBe(true)
  })

  it('takes an iterable that can be read once', () => {
    expect(encodeCar(root, new Set(blocks).values()).equals(car)).toBe(true)
  })
})

describe('reading CARs', () => {
  it.each([1, 2, 7, 36, 100, 4096, 1 << 20])('in chunks of %d bytes', async (size) => {
    const { roots, blocks: found } = await readCar(pieces(car, size))
    expect(roots.map(String)).toEqual([root.toString()])
    const list = await collect(found)
    expect(strip(list)).toEqual(strip(blocks))
    for (const { bytes, offset } of list) expect(car.subarray(offset, offset + bytes.length).equals(bytes)).toBe(true)
  })

  it('in random chunks, pushed', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1 }), (sizes) => {
        const parser = new CarParser()
        const list: CarEntry[] = []
        let at = 0
        for (let i = 0; at < car.length; i++) {
          const size = sizes[i % sizes.length]! + (i % 97 === 0 ? 1 : 0)
          list.push(...parser.push(car.subarray(at, at + size)))
          at += size
        }
        parser.finish()
        expect(strip(list)).toEqual(strip(blocks))
      }),
      { numRuns: 50 },
    )
  })

  it('keeps blocks whole when the source writes over its chunks', async () => {
    async function* reusing() {
      const chunk = Buffer.alloc(64)
      for (let at = 0; at < car.length; at += chunk.length) {
        const size = car.copy(chunk, 0, at, at + chunk.length)
        yield chunk.subarray(0, size)
        chunk.fill(0xee)
      }
    }
    expect(strip(await collect((await readCar(reusing())).blocks))).toEqual(strip(blocks))
  })

  it('takes from the source only what is asked for, and closes it', async () => {
    let taken = 0
    let closed = false
    async function* source() {
      try {
        for await (const piece of pieces(car, 50)) {
          taken++
          yield piece
        }
      } finally {
        closed = true
      }
    }
    const { blocks: found } = await readCar(source())
    expect(taken).toBe(2)
    await found.next()
    expect(taken).toBeLessThan(6)
    expect(closed).toBe(false)
    await found.return()
    expect(closed).toBe(true)
  })

  it('closes the source when the header is bad', async () => {
    let closed = false
    async function* source() {
      try {
        yield Buffer.from('00', 'hex')
      } finally {
        closed = true
      }
    }
    await expect(readCar(source())).rejects.toMatchObject({ code: 'InvalidCar' })
    expect(closed).toBe(true)
  })

  it('passes on what the source throws', async () => {
    async function* source() {
      yield car.subarray(0, 100)
      throw new Error('connection lost')
    }
    const { blocks: found } = await readCar(source())
    await expect(collect(found)).rejects.toThrow('connection lost')
  })

  it('reads what @ipld/car writes, with any number of roots', () => {
    for (const roots of [[], [root], blocks.map(({ cid }) => cid), Array.from({ length: 30 }, () => root)]) {
      const bytes = Buffer.concat([encodeCarHeader(roots), encodeCarSection(root, blocks[0]!.bytes)])
      expect(decodeCar(bytes).roots.map(String)).toEqual(roots.map(String))
      expect(decodeCar(bytes).blocks).toHaveLength(1)
    }
  })

  it('hands out a block as often as it stands in the file', () => {
    const { cid, bytes } = blocks[0]!
    expect(decodeCar(raw(encodeCarSection(cid, bytes), encodeCarSection(cid, bytes))).blocks).toHaveLength(2)
  })

  it('reads a real repository', async () => {
    const { roots, blocks: found } = decodeCar(greenground)
    expect(roots.map(String)).toEqual(['bafyreidre5tvfhczb3ogh7mckqlmepb6q75tvkh2jvsbc7vmvysxfap3jm'])
    expect(strip(found)).toEqual(strip(await collect((await CarReader.fromBytes(greenground)).blocks())))
    expect(encodeCar(roots[0]!, found).equals(greenground)).toBe(true)
  })
})

describe('bad CARs', () => {
  const { cid, bytes } = blocks[0]!
  const digest = cid.bytes.subarray(4)
  const hex = (text: string) => Buffer.from(text, 'hex')

  const cases: [string, Uint8Array, string][] = [
    ['nothing', Buffer.alloc(0), 'InvalidCar'],
    ['a header of zero bytes', hex('00'), 'InvalidCar'],
    ['a header that is not CBOR', hex('03ffffff'), 'InvalidCar'],
    ['a header that is a number', hex('0101'), 'InvalidCar'],
    ['a header that is null', hex('01f6'), 'InvalidCar'],
    ['CAR version 2', hex('0aa16776657273696f6e02'), 'InvalidCar'],
    ['a header without roots', hex('0aa16776657273696f6e01'), 'InvalidCar'],
    ['a header without a version', hex('08a165726f6f747380'), 'InvalidCar'],
    ['roots that are not links', hex('12a265726f6f747381016776657273696f6e01'), 'InvalidCar'],
    ['a section of zero bytes', raw(hex('00')), 'InvalidCar'],
    ['a section shorter than a CID', raw(section(hex('0155'))), 'InvalidCar'],
    ['a length that is not in its shortest form', raw(hex('a700'), cid.bytes, bytes), 'InvalidCar'],
    ['an endless length', raw(Buffer.alloc(12, 0xff)), 'InvalidCar'],
    ['an identity CID', raw(section(hex('01550003'), bytes, Buffer.alloc(40))), 'InvalidCar'],
    ['a CIDv0', raw(section(hex('1220'), digest, Buffer.alloc(40))), 'InvalidCar'],
    ['a dag-pb CID', raw(section(hex('01701220'), digest, bytes)), 'InvalidCar'],
    ['a SHA-512 CID', raw(section(hex('01551340'), digest, digest, bytes)), 'InvalidCar'],
    ['a block of another CID', raw(section(cid.bytes, Buffer.from('other'))), 'InvalidCar'],
    ['a length beyond all limits', raw(hex('ffffffffffff7f')), 'LimitExceeded'],
    ['a header length beyond all limits', hex('ffffffffffff7f'), 'LimitExceeded'],
  ]
  it.each(cases)('%s', async (_, file, code) => {
    expect(codeOf(() => decodeCar(file))).toBe(code)
    const stream = async () => collect((await readCar(pieces(file, 1))).blocks)
    await expect(stream()).rejects.toMatchObject({ code })
  })

  it('cut off anywhere, but between sections', () => {
    const ends = new Set([encodeCarHeader([root]).length])
    for (const found of decodeCar(car).blocks) ends.add(found.offset + found.bytes.length)
    for (let end = 0; end < 400; end++)
      expect(codeOf(() => decodeCar(car.subarray(0, end)))).toBe(ends.has(end) ? 'none' : 'InvalidCar')
    expect(codeOf(() => decodeCar(car.subarray(0, car.length - 1)))).toBe('InvalidCar')
  })

  it('over a limit', () => {
    expect(codeOf(() => decodeCar(car, { maxBytes: car.length }))).toBe('none')
    expect(codeOf(() => decodeCar(car, { maxBytes: car.length - 1 }))).toBe('LimitExceeded')
    expect(codeOf(() => decodeCar(car, { maxBlocks: blocks.length }))).toBe('none')
    expect(codeOf(() => decodeCar(car, { maxBlocks: blocks.length - 1 }))).toBe('LimitExceeded')
    expect(codeOf(() => decodeCar(car, { maxBlockBytes: 20_000 }))).toBe('none')
    expect(codeOf(() => decodeCar(car, { maxBlockBytes: 19_999 }))).toBe('LimitExceeded')
    expect(codeOf(() => decodeCar(car, { maxHeaderBytes: 10 }))).toBe('LimitExceeded')
  })

  it('of very many tiny blocks stop at the limit', async () => {
    const tiny = encodeCarSection(cid, bytes)
    const chunk = Buffer.concat(Array.from({ length: 1000 }, () => tiny))
    let chunks = 0
    async function* endless() {
      yield encodeCarHeader([root])
      for (;;) {
        chunks++
        yield chunk
      }
    }
    const { blocks: found } = await readCar(endless(), { maxBlocks: 20_000 })
    let count = 0
    const drain = async () => {
      for await (const _ of found) count++
    }
    await expect(drain()).rejects.toMatchObject({ code: 'LimitExceeded' })
    expect(count).toBe(20_000)
    expect(chunks).toBe(21)
  })

  it('that declare much do not make memory be set aside for it', () => {
    const before = process.memoryUsage().arrayBuffers
    const kept: CarParser[] = []
    for (let i = 0; i < 50; i++) {
      const parser = new CarParser()
      expect(codeOf(() => parser.push(raw(hex('ffffffff0f'))))).toBe('LimitExceeded')
      kept.push(parser)
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1 << 20)
  })

  it('of random or changed bytes fail cleanly', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
        codeOf(() => decodeCar(noise))
        codeOf(() => decodeCar(raw(noise)))
      }),
      { numRuns: 300 },
    )
    const edit = fc.tuple(fc.nat(greenground.length), fc.nat(40), fc.uint8Array({ maxLength: 40 }))
    fc.assert(
      fc.property(edit, ([at, cut, put]) => {
        codeOf(() => decodeCar(Buffer.concat([greenground.subarray(0, at), put, greenground.subarray(at + cut)])))
      }),
      { numRuns: 300 },
    )
  })

  it('with any bit of a block or its CID changed are refused', () => {
    const header = encodeCarHeader([root]).length
    for (let at = header; at < greenground.length; at++)
      for (let bit = 0; bit < 8; bit++) {
        const changed = Buffer.from(greenground)
        changed[at]! ^= 1 << bit
        expect(codeOf(() => decodeCar(changed))).not.toBe('none')
      }
  })
})
