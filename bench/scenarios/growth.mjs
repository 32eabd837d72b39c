import { POST } from '../lib/posts.mjs'
import { randomSource } from '../lib/stats.mjs'

const SIZES = [1_000, 10_000, 100_000]
const CALLS = 200

/** What a call costs in a small, a larger and a large repository: one at a time, in one repository that grows. */
export async function* growth(bench) {
  const { scale, client, keys } = bench
  const account = await bench.account()
  const random = randomSource(1)
  const calls = scale(CALLS)
  for (const size of SIZES.map(scale)) {
    await bench.fill(account, size)
    await bench.renew(account)
    const repo = account.did
    const some = () => random.of(size)
    const made = []
    const create = async (rkey) => made.push((await bench.createPost(account, rkey)).uri.split('/').at(-1))
    const figures = {
      // A key from the server's clock comes after all others: the right edge of the tree.
      'createRecord, new key': () => create(undefined),
      'createRecord, old key': () => create(keys.behind(some())),
      putRecord: () =>
        account.client.procedure('com.atproto.repo.putRecord', {
          repo,
          collection: POST,
          rkey: keys.at(some()),
          record: account.source.next().value,
        }),
      getRecord: () => client.query('com.atproto.repo.getRecord', { repo, collection: POST, rkey: keys.at(some()) }),
      deleteRecord: (i) =>
        account.client.procedure('com.atproto.repo.deleteRecord', { repo, collection: POST, rkey: made[i] }),
    }
    for (const [name, call] of Object.entries(figures)) {
      const row = await bench.calls(`${name} @${size}`, name === 'deleteRecord' ? made.length : calls, 1, call)
      yield { ...row, grows: { name, size } }
    }
  }
  bench.repos.set(account.records, account)
}
