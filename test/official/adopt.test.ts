/** The data directory of an official PDS that was running a moment ago. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AtpAgent } from '@atproto/api'
import { skylog } from '../cli/run-cli.js'
import { accountWithHistory, recordsOf } from '../support/moving.js'
import { PlcStub } from '../support/plc-stub.js'
import { startTestServer, stopTestServer } from '../support/server.js'
import { OfficialPds } from './official-pds.js'

let plc: PlcStub
let official: OfficialPds
const directory = mkdtempSync(join(tmpdir(), 'skylog-'))
beforeAll(async () => {
  plc = await PlcStub.start()
  // The name that this server has, so that tokens of there are good here.
  official = await OfficialPds.start(plc.url, 'did:web:localhost')
})
afterAll(async () => {
  await official?.dispose()
  await plc.close()
  rmSync(directory, { recursive: true, force: true })
})

it('is refused while the server runs; killed, it is taken over with all that was acknowledged', async () => {
  const agent = await official.signUp('alice')
  const history = await accountWithHistory(agent)
  const args = ['adopt-official', official.data, '--env', official.env, '--data', directory, '--json']
  expect(await skylog(args)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/is in use: stop its server first/),
  })
  const { uri, cid } = await agent.post({ text: 'the last thing before the end' })
  history.records.set(uri, cid)
  await official.kill()
  const { accounts } = (await skylog(args)).json()
  expect(accounts).toMatchObject([{ handle: 'alice.test', outcome: 'taken', kept: true, blobs: 3, missingBlobs: [] }])

  const server = await startTestServer({ PDS_DID_PLC_URL: plc.url, PDS_PORT: new URL(official.url).port }, directory)
  // The client that was signed in there goes on here, on the same address, with the tokens that it has.
  expect(await recordsOf(agent, history.did)).toEqual(history.records)
  await agent.post({ text: 'and the first thing after it' })
  const fresh = new AtpAgent({ service: server.url })
  await fresh.login({ identifier: 'alice.test', password: 'alice-password' })
  const { data } = await fresh.getAuthorFeed({ actor: history.did, limit: 2 })
  expect(data.feed.map(({ post }) => post.record.text)).toEqual([
    'and the first thing after it',
    'the last thing before the end',
  ])
  await stopTestServer(server)
})
