/** The rules that hold for every projection, whatever it makes of a record. */
import type { AppendedRow } from '../../src/modules/commit-log/commit-log.js'
import { identityFrame, accountFrame } from '../../src/modules/commit-log/frame.js'
import { Changes } from '../../src/modules/database/changes.js'
import type { Tx } from '../../src/modules/database/database.js'
import { Lexicons } from '../../src/modules/lexicon/lexicons.js'
import { ActorProjection } from '../../src/projections/actor/actor.projection.js'
import { LikeProjection } from '../../src/projections/feed/like.projection.js'
import { readPosition } from '../../src/projections/position.js'
import type { ActorProjection as Actors, RecordProjection } from '../../src/projections/projection.js'
import { Projector } from '../../src/projections/projector.js'
import { type Scratch, scratchDatabase } from '../support/crash.js'
import { dump } from '../support/dump.js'
import { account, alice, bob, carla, cidOf, put, ref, remove, START, type Told } from './given.js'

const LIKE = 'app.bsky.feed.like'
const post = `at://${alice}/app.bsky.feed.post/p`

let scratch: Scratch
let projector: Projector
let heard: Set<string>

beforeEach(async () => {
  scratch = await scratchDatabase()
  heard = new Set()
  const changes = new Changes()
  changes.subscribe((touched) => touched?.forEach((key) => heard.add(key)))
  const projections = [new ActorProjection(changes), new LikeProjection()] as (RecordProjection | Actors)[]
  projector = new Projector(projections, new Lexicons(), changes)
})
afterEach(() => scratch.remove())

const rowsOf = (told: Told[], first = 1): AppendedRow[] =>
  told.map(({ did, kind, detail }, i) => {
    const time = new Date(START + i * 1000).toISOString()
    return { seq: first + i, did, kind, time, detail, rev: null, cid: null, event: null, frame: null, hosted: 1 }
  })
const handle = (rows: AppendedRow[]): Promise<void> => scratch.database.write((tx) => projector.handle(rows, tx))
const likeOf = (rkey: string, who = bob, more: Record<string, unknown> = {}): Told =>
  put(`at://${who}/${LIKE}/${rkey}`, { subject: ref(post), ...more })
const likes = (): Promise<{ uri: string; sort_at: number; indexed_at: number }[]> =>
  Promise.resolve(scratch.database.read.all('SELECT uri, sort_at, indexed_at FROM bsky_like ORDER BY uri'))

it('a batch that is told twice changes nothing, nor one that has some of it', async () => {
  const rows = rowsOf([likeOf('1'), likeOf('2', carla), remove(`at://${bob}/${LIKE}/1`)])
  await handle(rows)
  const before = await dump(scratch.database)
  await handle(rows)
  await handle([...rows.slice(1), ...rowsOf([likeOf('3')], 4)])
  expect(await likes()).toHaveLength(2)
  await handle(rowsOf([remove(`at://${bob}/${LIKE}/3`)], 5))
  expect(await dump(scratch.database)).toBe(before)
})

it('an event that others were appended before is left to whoever catches up', async () => {
  await scratch.database.write(async (tx) =>
    tx.run("INSERT INTO commit_log (seq, did, kind, time) VALUES (1, 'did:web:x', 'sync', '2026-01-01T00:00:00.000Z')"),
  )
  await handle(rowsOf([likeOf('1')], 2))
  expect(await likes()).toEqual([])
  expect(await readPosition(scratch.database.read, 'inline')).toBe(0)
})

it('a record that is not what its lexicon says is skipped and counted', async () => {
  await handle(
    rowsOf([likeOf('1', bob, { subject: 'nothing' }), likeOf('2'), likeOf('3', carla, { createdAt: 'soon' })]),
  )
  expect((await likes()).map(({ uri }) => uri)).toEqual([`at://${bob}/${LIKE}/2`])
  const position = await scratch.database.read.get('SELECT seq, skipped FROM projection_position')
  expect(position).toEqual({ seq: 3, skipped: 2 })
})

it.each([
  ['0001-01-01T00:00:00Z', -62_135_596_800_000],
  ['9999-12-31T23:59:59Z', START],
  ['2025-06-01T00:00:00.123456+02:00', Date.parse('2025-05-31T22:00:00.123Z')],
])('createdAt %s', async (createdAt, sortAt) => {
  await handle(rowsOf([likeOf('1', bob, { createdAt })]))
  expect(await likes()).toMatchObject([{ sort_at: sortAt, indexed_at: START }])
})

