/** com.atproto.sync.subscribeRepos, as a plain subscriber sees it. */
import * as dagCbor from '@ipld/dag-cbor'
import { CommitLog } from '../../../src/modules/commit-log/commit-log.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { subscribe } from './subscribe.js'

let server: TestServer

beforeEach(async () => (server = await startTestServer()))
afterEach(() => stopTestServer(server))

const log = (): CommitLog => server.app.get(CommitLog, { strict: false })
const stored = async (): Promise<Buffer[]> => (await log().read(0, 10_000)).map(({ frame }) => frame!)

it('cursor=0 brings the whole history, byte for byte as it was stored, and then what happens', async () => {
  const alice = await server.signUp('alice')
  for (let i = 0; i < 20; i++) await alice.post({ text: `before ${i}` })
  const events = await subscribe(server, 0)
  await alice.post({ text: 'after' })
  const frames = await stored()
  expect(await events.take(frames.length)).toEqual(frames)
  events.close()
})

it('without a cursor, what happens from now on', async () => {
  const alice = await server.signUp('alice')
  const events = await subscribe(server)
  const { uri } = await alice.post({ text: 'now' })
  const [message] = await events.take(1)
  const header = dagCbor.encode({ op: 1, t: '#commit' })
  expect(dagCbor.decode(message!.subarray(header.length))).toMatchObject({
    repo: alice.assertDid,
    ops: [{ action: 'create', path: uri.slice(`at://${alice.assertDid}/`.length) }],
  })
  events.close()
})

it('a cursor in the future is refused, and so is one that is no number', async () => {
  for (const [cursor, error] of [
    [Number.MAX_SAFE_INTEGER, 'FutureCursor'],
    ['9223372036854775808', 'InvalidRequest'],
    ['-x', 'InvalidRequest'],
  ] as const) {
    const events = await subscribe(server, cursor)
    const [message] = await events.take(1)
    expect(dagCbor.decode(message!.subarray(dagCbor.encode({ op: -1 }).length))).toMatchObject({ error })
    expect(await events.closed).toBe(1008)
  }
})
