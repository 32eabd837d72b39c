/** 20 and 37. Subscribers are counted by the address that they come from, as a trusted proxy says it. */
import { WebSocket } from 'ws'
import { startTestServer, stopTestServer, type TestServer } from '../support/server.js'

const servers: TestServer[] = []
afterAll(() => Promise.all(servers.map(stopTestServer)))

async function start(env: Record<string, string> = {}): Promise<TestServer> {
  const server = await startTestServer(env)
  servers.push(server)
  return server
}

/** The status of the handshake. */
function subscribe({ url }: TestServer, forwardedFor: string): Promise<number> {
  const address = `${url.replace('http', 'ws')}/xrpc/com.atproto.sync.subscribeRepos`
  const socket = new WebSocket(address, { headers: { 'x-forwarded-for': forwardedFor } })
  return new Promise((resolve, reject) => {
    socket.on('open', () => resolve(101))
    socket.on('unexpected-response', (_, answer) => resolve(answer.statusCode!))
    socket.on('error', reject)
  })
}

it('50 from one address behind a trusted proxy, and others beside them', async () => {
  const server = await start()
  const all = Array.from({ length: 50 }, (_, i) => subscribe(server, `1.2.3.${i}, 8.8.8.8`))
  expect(new Set(await Promise.all(all))).toEqual(new Set([101]))
  expect(await subscribe(server, '1.2.3.4, 8.8.8.8')).toBe(429)
  expect(await subscribe(server, '8.8.4.4')).toBe(101)
})

it('what somebody says who is no trusted proxy is nothing', async () => {
  const server = await start({ PDS_TRUSTED_PROXIES: '10.0.0.0/8' })
  const all = Array.from({ length: 51 }, () => subscribe(server, '8.8.8.8'))
  expect(new Set(await Promise.all(all))).toEqual(new Set([101]))
})
