import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { startTestNetwork } from '../../../src/modules/dev-network/test-network.js'
import { startTestServer, stopTestServer } from '../../support/server.js'

/** An upload of ten bytes that has sent three of them, to a server that has begun with it. */
async function beginUpload(url: string, token: string): Promise<ClientRequest> {
  const expecting = { 'content-type': 'text/plain', 'content-length': 10, expect: '100-continue' }
  const headers = { authorization: `Bearer ${token}`, ...expecting }
  const upload = request(`${url}/xrpc/com.atproto.repo.uploadBlob`, { method: 'POST', headers })
  upload.flushHeaders()
  await once(upload, 'continue')
  upload.write('one')
  return upload
}

it('answers what it is in the middle of, and nothing new', async () => {
  const server = await startTestServer()
  const alice = await server.signUp('alice')
  const upload = await beginUpload(server.url, alice.session!.accessJwt)
  const answer = once(upload, 'response') as Promise<[IncomingMessage]>
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
  const upload = await beginUpload(network.url, alice.accessJwt)
  const cut = once(upload, 'error')
  await network.close()
  expect(await cut).toMatchObject([{ code: 'ECONNRESET' }])
})
