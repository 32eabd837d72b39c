/** Labelers that are subscribed to, honest and otherwise. */
import { LabelSubscriptions } from '../../../src/modules/moderation/label-subscriptions.js'
import { Labels } from '../../../src/modules/moderation/labels.js'
import { Database } from '../../../src/modules/database/database.js'
import { SigningKey } from '../../../src/repo-engine/index.js'
import { PlcStub } from '../../support/plc-stub.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { ForeignAccount } from '../replication/foreign-account.js'
import { frameOf } from '../replication/hostile-host.js'
import { partOf, until } from '../replication/mirroring.js'
import { label, LabelerStub } from './labeler-stub.js'

/** Nobody can look this one up: the operator has said where it is. */
const LISTED = 'did:web:labeler.invalid'
const SUBJECT = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'
const POST = `at://${SUBJECT}/app.bsky.feed.post/3k2yihcrp6f2c`

let labeler: LabelerStub
let plc: PlcStub
let account: ForeignAccount
let server: TestServer

/** `did`: who it is said to be. */
async function start(did: string): Promise<void> {
  server = await startTestServer({
    APPVIEW_LABELERS: `${did}=${labeler.url}`,
    PDS_DID_PLC_URL: plc.url,
    PDS_MOD_SERVICE_DID: 'did:plc:mmmmmmmmmmmmmmmmmmmmmmmm',
  })
  await until('it is subscribed', () => labeler.cursors.length > 0)
}

beforeEach(async () => {
  labeler = await LabelerStub.start()
  plc = await PlcStub.start()
  account = new ForeignAccount(plc, labeler.url, 'labeler.test')
})
afterEach(async () => {
  await stopTestServer(server)
  await labeler.close()
  await plc.close()
})

const on = async (uri: string): Promise<string[]> =>
  ((await partOf(server, Labels).of([uri], null)).get(uri) ?? []).map(({ src, val }) => `${src} ${val}`)
const position = async (did = LISTED): Promise<number | undefined> => {
  const row = await partOf(server, Database).read.get<{ position: number }>(
    'SELECT position FROM label_source WHERE src = ?',
    did,
  )
  return row?.position
}
const reached = (seq: number, did = LISTED): Promise<void> =>
  until(`position ${seq} is reached`, async () => (await position(did)) === seq)
const connections = (count: number): Promise<void> =>
  until(`${count} connections`, () => labeler.cursors.length >= count)

describe('a listed labeler', () => {
  beforeEach(() => start(LISTED))

  it('is followed from the beginning, trusted as listed, and goes on where it was', async () => {
    labeler.emit(3, label(LISTED, SUBJECT, 'spam'), label(LISTED, POST, 'rude'))
    await reached(3)
    expect(await on(SUBJECT)).toEqual([`${LISTED} spam`])
    labeler.emit(7, label(LISTED, SUBJECT, 'spam', { neg: true }))
    await reached(7)
    expect(await on(SUBJECT)).toEqual([])
    expect(await on(POST)).toEqual([`${LISTED} rude`])

    labeler.hangUp()
    await connections(2)
    server = await server.restart()
    await connections(3)
    expect(labeler.cursors).toEqual(['0', '7', '7'])
  })

  it('says things in their order, whatever it says of the times', async () => {
    labeler.emit(1, label(LISTED, SUBJECT, 'spam', { cts: '2999-01-01T00:00:00Z' }))
    labeler.emit(2, label(LISTED, SUBJECT, 'spam', { cts: '2020-01-01T00:00:00Z', neg: true }))
    await reached(2)
    expect(await on(SUBJECT)).toEqual([])
  })

  it('is not believed in the name of others', async () => {
    labeler.emit(
      1,
      label('did:web:localhost', SUBJECT, '!takedown'),
      label('did:plc:mmmmmmmmmmmmmmmmmmmmmmmm', SUBJECT, '!takedown'),
      label(LISTED, SUBJECT, 'spam'),
    )
    await reached(1)
    expect(await on(SUBJECT)).toEqual([`${LISTED} spam`])
  })

  it('leaves out a label that is none, and keeps the others', async () => {
    const wrong: [what: string, wrong: object][] = [
      ['on nothing', { uri: 'https://example.com' }],
      ['on a uri without an end', { uri: `${POST}/${'a'.repeat(3_000)}` }],
      ['without a value', { val: '' }],
      ['with a value too long', { val: 'a'.repeat(129) }],
      ['at no time', { cts: 'yesterday' }],
      ['until no time', { exp: '2024-02-30T00:00:00Z' }],
      ['of a CID that is none', { cid: 'bafy' }],
      ['taken back, or not', { neg: 1 }],
      ['with a signature of another length', { sig: Buffer.alloc(63) }],
    ]
    for (const [i, [what, more]] of wrong.entries()) {
      labeler.emit(i + 1, { ...label(LISTED, SUBJECT, 'spam'), ...more }, label(LISTED, POST, `fine-${i}`))
      await reached(i + 1)
      expect([what, await on(SUBJECT)]).toEqual([what, []])
    }
    expect(await on(POST)).toHaveLength(wrong.length)
  })

  it('may say what nobody understands', async () => {
    labeler.send('a text')
    labeler.send(Buffer.from('no CBOR'))
    labeler.send(frameOf({ op: 1, t: '#labels' }, { seq: -1, labels: [] }))
    labeler.send(frameOf({ op: 1, t: '#labels' }, { seq: 1, labels: 'none' }))
    labeler.send(frameOf({ op: 1, t: '#news' }, { seq: 2 }))
    labeler.send(frameOf({ op: 1, t: '#info' }, { name: 'OutdatedCursor' }))
    labeler.emit(5, label(LISTED, SUBJECT, 'spam'))
    await reached(5)
    expect(labeler.cursors).toHaveLength(1)
  })

  it('is left and come back to after a frame that is too large', async () => {
    labeler.send(Buffer.alloc(5_000_001))
    await connections(2)
    labeler.emit(1, label(LISTED, SUBJECT, 'spam'))
    await reached(1)
  })

  it('that has lost what it had is followed from its beginning', async () => {
    labeler.emit(9, label(LISTED, SUBJECT, 'spam'))
    await reached(9)
    labeler.welcome = (socket, cursor) => {
      if (cursor !== '9') return false
      socket.send(frameOf({ op: -1 }, { error: 'FutureCursor', message: 'Cursor in the future.' }))
      socket.close()
      return true
    }
    labeler.hangUp()
    await until('it begins anew', () => labeler.cursors.at(-1) === '0' && labeler.cursors.length > 2)
    await reached(9)
  })

  it('has thousands of labels taken in, each once', async () => {
    for (let seq = 1; seq <= 20; seq++)
      labeler.emit(seq, ...Array.from({ length: 300 }, (_, i) => label(LISTED, `did:plc:x${seq}-${i}`, 'spam')))
    await reached(20)
    const row = await partOf(server, Database).read.get<{ n: number }>('SELECT count(*) AS n FROM label')
    expect(row).toEqual({ n: 6_000 })
  })
})

