/** com.atproto.sync.subscribeRepos, as a plain subscriber sees it. */
import { lexicons } from '@atproto/api'
import { CommandBus } from '@nestjs/cqrs'
import type { Did } from '../../../src/repo-engine/index.js'
import { DeleteAccount } from '../../../src/modules/account/life/delete-account.js'
import { CommitLog, type LogRow } from '../../../src/modules/commit-log/commit-log.js'
import { CompactLog } from '../../../src/modules/repo/compact-log.js'
import { ImportRepo } from '../../../src/modules/repo/import-repo.js'
import { ask, carOf, NOTE, type Owner, signUp } from '../../durability/load.js'
import { TestServer as MovableServer } from '../../support/account-app.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { subscribe, type Subscription } from './subscribe.js'
import { opened, seqOf } from './wire.js'

/** Somebody whose repository lives elsewhere. */
const ELSEWHERE = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'

let server: TestServer

beforeEach(async () => (server = await startTestServer()))
afterEach(() => stopTestServer(server))

const log = (): CommitLog => server.app.get(CommitLog, { strict: false })
const rows = async (): Promise<LogRow[]> => log().read(0, 10_000)
const stored = async (): Promise<Buffer[]> => (await rows()).flatMap(({ frame }) => frame ?? [])
const commands = (): CommandBus => server.app.get(CommandBus, { strict: false })
const write = ({ did, accessJwt }: Owner, text: string, { url }: { url: string } = server): Promise<unknown> =>
  ask(url, 'com.atproto.repo.createRecord', { repo: did, collection: NOTE, record: { $type: NOTE, text } }, accessJwt)
/** All that a subscriber is sent from a cursor on, until it has all there is now. */
async function all(cursor: number): Promise<Buffer[]> {
  const events = await subscribe(server, cursor)
  const alice = await signUp(server.url, `end${await log().lastSeq()}`)
  const messages: Buffer[] = []
  for (let isEnd = false; !isEnd;) {
    const [message] = await events.take(1)
    const { body } = opened<{ did?: string }>(message!)
    isEnd = body.did === alice.did
    if (!isEnd) messages.push(message!)
  }
  events.close()
  return messages
}

describe('37. where a subscriber begins', () => {
  it('cursor=0 brings the whole history, byte for byte as it was stored, and then what happens', async () => {
    const alice = await server.signUp('alice')
    for (let i = 0; i < 20; i++) await alice.post({ text: `before ${i}` })
    const events = await subscribe(server, 0)
    await alice.post({ text: 'after' })
    const frames = await stored()
    expect(await events.take(frames.length)).toEqual(frames)
    events.close()
  })

  it('without a cursor, what happens from now on', async () => {
    const alice = await server.signUp('alice')
    const events = await subscribe(server)
    const { uri } = await alice.post({ text: 'now' })
    const [message] = await events.take(1)
    const { type, body } = opened(message!)
    expect(type).toBe('#commit')
    expect(body).toMatchObject({
      repo: alice.assertDid,
      ops: [{ action: 'create', path: uri.slice(`at://${alice.assertDid}/`.length) }],
    })
    events.close()
  })

  it('with the number of the last event that it has, right behind it', async () => {
    const alice = await signUp(server.url, 'alice')
    for (let i = 0; i < 5; i++) await write(alice, `${i}`)
    const frames = await stored()
    for (const [i, frame] of frames.entries()) {
      const events = await subscribe(server, seqOf(frame))
      expect(await events.take(frames.length - i - 1)).toEqual(frames.slice(i + 1))
      events.close()
    }
  })

  it('a cursor in the future is refused, and so is one that is no number', async () => {
    for (const [cursor, error] of [
      [Number.MAX_SAFE_INTEGER, 'FutureCursor'],
      [(await log().lastSeq()) + 1, 'FutureCursor'],
      ['9223372036854775808', 'InvalidRequest'],
      ['-x', 'InvalidRequest'],
      ['1&cursor=2', 'InvalidRequest'],
    ] as const) {
      const events = await subscribe(server, cursor)
      const [message] = await events.take(1)
      expect(opened(message!)).toMatchObject({ type: 'error', body: { error, message: expect.any(String) as string } })
      expect(await events.closed).toBe(1008)
      expect(events.messages).toEqual([])
    }
  })

  it('a cursor below zero is the beginning, of which nothing is missing', async () => {
    await signUp(server.url, 'alice')
    const events = await subscribe(server, -5)
    const frames = await stored()
    expect(await events.take(frames.length)).toEqual(frames)
    events.close()
  })
})

