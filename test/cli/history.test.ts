/** `skylog history` and `skylog restore`: beside a server, and on a data directory alone. */
import { setTimeout as delay } from 'node:timers/promises'
import { CommandBus } from '@nestjs/cqrs'
import { parsePast } from '../../src/modules/cli/duration.js'
import { namedRecords } from '../../src/modules/cli/named-records.js'
import { CompactLog } from '../../src/modules/repo/compact-log.js'
import { startTestServer, type TestServer } from '../support/server.js'
import { dataDirectory, skylog } from './run-cli.js'
import { sampleRepo, writeCar } from './sample-repo.js'

const directory = dataDirectory()
const archive = dataDirectory()
const PROFILE = 'app.bsky.actor.profile'

describe('of an account here', () => {
  let server: TestServer
  let env: Record<string, string>
  let uri: string
  let did: string
  /** The moment right after each version. */
  const moments: string[] = []

  beforeAll(async () => {
    server = await startTestServer({}, directory)
    env = { PDS_DATA_DIRECTORY: directory, PDS_PORT: new URL(server.url).port }
    const alice = await server.signUp('alice')
    did = alice.assertDid
    uri = `at://${did}/${PROFILE}/self`
    const hostile = 'Hi\u001b[31m\u009b2J\u202e'
    for (const description of ['first', `${'long '.repeat(40)}end`, `${'long '.repeat(40)}END`, hostile]) {
      const record = { $type: PROFILE, displayName: 'Alice', description }
      await alice.com.atproto.repo.putRecord({ repo: did, collection: PROFILE, rkey: 'self', record })
      moments.push(await moment())
    }
    await alice.com.atproto.repo.deleteRecord({ repo: did, collection: PROFILE, rkey: 'self' })
    moments.push(await moment())
    const post = { $type: 'app.bsky.feed.post', text: 'later', createdAt: '2026-01-01T00:00:00Z' }
    await alice.com.atproto.repo.createRecord({ repo: did, collection: 'app.bsky.feed.post', record: post })
  })
  afterAll(() => server.close())

  it('shows every version, by what changed', async () => {
    const [text, json, some] = await Promise.all([
      skylog(['history', `at://alice.test/${PROFILE}/self`], env),
      skylog(['history', uri, '--json'], env),
      skylog(['history', uri, '--limit', '2'], env),
    ])
    expect(text).toMatchObject({ code: 0, stderr: '' })
    const lines = text.stdout.split('\n')
    expect(lines.slice(0, 2)).toEqual([uri, '5 versions'])
    const heads = lines.filter((line) => /^2\d\d\d-/.test(line)).map((line) => line.split('  ')[1])
    expect(heads).toEqual(['delete', 'update', 'update', 'update', 'create'])
    expect(text.stdout).toContain('  displayName: "Alice"')
    expect(text.stdout).toMatch(/~ description: "first" → "long long/)
    // Of a long value that place is shown where it is another.
    expect(text.stdout).toMatch(/~ description: …long long long long end" → …long long long long END"/)
    // What strangers wrote is no command to a terminal.
    expect(text.stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/)
    const { versions, total } = json.json() as { versions: Record<string, unknown>[]; total: number }
    expect(total).toBe(5)
    expect(versions.map(({ action, kept }) => [action, kept])).toEqual([
      ['delete', false],
      ...Array.from({ length: 3 }, () => ['update', true]),
      ['create', true],
    ])
    expect(versions.at(-1)).toMatchObject({ event: 'commit', value: { description: 'first' } })
    expect(some.stdout).toContain('5 versions, the newest 2 of them here')
    expect(some.stdout).toMatch(/~ description: "long .*… → "Hi/)
    expect(some.stdout.match(/^2/gm)).toHaveLength(2)
  })

  it('brings a record back beside a server, and says before what it would do', async () => {
    const dry = await skylog(['restore', uri, '--at', moments[0]!, '--dry-run'], env)
    expect(dry).toMatchObject({ code: 0 })
    expect(dry.stdout).toMatch(/^This would be done\n {2}as of .*\n {2}created +1 record\n/)
    expect(dry.stdout).toContain(`  create  ${PROFILE}/self`)
    expect((await skylog(['history', uri, '--json'], env)).json()).toMatchObject({ total: 5 })

    const done = await skylog(['restore', uri, '--at', moments[0]!, '--json'], env)
    expect(done).toMatchObject({ code: 0, stderr: '' })
    expect(done.json()).toMatchObject({ dryRun: false, created: 1, updated: 0, deleted: 0, commits: 1 })
    const { data } = await server.agent().com.atproto.repo.getRecord({ repo: did, collection: PROFILE, rkey: 'self' })
    expect(data.value).toMatchObject({ description: 'first' })
    const actions = (await skylog(['action', 'list', '--subject', uri, '--json'], env)).json() as object[]
    expect(actions).toMatchObject([{ actor: 'admin', action: 'restore-records' }])
  })

  it('says that there was and is nothing where a key was mistyped', async () => {
    const { code, stdout } = await skylog(['restore', `${uri}x`, '--at', moments[1]!], env)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Nothing to bring back: there was nothing then, and is nothing now\n/)
  })

  it('tells what compaction has dropped', async () => {
    await server.app.get(CommandBus, { strict: false }).execute(new CompactLog('9999'))
    const text = await skylog(['history', uri], env)
    expect(text.stdout.match(/its value is not kept: the log was compacted/g)).toHaveLength(3)
    const lost = await skylog(['restore', uri, '--at', moments[1]!], env)
    expect(lost.code).toBe(1)
    expect(lost.stdout).toMatch(/Not possible\n {2}\S+: its value is not kept/)
  })

  it('asks before it does it to all records of an account; without a server does it itself', async () => {
    const asked = await skylog(['restore', 'alice.test', '--at', moments[4]!], env)
    expect(asked).toMatchObject({ code: 2, stdout: '' })
    expect(asked.stderr).toContain('--yes')
    await server.close()
    const offline = { PDS_DATA_DIRECTORY: directory }
    const done = await skylog(['restore', 'Alice.test', '--at', moments[4]!, '--yes', '--json'], offline)
    expect(done.code).toBe(0)
    expect(done.json()).toMatchObject({ did, created: 0, deleted: 2, commits: 1 })
    const again = await skylog(['restore', did, '--at', moments[4]!, '--yes'], offline)
    expect(again.stdout).toMatch(/^Nothing to bring back: there was nothing then, and is nothing now\n/)
    expect(await skylog(['verify', did], offline)).toMatchObject({ code: 0 })
    expect(await skylog(['rebuild', '--verify'], offline)).toMatchObject({ code: 0 })
    const { stderr, code } = await skylog(['restore', did, '--at', '2020-01-01', '--yes'], offline)
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/^skylog: there was no repository of .* its log begins at/),
    ])
    server = await startTestServer({}, directory)
  })

  /** Now, as the log has it; whatever comes next is later. */
  async function moment(): Promise<string> {
    await delay(2)
    const now = new Date().toISOString()
    await delay(2)
    return now
  }
})

