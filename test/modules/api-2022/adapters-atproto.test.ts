import type { AtpAgent } from '@atproto/api'
import { CarReader } from '@ipld/car'
import { CommitLog } from '../../../src/modules/commit-log/commit-log.js'
import { call as callAt, type Call } from '../../e2e/call.js'
import { startCommunity, stopTestServer, startTestServer } from '../../support/server.js'

const POSTS = 'app.bsky.post'

const { server, alice, bob } = await startCommunity(['alice', 'bob'])
const call = (name: string, options?: Call) => callAt(server, `com.atproto.${name}`, options)
const post = (text: string) => ({ $type: POSTS, text, createdAt: '2022-10-14T12:00:00.000Z' })

afterAll(() => stopTestServer(server))

/** A repository of its own with the keys r1 to r`count`. */
async function author(name: string, count: number): Promise<AtpAgent & { assertDid: string }> {
  const agent = await server.signUp(name)
  for (let i = 1; i <= count; i++)
    await agent.com.atproto.repo.putRecord({
      repo: agent.assertDid,
      collection: POSTS,
      rkey: `r${i}`,
      record: post(`${i}`),
    })
  return agent
}

describe('accounts and sessions', () => {
  it('createAccount takes username and gives it back', async () => {
    const body = { email: 'carla@example.com', username: 'carla.test', password: 'carla-password' }
    const { status, json } = await call('createAccount', { body })
    expect(status).toBe(200)
    expect(json).toEqual({
      username: 'carla.test',
      did: expect.stringMatching(/^did:plc:/) as string,
      accessJwt: expect.any(String) as string,
      refreshJwt: expect.any(String) as string,
    })
    const session = await call('getSession', { as: json.accessJwt })
    expect(session.json).toEqual({ name: 'carla.test', did: json.did })
  })

  it('createAccount takes handle as well', async () => {
    const body = { email: 'dan@example.com', handle: 'dan.test', password: 'dan-password' }
    expect((await call('createAccount', { body })).json.username).toBe('dan.test')
  })

  it.each([
    ['InvalidUsername', { username: 'not a name' }],
    ['InvalidUsername', { username: 'a.b.test' }],
    ['InvalidUsername', { username: 'erin.example.com' }],
    ['UsernameNotAvailable', { username: 'alice.test' }],
    ['InvalidPassword', { password: '' }],
    ['InvalidRequest', { username: undefined }],
  ])('createAccount refuses with %s: %j', async (error, wrong) => {
    const body = { email: 'erin@example.com', username: 'erin.test', password: 'erin-password', ...wrong }
    const { status, json } = await call('createAccount', { body })
    expect({ status, error: json.error }).toEqual({ status: 400, error })
  })

  it('createAccount refuses with InvalidInviteCode where one is needed', async () => {
    const closed = await startTestServer({ PDS_INVITE_REQUIRED: 'true' })
    try {
      const body = { email: 'erin@example.com', username: 'erin.test', password: 'erin-password', inviteCode: 'guess' }
      const { status, json } = await callAt(closed, 'com.atproto.createAccount', { body })
      expect({ status, error: json.error }).toEqual({ status: 400, error: 'InvalidInviteCode' })
      expect((await callAt(closed, 'com.atproto.getAccountsConfig')).json.inviteCodeRequired).toBe(true)
    } finally {
      await stopTestServer(closed)
    }
  })

  it.each(['username', 'identifier'])('createSession takes %s, and gives name', async (name) => {
    const { status, json } = await call('createSession', { body: { [name]: 'alice.test', password: 'alice-password' } })
    expect(status).toBe(200)
    expect(json).toEqual({
      name: 'alice.test',
      did: alice.assertDid,
      accessJwt: expect.any(String) as string,
      refreshJwt: expect.any(String) as string,
    })
  })

  it('createSession refuses a wrong password as today', async () => {
    const { status, json } = await call('createSession', { body: { username: 'alice.test', password: 'guess' } })
    expect({ status, error: json.error }).toEqual({ status: 401, error: 'AuthenticationRequired' })
  })

  it('getSession needs a token', async () => {
    expect((await call('getSession')).status).toBe(401)
    expect((await call('getSession', { as: alice })).json).toEqual({ name: 'alice.test', did: alice.assertDid })
  })

  it('refreshSession and deleteSession take the refresh token', async () => {
    const { json: session } = await call('createSession', { body: { username: 'bob.test', password: 'bob-password' } })
    const refreshed = await call('refreshSession', { method: 'POST', as: session.refreshJwt })
    expect(refreshed.status).toBe(200)
    expect(Object.keys(refreshed.json as object).sort()).toEqual(['accessJwt', 'did', 'name', 'refreshJwt'])
    expect(refreshed.json).toMatchObject({ name: 'bob.test', did: bob.assertDid })
    const deleted = await call('deleteSession', { method: 'POST', as: refreshed.json.refreshJwt })
    expect(deleted.status).toBe(200)
    expect(deleted.bytes.length).toBe(0)
    expect((await call('refreshSession', { method: 'POST', as: refreshed.json.refreshJwt })).status).toBe(400)
  })

  it('createInviteCode', async () => {
    const asked = await call('createInviteCode', { body: { useCount: 1 } })
    expect([asked.status, asked.json.error]).toEqual([401, 'AuthenticationRequired'])
  })

  it('requestAccountPasswordReset and resetAccountPassword', async () => {
    const asked = await call('requestAccountPasswordReset', { body: { email: 'nobody@example.com' } })
    expect({ status: asked.status, length: asked.bytes.length }).toEqual({ status: 200, length: 0 })
    const reset = await call('resetAccountPassword', { body: { token: 'AAAAA-AAAAA', password: 'another password' } })
    expect({ status: reset.status, error: reset.json.error }).toEqual({ status: 400, error: 'InvalidToken' })
  })

  it('getAccountsConfig', async () => {
    const { json } = await call('getAccountsConfig')
    expect(json).toEqual({ inviteCodeRequired: false, availableUserDomains: ['.test'] })
  })
})

