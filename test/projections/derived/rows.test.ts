import type { Tx } from '../../../src/modules/database/database.js'
import { addBacklinks, hasBacklinks, removeBacklinks } from '../../../src/projections/derived/backlinks.js'
import { countActor, countPost } from '../../../src/projections/derived/counts.js'
import { type Notification, notify, withdraw } from '../../../src/projections/derived/notifications.js'
import type { Did } from '../../../src/repo-engine/index.js'
import { type Scratch, scratchDatabase } from '../../support/crash.js'
import { dump } from '../../support/dump.js'

const [alice, bob] = ['did:web:alice.test', 'did:web:bob.test'] as [Did, Did]
const uri = `at://${bob}/app.bsky.feed.like/l1`

let scratch: Scratch
beforeEach(async () => {
  scratch = await scratchDatabase()
})
afterEach(() => scratch.remove())

const write = <T>(fn: (tx: Tx) => Promise<T>): Promise<T> => scratch.database.write(fn)
const rows = (table: string): unknown => scratch.database.read.all(`SELECT * FROM ${table}`)

describe('counts', () => {
  it('of one thing are kept in one row, which goes with the last of them', async () => {
    await write(async (tx) => {
      await countPost(tx, uri, 'likes', 1)
      await countPost(tx, uri, 'likes', 1)
      await countPost(tx, uri, 'quotes', 1)
      await countActor(tx, alice, 'posts', 1)
    })
    expect(rows('bsky_post_stat')).toEqual([{ uri, likes: 2, reposts: 0, replies: 0, quotes: 1 }])
    expect(rows('bsky_actor_stat')).toMatchObject([{ did: alice, posts: 1, followers: 0 }])
    await write(async (tx) => {
      for (const what of ['likes', 'quotes', 'likes'] as const) await countPost(tx, uri, what, -1)
      await countActor(tx, alice, 'posts', -1)
    })
    expect(await dump(scratch.database)).toBe('')
  })
})

describe('backlinks', () => {
  it('are one for each target and path, and go by what they were made of', async () => {
    const source = { uri, did: bob, collection: 'app.bsky.feed.like', sortAt: 1 }
    const links = [
      { target: alice, path: 'a' },
      { target: alice, path: 'a' },
      { target: alice, path: 'b' },
    ]
    await write((tx) => addBacklinks(tx, source, links))
    expect(rows('bsky_backlink')).toEqual([
      { target: alice, path: 'app.bsky.feed.like:a', sort_at: 1, uri, did: bob },
      { target: alice, path: 'app.bsky.feed.like:b', sort_at: 1, uri, did: bob },
    ])
    expect(await write((tx) => hasBacklinks(tx, alice))).toBe(true)
    expect(await write((tx) => hasBacklinks(tx, bob))).toBe(false)
    await write((tx) => removeBacklinks(tx, source, links))
    expect(await dump(scratch.database)).toBe('')
  })
})

describe('notifications', () => {
  const told: Notification = {
    did: alice,
    author: bob,
    uri,
    cid: 'cid',
    reason: 'like',
    subject: `at://${alice}/x/y`,
    sortAt: 1,
    indexedAt: 2,
  }

  it('tell somebody once, and are taken back', async () => {
    await write(async (tx) => {
      await notify(tx, told)
      await notify(tx, told)
    })
    expect(rows('bsky_notification')).toHaveLength(1)
    await write((tx) => withdraw(tx, told))
    expect(await dump(scratch.database)).toBe('')
  })

  it('tell nobody of what they did themselves', async () => {
    await write((tx) => notify(tx, { ...told, did: bob }))
    expect(rows('bsky_notification')).toEqual([])
  })
})
