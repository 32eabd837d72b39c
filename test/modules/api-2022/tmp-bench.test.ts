import { call } from '../../e2e/call.js'
import { startTestServer, stopTestServer } from '../../support/server.js'
it('bench', async () => {
  const server = await startTestServer()
  const alice = await server.signUp('alice')
  for (let i = 0; i < 60; i++) await alice.post({ text: `post ${i}`, createdAt: new Date().toISOString() })
  const token = alice.session!.accessJwt
  const one = async (nsid: string) => (await fetch(`${server.url}/xrpc/${nsid}?limit=50`, { headers: { authorization: `Bearer ${token}` } })).arrayBuffer()
  for (const round of [1, 2])
    for (const nsid of ['app.bsky.feed.getTimeline', 'app.bsky.getHomeFeed']) {
      for (let i = 0; i < 50; i++) await one(nsid)
      const start = performance.now()
      let n = 0
      await Promise.all(Array.from({ length: 16 }, async () => { while (n++ < 1000) await one(nsid) }))
      console.log(round, nsid, Math.round(1000 / ((performance.now() - start) / 1000)), 'per s', (await one(nsid)).byteLength)
    }
  void call
  await stopTestServer(server)
}, 60000)
