/** Directories that are not, or not only, what was unpacked: they are refused by the names in them, and nothing is lost. */
import { execFileSync, spawn } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { packDirectory } from '../../src/modules/cli/pack-directory.js'
import { unpackRepo } from '../../src/modules/cli/unpack-repo.js'
import { UnpackedDirectory } from '../../src/modules/cli/unpacked-directory.js'
import { Config } from '../../src/modules/config/config.js'
import { Cid, encodeCbor, formatCommit, type RepoWrite, tidFromMicros } from '../../src/repo-engine/index.js'
import { dataDirectory, project } from './run-cli.js'
import { carOf, sampleRepo, type SampleRepo } from './sample-repo.js'

const root = dataDirectory()
const config = Config.fromEnv({ PDS_DATA_DIRECTORY: join(root, 'none') })
const before = sampleRepo({ posts: 12 })
const POST = 'app.bsky.feed.post'
const posts = before.paths.filter((path) => path.startsWith(POST))
const fileOf = (n: number): string => `${posts[n]!}.json`
const car = join(root, 'before.car')
let runs = 0

beforeAll(async () => {
  writeFileSync(car, carOf(before))
  await unpack(join(root, 'dir'))
})

/** A directory as it was when the repository had been unpacked into it. */
function unpacked(): string {
  const directory = join(root, `dir-${runs++}`)
  cpSync(join(root, 'dir'), directory, { recursive: true })
  return directory
}

const unpack = (directory: string, from = car) => unpackRepo(from, directory, config, false)
const pack = (directory: string, key?: string) => packDirectory(directory, join(root, `out-${runs++}.car`), key)

/** Every file with its content and time, those that are hidden too. */
function snapshot(directory: string): Record<string, string> {
  const files = readdirSync(directory, { recursive: true, encoding: 'utf8' }).sort()
  return Object.fromEntries(
    files.map((name) => {
      const stat = statSync(join(directory, name), { throwIfNoEntry: false })
      return [name, stat?.isFile() ? `${stat.mtimeMs} ${readFileSync(join(directory, name), 'latin1')}` : 'no file']
    }),
  )
}

/** The repository after some writes, in a file. */
function after(writes: readonly RepoWrite[], name: string): string {
  const { did, key, commit } = before
  const { cid: head, rev: since, tree } = commit
  const next = formatCommit({ did, key, tree, head, since, rev: tidFromMicros(4e15, 0), writes })
  const gone = new Set(writes.map(({ path }) => path))
  const records = [...commit.records.filter(({ path }) => !gone.has(path)), ...next.records]
  const nodes = [...commit.addedNodes, ...next.addedNodes]
  const file = join(root, name)
  writeFileSync(file, carOf({ commit: { ...next, addedNodes: nodes, records } } as SampleRepo))
  return file
}

const put = (action: 'create' | 'update', path: string, text: string): RepoWrite => {
  const bytes = encodeCbor({ $type: POST, text })
  return { action, path, cid: Cid.ofCbor(bytes), bytes }
}

