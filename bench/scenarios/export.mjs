import { probed } from '../lib/probe.mjs'

/** getRepo of a repository of 100,000 records, by a server that has just started. */
export async function* exports(bench) {
  const { server, client } = bench
  const size = bench.scale(100_000)
  const { did } = await bench.repo(size)
  await server.restart()
  await bench.warmUp()
  const work = () => probed(server.url, () => client.download('com.atproto.sync.getRepo', { did }))
  yield bench.records(`getRepo @${size}`, size, work, ({ result: { bytes, firstMs }, longestMs }, seconds) => ({
    megabytes: bytes / 1e6 / seconds,
    first: firstMs,
    stall: longestMs,
  }))
}