it('knows archived repositories as well, which nothing is written to', async () => {
  const env = { PDS_DATA_DIRECTORY: archive }
  const repo = sampleRepo({ posts: 3 })
  const file = `${archive}/sample.car`
  writeCar(file, repo)
  expect(await skylog(['import', file], env)).toMatchObject({ code: 0 })
  const found = await skylog(['history', `at://${repo.did}/${repo.paths[0]}`], env)
  expect(found).toMatchObject({ code: 0 })
  expect(found.stdout).toMatch(
    /1 version\n\n.* create by an import .*\n {2}bafy.*\n {2}\$type: "app.bsky.actor.profile"/,
  )
  const missing = await skylog(['history', `at://${repo.did}/app.bsky.feed.post/none`], env)
  expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('has never had a record') as string })
  expect((await skylog(['history', 'at://did:web:nobody.test/a.b.c/d'], env)).stderr).toContain('has nothing of')
  const refused = await skylog(['restore', repo.did, '--at', '0s', '--yes'], env)
  expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('is archived here') as string })
})

it.each([['alice.test'], ['at://alice.test'], ['at://alice.test/app.bsky.feed.post'], ['at://alice.test/a/b/c']])(
  'history: %s is no record',
  async (text) => {
    const { namedRecord } = await import('../../src/modules/cli/named-records.js')
    expect(() => namedRecord(text)).toThrow('not the at-uri of a record')
  },
)

it.each<[string, ReturnType<typeof namedRecords>]>([
  ['alice.test', { who: 'alice.test', path: undefined }],
  ['did:web:alice.test', { who: 'did:web:alice.test', path: undefined }],
  ['at://alice.test', { who: 'alice.test', path: undefined }],
  ['at://alice.test/a.b.c/d', { who: 'alice.test', path: 'a.b.c/d' }],
  ['alice.test/a.b.c/d', null],
  ['./backups', null],
  ['s3://bucket/prefix', null],
  ['backups', null],
])('restore: %s names %j', (text, named) => {
  expect(namedRecords(text)).toEqual(named)
})

const NOW = Date.parse('2026-03-01T12:00:00Z')
it.each([
  ['2h', '2026-03-01T10:00:00.000Z'],
  ['2h ago', '2026-03-01T10:00:00.000Z'],
  ['P1D', '2026-02-28T12:00:00.000Z'],
  ['2026-02-01', '2026-02-01T00:00:00.000Z'],
  ['2026-02-01T10:00', '2026-02-01T10:00:00.000Z'],
  ['2026-02-01 10:00:01.5', '2026-02-01T10:00:01.500Z'],
  ['2026-02-01T10:00:00+02:00', '2026-02-01T08:00:00.000Z'],
  ['2026-02-01T10:00:00-0330', '2026-02-01T13:30:00.000Z'],
])('--at %s is %s', (text, moment) => {
  expect(new Date(parsePast('--at', text, NOW)).toISOString()).toBe(moment)
})

it.each([
  '',
  'noon',
  '2025-02-29',
  '2025-11-31T12:00:00+02:00',
  '2026-02-31T00:00:00Z',
  '2026-13-01',
  '2026-03-02',
  '2026',
  '2026-02-01T10',
])('--at %j is refused', (text) => {
  expect(() => parsePast('--at', text, NOW)).toThrow('--at: ')
})
