/** Takedowns of accounts in every state that they can be in, and what is served of what is taken down. */
import { CommandBus } from '@nestjs/cqrs'
import sharp from 'sharp'
import { DeleteAccount } from '../../../src/modules/account/delete-account.js'
import { CommitLog } from '../../../src/modules/commit-log/commit-log.js'
import { Database } from '../../../src/modules/database/database.js'
import { HandleResolver } from '../../../src/modules/identity/handle-resolver.js'
import { Outbox } from '../../../src/modules/outbox/outbox.js'
import { readAccountEvent } from '../../../src/modules/repo/fold-log.js'
import { setOwnStatus } from '../../../src/modules/repo/repo-status.js'
import { Cid, type Did } from '../../../src/repo-engine/index.js'
import { carOf, sampleRepo } from '../../cli/sample-repo.js'
import { TestServer } from '../../support/account-app.js'
import { checkInvariants } from '../../support/invariants.js'
import { adopt, eventsOf, importCar, keep } from '../account/adopting.js'
import { mirror, OtherPds, postOf } from '../blob/other-pds.js'

const ADMIN = `Basic ${Buffer.from('admin:operator-password').toString('base64')}`
const POSTS = 'app.bsky.feed.post'

let server: TestServer
let alice: { did: string; accessJwt: string; refreshJwt: string }
beforeEach(async () => {
  server = await TestServer.start({
    PDS_ADMIN_PASSWORD: 'operator-password',
    PDS_SERVICE_HANDLE_DOMAINS: '.test,.here.test',
  })
  alice = await server.createAccount('alice')
})
afterEach(() => server.close())

const read = () => server.get(Database).read
const update = (did: string, body: object) =>
  server.post('com.atproto.admin.updateSubjectStatus', {
    auth: ADMIN,
    body: { subject: { $type: 'com.atproto.admin.defs#repoRef', did }, ...body },
  })
const takeDown = (did: string, applied = true, ref?: string) => update(did, { takedown: { applied, ref } })
const deactivate = (did: string, applied = true) => update(did, { deactivated: { applied } })
const subjectStatus = async (did: string) =>
  (await server.query('com.atproto.admin.getSubjectStatus', { auth: ADMIN, params: `?did=${did}` })).body
const statusOf = async (did: string): Promise<string | null | undefined> =>
  (await read().get<{ status: string | null }>('SELECT status FROM repo WHERE did = ?', did))?.status
/** The statuses that the log has told, newest last. */
async function told(did: string): Promise<(string | null)[]> {
  const rows = await server.get(CommitLog).readRepo(did)
  return rows.filter(({ kind }) => kind === 'account').map((row) => readAccountEvent(row).status ?? null)
}
const own = (did: string, hosting: 'hosted' | 'mirrored', status: 'deactivated' | null) =>
  server.get(Database).write((tx) => setOwnStatus(tx, server.get(CommitLog), did as Did, hosting, status))
const write = (text: string) =>
  server.post('com.atproto.repo.createRecord', {
    auth: alice.accessJwt,
    body: { repo: alice.did, collection: POSTS, record: { text, createdAt: new Date().toISOString() } },
  })

