import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'better-sqlite3'
import { startTestServer } from '../support/server.js'
import { dataDirectory, skylog } from './run-cli.js'

const directory = dataDirectory()
const sound = join(directory, 'sound')
let did: string

beforeAll(async () => {
  mkdirSync(sound)
  const server = await startTestServer({}, sound)
  const alice = await server.signUp('alice')
  did = alice.assertDid
  const post = (text: string) =>
    alice.com.atproto.repo.createRecord({
      repo: did,
      collection: 'app.bsky.feed.post',
      record: { $type: 'app.bsky.feed.post', text, createdAt: '2026-01-01T00:00:00Z' },
    })
  // Enough for the nodes to have been stored on the way, and for some commits to have come after that.
  for (let i = 0; i < 100; i++) await post(`post ${i}`)
  await alice.com.atproto.repo.putRecord({
    repo: did,
    collection: 'app.bsky.actor.profile',
    rkey: 'self',
    record: { $type: 'app.bsky.actor.profile', displayName: 'Alice' },
  })
  const { data } = await post('to be deleted')
  await alice.com.atproto.repo.deleteRecord({
    repo: did,
    collection: 'app.bsky.feed.post',
    rkey: data.uri.split('/').pop()!,
  })
  await server.close()
})

interface Found {
  problems: string[]
  log: { events: number; data: string | null }
}

/** What `verify` finds in a copy of the data to which something has been done. */
async function verifyAfter(
  name: string,
  damage: (db: Sqlite.Database) => void,
): Promise<Found & { code: number | null }> {
  const copy = join(directory, name)
  cpSync(sound, copy, { recursive: true })
  const db = new Sqlite(join(copy, 'skylog.sqlite'))
  try {
    damage(db)
  } finally {
    db.close()
  }
  const ran = await skylog(['verify', did, '--data', copy, '--json'])
  return { code: ran.code, ...(ran.json() as Found) }
}

it('finds a repository that was written here sound, and its log to make the same tree', async () => {
  const [json, text] = await Promise.all([
    skylog(['verify', did, '--data', sound, '--json']),
    skylog(['verify', did, '--data', sound]),
  ])
  expect(json.code).toBe(0)
  const found = json.json() as Found & { commit: { data: string } }
  expect(found).toMatchObject({ signature: { state: 'valid' }, problems: [], handle: 'alice.test' })
  expect(found.log.events).toBeGreaterThan(102)
  expect(found.log.data).toBe(found.commit.data)
  expect(text.stdout).toMatch(/101 records checked, \d+ events folded, in [\d.]+ s\nSignature valid/)
})

it('finds records that are changed, gone, or left over, each by itself', async () => {
  let paths: string[] = []
  const { code, problems } = await verifyAfter('records', (db) => {
    paths = db.prepare('SELECT path FROM record ORDER BY path LIMIT 20').pluck().all() as string[]
    const change = db.prepare('UPDATE record SET bytes = ? WHERE path = ?')
    change.run(Buffer.from('a1', 'hex'), paths[3])
    db.prepare('DELETE FROM record WHERE path = ?').run(paths[9])
    db.prepare(
      `INSERT INTO record (tree, path, rev, cid, bytes) SELECT tree, path || 'x', rev, cid, bytes FROM record WHERE path = ?`,
    ).run(paths[15])
  })
  expect(code).toBe(1)
  expect(problems).toHaveLength(3)
  expect(problems).toContain(`record ${paths[3]}: does not hash to its CID`)
  expect(problems).toContainEqual(expect.stringMatching(`^record ${paths[9]}: missing block`))
  expect(problems).toContain(`record ${paths[15]}x is stored, but not in the tree`)
})

