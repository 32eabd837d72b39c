import { latencies } from '../lib/bench.mjs'
import { reached } from '../lib/pair.mjs'

/** Posts, one a commit, that are brought over; and before, so that it is not for the first time. */
const POSTS = 20_000
const WARM_POSTS = 400
const RECORDS = 100_000
/** Posts that are looked for on the mirror, one at a time. */
const LOOKED_FOR = 200
const WARM_LOOKS = 20

/** The mirror follows the home's firehose: as it is written, and what has gathered while the mirror was away. */
export async function* follow(pair) {
  const { home, mirror, mirrorLog } = pair
  await pair.populate(() => pair.follow())
  yield asWritten('follow', pair, mirrorLog)
  yield gathered('follow', pair, mirrorLog, async (posts) => {
    await mirror.end()
    await pair.write(posts)
    home.pause()
    await mirror.launch()
  })
}

/** The home sends to the mirror: as it is written, and what has gathered while the mirror was away. */
export async function* push(pair) {
  const { home, mirror, homeLog } = pair
  await pair.populate(() => pair.push())
  yield asWritten('push', pair, homeLog)
  yield gathered('push', pair, homeLog, async (posts) => {
    await mirror.end()
    await pair.write(posts)
    await home.end()
    await mirror.launch()
    // The home begins to send when it starts, and is not to get anywhere.
    mirror.pause()
    try {
      await home.launch()
      home.pause()
    } finally {
      mirror.resume()
    }
  })
}

/** A repository of 100,000 records that is brought over whole, and is taken into the projections then. */
export async function* fetch(pair) {
  const { bench, reader } = pair
  const size = bench.scale(RECORDS)
  const { did } = await bench.repo(size)
  const latest = () => reader.query('com.atproto.sync.getLatestCommit', { did }).catch(() => null)
  const inPlace = await pair.measured(async () => {
    await pair.follow([did])
    await reached('the repository', latest, (commit) => commit !== null)
  })
  yield row('fetch, until it is in place', size, inPlace)
  const profile = () => reader.query('app.bsky.actor.getProfile', { actor: did })
  const shown = await pair.measured(() => reached('posts', profile, ({ postsCount }) => postsCount === size))
  yield row('fetch, from there until all is shown', size, shown)
}

/** From the answer to a post at home until it is in its author's feed on the mirror, which follows. */
export async function* followLag(pair) {
  await pair.populate(() => pair.follow())
  yield lag('follow', pair)
}

/** The same, where the home pushes. */
export async function* pushLag(pair) {
  await pair.populate(() => pair.push())
  yield lag('push', pair)
}

async function asWritten(name, pair, log) {
  await pair.write(pair.bench.scale(WARM_POSTS))
  await pair.current(log)
  const posts = pair.bench.scale(POSTS)
  const measured = await pair.measured(async () => {
    await pair.write(posts)
    const written = performance.now()
    await pair.current(log)
    return performance.now() - written
  })
  await pair.assertMirrored()
  return { ...row(`${name}, as it is written`, posts, measured), behind: measured.result }
}

/** Several rounds, of which the one with the median rate counts; `gather` leaves the home paused with so much to be brought over. */
async function gathered(name, pair, log, gather) {
  const posts = pair.bench.scale(POSTS)
  const rounds = []
  for (let i = 0; i < Number(pair.home.options.rounds); i++) {
    try {
      await gather(posts)
      const measured = await pair.measured(async () => {
        pair.home.resume()
        await pair.current(log)
      })
      rounds.push(row(`${name}, what has gathered`, posts, measured))
    } finally {
      pair.home.resume()
    }
    await pair.assertMirrored()
  }
  return rounds.toSorted((a, b) => a.rate - b.rate)[rounds.length >> 1]
}

async function lag(name, { bench, accounts: [account], reader }) {
  const { did } = account
  const waits = []
  const posts = bench.scale(LOOKED_FOR)
  for (let i = 0; i < WARM_LOOKS + posts; i++) {
    const { uri } = await bench.createPost(account)
    const answered = performance.now()
    const newest = () => reader.query('app.bsky.feed.getAuthorFeed', { actor: did, limit: 1 })
    await reached('the feed', newest, ({ feed }) => feed[0]?.post.uri === uri, 1)
    if (i >= WARM_LOOKS) waits.push(performance.now() - answered)
  }
  return { name: `lag, ${name}`, count: posts, ...latencies(waits), longest: Math.max(...waits) }
}

/** Figures of posts that were brought over; CPU is in microseconds for each. */
function row(name, count, { seconds, mirrorSeconds, homeSeconds, peakMb, stall, appended, otherCores }) {
  const each = (cpuSeconds) => (cpuSeconds * 1e6) / count
  return {
    name,
    count,
    appended,
    seconds,
    rate: count / seconds,
    mirrorCpu: each(mirrorSeconds),
    homeCpu: each(homeSeconds),
    peakMb,
    stall,
    otherCores,
  }
}