describe('an account', () => {
  it('that is active is taken down and shown again; what is so already is told to nobody', async () => {
    await takeDown(alice.did, true, 'case-1')
    await takeDown(alice.did)
    expect(await subjectStatus(alice.did)).toMatchObject({ takedown: { applied: true, ref: 'case-1' } })
    await takeDown(alice.did, true, 'case-2')
    expect(await subjectStatus(alice.did)).toMatchObject({ takedown: { applied: true, ref: 'case-2' } })
    await takeDown(alice.did, false)
    await takeDown(alice.did, false)
    expect(await told(alice.did)).toEqual([null, 'takendown', null])
    await checkInvariants(read())
  })

  it('that its owner has deactivated is that again afterwards', async () => {
    await own(alice.did, 'hosted', 'deactivated')
    await takeDown(alice.did)
    expect(await subjectStatus(alice.did)).toMatchObject({
      takedown: { applied: true },
      deactivated: { applied: true },
    })
    await takeDown(alice.did, false)
    expect(await told(alice.did)).toEqual([null, 'deactivated', 'takendown', 'deactivated'])
  })

  it('is deactivated by a moderator, also while it is taken down, and made active again', async () => {
    await deactivate(alice.did)
    await deactivate(alice.did)
    expect(await write('no')).toMatchObject({ body: { error: 'AccountDeactivated' } })
    expect(await server.query('app.bsky.actor.getProfile', { params: `?actor=${alice.did}` })).toMatchObject({
      body: { error: 'AccountDeactivated' },
    })
    await takeDown(alice.did)
    await deactivate(alice.did, false)
    expect(await statusOf(alice.did)).toBe('takendown')
    await takeDown(alice.did, false)
    expect((await write('yes')).status).toBe(200)
    await deactivate(alice.did)
    await deactivate(alice.did, false)
    await deactivate(alice.did, false)
    expect((await write('again')).status).toBe(200)
    expect(await told(alice.did)).toEqual([null, 'deactivated', 'takendown', null, 'deactivated', null])
    await checkInvariants(read())
  })

  it('that lives elsewhere is deactivated by its host, not here', async () => {
    const { did } = await keep(server)
    expect(await deactivate(did)).toMatchObject({ status: 400 })
    expect(await deactivate(`did:plc:${'u'.repeat(24)}`)).toMatchObject({ status: 400 })
    const record = {
      $type: 'com.atproto.repo.strongRef',
      uri: `at://${did}/a.b.c/d`,
      cid: 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a',
    }
    const body = { subject: record, deactivated: { applied: true } }
    expect(await server.post('com.atproto.admin.updateSubjectStatus', { auth: ADMIN, body })).toMatchObject({
      status: 400,
    })
    expect(await statusOf(did)).toBeNull()
  })

  it('that is mirrored is what its host has said meanwhile', async () => {
    const { did } = await keep(server)
    await takeDown(did)
    await own(did, 'mirrored', 'deactivated')
    expect(await statusOf(did)).toBe('takendown')
    await takeDown(did, false)
    expect(await told(did)).toEqual(['takendown', 'deactivated'])
  })

  it('that is archived is taken down as well', async () => {
    const { did } = await keep(server, { hosting: 'archived' })
    const latest = () => server.query('com.atproto.sync.getLatestCommit', { params: `?did=${did}` })
    await takeDown(did)
    expect(await latest()).toMatchObject({ body: { error: 'RepoTakendown' } })
    await takeDown(did, false)
    expect(await latest()).toMatchObject({ status: 200 })
  })

  it.each(['mirrored', 'archived'] as const)(
    'that was taken down before it came here is so when it is %s',
    async (hosting) => {
      const repo = sampleRepo({ posts: 5 })
      await takeDown(repo.did, true, 'before')
      await importCar(server, repo.did, hosting, carOf(repo))
      expect(await statusOf(repo.did)).toBe('takendown')
      expect(await told(repo.did)).toEqual(['takendown'])
      expect(await server.query('com.atproto.sync.getRepoStatus', { params: `?did=${repo.did}` })).toMatchObject({
        body: { active: false, status: 'takendown' },
      })
      expect(await server.query('app.bsky.feed.getAuthorFeed', { params: `?actor=${repo.did}` })).toMatchObject({
        status: 400,
      })
      await takeDown(repo.did, false)
      expect(await told(repo.did)).toEqual(['takendown', null])
      expect(await server.query('com.atproto.sync.getLatestCommit', { params: `?did=${repo.did}` })).toMatchObject({
        status: 200,
      })
      await checkInvariants(read())
    },
  )

  it('that is taken down is not adopted before it is shown again', async () => {
    const { did } = await keep(server)
    await takeDown(did)
    await expect(adopt(server, did)).rejects.toThrow('is taken down here')
    await takeDown(did, false)
    await adopt(server, did)
    expect(await statusOf(did)).toBeNull()
    expect(await eventsOf(server, did)).toContain('identity*')
  })

  it('that is being erased stays deleted, and is told of once', async () => {
    // What is left of it waits.
    server.get(Outbox).perform = () => new Promise(() => undefined)
    await server.get(CommandBus).execute(new DeleteAccount(alice.did as Did))
    await takeDown(alice.did)
    await takeDown(alice.did, false)
    expect(await statusOf(alice.did)).toBe('deleted')
    expect((await told(alice.did)).slice(-2)).toEqual([null, 'deleted'])
    const answer = await server.query('com.atproto.admin.getSubjectStatus', {
      auth: ADMIN,
      params: `?did=${alice.did}`,
    })
    expect(answer).toMatchObject({ status: 400, body: { error: 'NotFound' } })
  })
})

