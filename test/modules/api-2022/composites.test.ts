import type { AtpAgent } from '@atproto/api'
import { type Answer, call as callAt, type Call } from '../../e2e/call.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { misfits } from './shape.js'
import { ANSWERS } from './shapes.js'

const PROFILE = 'app.bsky.actor.profile'
const VERIFICATION = 'app.bsky.graph.verification'
type Member = AtpAgent & { assertDid: string }

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => stopTestServer(server))

/** Asks, and checks the shape of an answer. */
async function call(name: string, options?: Call): Promise<Answer> {
  const answer = await callAt(server, `app.bsky.${name}`, options)
  if (answer.status === 200) expect(misfits(answer.json, ANSWERS[name]!)).toEqual([])
  return answer
}

async function profileOf(did: string): Promise<unknown> {
  const params = { repo: did, collection: PROFILE, rkey: 'self' }
  return (await callAt(server, 'com.atproto.repo.getRecord', { params })).json.value
}

describe('updateProfile', () => {
  let alice: Member
  beforeAll(async () => {
    alice = await server.signUp('alice')
  })

  it('makes a profile where there is none', async () => {
    const { status, json } = await call('updateProfile', { as: alice, body: { displayName: 'Alice' } })
    expect({ status, json }).toEqual({
      status: 200,
      json: {
        uri: `at://${alice.assertDid}/${PROFILE}/self`,
        cid: expect.any(String) as string,
        record: { $type: PROFILE, displayName: 'Alice' },
      },
    })
    expect(await profileOf(alice.assertDid)).toEqual(json.record)
  })

  it('changes what is given, and keeps everything else', async () => {
    const before = {
      $type: PROFILE,
      displayName: 'A',
      description: 'old',
      pronouns: 'she',
      'com.example.more': { n: 1 },
    }
    await alice.com.atproto.repo.putRecord({
      repo: alice.assertDid,
      collection: PROFILE,
      rkey: 'self',
      record: before,
    })
    const body = { description: 'new', pinnedBadges: [], avatar: 'ignored' }
    const { json } = await call('updateProfile', { as: alice, body })
    expect(json.record).toEqual({ ...before, description: 'new' })
    expect(await profileOf(alice.assertDid)).toEqual(json.record)
    const { json: cleared } = await call('updateProfile', { as: alice, body: { displayName: '', description: '' } })
    expect(cleared.record).toEqual({ ...before, displayName: '', description: '' })
  })

  it('is seen at once', async () => {
    await call('updateProfile', { as: alice, body: { displayName: 'Now' } })
    const { json } = await callAt(server, 'app.bsky.getProfile', { params: { user: 'alice.test' } })
    expect(json.displayName).toBe('Now')
  })

  it('loses no update, however many come at once', async () => {
    const bob = await server.signUp('bob')
    const bodies = Array.from({ length: 24 }, (_, i) =>
      i % 2 === 0 ? { displayName: `${i}` } : { description: `${i}` },
    )
    const answers = await Promise.all(bodies.map((body) => call('updateProfile', { as: bob, body })))
    expect(answers.map(({ status }) => status)).toEqual(bodies.map(() => 200))
    // Whichever came last was written on top of one of the other kind.
    expect(await profileOf(bob.assertDid)).toEqual({
      $type: PROFILE,
      displayName: expect.any(String) as string,
      description: expect.any(String) as string,
    })
  })

  it.each<[string, unknown, string?]>([
    ['a list', []],
    ['text', '"Alice"'],
    ['nothing', undefined],
    ['what is no JSON', 'displayName=Alice', 'application/x-www-form-urlencoded'],
    ['a name that is none', { displayName: 7 }],
    ['a name that is too long', { displayName: 'a'.repeat(1_000) }],
  ])('refuses %s', async (_, body, type = 'application/json') => {
    const headers = { 'content-type': type }
    const { status, json } = await call('updateProfile', { as: alice, body, method: 'POST', headers })
    expect({ status, error: json.error }).toEqual({ status: 400, error: 'InvalidRequest' })
  })

  it('refuses nobody, and a token that is none', async () => {
    expect((await call('updateProfile', { body: { displayName: 'X' } })).status).toBe(401)
    const { status, json } = await call('updateProfile', { body: { displayName: 'X' }, as: 'nonsense' })
    const today = await callAt(server, 'com.atproto.server.getSession', { as: 'nonsense' })
    expect({ status, json }).toEqual({ status: today.status, json: today.json })
  })
})

