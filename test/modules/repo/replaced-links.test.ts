import { CommandBus } from '@nestjs/cqrs'
import { type Did, TidClock } from '../../../src/repo-engine/index.js'
import { CommitLog, type LogRow } from '../../../src/modules/commit-log/commit-log.js'
import { Lexicons } from '../../../src/modules/lexicon/lexicons.js'
import { readCommitEvent } from '../../../src/modules/repo/fold-log.js'
import { prepareWrite } from '../../../src/modules/repo/prepare-write.js'
import { WriteRecords } from '../../../src/modules/repo/write-records.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'

const collection = 'app.bsky.graph.follow'
const record = { subject: 'did:plc:ewvi7nxzyoun6zhxrhs64oiz', createdAt: '2026-01-01T00:00:00.000Z' }

let server: TestServer
let alice: Awaited<ReturnType<TestServer['signUp']>>

beforeEach(async () => {
  server = await startTestServer()
  alice = await server.signUp('alice')
})
afterEach(() => stopTestServer(server))

async function count(): Promise<number> {
  let found = 0
  for (let cursor: string | undefined, isLast = false; !isLast; isLast = cursor === undefined) {
    const query = { repo: alice.assertDid, collection, limit: 100, cursor }
    const { data } = await alice.com.atproto.repo.listRecords(query)
    found += data.records.length
    cursor = data.cursor
  }
  return found
}

describe('records of which there is one a subject', () => {
  it('replace each other also while the one before is still being written', async () => {
    const [lexicons, tids, commands] = [
      new Lexicons(),
      new TidClock(Date.now),
      server.app.get(CommandBus, { strict: false }),
    ]
    const follow = (): Promise<unknown> => {
      const write = prepareWrite({ action: 'create', collection, record }, undefined, lexicons, () => tids.next())
      return commands.execute(new WriteRecords(alice.assertDid as Did, [write], { replaceLinks: true }))
    }
    // All in one tick: none of them is stored when the next is formatted.
    await Promise.all(Array.from({ length: 8 }, follow))
    expect(await count()).toBe(1)
  })

  it('are replaced as many at a time as one commit can hold: never more than 200 operations', async () => {
    // Writes that come together replace nothing.
    const create = { $type: 'com.atproto.repo.applyWrites#create' as const, collection, value: record }
    for (const n of [200, 150])
      await alice.com.atproto.repo.applyWrites({
        repo: alice.assertDid,
        writes: Array.from({ length: n }, () => create),
      })
    expect(await count()).toBe(350)
    const log = server.app.get(CommitLog, { strict: false })
    for (const [ops, left] of [
      [200, 152],
      [153, 1],
      [2, 1],
    ]) {
      await alice.com.atproto.repo.createRecord({ repo: alice.assertDid, collection, record })
      const [row] = (await log.read((await log.lastSeq()) - 1)) as [LogRow]
      expect(readCommitEvent(row).ops).toHaveLength(ops!)
      expect(await count()).toBe(left)
    }
  })
})