describe('unpacked again', () => {
  it('nothing is written, and git sees nothing', async () => {
    const directory = unpacked()
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', directory, '-c', 'user.name=a', '-c', 'user.email=a@test', ...args], {
        encoding: 'utf8',
      })
    git('init', '-q')
    git('add', '.')
    git('commit', '-qm', 'unpacked')
    for (const name of readdirSync(directory)) if (!name.startsWith('.')) utimesSync(join(directory, name), 1000, 1000)
    const files = snapshot(directory)
    expect(await unpack(directory)).toMatchObject({ records: 13, written: 0, removed: 0 })
    expect(snapshot(directory)).toEqual(files)
    expect(git('status', '--porcelain')).toBe('')

    // A newer head: what it changed, and nothing else.
    const writes = [
      put('update', posts[3]!, 'edited'),
      { action: 'delete', path: posts[5]! } as const,
      put('create', 'com.example.note/new', 'new'),
    ]
    expect(await unpack(directory, after(writes, 'after.car'))).toMatchObject({ records: 13, removed: 1 })
    const changed = git('status', '--porcelain', '-uall').split('\n').sort()
    expect(changed.filter((line) => /\.json$/.test(line))).toEqual([
      ` D ${fileOf(5)}`,
      ` M ${fileOf(3)}`,
      ' M commit.json',
      '?? com.example.note/new.json',
    ])
    // And back: the folder of a collection goes with its last record.
    await unpack(directory)
    expect(existsSync(join(directory, 'com.example.note'))).toBe(false)
    expect(git('status', '--porcelain')).toBe('')
  })

  it('what was cut off at any file is finished', async () => {
    const directory = unpacked()
    const whole = after([put('update', posts[3]!, 'edited'), { action: 'delete', path: posts[5]! }], 'later.car')
    const old = { edited: readFileSync(join(directory, fileOf(3))), gone: readFileSync(join(directory, fileOf(5))) }
    const oldIndex = readFileSync(join(directory, 'index.txt'), 'latin1')
    await unpack(directory, whole)
    const done = snapshot(directory)
    const newIndex = readFileSync(join(directory, 'index.txt'), 'latin1')
    // As it is when the machine stops: the index says both, some files are of before, one is not there, one half written.
    const both = [...new Set([...oldIndex.split('\n').slice(1), ...newIndex.split('\n').slice(1)].filter(Boolean))]
    const byName = new Map<string, string>()
    for (const [name, cid] of both.map((line) => line.split(' ') as [string, string]))
      byName.set(name, byName.has(name) ? `${byName.get(name)!} ${cid}` : cid)
    const lines = [...byName].sort(([a], [b]) => Number(a.includes('/')) - Number(b.includes('/')) || (a < b ? -1 : 1))
    const union = lines.map(([name, cids]) => `${name} ${cids}\n`)
    writeFileSync(join(directory, 'index.txt'), `unpacking 1\n${union.join('')}`)
    writeFileSync(join(directory, fileOf(3)), old.edited)
    writeFileSync(join(directory, fileOf(5)), old.gone)
    rmSync(join(directory, fileOf(7)))
    mkdirSync(join(directory, '.skylog-tmp'))
    writeFileSync(join(directory, '.skylog-tmp/1'), 'half')
    expect(() => pack(directory)).toThrow('cut off')
    expect(await unpack(directory, whole)).toMatchObject({ written: 2, removed: 1 })
    const contents = (files: Record<string, string>) =>
      Object.entries(files).map(([name, text]) => [name, text.split(' ').slice(1)])
    expect(contents(snapshot(directory))).toEqual(contents(done))
    pack(directory)
  })

  it('killed anywhere, it is finished by the same command', async () => {
    const large = sampleRepo({ posts: 1500 })
    const file = join(root, 'large.car')
    writeFileSync(file, carOf(large))
    for (const least of [1, 600]) {
      const directory = join(root, `killed-${least}`)
      const child = spawn(process.execPath, [join(project, 'bin/skylog.mjs'), 'unpack', file, directory])
      const ended = new Promise((done) => child.on('close', done))
      const folder = join(directory, POST)
      while (child.exitCode === null && !(existsSync(folder) && readdirSync(folder).length >= least))
        await new Promise((done) => setTimeout(done, 1))
      child.kill('SIGKILL')
      await ended
      expect(() => pack(directory)).toThrow('an unpack was cut off')
      expect(await unpack(directory, file)).toMatchObject({ records: 1501 })
      expect(readdirSync(directory)).toEqual(expect.not.arrayContaining(['.skylog-tmp']))
      const out = join(root, `killed-${least}.car`)
      packDirectory(directory, out, undefined)
      expect(readFileSync(out).equals(readFileSync(file))).toBe(true)
    }
  })

  it('an edit that nobody has packed is not written over, one that was packed is where it should be', async () => {
    const directory = unpacked()
    writeFileSync(join(directory, fileOf(1)), `{"$type": "${POST}", "text": "edited by hand"}`)
    writeFileSync(join(directory, POST, 'added.json'), `{"$type": "${POST}"}`)
    const files = snapshot(directory)
    await expect(unpack(directory)).rejects.toThrow(`${fileOf(1)}: was changed`)
    await expect(unpack(directory)).rejects.toThrow(`${POST}/added.json: not a record that was unpacked`)
    expect(snapshot(directory)).toEqual(files)

    const out = join(root, 'edited.car')
    const packed = packDirectory(directory, out, before.key.exportPrivate().toString('hex'))
    expect(packed).toMatchObject({ signedBy: before.key.didKey, sameKey: true, records: 14 })
    await unpack(directory, out)
    expect(packDirectory(directory, join(root, 'edited-2.car'), undefined)).toMatchObject({
      signedBy: null,
      head: packed.head,
    })
    expect(readFileSync(join(root, 'edited-2.car')).equals(readFileSync(out))).toBe(true)
  })
})

