import { POST } from '../lib/posts.mjs'
import { randomSource } from '../lib/stats.mjs'

/** Reads of a repository of 10,000 records, 16 at a time. */
export async function* read(bench) {
  const { scale, client, keys } = bench
  const size = scale(10_000)
  const account = await bench.repo(size)
  const random = randomSource(2)
  const some = () => keys.at(random.of(size))
  yield bench.calls(`getRecord, 16 at a time @${size}`, scale(5000), 16, () => bench.getPost(account, some()))
  yield bench.calls(`listRecords of 100, 16 at a time @${size}`, scale(1000), 16, () =>
    client.query('com.atproto.repo.listRecords', { repo: account.did, collection: POST, limit: 100, cursor: some() }),
  )
}