it('finds nodes that are changed or left over', async () => {
  const [changed, leftOver] = [
    await verifyAfter('node', (db) => {
      // One that no later commit has touched: the first on the bottom layer.
      db.prepare(
        'UPDATE tree_node SET bytes = substr(bytes, 1, length(bytes) - 1) WHERE depth = 0 AND after = (SELECT min(after) FROM tree_node WHERE depth = 0)',
      ).run()
    }),
    await verifyAfter('extra', (db) => {
      db.prepare(
        "INSERT INTO tree_node (tree, after, depth, rev, cid, bytes) SELECT tree, 'zzz', 0, rev, cid, bytes FROM tree_node LIMIT 1",
      ).run()
    }),
  ]
  expect(changed.code).toBe(1)
  expect(changed.problems.join()).toMatch(/MST node|hash/)
  expect(leftOver.problems).toEqual(['the node after zzz on layer 0 is stored, but not in the tree'])
})

it('finds a head that the log does not end with, and a log that does not fit together', async () => {
  const [lost, gap] = [
    await verifyAfter('lost', (db) => {
      db.prepare("DELETE FROM commit_log WHERE seq = (SELECT max(seq) FROM commit_log WHERE kind = 'commit')").run()
    }),
    await verifyAfter('gap', (db) => {
      db.prepare(
        "DELETE FROM commit_log WHERE seq = (SELECT seq FROM commit_log WHERE kind = 'commit' ORDER BY seq LIMIT 1 OFFSET 10)",
      ).run()
    }),
  ]
  expect(lost.code).toBe(1)
  expect(lost.problems).toContainEqual(expect.stringContaining('the log ends with event'))
  expect(gap).toMatchObject({ code: 1, log: { data: null } })
  expect(gap.problems).toEqual([expect.stringMatching(/^log: event \d+ \(commit\): it follows rev/)])
})

it('finds a head that is signed by somebody else', async () => {
  const { code, problems } = await verifyAfter('signature', (db) => {
    const [row] = db.prepare('SELECT commit_block FROM repo').all() as { commit_block: Buffer }[]
    row!.commit_block[row!.commit_block.length - 80]! ^= 1
    db.prepare('UPDATE repo SET commit_block = ?').run(row!.commit_block)
  })
  expect(code).toBe(1)
  expect(problems[0]).toContain('commit block does not hash to its CID')
})

it('goes by a handle as well, as inspect does', async () => {
  const [verified, inspected, nobody] = await Promise.all(
    ['verify Alice.TEST', 'inspect alice.test', 'verify nobody.test'].map((line) =>
      skylog([...line.split(' '), '--data', sound, '--json']),
    ),
  )
  expect(verified).toMatchObject({ code: 0, stderr: '' })
  expect([verified!.json().did, inspected!.json().did]).toEqual([did, did])
  expect(nobody).toMatchObject({
    code: 1,
    stdout: '',
    stderr: `skylog: there is no file nobody.test, and no account of that name in ${sound}\n`,
  })
})

it('verifies all that there is, and names those with problems', async () => {
  const [json, text] = await Promise.all([
    skylog(['verify', '--all', '--data', sound, '--json']),
    skylog(['verify', '--all', '--data', sound]),
  ])
  expect(json.code).toBe(0)
  expect(json.json()).toMatchObject({ repos: 1, records: 101, bad: [] })
  expect(text.stdout).toMatch(
    /^1 repository: 101 records checked and \d+ events folded, in [\d.]+ s\nNo problems found\n$/,
  )

  const copy = join(directory, 'all')
  cpSync(sound, copy, { recursive: true })
  const db = new Sqlite(join(copy, 'skylog.sqlite'))
  db.exec("UPDATE record SET bytes = x'a0' WHERE path = (SELECT min(path) FROM record)")
  db.close()
  const bad = await skylog(['verify', '--all', '--data', copy])
  expect(bad.code).toBe(1)
  expect(bad.stdout).toMatch(
    new RegExp(
      `Problems found with 1 repository\n  alice\\.test \\(${did}\\)\n    .*app\\.bsky\\.actor\\.profile/self`,
    ),
  )
})
