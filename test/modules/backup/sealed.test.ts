/** Backups that are encrypted: what lies in the target, who can read it, and that it is never mixed with what is not. */
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Decrypter, Encrypter, generateHybridIdentity } from 'age-encryption'
import { readIdentity, writeNewIdentity } from '../../../src/modules/backup/backup-identity.js'
import { type BackupTarget } from '../../../src/modules/backup/backup-target.js'
import { Backups } from '../../../src/modules/backup/backups.js'
import { DirectoryTarget } from '../../../src/modules/backup/directory-target.js'
import { SealedTarget } from '../../../src/modules/backup/sealed-target.js'
import { TargetLock } from '../../../src/modules/backup/target-lock.js'
import { verifyBackup } from '../../../src/modules/cli/backup-anywhere.js'
import { Config } from '../../../src/modules/config/config.js'
import { write } from '../account/owners.js'
import { TestServer } from '../../support/account-app.js'
import { backUp, restore, scratch } from './backing-up.js'

const folder = scratch()
const [ours, theirs] = [join(folder, 'ours.age'), join(folder, 'theirs.age')]
const sealing = { BACKUP_IDENTITY_FILE: ours }
let recipient: string
beforeAll(async () => {
  recipient = await writeNewIdentity(ours, '2026-01-01T00:00:00Z')
  await writeNewIdentity(theirs, '2026-01-01T00:00:00Z')
})

const filesIn = (target: string, below = ''): string[] =>
  readdirSync(join(target, below), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort()

async function gather(source: AsyncIterable<Uint8Array> | null): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of source ?? []) pieces.push(piece)
  return Buffer.concat(pieces)
}

async function* each(pieces: Buffer[], error?: Error): AsyncGenerator<Uint8Array> {
  yield* pieces
  if (error) throw error
}

describe('an object', () => {
  let inner: DirectoryTarget
  let target: SealedTarget
  beforeEach(async () => {
    inner = new DirectoryTarget(join(scratch(), 'backup'), Date.now)
    target = new SealedTarget(inner, await readIdentity(ours))
  })
  const raw = (name: string): Buffer => readFileSync(join(inner.name, name))
  const names = async (from: BackupTarget): Promise<string[]> => {
    const found: string[] = []
    for await (const { name } of from.list('chunks/')) found.push(name)
    return found
  }

  it.each([0, 1, 65_535, 65_536, 65_537, 200_000])('of %i bytes comes back, by each of two ways', async (length) => {
    const bytes = Buffer.alloc(length, 'some bytes ')
    await target.put('one', bytes)
    await target.putStream('two', each([bytes.subarray(0, 7), bytes.subarray(7)]))
    expect(await target.putNew('two', bytes)).toBe(false)
    for (const name of ['one', 'two']) {
      expect(bytes.equals((await target.get(name, length))!)).toBe(true)
      expect(bytes.equals(await gather(await target.open(name)))).toBe(true)
      if (length > 0) await expect(target.get(name, length - 1)).rejects.toThrow(/is larger than such a thing can be/)
    }
    expect(Math.abs((await target.storedAt('one'))! - Date.now())).toBeLessThan(60_000)
    expect([await target.get('three', 9), await target.open('three')]).toEqual([null, null])
  })

  it('is a file that any program for the format opens, and says nothing but its name and size', async () => {
    await target.put('chunks/ab/abc', Buffer.from('a secret'))
    expect(raw('chunks/ab/abc').toString('latin1')).not.toContain('a secret')
    const decrypter = new Decrypter()
    decrypter.addIdentity(/^AGE-SECRET-KEY-\S+$/m.exec(readFileSync(ours, 'utf8'))![0])
    expect(await decrypter.decrypt(raw('chunks/ab/abc'), 'text')).toBe('a secret')
    // Nor does the same twice look the same.
    await target.put('chunks/ab/abd', Buffer.from('a secret'))
    expect(raw('chunks/ab/abc')).not.toEqual(raw('chunks/ab/abd'))
    expect(await names(target)).toEqual(['chunks/ab/abc', 'chunks/ab/abd'])
  })

  it('may be encrypted for others, too, by whoever has the recipient', async () => {
    const encrypter = new Encrypter()
    encrypter.addRecipient((await readIdentity(theirs)).recipient)
    encrypter.addRecipient(recipient)
    await inner.put('one', await encrypter.encrypt('for two'))
    expect((await target.get('one', 100))!.toString()).toBe('for two')
  })

  it('that was changed, cut off or put there by somebody else is not given out', async () => {
    const bytes = Buffer.alloc(200_000, 'some bytes ')
    await target.put('one', bytes)
    const sealed = raw('one')
    for (const [damaged, message] of [
      ...[0, 30, 150, 190, 300, 100_000, sealed.length - 1].map((at) => {
        const other = Buffer.from(sealed)
        other[at]! ^= 1
        return [other, /one is (damaged: it cannot be decrypted|not encrypted|encrypted for another)/] as const
      }),
      ...[10, 100, 190, 66_000, 200 + 65_552, sealed.length - 1].map(
        (at) => [sealed.subarray(0, at), /one is (damaged: it cannot be decrypted|not encrypted)/] as const,
      ),
      [Buffer.concat([sealed, Buffer.from('x')]), /one is damaged/],
      [bytes, /one is not encrypted/],
      // A head that does not end.
      [Buffer.concat([sealed.subarray(0, 22), Buffer.alloc(3_000_000, '-')]), /one is damaged/],
    ] as const) {
      await inner.put('one', damaged)
      await expect(gather(await target.open('one'))).rejects.toThrow(message)
      await expect(target.get('one', 4_000_000)).rejects.toThrow(message)
    }
    const other = new SealedTarget(inner, await readIdentity(theirs))
    await target.put('one', bytes)
    await expect(other.get('one', 200_000)).rejects.toThrow('one is encrypted for another identity')
  })

  it('is not there when what it is made of fails, which is what is said; and nothing stays open', async () => {
    const [failure, disk] = [new Error('the source fails'), new Error('no space left')]
    await expect(target.putStream('one', each([Buffer.alloc(100_000)], failure))).rejects.toBe(failure)
    expect(await target.storedAt('one')).toBeNull()
    const { putStream } = inner
    inner.putStream = async (_, source) => {
      for await (const piece of source) if (piece.length > 10_000) throw disk
    }
    let isClosed = false
    const source = async function* (): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.alloc(65_536)
      } finally {
        isClosed = true
      }
    }
    await expect(target.putStream('one', source())).rejects.toBe(disk)
    expect(isClosed).toBe(true)

    isClosed = false
    inner.putStream = putStream
    await target.put('two', Buffer.alloc(200_000))
    const sealed = raw('two')
    inner.open = () =>
      Promise.resolve(
        (async function* () {
          try {
            yield sealed.subarray(0, 100_000)
            throw failure
          } finally {
            isClosed = true
          }
        })(),
      )
    await expect(gather(await target.open('two'))).rejects.toBe(failure)
    expect(isClosed).toBe(true)
    isClosed = false
    for await (const piece of (await target.open('two'))!) if (piece.length > 0) break
    expect(isClosed).toBe(true)
  })
})

