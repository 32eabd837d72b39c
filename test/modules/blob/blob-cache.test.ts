import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { BlobCache, BlobRefused } from '../../../src/modules/blob/blob-cache.js'
import { Clock } from '../../../src/modules/config/clock.js'
import { Config } from '../../../src/modules/config/config.js'
import { Cid } from '../../../src/repo-engine/index.js'
import { scratchDirectory } from '../../support/crash.js'

const BLOCK = 4096
let directory: string
let cache: BlobCache
let now: number

beforeEach(() => {
  directory = scratchDirectory()
  now = Date.parse('2026-01-01T00:00:00.000Z')
  cache = start()
})
afterEach(async () => {
  await cache.onModuleDestroy()
  rmSync(directory, { recursive: true })
})

/** A cache on the directory that holds so many blocks; every look at its clock is a second later. */
function start(blocks = 4): BlobCache {
  const clock = new Clock()
  clock.now = () => (now += 1000)
  const env = { PDS_DATA_DIRECTORY: directory, PDS_BLOB_CACHE_SIZE: String(blocks * BLOCK) }
  const started = new BlobCache(Config.fromEnv(env), clock)
  started.onModuleInit()
  return started
}

async function restart(blocks?: number): Promise<void> {
  await cache.onModuleDestroy()
  cache = start(blocks)
}

async function* inPieces(...pieces: Buffer[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield await Promise.resolve(piece)
}

/** Bytes of their own that take so many blocks. */
function bytesOf(name: string, blocks = 1): Buffer {
  return Buffer.concat([Buffer.from(name), Buffer.alloc(blocks * BLOCK - name.length)])
}

async function put(name: string, blocks = 1): Promise<Cid> {
  const bytes = bytesOf(name, blocks)
  await cache.put(Cid.ofRaw(bytes), inPieces(bytes.subarray(0, 100), bytes.subarray(100)))
  return Cid.ofRaw(bytes)
}

async function read(cid: Cid): Promise<string | null> {
  const blob = await cache.open(cid)
  if (!blob) return null
  const bytes = await buffer(await blob.read(null))
  expect(blob.size).toBe(statSync(pathOf(cid)).size)
  return bytes.toString().replaceAll('\0', '')
}

function pathOf(cid: Cid): string {
  const digest = Buffer.from(cid.multihash.digest).toString('hex')
  return join(directory, 'blob-cache', digest.slice(0, 2), digest)
}

/** Bytes of all files, by folder. */
function onDisk(): number {
  const root = join(directory, 'blob-cache')
  const folders = existsSync(root) ? readdirSync(root) : []
  return folders
    .flatMap((folder) => readdirSync(join(root, folder)).map((name) => statSync(join(root, folder, name)).size))
    .reduce((sum, size) => sum + size, 0)
}

it('keeps a blob under its hash, and gives it again', async () => {
  const cid = await put('one')
  expect(existsSync(pathOf(cid))).toBe(true)
  expect(await read(cid)).toBe('one')
  expect(await cache.has(cid)).toBe(true)
  expect(await read(Cid.ofRaw(Buffer.from('other')))).toBeNull()
  const empty = Cid.ofRaw(Buffer.alloc(0))
  await cache.put(empty, inPieces())
  expect(await read(empty)).toBe('')
})

it('keeps nothing of bytes that are not those of the CID, or that break off', async () => {
  const cid = Cid.ofRaw(bytesOf('one'))
  await expect(cache.put(cid, inPieces(bytesOf('two')))).rejects.toThrow(BlobRefused)
  await expect(cache.put(cid, inPieces(bytesOf('one'), Buffer.from('more')))).rejects.toThrow(BlobRefused)
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield* inPieces(bytesOf('one'))
    throw new Error('broken')
  }
  await expect(cache.put(cid, broken())).rejects.toThrow('broken')
  expect(await cache.has(cid)).toBe(false)
  expect(onDisk()).toBe(0)
  // Nor does it count.
  for (const name of ['a', 'b', 'c', 'd']) await put(name)
  expect(onDisk()).toBe(4 * BLOCK)
})

it('lets those go that were used least recently', async () => {
  const [a, b, c] = [await put('a'), await put('b', 2), await put('c')]
  expect(await read(a)).toBe('a')
  const d = await put('d')
  expect(await Promise.all([a, b, c, d].map((cid) => cache.has(cid)))).toEqual([true, false, true, true])
  expect(await read(b)).toBeNull()
  await put('e', 4)
  expect(onDisk()).toBe(4 * BLOCK)
  expect(await Promise.all([a, c, d].map(read))).toEqual([null, null, null])
})

