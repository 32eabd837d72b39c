import { setTimeout as sleep } from 'node:timers/promises'
import { BATCH, inParallel } from './bench.mjs'
import { graphRecords } from './graph.mjs'

/** Accounts and repositories that are worked on at a time. */
const AT_A_TIME = 8
/** How many actors or posts one question names. */
const NAMED = 25
const LOOK_AGAIN_MS = 500
/** How long an AppView beside the server may show nothing new. */
const PATIENCE_MS = 600_000

/**
 * Puts a community into a server by public calls, each account writing for itself, up to `batch` records at once, and waits
 * until all of it is shown. Gives the accounts, the `posts` (uri and CID of each), and how many records were written.
 */
export async function seed(bench, graph, batch = BATCH) {
  const accounts = []
  await inParallel(graph.size.users, AT_A_TIME, async (i) => {
    accounts[i] = await bench.account(graph.users[i].name)
  })
  const { phases, posts } = graphRecords(graph, accounts, bench.engine)
  const records = await writePhases(phases, batch, AT_A_TIME, ({ user, writes }) => {
    const { client, did } = accounts[user]
    const creates = writes.map(({ collection, rkey, value }) => ({
      $type: 'com.atproto.repo.applyWrites#create',
      collection,
      rkey,
      value,
    }))
    return client.procedure('com.atproto.repo.applyWrites', { repo: did, writes: creates })
  })
  await shown(accounts, graph, posts)
  return { graph, accounts, posts, records }
}

/** Hands the records to `apply` by accounts, so many at once; a phase begins when the one before has ended. */
export async function writePhases(phases, batch, concurrency, apply) {
  for (const phase of phases) {
    const jobs = []
    for (const [user, writes] of Map.groupBy(phase, (write) => write.user))
      for (let i = 0; i < writes.length; i += batch) jobs.push({ user, writes: writes.slice(i, i + batch) })
    await inParallel(jobs.length, concurrency, (i) => apply(jobs[i]))
  }
  return phases.reduce((sum, { length }) => sum + length, 0)
}

/** Asks until every profile and post has the counts that it should have. @throws Error when nothing moves any more */
async function shown(accounts, graph, posts) {
  const count = (list, index) => {
    const counts = new Map()
    for (const item of list) counts.set(index(item), (counts.get(index(item)) ?? 0) + 1)
    return counts
  }
  const { client } = accounts[0]
  const written = count(graph.posts, ({ user }) => user)
  const followed = count(graph.follows, ([user]) => user)
  await counted(accounts, async (asked, at) => {
    const { profiles } = await client.query('app.bsky.actor.getProfiles', { actors: asked.map(({ did }) => did) })
    const by = new Map(profiles.map((profile) => [profile.did, profile]))
    return asked.map(({ did }, i) => [
      [by.get(did)?.postsCount ?? 0, written.get(at + i) ?? 0],
      [by.get(did)?.followsCount ?? 0, followed.get(at + i) ?? 0],
    ])
  })
  const liked = count(graph.likes, ({ post }) => post)
  const reposted = count(graph.reposts, ({ post }) => post)
  await counted(posts, async (asked, at) => {
    const { posts: found } = await client.query('app.bsky.feed.getPosts', { uris: asked.map(({ uri }) => uri) })
    const by = new Map(found.map((post) => [post.uri, post]))
    return asked.map(({ uri }, i) => [
      [by.get(uri)?.likeCount ?? 0, liked.get(at + i) ?? 0],
      [by.get(uri)?.repostCount ?? 0, reposted.get(at + i) ?? 0],
    ])
  })
}

/** Goes through a list in pieces; on when `ask` finds, in all that it gives, the number it should be. */
async function counted(list, ask) {
  for (let i = 0; i < list.length; i += NAMED) {
    let [before, since] = ['', Date.now()]
    for (;;) {
      const pairs = (await ask(list.slice(i, i + NAMED), i)).flat()
      if (pairs.every(([is, wanted]) => is === wanted)) break
      const now = pairs.join()
      if (now !== before) [before, since] = [now, Date.now()]
      if (Date.now() - since > PATIENCE_MS)
        throw new Error(
          `counts are not as written: ${pairs.find(([is, wanted]) => is !== wanted).join(' instead of ')}`,
        )
      await sleep(LOOK_AGAIN_MS)
    }
  }
}