describe('resolveName', () => {
  it.each(['name', 'handle'])('takes %s', async (name) => {
    expect((await call('resolveName', { params: { [name]: 'alice.test' } })).json).toEqual({ did: alice.assertDid })
  })

  it('without a name means this host', async () => {
    const { json: today } = await callAt(server, 'com.atproto.server.describeServer')
    expect((await call('resolveName')).json).toEqual({ did: today.did })
  })

  it('refuses an unknown name', async () => {
    const { status } = await call('resolveName', { params: { name: 'nobody.test' } })
    expect(status).toBe(400)
  })
})

describe('reading a repository', () => {
  let carl: AtpAgent & { assertDid: string }
  beforeAll(async () => {
    carl = await author('carl', 6)
  })
  const list = async (params: Call['params']) => {
    const answer = await call('repoListRecords', { params: { user: carl.assertDid, collection: POSTS, ...params } })
    expect(answer.status).toBe(200)
    const { records, cursor } = answer.json as { records: { uri: string }[]; cursor?: string }
    return { keys: records.map(({ uri }) => uri.split('/').pop()), cursor }
  }

  it.each(['user', 'repo', 'actor'])('repoDescribe takes %s', async (name) => {
    const { json } = await call('repoDescribe', { params: { [name]: 'carl.test' } })
    expect(json).toEqual({
      name: 'carl.test',
      did: carl.assertDid,
      didDoc: expect.objectContaining({ id: carl.assertDid }) as object,
      collections: [POSTS],
      nameIsCorrect: true,
    })
  })

  it.each(['user', 'repo'])('repoGetRecord takes %s, and cid', async (name) => {
    const params = { [name]: carl.assertDid, collection: POSTS, rkey: 'r1' }
    const { json } = await call('repoGetRecord', { params })
    expect(json).toEqual({
      uri: `at://${carl.assertDid}/${POSTS}/r1`,
      cid: expect.any(String) as string,
      value: post('1'),
    })
    expect((await call('repoGetRecord', { params: { ...params, cid: json.cid } })).status).toBe(200)
    const other = await call('repoGetRecord', { params: { ...params, rkey: 'r2' } })
    const wrong = await call('repoGetRecord', { params: { ...params, cid: other.json.cid } })
    expect({ status: wrong.status, error: wrong.json.error }).toEqual({ status: 400, error: 'RecordNotFound' })
  })

  it('repoListRecords gives whole records, newest first', async () => {
    const { json } = await call('repoListRecords', { params: { user: 'carl.test', collection: POSTS, limit: 1 } })
    const uri = `at://${carl.assertDid}/${POSTS}/r6`
    expect(json).toEqual({ cursor: 'r6', records: [{ uri, cid: expect.any(String) as string, value: post('6') }] })
  })

  it.each<[string, Call['params'], string[]]>([
    ['everything', {}, ['r6', 'r5', 'r4', 'r3', 'r2', 'r1']],
    ['reversed', { reverse: true }, ['r1', 'r2', 'r3', 'r4', 'r5', 'r6']],
    ['before', { before: 'r3' }, ['r2', 'r1']],
    ['cursor', { cursor: 'r3' }, ['r2', 'r1']],
    ['after', { after: 'r3' }, ['r6', 'r5', 'r4']],
    ['both', { after: 'r2', before: 'r5' }, ['r4', 'r3']],
    ['after, reversed', { after: 'r3', reverse: true }, ['r4', 'r5', 'r6']],
    ['cursor, reversed', { cursor: 'r3', reverse: true }, ['r4', 'r5', 'r6']],
    ['before, reversed', { before: 'r3', reverse: true }, ['r1', 'r2']],
    ['both, reversed', { after: 'r2', before: 'r5', reverse: true }, ['r3', 'r4']],
    ['nothing between', { after: 'r3', before: 'r4' }, []],
  ])('repoListRecords: %s', async (_, params, keys) => {
    expect(await list(params)).toEqual({ keys, cursor: undefined })
  })

  it('repoListRecords is paged by before and cursor, down to after', async () => {
    const first = await list({ after: 'r1', limit: 3 })
    expect(first).toEqual({ keys: ['r6', 'r5', 'r4'], cursor: 'r4' })
    expect(await list({ after: 'r1', limit: 3, before: first.cursor! })).toEqual({
      keys: ['r3', 'r2'],
      cursor: undefined,
    })
  })

  it('limits are those of today', async () => {
    const params = { user: carl.assertDid, collection: POSTS, limit: 101 }
    expect((await call('repoListRecords', { params })).status).toBe(400)
  })
})

