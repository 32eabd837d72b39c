import { LikeProjection } from '../../../src/projections/feed/like.projection.js'
import { RepostProjection } from '../../../src/projections/feed/repost.projection.js'
import { PostProjection } from '../../../src/projections/feed/post.projection.js'
import { definitionOf } from '../../../src/projections/projection.js'
import { Changes } from '../../../src/modules/database/changes.js'
import { scratchDatabase } from '../../support/crash.js'
import { ref } from '../given.js'

const WORDS = 'the quick brown fox jumps over a lazy dog while seven small wizards of the north measure how many records fit into one second'.split(' ')
let x = 12345
let seed = 42; const rnd = (n: number) => { seed = (seed + 0x6d2b79f5) | 0; let t = Math.imul(seed ^ (seed >>> 15), 1 | seed); t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t; return ((t ^ (t >>> 14)) >>> 0) % n }
const did = (n: number) => `did:plc:${n.toString(36).padStart(24, 'a')}`
it('measures', async () => {
  const { database, remove } = await scratchDatabase()
  const changes = new Changes()
  const [like, repost, post] = [new LikeProjection(), new RepostProjection(), new PostProjection(changes)]
  const record = (collection: string, n: number, value: any) => {
    const d = did(rnd(200)) as any
    const rkey = n.toString(32).padStart(13, '0')
    return { uri: `at://${d}/${collection}/${rkey}`, did: d, collection, rkey, cid: ref('').cid, value: { $type: collection, createdAt: '2026-01-01T00:00:00.000Z', ...value }, indexedAt: n * 1000, sortAt: n * 1000 }
  }
  const uris: string[] = []
  let n = 0
  const text = () => Array.from({ length: 8 + rnd(20) }, () => WORDS[rnd(WORDS.length)]! + rnd(30)).join(' ')
  const kinds: Record<string, [any, () => any]> = {
    post: [post, () => { const r = record('app.bsky.feed.post', ++n, { text: text(), langs: ['en'] }); uris.push(r.uri); return r }],
    reply: [post, () => { const to = uris[rnd(uris.length)]!; const r = record('app.bsky.feed.post', ++n, { text: text(), langs: ['en'], reply: { root: ref(to), parent: ref(to) } }); uris.push(r.uri); return r }],
    like: [like, () => record('app.bsky.feed.like', ++n, { subject: ref(uris[rnd(uris.length)]!) })],
    repost: [repost, () => record('app.bsky.feed.repost', ++n, { subject: ref(uris[rnd(uris.length)]!) })],
  }
  const runBatch = async (kind: string, total: number, per: number) => {
    const [projection, make] = kinds[kind]!
    const records = Array.from({ length: total }, make)
    const start = performance.now()
    for (let i = 0; i < total; i += per)
      await database.write(async (tx) => { for (const r of records.slice(i, i + per)) await projection.insert(r, tx) })
    return ((performance.now() - start) * 1000) / total
  }
  const grouped = async (kind: string, total: number) => {
    const [projection, make] = kinds[kind]!
    const records = Array.from({ length: total }, make)
    const start = performance.now()
    for (let i = 0; i < total; i += 64)
      await Promise.all(records.slice(i, i + 64).map((r) => database.write(async (tx) => { await projection.insert(r, tx) })))
    return ((performance.now() - start) * 1000) / total
  }
  const out: string[] = []
  for (const kind of ['post', 'reply', 'like', 'repost', 'post', 'reply', 'like', 'repost']) out.push(`${kind} ${(await runBatch(kind, kind === 'like' ? 20000 : 5000, 500)).toFixed(1)}`)
  for (const kind of ['post', 'reply', 'like']) out.push(`grouped ${kind} ${(await grouped(kind, 2560)).toFixed(1)}`)
  console.log(out.join('\n') + definitionOf(like).name)
  await remove()
}, 120000)
