/** The labels of this server: made by its operator, signed, and told to those who follow. */
import { Secrets } from '../../../src/modules/config/secrets.js'
import { decodeCborPrefix, encodeCbor, isAtUri, verifySignature } from '../../../src/repo-engine/index.js'
import { TestServer } from '../../support/account-app.js'
import { connect, type Subscription } from '../firehose/subscribe.js'
import * as dagCbor from '@ipld/dag-cbor'

const CID = 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'

interface Sent {
  seq: number
  labels: Record<string, unknown>[]
}

let server: TestServer
let alice: { did: string; handle: string; accessJwt: string }
let auth: string
const open: Subscription[] = []
beforeEach(async () => {
  server = await TestServer.start()
  alice = await server.createAccount('alice')
  auth = `Basic ${Buffer.from(`admin:${server.get(Secrets).adminPassword}`).toString('base64')}`
})
afterEach(async () => {
  for (const subscription of open.splice(0)) subscription.close()
  await server.close()
})

async function issue(
  body: unknown,
  as: string | null = auth,
): Promise<{ status: number; body: Record<string, unknown> }> {
  const headers = { 'content-type': 'application/json', ...(as !== null && { authorization: as }) }
  const answer = await fetch(`${server.url}/admin/labels`, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}
async function subscribe(query = '?cursor=0'): Promise<Subscription> {
  const address = `${server.url.replace('http', 'ws')}/xrpc/com.atproto.label.subscribeLabels${query}`
  const subscription = await connect(address)
  open.push(subscription)
  return subscription
}
function opened(message: Buffer): { header: unknown; body: Sent } {
  const { value: header, end } = decodeCborPrefix(message)
  return { header, body: dagCbor.decode<Sent>(message.subarray(end)) }
}
const taken = async (subscription: Subscription, count: number): Promise<Sent[]> =>
  (await subscription.take(count)).map((message) => opened(message).body)

it('are set on accounts by DID or handle, and on records, and taken back', async () => {
  expect(await issue({ uri: alice.handle, val: 'spam', reason: 'ads' })).toEqual({
    status: 200,
    body: { uri: alice.did, changed: true },
  })
  expect(await issue({ uri: alice.did, val: 'spam' })).toMatchObject({ body: { changed: false } })
  const profile = async () => (await server.query('app.bsky.actor.getProfile', { params: `?actor=${alice.did}` })).body
  expect(await profile()).toMatchObject({ labels: [{ src: 'did:web:localhost', uri: alice.did, val: 'spam' }] })
  expect(await issue({ uri: alice.did, val: 'spam', neg: true })).toMatchObject({ body: { changed: true } })
  expect(await issue({ uri: alice.did, val: 'spam', neg: true })).toMatchObject({ body: { changed: false } })
  expect(await issue({ uri: alice.did, val: 'never', neg: true })).toMatchObject({ body: { changed: false } })
  expect(await profile()).toMatchObject({ labels: [] })
  const log = await (await fetch(`${server.url}/admin/actions`, { headers: { authorization: auth } })).json()
  expect(log).toMatchObject({
    actions: [
      { actor: 'admin', action: 'remove-label', subject: alice.did, reason: 'spam' },
      { actor: 'admin', action: 'add-label', subject: alice.did, reason: 'spam: ads' },
    ],
  })
})

it('are refused for what cannot be one', async () => {
  const wrong: [what: string, body: unknown][] = [
    ['nothing', undefined],
    ['no value', { uri: 'did:plc:a' }],
    ['a subject that is none', { uri: 'https://example.com', val: 'spam' }],
    ['a record by its handle', { uri: 'at://alice.test/a.b.c/d', val: 'spam' }],
    ['nobody', { uri: 'nobody.test', val: 'spam' }],
    ['a value of two words', { uri: 'did:plc:a', val: 'two words' }],
    ['a value that is too long', { uri: 'did:plc:a', val: 'a'.repeat(129) }],
    ['a CID that is none', { uri: 'did:plc:a', val: 'spam', cid: 'x' }],
    ['no moment', { uri: 'did:plc:a', val: 'spam', exp: 'soon' }],
    ['a moment that no label can say', { uri: 'did:plc:a', val: 'spam', exp: '+275760-09-13T00:00:00.000Z' }],
    ['a number in place of a text', { uri: 'did:plc:a', val: 'spam', reason: 1 }],
    ['a text in place of yes or no', { uri: 'did:plc:a', val: 'spam', neg: 'yes' }],
  ]
  for (const [what, body] of wrong) expect([what, await issue(body)]).toMatchObject([what, { status: 400 }])
})

it("are the operator's alone", async () => {
  for (const as of [null, `Bearer ${alice.accessJwt}`])
    expect(await issue({ uri: alice.did, val: 'spam' }, as)).toMatchObject({ status: 401 })
})

describe('the stream of them', () => {
  it('has all from cursor 0, then each as it is set, signed by the key of the DID document', async () => {
    await issue({ uri: alice.did, val: 'spam' })
    const uri = `at://${alice.did}/app.bsky.feed.post/3k2yihcrp6f2c`
    expect(isAtUri(uri)).toBe(true)
    await issue({ uri, cid: CID, val: '!warn', exp: '2099-01-01T00:00:00Z' })
    const stream = await subscribe()
    const backlog = await stream.take(2)
    expect(opened(backlog[0]!).header).toEqual({ op: 1, t: '#labels' })
    const [first, second] = backlog.map((message) => opened(message).body)
    expect(second!.seq).toBeGreaterThan(first!.seq)
    const src = 'did:web:localhost'
    expect(first!.labels).toMatchObject([{ ver: 1, src, uri: alice.did, val: 'spam' }])
    expect(second!.labels).toMatchObject([
      { ver: 1, src, uri, cid: CID, val: '!warn', exp: '2099-01-01T00:00:00.000Z' },
    ])

    await issue({ uri: alice.did, val: 'spam', neg: true })
    const [third] = await taken(stream, 1)
    expect(third!.labels).toMatchObject([{ uri: alice.did, val: 'spam', neg: true }])

    const document = (await (await fetch(`${server.url}/.well-known/did.json`)).json()) as Record<string, any>
    expect(document.service).toContainEqual({
      id: '#atproto_labeler',
      type: 'AtprotoLabeler',
      serviceEndpoint: server.url,
    })
    const [{ id, publicKeyMultibase }] = document.verificationMethod
    expect(id).toBe('did:web:localhost#atproto_label')
    for (const { labels } of [first!, second!, third!]) {
      const { sig, ...said } = labels[0]!
      const message = encodeCbor(said as never)
      expect(verifySignature(`did:key:${publicKeyMultibase}`, message, sig as Uint8Array)).toBe(true)
    }
  })

  it('has what was changed since in its newest form alone, once', async () => {
    await issue({ uri: alice.did, val: 'spam' })
    await issue({ uri: alice.did, val: 'bot' })
    await issue({ uri: alice.did, val: 'spam', neg: true })
    await issue({ uri: alice.did, val: 'spam' })
    const sent = await taken(await subscribe(), 2)
    expect(sent.map(({ labels }) => labels[0]!.val)).toEqual(['bot', 'spam'])
    const [rest] = await taken(await subscribe(`?cursor=${sent[0]!.seq}`), 1)
    expect(rest).toEqual(sent[1])
  })

  it('is the same after a restart, with the same key', async () => {
    await issue({ uri: alice.did, val: 'spam' })
    const before = await taken(await subscribe(), 1)
    open.splice(0)[0]!.close()
    server = await server.restart()
    expect(await taken(await subscribe(), 1)).toEqual(before)
    await issue({ uri: alice.did, val: 'bot' })
    const [, after] = await taken(await subscribe(), 2)
    expect(after!.seq).toBeGreaterThan(before[0]!.seq)
  })

  it('begins with what comes, without a cursor', async () => {
    await issue({ uri: alice.did, val: 'spam' })
    const stream = await subscribe('')
    await issue({ uri: alice.did, val: 'bot' })
    expect((await taken(stream, 1))[0]!.labels).toMatchObject([{ val: 'bot' }])
  })

  it.each([
    ['in the future', '?cursor=9007199254740991', 'FutureCursor'],
    ['that is no number', '?cursor=x', 'InvalidRequest'],
    ['of 2^63', '?cursor=9223372036854775808', 'InvalidRequest'],
  ])('says what is wrong with a cursor %s', async (_, query, error) => {
    const stream = await subscribe(query)
    const [message] = await stream.take(1)
    expect(opened(message!)).toMatchObject({ header: { op: -1 }, body: { error } })
    expect(await stream.closed).toBe(1008)
  })

  it('takes a negative cursor for the beginning', async () => {
    await issue({ uri: alice.did, val: 'spam' })
    expect(await taken(await subscribe('?cursor=-5'), 1)).toHaveLength(1)
  })

  it('is a stream: a request gets told so', async () => {
    const answer = await server.query('com.atproto.label.subscribeLabels')
    expect(answer).toMatchObject({ status: 426, body: { error: 'UpgradeRequired' } })
  })

  it('hears nobody: a subscriber that talks is let go', async () => {
    const stream = await subscribe()
    stream.webSocket.send(Buffer.alloc(2_000))
    expect(await stream.closed).toBe(1009)
  })
})
