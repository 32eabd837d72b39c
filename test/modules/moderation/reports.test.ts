/** com.atproto.moderation.createReport: the inbox here, and who else has what is reported. */
import { mintServiceJwt, verifyServiceJwt } from '../../../src/modules/auth/service-jwt.js'
import { ServiceKeys } from '../../../src/modules/auth/service-keys.js'
import { Database } from '../../../src/modules/database/database.js'
import { DidResolver } from '../../../src/modules/identity/did-resolver.js'
import { Lexicons } from '../../../src/modules/lexicon/lexicons.js'
import { type Did, SigningKey } from '../../../src/repo-engine/index.js'
import { TestServer } from '../../support/account-app.js'
import { until } from '../replication/mirroring.js'
import { ServiceStub } from './service-stub.js'

const ADMIN = `Basic ${Buffer.from('admin:operator-password').toString('base64')}`
const CREATE = 'com.atproto.moderation.createReport'
const SPAM = 'com.atproto.moderation.defs#reasonSpam'
const APPEAL = 'tools.ozone.report.defs#reasonAppeal'
const CID = 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'
const MOD = 'did:plc:mmmmmmmmmmmmmmmmmmmmmmmm'
const OTHER = 'did:plc:oooooooooooooooooooooooo'

let server: TestServer
let service: ServiceStub
let alice: { did: string; accessJwt: string }
let bob: { did: string; accessJwt: string }
const start = async (env: Record<string, string> = {}): Promise<void> => {
  server = await TestServer.start({ PDS_ADMIN_PASSWORD: 'operator-password', ...env })
  alice = await server.createAccount('alice')
  bob = await server.createAccount('bob')
}
beforeEach(async () => {
  service = await ServiceStub.start()
})
afterEach(async () => {
  await server.close()
  await service.close()
})

const account = (did = bob.did) => ({ $type: 'com.atproto.admin.defs#repoRef', did })
const record = (did = bob.did) => ({
  $type: 'com.atproto.repo.strongRef',
  uri: `at://${did}/app.bsky.feed.post/x`,
  cid: CID,
})
const report = async (body: object, auth = alice.accessJwt) => {
  const answer = await server.post(CREATE, { auth, body: { reasonType: SPAM, subject: account(), ...body } })
  if (answer.status === 200) server.get(Lexicons).checkOutput(CREATE, answer.body)
  return answer
}
async function admin(path: string, body?: object, auth = ADMIN): Promise<Record<string, any>> {
  const response = await fetch(`${server.url}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: auth, ...(body && { 'content-type': 'application/json' }) },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: response.status, ...((await response.json()) as object) }
}
const inbox = async (query = '') => (await admin(`/admin/reports${query}`)).reports as Record<string, unknown>[]

describe('a report', () => {
  beforeEach(() => start())

  it('is kept, and answered with its number', async () => {
    const reason = 'forty posts a minute'
    const modTool = { name: 'social-app/1.0', meta: { page: 'profile' } }
    const { status, body } = await report({ reason, modTool })
    expect({ status, body }).toEqual({
      status: 200,
      body: {
        id: 1,
        ...{ reasonType: SPAM, reason, subject: account(), reportedBy: alice.did },
        createdAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      },
    })
    await report({ subject: record(), reasonType: 'tools.ozone.report.defs#reasonSelfHarmED' })
    const blob = { $type: 'com.atproto.admin.defs#repoBlobRef', did: bob.did, cid: CID }
    await report({ subject: { ...blob, junk: 1 } })
    expect(await inbox()).toMatchObject([
      { id: 3, subject: blob, reason: null, modTool: null },
      { id: 2, subject: record(), reasonType: 'tools.ozone.report.defs#reasonSelfHarmED' },
      { id: 1, reason, modTool, reportedBy: alice.did, resolvedAt: null },
    ])
    expect((await inbox())[0]!.subject).toEqual(blob)
  })

  it('is refused for what is none', async () => {
    const wrong: [what: string, body: object][] = [
      ['no reason that there is', { reasonType: 'com.atproto.moderation.defs#reasonDull' }],
      ['a reason of somewhere else', { reasonType: 'com.example.defs#reasonSpam' }],
      ['a reason of 20,001 bytes', { reason: 'a'.repeat(20_001) }],
      ['anything else', { subject: { $type: 'com.example.thing', id: 1 } }],
      ['an account without a DID', { subject: { $type: 'com.atproto.admin.defs#repoRef', did: 'bob' } }],
      ['a record by a handle', { subject: { ...record(OTHER), uri: 'at://bob.test/app.bsky.feed.post/x' } }],
      ['a whole collection', { subject: { ...record(OTHER), uri: `at://${OTHER}/app.bsky.feed.post` } }],
      ['a blob of nobody', { subject: { $type: 'com.atproto.admin.defs#repoBlobRef', did: 'bob', cid: CID } }],
      ['a blob without a CID', { subject: { $type: 'com.atproto.admin.defs#repoBlobRef', did: OTHER } }],
      [
        'a blob of a record that is no text',
        { subject: { $type: 'com.atproto.admin.defs#repoBlobRef', did: OTHER, cid: CID, recordUri: 5 } },
      ],
      ['with a tool of any size', { modTool: { name: 'x', meta: { text: 'a'.repeat(9_000) } } }],
    ]
    const refusal = { status: 400, body: { error: 'InvalidRequest' } }
    for (const [what, body] of wrong) expect([what, await report(body)]).toMatchObject([what, refusal])
    expect(await inbox()).toEqual([])
  })

  it("is an account's: nobody else has any", async () => {
    expect(await server.post(CREATE, { body: { reasonType: SPAM, subject: account() } })).toMatchObject({ status: 401 })
    expect(await admin('/admin/reports', undefined, `Bearer ${alice.accessJwt}`)).toMatchObject({ status: 401 })
  })

  it('comes from accounts elsewhere by their service tokens, for this labeler and this method', async () => {
    const key = SigningKey.generate()
    server.get(ServiceKeys).resolve = () => Promise.resolve(key.didKey)
    const token = (aud: string, lxm = CREATE) => mintServiceJwt(OTHER as Did, { aud, lxm }, key, Date.now())
    expect(await report({}, token('did:web:localhost#atproto_labeler'))).toMatchObject({
      body: { reportedBy: OTHER },
    })
    expect(await report({}, token('did:web:localhost'))).toMatchObject({ status: 200 })
    expect(await report({}, token('did:web:example.com'))).toMatchObject({ status: 401 })
    expect(await report({}, token('did:web:localhost', 'app.bsky.feed.getTimeline'))).toMatchObject({ status: 401 })
  })

  it('is one of a hundred an hour', async () => {
    for (let i = 0; i < 100; i++) expect((await report({})).status).toBe(200)
    expect(await report({})).toMatchObject({ status: 429, body: { error: 'RateLimitExceeded' } })
    expect((await report({}, bob.accessJwt)).status).toBe(200)
    server.advance(61 * 60_000)
    expect((await report({})).status).toBe(200)
  })

  it('by an account that is taken down is an appeal, or nothing', async () => {
    const body = { subject: account(alice.did), takedown: { applied: true } }
    await server.post('com.atproto.admin.updateSubjectStatus', { auth: ADMIN, body })
    const credentials = { identifier: 'alice.test', password: 'alice-password', allowTakendown: true }
    const session = (await server.post('com.atproto.server.createSession', { body: credentials })).body
    const auth = session.accessJwt as string
    expect(await report({}, auth)).toMatchObject({ status: 400 })
    for (const reasonType of [APPEAL, 'com.atproto.moderation.defs#reasonAppeal'])
      expect(await report({ reasonType, subject: account(alice.did) }, auth)).toMatchObject({ status: 200 })
    expect(await inbox()).toHaveLength(2)
  })

  it('goes with whoever has made it, and with what it is of', async () => {
    await report({})
    await report({ subject: account(alice.did) }, bob.accessJwt)
    await report({ subject: account(OTHER) }, bob.accessJwt)
    await server.post('com.atproto.admin.deleteAccount', { auth: ADMIN, body: { did: alice.did } })
    await until('it is erased', async () => (await inbox()).length === 1)
    expect(await inbox()).toMatchObject([{ subject: account(OTHER) }])
  })
})

