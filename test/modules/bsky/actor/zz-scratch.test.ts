import { beforeAll, afterAll, it } from '@jest/globals'
import { Database } from '../../../../src/modules/database/database.js'
import { Profiles } from '../../../../src/modules/bsky/actor/profiles.js'
import { ActorSearch } from '../../../../src/modules/bsky/actor/actor-search.js'
import { Suggestions } from '../../../../src/modules/bsky/suggested/suggestions.js'
import { Follows } from '../../../../src/modules/bsky/graph/follows.js'
import { startTestServer, stopTestServer, type TestServer } from '../../../support/server.js'

let server: TestServer
const N = 5000
const did = (i: number) => `did:plc:${String(i).padStart(24, 'a')}`
const out: string[] = []
beforeAll(async () => {
  server = await startTestServer()
  const db = server.app.get(Database)
  let seed = 1
  const rnd = (n: number) => ((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0), Math.floor((seed / 2 ** 32) * n))
  await db.write(async (tx) => {
    await tx.run('DELETE FROM bsky_actor')
    for (let i = 0; i < N; i++) {
      await tx.run('INSERT INTO bsky_actor (id, did, handle, claim, indexed_at) VALUES (?, ?, ?, ?, ?)', i + 1, did(i), `user${i}.test`, `user${i}.test`, 1)
      await tx.run('INSERT INTO bsky_profile (uri, cid, did, json, sort_at, indexed_at) VALUES (?, ?, ?, ?, ?, ?)', `at://${did(i)}/app.bsky.actor.profile/self`, 'bafyreidad6nyekfa4a67yfb573ptxiv6s7kyxyg2ra6qbbemcruadvtuim', did(i), JSON.stringify({ displayName: `User number ${i}`, description: 'some words of description' }), 1, 1)
      await tx.run('INSERT INTO bsky_actor_search (rowid, handle, name, description) VALUES (?, ?, ?, ?)', i + 1, `user${i}.test`, `User number ${i}`, 'some words of description')
    }
    const followers = new Map<number, number>()
    for (let i = 0; i < N; i++) {
      const set = new Set<number>()
      const n = i === 0 ? 4000 : 100
      while (set.size < n) set.add(rnd(3) === 0 ? rnd(50) : rnd(N))
      let k = 0
      for (const j of set) {
        const uri = `at://${did(i)}/app.bsky.graph.follow/${String(k++).padStart(13, 'a')}`
        const at = 1000 + rnd(1_000_000)
        await tx.run('INSERT INTO bsky_follow (uri, cid, did, subject, sort_at, indexed_at) VALUES (?, ?, ?, ?, ?, ?)', uri, 'c', did(i), did(j), at, at)
        await tx.run('INSERT INTO bsky_backlink (target, path, sort_at, uri, did) VALUES (?, ?, ?, ?, ?)', did(j), 'app.bsky.graph.follow:subject', at, uri, did(i))
        followers.set(j, (followers.get(j) ?? 0) + 1)
      }
      await tx.run('INSERT INTO bsky_actor_stat (did, follows) VALUES (?, ?)', did(i), n)
    }
    for (const [j, n] of followers) await tx.run('UPDATE bsky_actor_stat SET followers = ? WHERE did = ?', n, did(j))
  })
}, 200_000)
afterAll(async () => { await stopTestServer(server); console.log(out.join('\n')) })
async function time(name: string, n: number, fn: (i: number) => Promise<unknown>) {
  const t0 = performance.now()
  for (let i = 0; i < n; i++) await fn(i)
  const ms = performance.now() - t0
  out.push(`${name}: ${((ms * 1000) / n).toFixed(0)} us each, ${Math.round((n * 1000) / ms)}/s`)
}
it('times', async () => {
  const ctx = (i: number | null) => ({ viewer: i === null ? null : did(i), admin: false, labelers: null }) as never
  const profiles = server.app.get(Profiles, { strict: false })
  const search = server.app.get(ActorSearch, { strict: false })
  const sugg = server.app.get(Suggestions, { strict: false })
  const follows = server.app.get(Follows, { strict: false })
  await time('profile nobody cold', 200, (i) => profiles.one(ctx(null), `user${i}.test`))
  await time('profile nobody warm', 3000, (i) => profiles.one(ctx(null), `user${i % 200}.test`))
  await time('profile viewer, 200 actors x 20 viewers, cold', 4000, (i) => profiles.one(ctx(100 + (i % 20)), `user${200 + (i % 200)}.test`))
  await time('profile viewer warm', 4000, (i) => profiles.one(ctx(100 + (i % 20)), `user${200 + (i % 200)}.test`))
  await time('profile popular, viewer of 100 follows, cold', 200, (i) => profiles.one(ctx(1000 + i), `user3.test`))
  await time('profile popular, viewer of 4000 follows, cold', 40, (i) => profiles.one(ctx(0), `user${i + 1}.test`))
  await time('followers 50 nobody', 500, (i) => follows.followers(ctx(null), { actor: did(i % 50), limit: 50 }))
  await time('followers 50 viewer', 500, (i) => follows.followers(ctx(100 + (i % 10)), { actor: did(i % 50), limit: 50 }))
  await time('followers 50 viewer again', 500, (i) => follows.followers(ctx(100 + (i % 10)), { actor: did(i % 50), limit: 50 }))
  await time('follows 50 of 100', 500, (i) => follows.follows(ctx(100 + (i % 10)), { actor: did(100 + i % 50), limit: 50 }))
  await time('follows 50 of 4000', 50, () => follows.follows(ctx(100), { actor: did(0), limit: 50 }))
  await time('known 50', 100, (i) => follows.known(ctx(0), { actor: did(i+1), limit: 50 }))
  await time('suggestions 100 follows', 50, (i) => sugg.read(ctx(500 + i), 50))
  await time('suggestions 4000 follows', 10, () => sugg.read(ctx(0), 50))
  await time('search user', 200, (i) => search.search(ctx(500 + i % 10), `user${i}`, 25))
  await time('search one letter', 200, (i) => search.typeahead(ctx(500 + i % 10), `u`, 10))
  await time('search word', 200, (i) => search.search(ctx(500 + i % 10), `number`, 25))
}, 200_000)