describe('writing records', () => {
  const params = (more: Call['params'] = {}) => ({ did: alice.assertDid, collection: POSTS, ...more })

  it('repoCreateRecord: the body is the record', async () => {
    const { status, json } = await call('repoCreateRecord', { as: alice, params: params(), body: post('hello') })
    expect(status).toBe(200)
    expect(json).toEqual({
      uri: expect.stringContaining(`at://${alice.assertDid}/${POSTS}/`) as string,
      cid: expect.any(String) as string,
    })
    const [, , , collection, rkey] = (json.uri as string).split('/')
    const { data } = await alice.com.atproto.repo.getRecord({
      repo: alice.assertDid,
      collection: collection!,
      rkey: rkey!,
    })
    expect(data).toMatchObject({ cid: json.cid, value: post('hello') })
  })

  it('repoCreateRecord refuses other repositories, and nobody', async () => {
    const asked = { params: params({ did: bob.assertDid }), body: post('mine') }
    expect((await call('repoCreateRecord', { ...asked, as: alice })).status).toBe(401)
    expect((await call('repoCreateRecord', asked)).status).toBe(401)
  })

  it.each([
    ['true', 400],
    ['false', 200],
    ['maybe', 400],
  ])('repoCreateRecord with validate=%s of an unknown type: %i', async (validate, status) => {
    const answer = await call('repoCreateRecord', { as: alice, params: params({ validate }), body: post('checked') })
    expect(answer.status).toBe(status)
  })

  it.each([[], 'text', 7, null])('repoCreateRecord refuses %j for a record', async (body) => {
    const answer = await call('repoCreateRecord', { as: alice, params: params(), body: JSON.stringify(body) })
    expect({ status: answer.status, error: answer.json.error }).toEqual({ status: 400, error: 'InvalidRequest' })
  })

  it('repoPutRecord creates, then replaces', async () => {
    const asked = { as: alice, params: params({ rkey: 'put' }) }
    const first = await call('repoPutRecord', { ...asked, body: post('one') })
    expect(first.json).toEqual({ uri: `at://${alice.assertDid}/${POSTS}/put`, cid: expect.any(String) as string })
    const second = await call('repoPutRecord', { ...asked, body: post('two') })
    expect(second.json.cid).not.toBe(first.json.cid)
    const held = await call('repoGetRecord', { params: { user: alice.assertDid, collection: POSTS, rkey: 'put' } })
    expect(held.json).toMatchObject({ cid: second.json.cid, value: post('two') })
  })

  it.each(['did', 'repo'])('repoDeleteRecord takes %s, has no body and gives none', async (name) => {
    await call('repoPutRecord', { as: alice, params: params({ rkey: 'gone' }), body: post('gone') })
    const asked = { as: alice, params: { [name]: alice.assertDid, collection: POSTS, rkey: 'gone' }, method: 'POST' }
    const { status, bytes, headers } = await call('repoDeleteRecord', asked)
    expect({ status, length: bytes.length, type: headers.get('content-type') }).toEqual({
      status: 200,
      length: 0,
      type: null,
    })
    const held = await call('repoGetRecord', { params: { user: alice.assertDid, collection: POSTS, rkey: 'gone' } })
    expect(held.json.error).toBe('RecordNotFound')
  })

  it('repoBatchWrite makes one commit of its actions', async () => {
    const put = (rkey: string) => call('repoPutRecord', { as: alice, params: params({ rkey }), body: post('old') })
    await put('b1')
    await put('b2')
    const log = server.app.get(CommitLog, { strict: false })
    const last = await log.lastSeq()
    const writes = [
      { action: 'create', collection: POSTS, rkey: 'b3', value: post('created') },
      { action: 'create', collection: 'com.example.unkeyed', value: { n: 1 } },
      { action: 'update', collection: POSTS, rkey: 'b1', value: post('updated') },
      { action: 'delete', collection: POSTS, rkey: 'b2' },
    ]
    const { status, bytes } = await call('repoBatchWrite', {
      as: alice,
      params: { did: alice.assertDid },
      body: { writes },
    })
    expect({ status, length: bytes.length }).toEqual({ status: 200, length: 0 })
    const held = async (rkey: string) =>
      (await call('repoGetRecord', { params: { user: alice.assertDid, collection: POSTS, rkey } })).json.value
        ?.text as unknown
    expect([await held('b1'), await held('b2'), await held('b3')]).toEqual(['updated', undefined, 'created'])
    const { json } = await call('repoListRecords', {
      params: { user: alice.assertDid, collection: 'com.example.unkeyed' },
    })
    expect(json.records).toMatchObject([{ value: { $type: 'com.example.unkeyed', n: 1 } }])
    expect(await log.read(last)).toMatchObject([{ did: alice.assertDid, kind: 'commit' }])
  })

  it.each<[string, unknown, number]>([
    ['an unknown action', { writes: [{ action: 'explode', collection: POSTS, rkey: 'x' }] }, 400],
    ['no action', { writes: [{ collection: POSTS, rkey: 'x', value: {} }] }, 400],
    ['no list', { writes: 'all' }, 400],
    ['no writes', {}, 400],
    ['a list for a body', [], 400],
    ['something that is no write', { writes: [7] }, 400],
  ])('repoBatchWrite refuses %s', async (_, body, status) => {
    const answer = await call('repoBatchWrite', { as: alice, params: { did: alice.assertDid }, body })
    expect({ status: answer.status, error: answer.json.error }).toEqual({ status, error: 'InvalidRequest' })
  })

  it('repoBatchWrite refuses other repositories', async () => {
    const writes = [{ action: 'create', collection: POSTS, value: post('mine') }]
    const answer = await call('repoBatchWrite', { as: bob, params: { did: alice.assertDid }, body: { writes } })
    expect(answer.status).toBe(401)
  })
})