describe('the inbox', () => {
  beforeEach(() => start())

  it('has open reports, and closed ones with what came of them', async () => {
    for (let i = 0; i < 5; i++) await report({ reason: `reason ${i}` })
    expect(await admin('/admin/reports/resolve', { ids: [2, 3, 99], note: 'labelled' })).toMatchObject({
      resolved: [2, 3],
    })
    expect(await admin('/admin/reports/resolve', { ids: [2] })).toMatchObject({ resolved: [] })
    expect((await inbox()).map(({ id }) => id)).toEqual([5, 4, 1])
    expect(await inbox('?status=closed')).toMatchObject([
      { id: 3, note: 'labelled', resolvedBy: 'admin', resolvedAt: expect.any(String) as string },
      { id: 2 },
    ])
    const first = await admin('/admin/reports?status=all&limit=3')
    expect((first.reports as { id: number }[]).map(({ id }) => id)).toEqual([5, 4, 3])
    const rest = await admin(`/admin/reports?status=all&limit=3&cursor=${first.cursor as string}`)
    expect((rest.reports as { id: number }[]).map(({ id }) => id)).toEqual([2, 1])
    expect(rest.cursor).toBeUndefined()
    const { actions } = await admin(`/admin/actions?subject=${bob.did}`)
    expect(actions).toMatchObject([
      { action: 'resolve-report', subject: bob.did, reason: 'report 3: labelled' },
      { action: 'resolve-report', reason: 'report 2: labelled' },
    ])
  })

  it('refuses queries and bodies that are none', async () => {
    for (const query of ['?status=lost', '?limit=0', '?limit=501', '?limit=x', '?cursor=x', '?cursor=1&cursor=2'])
      expect([query, await admin(`/admin/reports${query}`)]).toMatchObject([query, { status: 400 }])
    const bodies = [{}, { ids: [] }, { ids: ['1'] }, { ids: [1.5] }, { ids: Array(101).fill(1) }, { ids: [1], note: 7 }]
    for (const body of bodies)
      expect([body, await admin('/admin/reports/resolve', body)]).toMatchObject([body, { status: 400 }])
  })
})