describe('getBadgeMembers', () => {
  let issuer: Member
  let members: Member[]
  let uri: string

  async function verify(subject: Member, displayName: string, handle = subject.session!.handle): Promise<string> {
    const { data } = await issuer.com.atproto.repo.createRecord({
      repo: issuer.assertDid,
      collection: VERIFICATION,
      record: {
        subject: subject.assertDid,
        handle,
        displayName,
        createdAt: '2022-10-14T12:00:00.000Z',
      },
    })
    return data.uri
  }
  const namesOf = (answer: Answer) => (answer.json.members as { name: string }[]).map(({ name }) => name)

  beforeAll(async () => {
    issuer = await server.signUp('issuer')
    members = [await server.signUp('mara'), await server.signUp('milo'), await server.signUp('mona')]
    await call('updateProfile', { as: members[0], body: { displayName: 'Mara' } })
    uri = await verify(members[0]!, 'Mara')
    await verify(members[1]!, '')
    await verify(members[2]!, '')
  })

  it('has those whom the author of a record has verified, last first', async () => {
    const { json } = await call('getBadgeMembers', { params: { uri, cid: 'bafyasgiven' } })
    const times = { offeredAt: '2022-10-14T12:00:00.000Z', acceptedAt: '2022-10-14T12:00:00.000Z' }
    expect(json).toEqual({
      uri,
      cid: 'bafyasgiven',
      members: [
        { did: members[2]!.assertDid, name: 'mona.test', ...times },
        { did: members[1]!.assertDid, name: 'milo.test', ...times },
        { did: members[0]!.assertDid, name: 'mara.test', displayName: 'Mara', ...times },
      ],
    })
  })

  it('takes any record of the author, also by handle', async () => {
    const other = `at://issuer.test/${PROFILE}/self`
    expect(namesOf(await call('getBadgeMembers', { params: { uri: other } }))).toHaveLength(3)
    const nobodys = `at://${members[0]!.assertDid}/${PROFILE}/self`
    const { json } = await call('getBadgeMembers', { params: { uri: nobodys } })
    expect(json).toEqual({ uri: nobodys, members: [] })
  })

  it.each(['before', 'cursor'])('is paged by %s', async (name) => {
    const first = await call('getBadgeMembers', { params: { uri, limit: 2 } })
    const rest = await call('getBadgeMembers', { params: { uri, limit: 2, [name]: first.json.cursor } })
    expect([namesOf(first), namesOf(rest)]).toEqual([['mona.test', 'milo.test'], ['mara.test']])
    expect(rest.json.cursor).toBeUndefined()
  })

  it('leaves out whom a verification does not fit any more', async () => {
    await call('updateProfile', { as: members[1], body: { displayName: 'Somebody else' } })
    await verify(members[2]!, '', 'other.test')
    expect(namesOf(await call('getBadgeMembers', { params: { uri } }))).toEqual(['mona.test', 'mara.test'])
  })

  it('leaves out what is no verification', async () => {
    const wrong = [
      { subject: 'nobody' },
      {},
      { subject: members[0]!.assertDid, handle: 'mara.test', displayName: 'Mara' },
    ]
    for (const record of wrong)
      await issuer.com.atproto.repo.createRecord({
        repo: issuer.assertDid,
        collection: VERIFICATION,
        validate: false,
        record,
      })
    expect(namesOf(await call('getBadgeMembers', { params: { uri } }))).toEqual(['mona.test', 'mara.test'])
  })

  it('holds more members than profiles are read at once', async () => {
    issuer = await server.signUp('busy')
    for (let i = 0; i < 30; i++) await verify(await server.signUp(`user${i}x`), '')
    const { json } = await call('getBadgeMembers', { params: { uri: `at://busy.test/${PROFILE}/self`, limit: 100 } })
    expect(json.members).toHaveLength(30)
  })

  it.each<[string, Record<string, string>, string]>([
    ['no uri', {}, 'InvalidRequest'],
    ['what is no at-uri', { uri: 'https://example.com' }, 'InvalidRequest'],
    ['too many', { uri: 'at://issuer.test', limit: '101' }, 'InvalidRequest'],
    ['nobody', { uri: 'at://nobody.test' }, 'RepoNotFound'],
    ['a repository that is not here', { uri: 'at://did:plc:ewvi7nxzyoun6zhxrhs64oiz' }, 'RepoNotFound'],
  ])('refuses %s', async (_, params, error) => {
    const { status, json } = await call('getBadgeMembers', { params })
    expect({ status, error: json.error }).toEqual({ status: 400, error })
  })
})