describe('a server', () => {
  let server: TestServer
  let alice: Awaited<ReturnType<TestServer['createAccount']>>
  /** Encrypted for us, and in the clear. */
  let [sealed, clear, target]: string[] = []
  beforeAll(async () => {
    server = await TestServer.start(sealing)
    alice = await server.createAccount('alice')
    await write(server, alice, 'a note')
    sealed = join(scratch(), 'sealed')
    await backUp(server, sealed)
    server = await server.restart({ BACKUP_IDENTITY_FILE: '' })
    clear = join(scratch(), 'clear')
    await backUp(server, clear)
  })
  afterAll(() => server.close())
  beforeEach(() => (target = join(scratch(), 'target')))

  const copy = (from: string): string => {
    cpSync(from, target!, { recursive: true })
    return target!
  }
  const run = (where: string, identityFile: string | null = null) =>
    server.get(Backups).run({ target: where, keep: null, endpoint: null, identityFile }, () => undefined)
  const verify = (where: string, env: Record<string, string>) => verifyBackup(where, null, Config.fromEnv(env))

  it('puts nothing into its target that is not encrypted, nor anything that others may read', async () => {
    const found = filesIn(sealed!)
    expect(found.length).toBeGreaterThan(3)
    for (const file of found) {
      expect([file, readFileSync(file).subarray(0, 22).toString('latin1')]).toEqual([file, 'age-encryption.org/v1\n'])
      expect(statSync(file).mode & 0o077).toBe(0)
    }
    expect((await verify(sealed!, sealing)).problems).toEqual({ count: 0, told: [] })
    expect((await restore(sealed!, { env: sealing })).problems).toEqual([])
  })

  it.each(['whole', 'with nothing but chunks, as one that was cut off', 'with its lock alone'])(
    'never mixes the two kinds: a target %s',
    async (which) => {
      for (const [from, identity, message] of [
        [sealed!, null, /is encrypted: name the identity/],
        [sealed!, theirs, /is not encrypted for this identity .*is encrypted for another identity/],
        [clear!, ours, /is not encrypted for this identity .*is not encrypted/],
      ] as const) {
        target = join(scratch(), 'target')
        mkdirSync(target)
        if (which === 'whole') copy(from)
        else if (which.includes('chunks')) cpSync(join(from, 'chunks'), join(target, 'chunks'), { recursive: true })
        else {
          const there = new DirectoryTarget(target, Date.now)
          const holder = from === sealed ? new SealedTarget(there, await readIdentity(ours)) : there
          ;(await TargetLock.take(holder, 'somebody', Date.now)).letGo()
        }
        const before = filesIn(target)
        await expect(run(target, identity)).rejects.toThrow(message)
        const env: Record<string, string> = identity ? { BACKUP_IDENTITY_FILE: identity } : {}
        await expect(restore(target, { env })).rejects.toThrow(message)
        await expect(verify(target, env)).rejects.toThrow(message)
        expect(filesIn(target)).toEqual(before)
      }
    },
  )

  it('who comes at the same moment as one of the other kind lets him have it', async () => {
    mkdirSync(target!)
    const bare = new DirectoryTarget(target!, Date.now)
    const encrypted = new SealedTarget(bare, await readIdentity(ours))
    const lock = await TargetLock.take(encrypted, 'one', Date.now)
    await expect(TargetLock.take(bare, 'two', Date.now)).rejects.toThrow('lock.json is encrypted')
    await lock.release()
    const other = await TargetLock.take(bare, 'two', Date.now)
    await expect(TargetLock.take(encrypted, 'one', Date.now)).rejects.toThrow('lock.json is not encrypted')
    await other.release()
    // One that is damaged is nobody's.
    await encrypted.put('lock.json', Buffer.from('x'))
    await (await TargetLock.take(encrypted, 'one', Date.now)).release()
    expect(filesIn(target!)).toEqual([])
  })

  it('what is changed in the target, or put elsewhere, is found', async () => {
    copy(sealed!)
    const [manifest] = filesIn(target!, 'manifests')
    const [one, other] = filesIn(target!, 'chunks')
    cpSync(one!, other!)
    expect((await verify(target!, sealing)).problems.told).toEqual([
      expect.stringMatching(/^chunks\/\S+ is damaged: its bytes are not those of its name/),
    ])
    const bytes = readFileSync(other!)
    bytes[bytes.length - 1]! ^= 1
    writeFileSync(other!, bytes)
    expect((await verify(target!, sealing)).problems.told).toEqual([
      expect.stringMatching(/^chunks\/\S+ is damaged: it cannot be decrypted/),
    ])
    // A manifest in the place of another one, and one that is no longer any; neither keeps a new one from being made.
    cpSync(manifest!, manifest!.replace(/\d{4}(?=\d{4}T)/, '2020'))
    expect((await verify(target!, sealing)).problems.told[0]).toMatch(/cannot be used: it is of another generation/)
    writeFileSync(manifest!, 'not a manifest')
    await run(target!, ours)
  })

  it('refuses a key beside what it opens, and says what is wrong with one', async () => {
    const inside = join(server.directory, 'backup.age')
    cpSync(ours, inside)
    const link = join(scratch(), 'link')
    symlinkSync(inside, link)
    for (const file of [inside, link])
      await expect(run(target!, file)).rejects.toThrow(/is in the data directory: whoever loses that loses the key/)
    copy(sealed!)
    cpSync(ours, join(target!, 'key'))
    await expect(run(target!, join(target!, 'key'))).rejects.toThrow(/whoever has the backups there has the key/)

    const bad = join(scratch(), 'bad')
    await expect(run(target!, bad)).rejects.toThrow(/the identity of backups cannot be read: ENOENT/)
    const secret = readFileSync(ours, 'utf8').trim().split('\n').at(-1)!
    for (const text of [
      '',
      '# nothing',
      recipient,
      `${secret}\n${secret}`,
      secret.replace(/..$/, 'QQ'),
      'x'.repeat(99),
    ]) {
      writeFileSync(bad, text)
      const error = (await run(target!, bad).catch((caught: unknown) => caught)) as Error
      expect(error.message).toMatch(/is no identity of age: besides comments it has to have one line/)
      expect(error.message).not.toContain(secret.slice(-20))
    }
    expect((await run(target!, ours)).encrypted).toBe(true)
  })

  it('takes the hybrid identities of age, too', async () => {
    const hybrid = join(scratch(), 'hybrid.age')
    writeFileSync(hybrid, `# as age-keygen -pq writes it\r\n${await generateHybridIdentity()}\r\n`)
    await run(target!, hybrid)
    expect((await verify(target!, { BACKUP_IDENTITY_FILE: hybrid })).problems.count).toBe(0)
  })

  it('that ships says so, and lets nobody ask for its target in another way', async () => {
    await server.stop()
    server = await server.restart({ ...sealing, BACKUP_TARGET: target!, BACKUP_INTERVAL: '100' })
    await expect(run(target!, theirs)).rejects.toThrow(/as its settings say: BACKUP_IDENTITY_FILE is .*ours.age/)
    await run(target!, ours)
    await server.stop()
    expect((await restore(target!, { env: sealing })).isAll).toBe(true)
    server = await server.restart({})
  })
})

it('a new identity is its owner’s alone, and takes the place of nothing', async () => {
  const file = join(scratch(), 'new.age')
  const made = await writeNewIdentity(file, '2026-01-01T00:00:00Z')
  expect(made).toMatch(/^age1[0-9a-z]{58}$/)
  expect(statSync(file).mode & 0o777).toBe(0o600)
  const text = readFileSync(file, 'utf8')
  expect(text).toMatch(/^# created: 2026-01-01T00:00:00Z\n# public key: age1\S+\nAGE-SECRET-KEY-1[0-9A-Z]+\n$/)
  await expect(writeNewIdentity(file, '')).rejects.toThrow(/is there already, and is not written over/)
  expect(readFileSync(file, 'utf8')).toBe(text)
  chmodSync(file, 0o644)
  expect((await readIdentity(file)).recipient).toBe(made)
})
