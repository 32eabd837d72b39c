import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SeqFloor } from '../../../src/modules/commit-log/seq-floor.js'
import { scratchDirectory } from '../../support/crash.js'

const NOW = 1_700_000_000_000
let directory: string
const file = (): string => join(directory, 'seq.floor')
const content = (): string => readFileSync(file(), 'latin1')

beforeEach(() => (directory = scratchDirectory()))
afterEach(() => rmSync(directory, { recursive: true, force: true }))

describe('SeqFloor', () => {
  it('starts from the clock, and is on the disk before a number is given out', () => {
    const floor = SeqFloor.open(directory, NOW)
    expect(floor.value).toBe(NOW)
    expect(content()).toBe('0001700000000000\n')
    floor.close()
  })

  it('makes the data directory when it is not there', () => {
    const floor = SeqFloor.open(join(directory, 'a', 'b'), NOW)
    expect(existsSync(join(directory, 'a', 'b', 'seq.floor'))).toBe(true)
    floor.close()
  })

  it('goes on from the mark, not from the clock', () => {
    const floor = SeqFloor.open(directory, NOW)
    floor.raise(NOW + 5)
    floor.save()
    floor.close()
    const again = SeqFloor.open(directory, NOW + 1_000_000)
    expect(again.value).toBe(NOW + 5)
    again.close()
  })

  it('only ever rises', () => {
    const floor = SeqFloor.open(directory, NOW)
    floor.raise(NOW + 5)
    floor.raise(NOW + 3)
    expect(floor.value).toBe(NOW + 5)
    floor.save()
    expect(content()).toBe('0001700000000005\n')
    floor.close()
  })

  it('does not put an old mark back by closing', () => {
    SeqFloor.open(directory, NOW).close()
    const old = SeqFloor.open(directory, NOW)
    const current = SeqFloor.open(directory, NOW)
    current.raise(NOW + 9)
    current.save()
    current.close()
    old.close()
    expect(content()).toBe('0001700000000009\n')
  })

  it('takes an empty file, which a crash right after its creation leaves, for none', () => {
    writeFileSync(file(), '')
    const floor = SeqFloor.open(directory, NOW)
    expect(floor.value).toBe(NOW)
    expect(content()).toBe('0001700000000000\n')
    floor.close()
  })

  it.each([
    'x',
    '123\n',
    '0001700000000000',
    '000170000000000x\n',
    '0001700000000000\n\n',
    '00000001700000000000\n',
    '\0'.repeat(17),
  ])('refuses a damaged file and names it: %j', (text) => {
    writeFileSync(file(), text)
    expect(() => SeqFloor.open(directory, NOW)).toThrow(`${file()} is damaged`)
    expect(content()).toBe(text)
  })

  it('does not write what is there already', () => {
    const floor = SeqFloor.open(directory, NOW)
    rmSync(file())
    writeFileSync(file(), 'elsewhere')
    floor.save()
    expect(content()).toBe('elsewhere')
    floor.close()
  })

  it('is nobody else’s to read', () => {
    SeqFloor.open(directory, NOW).close()
    expect(statSync(file()).mode & 0o777).toBe(0o600)
  })

  it('never writes through its handle after it has closed: the number may be another file’s by then', () => {
    const floor = SeqFloor.open(directory, NOW)
    floor.close()
    const warnings: unknown[] = []
    const listen = (warning: unknown): void => void warnings.push(warning)
    process.on('warning', listen)
    const other = join(directory, 'other')
    writeFileSync(other, 'x'.repeat(100))
    const next = SeqFloor.open(join(directory, 'next'), NOW)
    floor.raise(NOW + 1)
    floor.save()
    expect(readFileSync(join(directory, 'next', 'seq.floor'), 'latin1')).toBe('0001700000000000\n')
    next.close()
    process.off('warning', listen)
    expect(warnings).toEqual([])
  })
})