it('lets a blob be read to its end that goes meanwhile', async () => {
  const a = await put('a')
  const blob = (await cache.open(a))!
  await put('e', 4)
  expect(existsSync(pathOf(a))).toBe(false)
  expect((await buffer(await blob.read(null))).equals(bytesOf('a'))).toBe(true)
})

it('takes nothing larger than itself, and no more of it than that', async () => {
  const kept = await put('a')
  let sent = 0
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      sent++
      yield await Promise.resolve(Buffer.alloc(BLOCK))
    }
  }
  await expect(cache.put(kept, endless())).rejects.toThrow(/more than 16384 bytes/)
  expect(sent).toBe(5)
  expect(onDisk()).toBeLessThanOrEqual(4 * BLOCK)
})

it('counts what it is receiving', async () => {
  const steps: (() => void)[] = []
  async function* slow(bytes: Buffer): AsyncGenerator<Uint8Array> {
    yield bytes.subarray(0, 3 * BLOCK)
    await new Promise<void>((go) => steps.push(go))
    yield bytes.subarray(3 * BLOCK)
  }
  const old = await put('old')
  const first = cache.put(Cid.ofRaw(bytesOf('first', 4)), slow(bytesOf('first', 4)))
  while (steps.length === 0) await new Promise(setImmediate)
  expect(await cache.has(old)).toBe(true)
  await expect(put('second', 2)).rejects.toThrow(/no room/)
  expect(onDisk()).toBeLessThanOrEqual(4 * BLOCK)
  steps[0]!()
  await first
  expect(await cache.has(old)).toBe(false)
  expect(await read(Cid.ofRaw(bytesOf('first', 4)))).toBe('first')
})

it('is there after a restart, in the order of last use', async () => {
  const [a, b, c] = [await put('a'), await put('b'), await put('c')]
  for (const cid of [a, b, c]) await read(cid)
  await read(a)
  await restart(3)
  expect(await Promise.all([a, b, c].map((cid) => cache.has(cid)))).toEqual([true, true, true])
  await put('d')
  expect(await Promise.all([a, b, c].map((cid) => cache.has(cid)))).toEqual([true, false, true])
})

it('shrinks at a start with a smaller bound', async () => {
  const [a, b] = [await put('a'), await put('b')]
  for (const cid of [a, b]) await read(cid)
  await restart(1)
  expect([await cache.has(a), await cache.has(b)]).toEqual([false, true])
  await restart(0)
  expect(await cache.has(b)).toBe(false)
  expect(cache.largest).toBe(0)
  expect(onDisk()).toBe(0)
})

it('sweeps what a crash left half received, and minds no files that are not its own', async () => {
  const cid = await put('a')
  const root = join(directory, 'blob-cache')
  mkdirSync(join(root, 'incoming'), { recursive: true })
  writeFileSync(join(root, 'incoming', 'half'), 'half')
  writeFileSync(join(root, 'README'), 'by hand')
  writeFileSync(join(pathOf(cid), '..', 'README'), 'by hand')
  await restart()
  expect(await cache.has(cid)).toBe(true)
  expect(existsSync(join(root, 'incoming'))).toBe(false)
  await put('e', 4)
  expect(existsSync(join(root, 'README'))).toBe(true)
})

it('goes on when its files are deleted under it', async () => {
  const cid = await put('a')
  rmSync(join(directory, 'blob-cache'), { recursive: true })
  expect(await read(cid)).toBeNull()
  expect(await cache.has(cid)).toBe(false)
  expect(await put('a')).toEqual(cid)
  expect(await read(cid)).toBe('a')
})

it('takes the same blob twice at a time', async () => {
  const cids = await Promise.all([put('a', 2), put('a', 2)])
  expect(await read(cids[0])).toBe('a')
  await put('b', 2)
  expect(onDisk()).toBe(4 * BLOCK)
  expect(await read(cids[1])).toBe('a')
})

it('names files by the SHA-256 that a CID carries', async () => {
  const cid = await put('a')
  expect(pathOf(cid)).toContain(createHash('sha256').update(bytesOf('a')).digest('hex'))
})