it('a statement that fails undoes all, and the position stays', async () => {
  await handle(rowsOf([likeOf('1')]))
  const before = await dump(scratch.database)
  await scratch.database.write(async (tx) => tx.run('ALTER TABLE bsky_backlink RENAME TO elsewhere'))
  await expect(handle(rowsOf([likeOf('2', carla)], 2))).rejects.toThrow('bsky_backlink')
  await scratch.database.write(async (tx) => tx.run('ALTER TABLE elsewhere RENAME TO bsky_backlink'))
  expect(await dump(scratch.database)).toBe(before)
  expect(await readPosition(scratch.database.read, 'inline')).toBe(1)
  await handle(rowsOf([likeOf('2', carla)], 2))
  expect(await likes()).toHaveLength(2)
})

it('caches hear of what a record names, when it comes and when it goes', async () => {
  await handle(rowsOf([likeOf('1')]))
  expect([...heard]).toEqual(expect.arrayContaining([`${bob}#feed`, `at://${bob}/${LIKE}/1`, post]))
  heard.clear()
  await handle(rowsOf([remove(`at://${bob}/${LIKE}/1`)], 2))
  expect([...heard]).toEqual(expect.arrayContaining([`${bob}#feed`, `at://${bob}/${LIKE}/1`, post]))
})

it('identity and account events that are read from the log say the same', async () => {
  const frames = [identityFrame(bob, 'bob.test'), accountFrame(bob, 'deactivated')]
  const time = new Date(START).toISOString()
  const rows = frames.map((frame, i): AppendedRow => {
    const kind = i === 0 ? 'identity' : 'account'
    return { seq: i + 1, did: bob, kind, time, rev: null, cid: null, event: null, frame: frame(i + 1, time), hosted: 1 }
  })
  await handle(rows)
  expect(await scratch.database.read.get('SELECT did, handle, status FROM bsky_actor')).toEqual({
    did: bob,
    handle: 'bob.test',
    status: 'deactivated',
  })
})

describe('an account that is deleted', () => {
  const others = [likeOf('1', carla)]
  // A DID that begins as another one does.
  const near = `${bob}0`

  it('leaves nothing of its records, and everything of others', async () => {
    await handle(rowsOf([...others, likeOf('near', near)]))
    const before = await dump(scratch.database)
    const own = Array.from({ length: 30 }, (_, n) => likeOf(`l${n}`))
    await handle(rowsOf([...own, account(bob, 'deleted')], 3))
    expect((await dump(scratch.database)).replace(/^bsky_actor .*bob.*\n?/m, '').trim()).toBe(before)
  })

  it('goes a little at a time where it is large', async () => {
    await handle(rowsOf([...others, ...Array.from({ length: 25 }, (_, n) => likeOf(`l${n}`))]))
    const erase = (tx: Tx): Promise<boolean> => projector.erase(bob, tx, 10)
    const more: boolean[] = []
    do more.push(await scratch.database.write(erase))
    while (more.at(-1))
    expect(more).toEqual([true, true, false])
    expect(await likes()).toHaveLength(1)
    expect(heard).toContain(post)
  })
})

it('a piece of an import is what stands between two paths', async () => {
  const [kept, changed] = [likeOf('b'), likeOf('c')]
  await handle(rowsOf([likeOf('a'), kept, changed, likeOf('d'), likeOf('e')]))
  const { encodeCbor } = await import('../../src/repo-engine/index.js')
  const next = likeOf('c', bob, { createdAt: '2025-01-01T00:00:00Z' })
  const fresh = likeOf('cc')
  const records = [kept, next, fresh].flatMap(({ detail }) => detail.records!)
  const event = encodeCbor({ partOf: 'x', n: 1, after: `${LIKE}/a`, to: `${LIKE}/d` }) as Buffer
  await handle([{ ...rowsOf([{ did: bob, kind: 'part', detail: { records } }], 6)[0]!, event }])
  const rows = await scratch.database.read.all<{ uri: string; cid: string; indexed_at: number }>(
    'SELECT uri, cid, indexed_at FROM bsky_like ORDER BY uri',
  )
  expect(rows.map(({ uri, cid }) => [uri.split('/').at(-1), cid])).toEqual([
    ['a', cidOf(likeOf('a'))],
    ['b', cidOf(kept)],
    ['c', cidOf(next)],
    ['cc', cidOf(fresh)],
    ['e', cidOf(likeOf('e'))],
  ])
  expect(rows.map(({ indexed_at }) => indexed_at - START)).toEqual([0, 1000, 0, 0, 4000])
})