it('of a repository that is not whole nothing is written', async () => {
  const { commit } = before
  const holey = join(root, 'holey.car')
  writeFileSync(holey, carOf({ commit: { ...commit, records: commit.records.slice(0, -1) } }))
  const directory = unpacked()
  const files = snapshot(directory)
  await expect(unpack(directory, holey)).rejects.toThrow(/missing block/)
  await expect(unpack(join(root, 'never'), holey)).rejects.toThrow(/missing block/)
  await expect(unpack(directory, root)).rejects.toThrow('is not a file')
  expect(snapshot(directory)).toEqual(files)
  expect(existsSync(join(root, 'never'))).toBe(false)
})

describe('what is there already', () => {
  it.each([
    ['a file', 'notes.txt', 'notes.txt: not of a repository'],
    ['a project', 'src/main.ts', 'src/main.ts: no record is called that'],
    ['a folder of folders', 'a/b/c.json', 'a/b: a directory where files are expected'],
    ['a commit of another', 'commit.json', 'commit.json: '],
    ['an index of something else', 'index.txt', 'index.txt, line 1'],
    ['a record of another', 'com.example.note/a.json', 'com.example.note/a.json: not a record that was unpacked'],
  ])('%s is not touched', async (_, name, why) => {
    const directory = join(root, `full-${runs++}`)
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), '{"a": 1}')
    const files = snapshot(directory)
    await expect(unpack(directory)).rejects.toThrow(why)
    expect(snapshot(directory)).toEqual(files)
  })

  it('what is hidden at the top is let be', async () => {
    const directory = join(root, `full-${runs++}`)
    mkdirSync(join(directory, '.git'), { recursive: true })
    writeFileSync(join(directory, '.gitignore'), '*.car\n')
    symlinkSync('/nowhere', join(directory, '.link'))
    await unpack(directory)
    pack(directory)
    expect(readdirSync(directory)).toEqual(expect.arrayContaining(['.git', '.gitignore', '.link']))
  })

  it('a CAR is not written over, nor into what it is made of', () => {
    const directory = unpacked()
    const files = snapshot(root)
    expect(() => packDirectory(directory, car, undefined)).toThrow('is there already')
    expect(() => packDirectory(directory, join(directory, 'a.car'), undefined)).toThrow('inside the directory')
    expect(() => packDirectory(directory, join(directory, POST, 'a.car'), undefined)).toThrow('inside the directory')
    expect(() => packDirectory(directory, join(root, 'nowhere/a.car'), undefined)).toThrow('there is no directory')
    expect(snapshot(root)).toEqual(files)
  })
})

it('what a CAR that was cut off has left goes with the next one of its name', () => {
  const directory = unpacked()
  const out = join(root, `cut-off-${runs++}.car`)
  mkdirSync(`${out}.skylog-tmp`)
  writeFileSync(join(`${out}.skylog-tmp`, 'whole'), 'half')
  packDirectory(directory, out, undefined)
  expect(readFileSync(out).equals(readFileSync(car))).toBe(true)
  expect(existsSync(`${out}.skylog-tmp`)).toBe(false)
})

