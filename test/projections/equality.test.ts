/**
 * I5: the projections are a function of the log. Over random histories, what was kept all along equals what a rebuild makes
 * and what a follower makes that reads the log in batches of any size, some of them twice.
 *
 * A history that fails can be had again, with a look after every step: SKYLOG_EQUALITY_SEED=<seed> npm run jest -- equality
 */
import { CommandBus } from '@nestjs/cqrs'
import { CommitLog, type LogRow } from '../../src/modules/commit-log/commit-log.js'
import { Changes } from '../../src/modules/database/changes.js'
import { Database } from '../../src/modules/database/database.js'
import { Config } from '../../src/modules/config/config.js'
import { SigningKeys } from '../../src/modules/identity/signing-keys.js'
import { Lexicons } from '../../src/modules/lexicon/lexicons.js'
import { reportOn } from '../../src/modules/cli/repo-report.js'
import { CompactLog } from '../../src/modules/repo/compact-log.js'
import { PROJECTIONS, Projector } from '../../src/projections/projector.js'
import { Rebuild } from '../../src/projections/replay/rebuild.js'
import { type Scratch, scratchDatabase } from '../support/crash.js'
import { dump } from '../support/dump.js'
import { startTestServer, stopTestServer, type TestServer } from '../support/server.js'
import type { Member } from './replay/community.js'
import { RandomHistory } from './random-history.js'
import { Chance } from './random-records.js'

const { SKYLOG_EQUALITY_SEED, SKYLOG_EQUALITY_SEEDS = '5' } = process.env
const SEEDS = SKYLOG_EQUALITY_SEED
  ? SKYLOG_EQUALITY_SEED.split(',').map(Number)
  : Array.from({ length: Number(SKYLOG_EQUALITY_SEEDS) }, (_, i) => i + 1)
const STEPS = 150
const STEPS_PER_LOOK = SKYLOG_EQUALITY_SEED ? 1 : 30
const SHOWN = 16
const SHOWN_STEPS = 6

/** Tables of its own, fed from another server's log. */
class Follower {
  private seq = 0

  private constructor(
    private readonly log: CommitLog,
    private readonly from: Database,
    private readonly scratch: Scratch,
    private readonly projector: Projector,
    private readonly chance: Chance,
  ) {}

  static async of(server: TestServer, seed: number): Promise<Follower> {
    const get = <T>(type: Function & { prototype: T }): T => server.app.get<T>(type, { strict: false })
    const projections = server.app.get<object[]>(PROJECTIONS, { strict: false }) as never
    const projector = new Projector(projections, get(Lexicons), new Changes())
    return new Follower(get(CommitLog), get(Database), await scratchDatabase(), projector, new Chance(seed))
  }

  /** Reads on to the end of the log; of each batch the last events come again with the next one. */
  async catchUp(): Promise<void> {
    let repeated: LogRow[] = []
    for (;;) {
      const rows = await this.log.read(this.seq, 1 + this.chance.below(20))
      if (rows.length === 0) return
      await this.tell([...repeated, ...rows])
      this.seq = rows.at(-1)!.seq
      repeated = this.chance.is(0.3) ? rows.slice(this.chance.below(rows.length)) : []
      if (this.chance.is(0.2)) await this.tell(rows)
    }
  }

  dump(): Promise<string> {
    return dump(this.scratch.database)
  }

  close(): Promise<void> {
    return this.scratch.remove()
  }

  private async tell(rows: LogRow[]): Promise<void> {
    const { database } = this.scratch
    const parts = await this.from.read.all<{ part_of: string; n: number; bytes: Buffer }>(
      'SELECT * FROM commit_log_part',
    )
    await database.write(async (tx) => {
      await tx.run('DELETE FROM commit_log_part')
      for (const { part_of, n, bytes } of parts)
        await tx.run('INSERT INTO commit_log_part (part_of, n, bytes) VALUES (?, ?, ?)', part_of, n, bytes)
      await this.projector.handle(rows, tx)
    })
  }
}

/** Tables that had rows, and what else has to come up. */
const met = new Set<string>()

function noteKinds(dumped: string): void {
  for (const line of dumped.split('\n')) {
    const [table, reason] = [line.slice(0, line.indexOf(' ')), /"reason":"([^"]+)"/.exec(line)?.[1]]
    met.add(table)
    if (reason) met.add(reason)
    if (table === 'bsky_post' && !line.includes('"gated":0')) met.add('gated')
  }
}

/** The lines that only one of them has. */
function difference(left: string, right: string): string[] {
  const [a, b] = [new Set(left.split('\n')), new Set(right.split('\n'))]
  const only = (mine: Set<string>, other: Set<string>, sign: string): string[] =>
    [...mine].filter((line) => !other.has(line)).map((line) => `${sign} ${line}`)
  return [...only(a, b, '-'), ...only(b, a, '+')].sort((x, y) => (x.slice(2) < y.slice(2) ? -1 : 1))
}

