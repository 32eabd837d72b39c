import type { AtpAgent } from '@atproto/api'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Lexicons } from '../../../../src/modules/lexicon/lexicons.js'
import { type Answer, call } from '../../../e2e/call.js'
import { PlcStub } from '../../../support/plc-stub.js'
import { startTestServer, stopTestServer, type TestServer } from '../../../support/server.js'
import { GeneratorStub } from '../generator/generator-stub.js'

type Actor = AtpAgent & { assertDid: string }

const THERE = 'did:web:appview.test'
const lexicons = new Lexicons()
let plc: PlcStub
/** Bob and carla are there, and alice is here. Both know the same directory of identities. */
let there: TestServer
let here: TestServer
let alice: Actor
let bob: Actor
let carla: Actor
let post: { uri: string; cid: string }

async function ask(nsid: string, params = {}, headers = {}, as: AtpAgent | undefined = alice): Promise<Answer> {
  const answer = await call(here, nsid, { params, headers, as })
  if (answer.status === 200 && lexicons.method(nsid)) lexicons.checkOutput(nsid, answer.json)
  return answer
}

const found = async (nsid: string, params = {}, headers = {}): Promise<any> => {
  const { status, json } = await ask(nsid, params, headers)
  expect([nsid, status, json.message]).toEqual([nsid, 200, undefined])
  return json
}

beforeAll(async () => {
  plc = await PlcStub.start()
  const env = { PDS_DID_PLC_URL: plc.url, PDS_DEV_MODE: 'true', PDS_INVITE_REQUIRED: 'false' }
  const domains = { PDS_SERVICE_HANDLE_DOMAINS: '.test' }
  there = await startTestServer({ ...env, ...domains, PDS_HOSTNAME: 'appview.test' })
  // Its public address is one that nobody can look up; this is where it listens.
  const address = `http://127.0.0.1:${(there.app as never as { getHttpServer(): { address(): { port: number } } }).getHttpServer().address().port}`
  there = { ...there, url: address }
  here = await startTestServer({ ...env, PDS_BSKY_APP_VIEW_URL: address, PDS_BSKY_APP_VIEW_DID: THERE })
  alice = await here.signUp('alice')
  const signUp = async (name: string): Promise<Actor> => {
    const { AtpAgent } = await import('@atproto/api')
    const agent = new AtpAgent({ service: address })
    const account = { handle: `${name}.test`, email: `${name}@example.com`, password: `${name}-password` }
    const { data } = await agent.com.atproto.server.createAccount(account)
    agent.com.atproto.server.xrpc?.setHeader?.('authorization', `Bearer ${data.accessJwt}`)
    return Object.assign(agent, { token: data.accessJwt, assertDid: data.did }) as never
  }
  bob = await signUp('bob')
  carla = await signUp('carla')
  void carla
})

afterAll(async () => {
  await stopTestServer(here)
  await stopTestServer(there)
  await plc.close()
})