describe('a hostile directory', () => {
  const outside = join(root, 'outside')
  beforeAll(() => {
    mkdirSync(join(outside, POST), { recursive: true })
    writeFileSync(join(outside, 'secret.json'), '{"$type": "secret"}')
    writeFileSync(join(outside, POST, 'secret.json'), '{"$type": "secret"}')
  })

  const place = (directory: string, name: string, content: string | Buffer = '{"$type": "x"}'): void => {
    mkdirSync(dirname(join(directory, name)), { recursive: true })
    writeFileSync(join(directory, name), content)
  }
  const cases: [what: string, make: (directory: string) => void, why: string][] = [
    [
      'a link to a file',
      (d) => symlinkSync(join(outside, 'secret.json'), join(d, POST, 'x.json')),
      `${POST}/x.json: a symbolic link`,
    ],
    ['a link to nothing', (d) => symlinkSync('/nowhere/at/all', join(d, POST, 'x.json')), 'x.json: a symbolic link'],
    [
      'a link to a collection',
      (d) => symlinkSync(join(outside, POST), join(d, 'com.example.note')),
      'com.example.note: a symbolic link',
    ],
    [
      'a link in the place of a collection',
      (d) => {
        renameSync(join(d, POST), join(outside, `moved-${runs++}`))
        symlinkSync(outside, join(d, POST))
      },
      `${POST}: a symbolic link`,
    ],
    [
      'a link in the place of the commit',
      (d) => {
        rmSync(join(d, 'commit.json'))
        symlinkSync(join(outside, 'secret.json'), join(d, 'commit.json'))
      },
      'commit.json: a symbolic link',
    ],
    [
      'a folder in the place of the index',
      (d) => (rmSync(join(d, 'index.txt')), mkdirSync(join(d, 'index.txt'))),
      'index.txt: a directory',
    ],
    ['a pipe', (d) => void execFileSync('mkfifo', [join(d, POST, 'x.json')]), 'x.json: a special file'],
    [
      'a pipe in the place of a record',
      (d) => (rmSync(join(d, fileOf(2))), void execFileSync('mkfifo', [join(d, fileOf(2))])),
      'a special file',
    ],
    [
      'a folder among records',
      (d) => mkdirSync(join(d, POST, 'x.json')),
      'x.json: a directory where files are expected',
    ],
    ['a name with a way out', (d) => place(d, `${POST}/%2e%2e%2fx.json`), '%2e%2e%2fx.json: no record'],
    ['a name with a backslash', (d) => place(d, `${POST}/..\\x.json`), '..\\x.json: no record'],
    [
      'a name that cannot be seen',
      (d) => place(d, `${POST}/a\u200b\u202e.json`),
      'a\\u{200b}\\u{202e}.json: no record',
    ],
    ['a name of a line break', (d) => place(d, `${POST}/a\nskylog: fine.json`), 'a\\u{a}skylog:\\u{20}fine.json'],
    [
      'a name that is no text',
      (d) => writeFileSync(Buffer.concat([Buffer.from(`${join(d, POST)}/`), Buffer.from('ff2e6a736f6e', 'hex')]), ''),
      '\\u{fffd}.json: no record',
    ],
    ['a hidden file among records', (d) => place(d, `${POST}/.x.json`), `the file of ${POST}/.x is ${POST}/%2ex.json`],
    ['a name in capitals', (d) => place(d, `${POST}/X.json`), `the file of ${POST}/X is ${POST}/%58.json`],
    [
      'a collection in capitals',
      (d) => place(d, 'App.bsky.feed.post/x.json'),
      'the file of App.bsky.feed.post/x is %41pp',
    ],
    [
      'a record twice',
      (d) => place(d, fileOf(2).replace('.json', '.cbor'), Buffer.from('a0', 'hex')),
      'beside another file',
    ],
    ['a record of another form', (d) => place(d, `${POST}/x.yaml`), 'x.yaml: no record'],
    [
      'folders inside each other',
      (d) => place(d, `${Array<string>(40).fill('a%').join('/')}/b.json`),
      'too many folders',
    ],
    ['JSON that is none', (d) => place(d, fileOf(2), '{"$type": '), `${fileOf(2)}: not JSON`],
    [
      'JSON of great depth',
      (d) => place(d, fileOf(2), `{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`),
      `${fileOf(2)}: arrays and objects nested too deeply`,
    ],
    ['a file of great size', (d) => place(d, fileOf(2), Buffer.alloc(17 << 20, 0x20)), `${fileOf(2)}: 17825792 bytes`],
    ['bytes of great size', (d) => place(d, `${POST}/x.cbor`, Buffer.alloc(3 << 20)), 'x.cbor'],
    [
      'a commit of great size',
      (d) => place(d, 'commit.json', Buffer.alloc(2 << 20, 0x20)),
      'commit.json: 2097152 bytes',
    ],
    [
      'a commit that was edited',
      (d) =>
        place(d, 'commit.json', readFileSync(join(d, 'commit.json'), 'utf8').replace('"$bytes": "', '"$bytes": "AAAA')),
      'commit.json',
    ],
    ['an index that was spoilt', (d) => place(d, 'index.txt', 'unpacked 1\n../../x bafy\n'), 'index.txt, line 2'],
  ]

  it.each(cases)('%s', async (_, make, why) => {
    const directory = unpacked()
    make(directory)
    const files = { inside: snapshot(directory), outside: snapshot(outside) }
    const key = before.key.exportPrivate().toString('hex')
    await expect(unpack(directory)).rejects.toThrow(why.startsWith('x.cbor') ? 'x.cbor: not a record' : why)
    expect(() => pack(directory, key)).toThrow(why)
    expect({ inside: snapshot(directory), outside: snapshot(outside) }).toEqual(files)
    expect(readdirSync(root).filter((name) => name.endsWith('.skylog-tmp'))).toEqual([])
  })

  it('files without end: the last one that was looked at is named', () => {
    const directory = unpacked()
    expect(() => UnpackedDirectory.open(directory, 5)).toThrow(/has more than 5 files; the last one seen is app\.bsky/)
  })

  it('many strangers are told with their number', async () => {
    const directory = unpacked()
    for (let i = 0; i < 100; i++) place(directory, `x${i}.txt`)
    await expect(unpack(directory)).rejects.toThrow(
      /cannot be used as it is: (x\d+\.txt: not of a repository; ){10}and 90 more$/,
    )
  })
})