describe('the moderation service', () => {
  const outbox = async () => (await server.get(Database).read.get<{ n: number }>('SELECT count(*) AS n FROM outbox'))!.n
  const arrived = (count: number) =>
    until(`${count} arrive`, async () => service.requests.length === count && (await outbox()) === 0)
  const keyOf = (did: string) => server.get(ServiceKeys).resolve(did as Did, false)

  it('of the settings is given every report, in the name of whoever made it', async () => {
    await start({ PDS_MOD_SERVICE_DID: MOD, PDS_MOD_SERVICE_URL: service.url })
    await report({ reason: 'ads', modTool: { name: 'app' } })
    await arrived(1)
    const [{ path, headers, body }] = service.requests as [(typeof service.requests)[0]]
    expect(path).toBe(`/xrpc/${CREATE}`)
    expect(body).toEqual({ reasonType: SPAM, reason: 'ads', subject: account(), modTool: { name: 'app' } })
    const token = headers.authorization!.replace('Bearer ', '')
    expect(await verifyServiceJwt(token, { aud: MOD, lxm: CREATE }, keyOf, Date.now())).toBe(alice.did)
  })

  it('for reports comes before the one that moderates', async () => {
    await start({
      ...{ PDS_MOD_SERVICE_DID: MOD, PDS_MOD_SERVICE_URL: 'http://127.0.0.1:9' },
      ...{ PDS_REPORT_SERVICE_DID: OTHER, PDS_REPORT_SERVICE_URL: service.url },
    })
    await report({})
    await arrived(1)
  })

  it('that is away gets it later; one that does not want it is not asked again', async () => {
    await start({ PDS_MOD_SERVICE_DID: MOD, PDS_MOD_SERVICE_URL: service.url })
    service.status = 503
    expect((await report({})).status).toBe(200)
    await until('it is asked', () => service.requests.length > 0)
    expect(await outbox()).toBe(1)
    service.status = 200
    await until('it has it', async () => (await outbox()) === 0)
    service.status = 400
    const before = service.requests.length
    await report({})
    await until('it is given up', async () => service.requests.length > before && (await outbox()) === 0)
    expect(service.requests.length).toBe(before + 1)
    expect(await inbox()).toHaveLength(2)
  })

  it('that a client names gets it instead, as the labeler that its document says', async () => {
    await start({ PDS_MOD_SERVICE_DID: MOD, PDS_MOD_SERVICE_URL: 'http://127.0.0.1:9' })
    const dids = server.get(DidResolver)
    const resolve = dids.resolve.bind(dids)
    const services = [{ id: '#atproto_labeler', type: 'AtprotoLabeler', serviceEndpoint: service.url }]
    dids.resolve = (did, options) =>
      did === OTHER ? Promise.resolve({ id: OTHER, service: services }) : resolve(did, options)
    const to = async (name: string) => {
      const response = await fetch(`${server.url}/xrpc/${CREATE}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${alice.accessJwt}`,
          'content-type': 'application/json',
          'atproto-proxy': name,
        },
        body: JSON.stringify({ reasonType: SPAM, subject: account() }),
      })
      return response.status
    }
    expect(await to(`${OTHER}#atproto_labeler`)).toBe(200)
    await arrived(1)
    const token = service.requests[0]!.headers.authorization!.replace('Bearer ', '')
    expect(await verifyServiceJwt(token, { aud: OTHER, lxm: CREATE }, keyOf, Date.now())).toBe(alice.did)
    // Itself: it has it already.
    expect(await to('did:web:localhost#atproto_labeler')).toBe(200)
    for (const nobody of ['nonsense', `did:plc:${'u'.repeat(24)}#atproto_labeler`]) expect(await to(nobody)).toBe(400)
    expect(await inbox()).toHaveLength(2)
    expect(service.requests).toHaveLength(1)
  })

  it.each([
    ['by plain http', () => service.url],
    ['at a private address', () => 'https://10.0.0.1'],
  ])('that a client names is not called %s', async (_, endpoint) => {
    await start({ PDS_DEV_MODE: '0' })
    const services = [{ id: '#atproto_labeler', type: 'AtprotoLabeler', serviceEndpoint: endpoint() }]
    server.get(DidResolver).resolve = () => Promise.resolve({ id: OTHER, service: services })
    const response = await fetch(`${server.url}/xrpc/${CREATE}`, {
      method: 'POST',
      headers: {
        ...{ authorization: `Bearer ${alice.accessJwt}`, 'content-type': 'application/json' },
        'atproto-proxy': `${OTHER}#atproto_labeler`,
      },
      body: JSON.stringify({ reasonType: SPAM, subject: account() }),
    })
    expect(response.status).toBe(400)
    expect(await outbox()).toBe(0)
    expect(service.requests).toEqual([])
  })
})