describe('a labeler whose document names a key', () => {
  const key = SigningKey.generate('p256')
  const identify = (didKey: string): void =>
    account.identify({ verificationMethods: { atproto: account.key.didKey, atproto_label: didKey } })

  it('is believed what is signed with it, and nothing else', async () => {
    identify(key.didKey)
    await start(account.did)
    const { did } = account
    labeler.emit(
      1,
      label(did, SUBJECT, 'good', {}, key),
      label(did, SUBJECT, 'unsigned'),
      label(did, SUBJECT, 'by-the-account', {}, account.key),
      { ...label(did, SUBJECT, 'a', {}, key), val: 'changed' },
    )
    await reached(1, did)
    expect(await on(SUBJECT)).toEqual([`${did} good`])
    const answer = await server.agent().com.atproto.label.queryLabels({ uriPatterns: [SUBJECT] })
    expect(answer.data.labels).toMatchObject([{ ver: 1, val: 'good', sig: expect.any(Uint8Array) as Uint8Array }])
  })

  it('may change it', async () => {
    identify(key.didKey)
    await start(account.did)
    labeler.emit(1, label(account.did, SUBJECT, 'one', {}, key))
    await reached(1, account.did)
    const next = SigningKey.generate()
    identify(next.didKey)
    labeler.emit(2, label(account.did, SUBJECT, 'two', {}, next))
    await reached(2, account.did)
    expect(await on(SUBJECT)).toEqual([`${account.did} one`, `${account.did} two`])
  })

  it('gives no signature on when a label is written in another way here', async () => {
    identify(key.didKey)
    await start(account.did)
    labeler.emit(1, label(account.did, SUBJECT, 'spam', { cts: '2026-01-02T04:00:00+01:00' }, key))
    await reached(1, account.did)
    const answer = await server.agent().com.atproto.label.queryLabels({ uriPatterns: [SUBJECT] })
    expect(answer.data.labels).toEqual([
      { src: account.did, uri: SUBJECT, val: 'spam', cts: '2026-01-02T03:00:00.000Z' },
    ])
  })
})

it('another server under the name of this one is trusted as listed, and not passed on', async () => {
  await start('did:web:localhost')
  labeler.emit(1, label('did:web:localhost', SUBJECT, 'spam', {}, SigningKey.generate()))
  await reached(1, 'did:web:localhost')
  expect(await on(SUBJECT)).toEqual(['did:web:localhost spam'])
  const rows = await partOf(server, Database).read.all('SELECT seq FROM label')
  expect(rows).toEqual([{ seq: null }])
})

it('nobody is followed by a command, and a stopped server writes nothing any more', async () => {
  await start(LISTED)
  await partOf(server, LabelSubscriptions).beforeApplicationShutdown()
  labeler.emit(1, label(LISTED, SUBJECT, 'spam'))
  expect(await position()).toBe(0)
})