it('I5 what was judged by what stood at its moment comes out of a compacted log the same', async () => {
  const server = await startTestServer()
  try {
    const [alice, bob, carla] = await Promise.all(['alice', 'bob', 'carla'].map((name) => server.signUp(name)))
    const put = async (who: Member, path: string, record: object): Promise<string> => {
      const [collection, rkey] = path.split('/') as [string, string]
      const value = { createdAt: new Date().toISOString(), ...record }
      const { data } = await who.com.atproto.repo.putRecord({ repo: who.assertDid, collection, rkey, record: value })
      return data.uri
    }
    const [first, second] = ['3kaaaaaaaaa2a', '3kaaaaaaaab2b']
    const list = `at://${alice!.assertDid}/app.bsky.graph.list/${first}`
    const root = await put(alice!, `app.bsky.feed.post/${first}`, { text: 'who may reply' })
    await put(alice!, `app.bsky.feed.threadgate/${first}`, {
      post: root,
      allow: [
        { $type: 'app.bsky.feed.threadgate#followingRule' },
        { $type: 'app.bsky.feed.threadgate#listRule', list },
      ],
    })
    const gone = [
      await put(alice!, `app.bsky.graph.follow/${first}`, { subject: bob!.assertDid }),
      await put(alice!, `app.bsky.graph.listitem/${first}`, { subject: carla!.assertDid, list }),
      await put(alice!, `app.bsky.graph.verification/${first}`, {
        ...{ subject: bob!.assertDid, handle: 'bob.test', displayName: 'Bob' },
      }),
    ]
    const ref = { uri: root, cid: 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a' }
    const reply = { text: 'I may', reply: { root: ref, parent: ref } }
    for (const who of [bob!, carla!]) await put(who, `app.bsky.feed.post/${first}`, reply)
    for (const uri of gone) {
      const [, , repo, collection, rkey] = uri.split('/') as [string, string, string, string, string]
      await alice!.com.atproto.repo.deleteRecord({ repo, collection, rkey })
    }
    for (const who of [bob!, carla!]) await put(who, `app.bsky.feed.post/${second}`, reply)

    const database = server.app.get(Database, { strict: false })
    const live = await dump(database)
    await server.app.get(CommandBus, { strict: false }).execute(new CompactLog('9999'))
    await server.app.get(Rebuild, { strict: false }).run([])
    expect(difference(live, await dump(database))).toEqual([])
    const verdicts = await database.read.all<{ uri: string; gated: number }>(
      'SELECT uri, gated <> 0 AS gated FROM bsky_post WHERE reply_root IS NOT NULL',
    )
    for (const { uri, gated } of verdicts) expect([uri, gated]).toEqual([uri, uri.endsWith(first!) ? 0 : 1])
    expect(verdicts).toHaveLength(4)
    const told = await database.read.all<{ did: string }>(
      "SELECT did FROM bsky_notification WHERE reason = 'unverified'",
    )
    expect(told).toEqual([{ did: bob!.assertDid }])
  } finally {
    await stopTestServer(server)
  }
})

describe('I5 dump(live) = dump(rebuilt) = dump(caught up), over random histories', () => {
  it.each(SEEDS)('seed %i', async (seed) => {
    const server = await startTestServer()
    const follower = await Follower.of(server, seed)
    try {
      const database = server.app.get(Database, { strict: false })
      const rebuild = server.app.get(Rebuild, { strict: false })
      const chance = new Chance(seed + 1000)
      const history = await RandomHistory.begin(server, seed)
      const compare = (what: string, live: string, other: string): void => {
        if (live === other) return
        const lines = difference(live, other)
        const told = [
          `seed ${seed}, after ${history.steps.length} steps: what is ${what} (+) is not what is live (-)`,
          ...lines.slice(0, SHOWN).map((line) => `  ${line}`),
          ...(lines.length > SHOWN ? [`  … ${lines.length - SHOWN} more`] : []),
          'the last steps were:',
          ...history.steps.slice(-SHOWN_STEPS).map((step) => `  ${step}`),
        ]
        throw new Error(history.named(told.join('\n')))
      }
      for (let step = 1; step <= STEPS; step++) {
        const { erasing } = history
        await history.step()
        // The log may be read while an account goes from it.
        if (history.erasing !== erasing && chance.is(0.5)) await Promise.all([follower.catchUp(), rebuild.run([])])
        if (step % STEPS_PER_LOOK !== 0) continue
        if (chance.is(0.5)) await history.compact('9999')
        await history.erasing
        const live = await dump(database)
        await follower.catchUp()
        compare('caught up', live, await follower.dump())
        await rebuild.run([], { pace: { sliceMs: chance.below(12), pauseMs: 0 } })
        compare('rebuilt', live, await dump(database))
        noteKinds(live)
      }
      const config = Config.fromEnv({ PDS_DATA_DIRECTORY: server.directory })
      for (const did of history.dids) {
        // The document of one that was deleted and came back still names the key that it had before.
        const key = await server.app.get(SigningKeys, { strict: false }).publicKey(did)
        const { problems } = await reportOn(did, config, { foldLog: true, key: key! })
        expect(problems.lines()).toEqual([])
      }
    } finally {
      await follower.close()
      await stopTestServer(server)
    }
  })

  it('and they have met everything that there is to be equal', async () => {
    if (SKYLOG_EQUALITY_SEED) return
    const { database, remove } = await scratchDatabase()
    const tables = await database.read.all<{ name: string }>(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB 'bsky_*' AND name NOT GLOB 'bsky_*_search_*'",
    )
    await remove()
    const reasons = [
      ...['like', 'repost', 'follow', 'mention', 'reply', 'quote', 'starterpack-joined', 'verified', 'unverified'],
      ...['like-via-repost', 'repost-via-repost'],
    ]
    expect([...tables.map(({ name }) => name), ...reasons, 'gated'].filter((kind) => !met.has(kind))).toEqual([])
  })
})