describe('of an account that is taken down', () => {
  beforeEach(async () => {
    await write('hello')
    await takeDown(alice.did)
  })
  const signIn = (more = {}) =>
    server.post('com.atproto.server.createSession', {
      body: { identifier: 'alice.test', password: 'alice-password', ...more },
    })

  it('sessions are worth nothing, and new ones are for appeals alone', async () => {
    expect(await server.query('app.bsky.feed.getTimeline', { auth: alice.accessJwt })).toMatchObject({
      status: 401,
    })
    expect(await server.post('com.atproto.server.refreshSession', { auth: alice.refreshJwt })).toMatchObject({
      body: { error: 'AccountTakedown' },
    })
    expect(await signIn()).toMatchObject({ status: 401, body: { error: 'AccountTakedown' } })
    const { body } = await signIn({ allowTakendown: true })
    expect(await server.query('app.bsky.feed.getTimeline', { auth: body.accessJwt as string })).toMatchObject({
      status: 400,
      body: { error: 'InvalidToken' },
    })
  })

  it('nothing is served to others; its owner and the operator have it all', async () => {
    const { body } = await signIn({ allowTakendown: true })
    const bob = await server.createAccount('bob')
    const get = async (path: string, auth?: string) => {
      const headers: Record<string, string> = auth ? { authorization: auth } : {}
      return (await fetch(`${server.url}/xrpc/com.atproto.${path}`, { headers })).status
    }
    const { did } = alice
    const { rev, cid } = (
      await server.query('com.atproto.sync.getLatestCommit', { auth: ADMIN, params: `?did=${did}` })
    ).body
    expect(rev).toBeDefined()
    for (const path of [
      `sync.getRepo?did=${did}`,
      `sync.getLatestCommit?did=${did}`,
      `sync.getHead?did=${did}`,
      `sync.getRecord?did=${did}&collection=${POSTS}&rkey=x`,
      `sync.getBlocks?did=${did}&cids=${String(cid)}`,
    ]) {
      expect([path, await get(path)]).toEqual([path, 400])
      expect([path, await get(path, `Bearer ${bob.accessJwt}`)]).toEqual([path, 400])
      expect([path, await get(path, `Bearer ${String(body.accessJwt)}`)]).toEqual([path, 200])
      expect([path, await get(path, ADMIN)]).toEqual([path, 200])
    }
    for (const path of [`repo.listRecords?repo=${did}&collection=${POSTS}`, `repo.describeRepo?repo=${did}`]) {
      expect([path, await get(path)]).toEqual([path, 400])
      expect([path, await get(path, ADMIN)]).toEqual([path, 200])
    }
    expect(await get(`sync.getRepo?did=${did}`, `Basic ${Buffer.from('admin:wrong').toString('base64')}`)).toBe(401)
  })

  it("the handle is nobody's for as long", async () => {
    const resolve = () => server.query('com.atproto.identity.resolveHandle', { params: '?handle=alice.test' })
    expect(await resolve()).toMatchObject({ status: 400 })
    expect(await server.query('com.atproto.repo.describeRepo', { params: '?repo=alice.test' })).toMatchObject({
      status: 400,
    })
    // It stays its own: nobody else gets it.
    expect(await server.get(HandleResolver).localDid('alice.test')).toBe(alice.did)
    await takeDown(alice.did, false)
    expect(await resolve()).toMatchObject({ body: { did: alice.did } })
  })
})

