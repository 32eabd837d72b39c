import { probed } from '../lib/probe.mjs'
import { buildCar } from '../lib/posts.mjs'

/** importRepo of 100,000 records into an empty account, by a server that has just started. */
export async function* imports(bench) {
  const { server, keys } = bench
  const size = bench.scale(100_000)
  await server.restart()
  await bench.warmUp()
  const account = await bench.account()
  const { car } = buildCar(bench.engine, account.did, size, 3)
  const upload = () => account.client.upload('com.atproto.repo.importRepo', 'application/vnd.ipld.car', car)
  yield bench.records(
    `importRepo @${size}`,
    size,
    () => probed(server.url, upload),
    ({ longestMs }, seconds) => ({
      megabytes: car.length / 1e6 / seconds,
      stall: longestMs,
    }),
  )
  // It is all there.
  await bench.getPost(account, keys.at(0))
  await bench.getPost(account, keys.at(size - 1))
}