describe('a cursor from before what is kept is told OutdatedCursor, and begins with what is', () => {
  const isOutdated = (message: Buffer): void =>
    expect(opened(message)).toEqual({
      type: '#info',
      body: { name: 'OutdatedCursor', message: expect.any(String) as string },
    })

  it('after compaction', async () => {
    const alice = await signUp(server.url, 'alice')
    for (let i = 0; i < 5; i++) await write(alice, `${i}`)
    await commands().execute(new CompactLog('9999'))
    const compacted = (await rows()).findLast(({ frame }) => frame === null)!.seq
    for (let i = 0; i < 5; i++) await write(alice, `${i}`)
    for (const cursor of [0, compacted - 1, compacted]) {
      const kept = (await rows()).filter(({ seq }) => seq > compacted).map(({ frame }) => frame!)
      const messages = await all(cursor)
      if (cursor < compacted) isOutdated(messages.shift()!)
      expect(messages).toEqual(kept)
    }
  })

  it('after compaction that has overtaken it on its way', async () => {
    const alice = await signUp(server.url, 'alice')
    const big = 'x'.repeat(900_000)
    for (let i = 0; i < 15; i++) await write(alice, `${i} ${big}`)
    const before = (await rows()).slice(-15)
    const events = await subscribe(server, before[0]!.seq - 1)
    const sent = await events.take(1)
    // From here on the network takes a few, and the server has to wait.
    events.webSocket.pause()
    await commands().execute(new CompactLog('9999'))
    await write(alice, 'after')
    const [{ frame: last }] = (await log().read((await log().lastSeq()) - 1)) as [LogRow]
    events.webSocket.resume()
    while (!sent.at(-1)!.equals(last!)) sent.push(...(await events.take(1)))
    events.close()
    const told = sent.findIndex((message) => message.length < 1_000)
    // One by one: they are large.
    for (const [i, message] of sent.slice(0, told).entries()) expect(message.equals(before[i]!.frame!)).toBe(true)
    isOutdated(sent[told]!)
    // Some are read before compaction has come to them, and none of those comes twice.
    const rest = sent.slice(told + 1, -1).map((message) => before.findIndex(({ frame }) => message.equals(frame!)))
    expect(rest.every((place, i) => place > (rest[i - 1] ?? told))).toBe(true)
  })

  it('by PDS_REPO_BACKFILL_LIMIT_MS', async () => {
    const limited = await MovableServer.start({ PDS_REPO_BACKFILL_LIMIT_MS: '600000' })
    const log = limited.get(CommitLog)
    const alice = await signUp(limited.url, 'alice')
    await write(alice, 'old', limited)
    const last = await log.lastSeq()
    const fresh = await subscribe(limited, 0)
    expect(opened((await fresh.take(1))[0]!).type).toBe('#identity')
    fresh.close()

    limited.advance(700_000)
    await write(alice, 'new', limited)
    await write(alice, 'newer', limited)
    const [one, other] = (await log.read(last)).map(({ frame }) => frame!)
    const events = await subscribe(limited, 0)
    const [info, ...rest] = await events.take(3)
    isOutdated(info!)
    expect(rest).toEqual([one, other])
    events.close()
    for (const cursor of [last, last + 1]) {
      const events = await subscribe(limited, cursor)
      expect(await events.take(1)).toEqual([cursor === last ? one : other])
      events.close()
    }
    await limited.close()
  })
})