describe('sync', () => {
  it('syncGetRoot', async () => {
    const { data } = await bob.com.atproto.sync.getLatestCommit({ did: bob.assertDid })
    expect((await call('syncGetRoot', { params: { did: bob.assertDid } })).json).toEqual({ root: data.cid })
  })

  it('syncGetRepo is application/cbor, whole without from', async () => {
    const { status, headers, bytes } = await call('syncGetRepo', { params: { did: bob.assertDid } })
    expect({ status, type: headers.get('content-type') }).toEqual({ status: 200, type: 'application/cbor' })
    expect(bytes).toEqual((await callAt(server, 'com.atproto.sync.getRepo', { params: { did: bob.assertDid } })).bytes)
  })

  /** How many posts `from` a commit on there are. */
  async function postsFrom(did: string, params: Call['params']): Promise<number> {
    const { status, bytes } = await call('syncGetRepo', { params: { did, ...params } })
    expect(status).toBe(200)
    const car = await CarReader.fromBytes(bytes)
    let count = 0
    for await (const block of car.blocks()) if (Buffer.from(block.bytes).includes('createdAt')) count++
    return count
  }

  it('syncGetRepo from a commit is what came after it', async () => {
    const erin = await author('erin', 30)
    const did = erin.assertDid
    const { json: before } = await call('syncGetRoot', { params: { did } })
    const params = { did, collection: POSTS, rkey: 'new' }
    await call('repoPutRecord', { as: erin, params, body: post('new') })
    const { json: now } = await call('syncGetRoot', { params: { did } })
    expect(await postsFrom(did, {})).toBe(31)
    expect(await postsFrom(did, { from: before.root })).toBe(1)
    expect(await postsFrom(did, { from: now.root })).toBe(0)
    // A commit that was never here, such as another repository's: everything.
    const { json: other } = await call('syncGetRoot', { params: { did: bob.assertDid } })
    expect(await postsFrom(did, { from: other.root })).toBe(31)
  })

  it('syncGetRepo finds a commit however many came after it', async () => {
    const frank = await author('frank', 5)
    const did = frank.assertDid
    const { json } = await call('syncGetRoot', { params: { did } })
    const put = (n: number) =>
      frank.com.atproto.repo.putRecord({ repo: did, collection: POSTS, rkey: 'same', record: post(`${n}`) })
    for (let i = 0; i < 1_050; i += 50) await Promise.all(Array.from({ length: 50 }, (_, n) => put(i + n)))
    expect(await postsFrom(did, { from: json.root })).toBe(1)
  })

  it('syncGetRepo refuses what is no CID, and a DID that is not here', async () => {
    const wrong = await call('syncGetRepo', { params: { did: bob.assertDid, from: 'genesis' } })
    expect({ status: wrong.status, error: wrong.json.error }).toEqual({ status: 400, error: 'InvalidRequest' })
    expect(wrong.headers.get('content-type')).toMatch(/^application\/json/)
    const { json } = await call('syncGetRoot', { params: { did: bob.assertDid } })
    const absent = await call('syncGetRepo', { params: { did: 'did:plc:ewvi7nxzyoun6zhxrhs64oiz', from: json.root } })
    expect({ status: absent.status, error: absent.json.error }).toEqual({ status: 400, error: 'RepoNotFound' })
  })
})
