/** The rows depend on the records that stand at the end, not on the order in which they and others came and went. */
import { alice, bob, carla, dan, put, ref, remove, START, type Story, type Told } from '../given.js'
import { feedStory, mentioning, post, postgate, postUri, quoting, reply, rule, threadgate } from './feed.js'

const ACTORS = [alice, bob, carla, dan]
const ORDERS = 4

/** Random numbers that are the same for the same seed (mulberry32). */
function random(seed: number): (below: number) => number {
  return (below) => {
    seed = (seed + 0x6d2b79f5) | 0
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const uriOf = ({ did, detail }: Told): string => `at://${did}/${detail.ops![0]!.path}`

/** Records by four actors about each other’s posts, some of which never come. */
function records(next: (below: number) => number): Told[] {
  const actor = (): string => ACTORS[next(ACTORS.length)]!
  const somePost = (): string => postUri(actor(), `p${next(7)}`)
  const about = (): Record<string, unknown> => ({
    ...(next(3) === 0 && quoting(somePost())),
    ...(next(3) === 0 && mentioning(actor(), actor())),
  })
  const written = new Map<string, Told>()
  for (let n = 0; n < 60; n++) {
    const [did, rkey] = [actor(), `p${next(6)}`]
    const subject = {
      subject: ref(somePost()),
      ...(next(2) && { via: ref(`at://${actor()}/app.bsky.feed.repost/r1`) }),
    }
    const record = [
      () => post(did, rkey, about()),
      () => reply(did, rkey, somePost(), somePost(), about()),
      () => reply(did, rkey, somePost(), postUri(alice, 'p0'), about()),
      () => put(`at://${did}/app.bsky.feed.like/l${n}`, subject),
      () => put(`at://${did}/app.bsky.feed.repost/r${next(4)}`, subject),
      () =>
        threadgate(did, rkey, [{ allow: [] }, { allow: [rule('mention')] }, { hiddenReplies: [somePost()] }][next(3)]!),
      () => postgate(did, rkey, next(3) > 0),
    ][next(7)]!()
    written.set(uriOf(record), { ...record, at: START + n * 1000 })
  }
  return [...written.values()]
}

/** What another record of the collection says, at the uri of this one. */
function anotherVersion({ did, detail }: Told, standing: readonly Told[]): Told {
  const { path } = detail.ops![0]!
  const collection = path.split('/')[0]!
  const other = standing.find((told) => told.detail.ops![0]!.path.startsWith(`${collection}/`))!
  const { cid, bytes } = other.detail.records![0]!
  return {
    did,
    kind: 'commit',
    detail: { ops: [{ action: 'create', path, cid, prev: null }], records: [{ path, cid, bytes }] },
  }
}

function asUpdate(told: Told): Told {
  return {
    ...told,
    detail: { ...told.detail, ops: told.detail.ops!.map((op) => ({ ...op, action: 'update' as const })) },
  }
}

function shuffled<Item>(items: readonly Item[], next: (below: number) => number): Item[] {
  const left = [...items]
  return items.map(() => left.splice(next(left.length), 1)[0]!)
}

describe.each([1, 2, 3, 4, 5, 6])('records of seed %i', (seed) => {
  let told: Story
  beforeAll(async () => {
    told = await feedStory()
  })
  afterAll(() => told.close())

  it('mean the same in any order, and nothing when they are gone', async () => {
    const next = random(seed)
    const standing = records(next)
    let first: string | undefined
    for (let order = 0; order < ORDERS; order++) {
      for (const record of shuffled(standing, next)) {
        // Some come as the next version of another record that has stood there, or after having been deleted.
        const before = anotherVersion(record, standing)
        if (next(4) === 0) await told.given(before, remove(uriOf(record)), record)
        else if (next(4) === 0) await told.given(before, asUpdate(record))
        else await told.given(record)
      }
      const dumped = await told.dump()
      first ??= dumped
      expect(dumped).toBe(first)
      expect(dumped.length).toBeGreaterThan(1000)
      await told.given(...shuffled(standing, next).map((record) => remove(uriOf(record))))
      expect(await told.dump()).toBe('')
    }
  })
})