describe('whose events are sent', () => {
  const importArchived = (): Promise<unknown> =>
    commands().execute(
      new ImportRepo(
        (async function* () {
          yield carOf(ELSEWHERE, 1, 20)
        })(),
        { did: null, hosting: 'archived', key: null },
      ),
    )
  const types = (messages: Buffer[]): string[] => messages.map((message) => opened(message).type)

  it('those of accounts that are hosted here, and none of archived repositories', async () => {
    const live = await subscribe(server)
    await importArchived()
    const alice = await signUp(server.url, 'alice')
    await write(alice, 'hello')
    const sent = await live.take(5)
    expect(types(sent)).toEqual(['#identity', '#account', '#commit', '#sync', '#commit'])
    for (const message of sent) expect(message.includes(ELSEWHERE)).toBe(false)
    expect(await all(0)).toEqual(sent)
    live.close()
  })

  it('all of them with PDS_FIREHOSE_SCOPE=all', async () => {
    await server.close()
    server = await startTestServer({ PDS_FIREHOSE_SCOPE: 'all' }, server.directory)
    const live = await subscribe(server)
    await importArchived()
    const [sync] = await live.take(1)
    expect(opened(sync!)).toMatchObject({ type: '#sync', body: { did: ELSEWHERE } })
    expect(await all(0)).toEqual([sync])
    live.close()
  })

  it('of an erased account that it is deleted, and nothing from before', async () => {
    const alice = await signUp(server.url, 'alice')
    const bob = await signUp(server.url, 'bob')
    for (let i = 0; i < 5; i++) for (const owner of [alice, bob]) await write(owner, `${i}`)
    const live = await subscribe(server)
    const { erased } = await commands().execute(new DeleteAccount(bob.did as Did))
    await erased()
    const [deletion] = await live.take(1)
    expect(opened(deletion!)).toMatchObject({
      type: '#account',
      body: { did: bob.did, active: false, status: 'deleted' },
    })
    const messages = await all(0)
    expect(messages.filter((message) => message.includes(bob.did))).toEqual([deletion])
    expect(types(messages)).toEqual([
      '#identity',
      '#account',
      '#commit',
      '#sync',
      ...Array(5).fill('#commit'),
      '#account',
    ])
    live.close()
  })
})

describe('what an event may be', () => {
  const applyWrites = ({ did, accessJwt }: Owner, writes: object[]): Promise<unknown> =>
    ask(server.url, 'com.atproto.repo.applyWrites', { repo: did, writes }, accessJwt)
  const create = (rkey: string, text: string): object => ({
    $type: 'com.atproto.repo.applyWrites#create',
    collection: NOTE,
    rkey,
    value: { $type: NOTE, text },
  })
  const commitOf = async (events: Subscription): Promise<{ ops: unknown[]; blocks: Uint8Array }> => {
    const { type, body } = opened<{ ops: unknown[]; blocks: Uint8Array }>((await events.take(1))[0]!)
    lexicons.assertValidXrpcMessage('com.atproto.sync.subscribeRepos', {
      $type: `com.atproto.sync.subscribeRepos${type}`,
      ...body,
    })
    return body
  }

  it('200 operations, and no more', async () => {
    const alice = await signUp(server.url, 'alice')
    const events = await subscribe(server)
    const writes = Array.from({ length: 201 }, (_, i) => create(`k${i}`, `${i}`))
    await expect(applyWrites(alice, writes)).rejects.toThrow(/400.*Max: 200/)
    await applyWrites(alice, writes.slice(1))
    expect((await commitOf(events)).ops).toHaveLength(200)
    events.close()
  })

  it('2 MB of blocks, and no more', async () => {
    const alice = await signUp(server.url, 'alice')
    const events = await subscribe(server)
    const writes = (size: number): object[] => [create('a', 'a'.repeat(size)), create('b', 'b'.repeat(size))]
    await expect(applyWrites(alice, writes(1_000_000))).rejects.toThrow(/400.*Max event size/)
    await applyWrites(alice, writes(999_600))
    const { blocks } = await commitOf(events)
    expect(blocks.length).toBeGreaterThan(1_999_000)
    expect(blocks.length).toBeLessThanOrEqual(2_000_000)
    events.close()
  })
})