describe('of a record that is taken down', () => {
  let ref: { uri: string; cid: string }
  beforeEach(async () => {
    await write('first')
    ref = (await write('second')).body as never
    await write('third')
    await set(true)
  })
  const set = (applied: boolean) =>
    server.post('com.atproto.admin.updateSubjectStatus', {
      auth: ADMIN,
      body: { subject: { $type: 'com.atproto.repo.strongRef', ...ref }, takedown: { applied } },
    })
  const rkey = () => ref.uri.split('/').pop()!
  const getRecord = (auth?: string) =>
    server.query('com.atproto.repo.getRecord', {
      auth,
      params: `?repo=${alice.did}&collection=${POSTS}&rkey=${rkey()}`,
    })
  const texts = async (more = '', auth?: string) => {
    const params = `?repo=${alice.did}&collection=${POSTS}${more}`
    const { body } = await server.query('com.atproto.repo.listRecords', { auth, params })
    return (body.records as { value: { text: string } }[]).map(({ value }) => value.text)
  }

  it('nothing is read by name, but by the operator', async () => {
    expect(await getRecord()).toMatchObject({ status: 400, body: { error: 'RecordNotFound' } })
    expect(await getRecord(alice.accessJwt)).toMatchObject({ status: 400 })
    expect(await getRecord(ADMIN)).toMatchObject({ status: 200 })
    expect(await texts()).toEqual(['third', 'first'])
    expect(await texts('&limit=1&reverse=true')).toEqual(['first'])
    expect(await texts('', ADMIN)).toEqual(['third', 'second', 'first'])
    await set(false)
    expect(await getRecord()).toMatchObject({ status: 200 })
    expect(await texts()).toHaveLength(3)
  })

  it('the repository is whole: its tree is signed', async () => {
    const get = async (path: string) => (await fetch(`${server.url}/xrpc/com.atproto.sync.${path}`)).status
    expect(await get(`getRecord?did=${alice.did}&collection=${POSTS}&rkey=${rkey()}`)).toBe(200)
    expect(await get(`getBlocks?did=${alice.did}&cids=${ref.cid}`)).toBe(200)
    expect(await get(`getRepo?did=${alice.did}`)).toBe(200)
  })

  it('the profile of an account is not shown, if it is that', async () => {
    const profile = { $type: 'app.bsky.actor.profile', displayName: 'Rude Words' }
    const put = { repo: alice.did, collection: 'app.bsky.actor.profile', rkey: 'self', record: profile }
    ref = (await server.post('com.atproto.repo.putRecord', { auth: alice.accessJwt, body: put })).body as never
    const shown = async (auth?: string) =>
      (await server.query('app.bsky.actor.getProfile', { auth, params: `?actor=${alice.did}` })).body.displayName
    expect(await shown()).toBe('Rude Words')
    await set(true)
    expect(await shown()).toBeUndefined()
    await set(false)
    expect(await shown()).toBe('Rude Words')
  })
})

it('a blob that is taken down is given to nobody but the operator, nor is its image', async () => {
  const pds = await OtherPds.start()
  const image = await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
    .png()
    .toBuffer()
  const blobCid = Cid.ofRaw(image)
  const cid = blobCid.toString()
  await mirror(server, pds.did, { 'app.bsky.feed.post/3k2yihcrp6f2c': postOf(blobCid) })
  pds.blobs.set(cid, image)
  const subject = { $type: 'com.atproto.admin.defs#repoBlobRef', did: pds.did, cid }
  const set = (applied: boolean) =>
    server.post('com.atproto.admin.updateSubjectStatus', { auth: ADMIN, body: { subject, takedown: { applied } } })
  const get = async (path: string, auth?: string) =>
    (await fetch(`${server.url}${path}`, { headers: auth ? { authorization: auth } : {} })).status
  const blob = `/xrpc/com.atproto.sync.getBlob?did=${encodeURIComponent(pds.did)}&cid=${cid}`
  const thumbnail = `/img/feed_thumbnail/plain/${pds.did.replaceAll('%', '%25')}/${cid}@jpeg`
  expect([await get(blob), await get(thumbnail)]).toEqual([200, 200])
  await set(true)
  expect([await get(blob), await get(thumbnail), await get(blob, ADMIN)]).toEqual([400, 404, 200])
  await set(false)
  expect([await get(blob), await get(thumbnail)]).toEqual([200, 200])
  await pds.close()
})
