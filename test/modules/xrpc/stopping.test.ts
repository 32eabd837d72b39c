import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { setImmediate as turn } from 'node:timers/promises'
import type { AtpAgent } from '@atproto/api'
import { startTestNetwork } from '../../../src/modules/dev-network/test-network.js'
import { RequestCounts } from '../../../src/modules/xrpc/request-counts.js'
import { startTestServer, stopTestServer } from '../../support/server.js'

/** An upload of ten bytes that has sent three of them. */
function beginUpload(url: string, token: string): ClientRequest {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'text/plain', 'content-length': 10 }
  const upload = request(`${url}/xrpc/com.atproto.repo.uploadBlob`, { method: 'POST', headers })
  upload.write('one')
  return upload
}

const tokenOf = (agent: AtpAgent): string => agent.session!.accessJwt

it('answers what it is in the middle of, and nothing new', async () => {
  const server = await startTestServer()
  const alice = await server.signUp('alice')
  const upload = beginUpload(server.url, tokenOf(alice))
  const answer = once(upload, 'response') as Promise<[IncomingMessage]>
  const counts = server.app.get(RequestCounts, { strict: false })
  while (counts.inFlight === 0) await turn()
  const stopped = stopTestServer(server)
  // There is nothing else by which it can be seen from outside that it has been told.
  for (let status = 200; status === 200;) ({ status } = await fetch(`${server.url}/livez`))
  upload.end('another')
  const [{ statusCode }] = await answer
  expect(statusCode).toBe(200)
  await stopped
})

it('does not wait for ever, and what is cut off leaves nothing behind', async () => {
  const network = await startTestNetwork()
  const alice = await network.createAccount({ handle: 'alice' })
  const upload = beginUpload(network.url, alice.accessJwt)
  const cut = once(upload, 'error')
  await alice.query('com.atproto.server.getSession')
  await network.close()
  expect(await cut).toMatchObject([{ code: 'ECONNRESET' }])
})
