import { Secrets } from '../../../src/modules/config/secrets.js'
import { Database } from '../../../src/modules/database/database.js'
import { Lexicons } from '../../../src/modules/lexicon/lexicons.js'
import { Takedowns } from '../../../src/modules/moderation/takedowns.js'
import type { Did } from '../../../src/repo-engine/index.js'
import { TestServer } from '../../support/account-app.js'
import { touchedBy } from '../private-state/app.js'

const CID = 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'
const GET = 'com.atproto.admin.getSubjectStatus'
const UPDATE = 'com.atproto.admin.updateSubjectStatus'

let server: TestServer
let alice: { did: string; accessJwt: string; refreshJwt: string }
let auth: string
beforeAll(async () => {
  server = await TestServer.start()
  alice = await server.createAccount('alice')
  auth = `Basic ${Buffer.from(`admin:${server.get(Secrets).adminPassword}`).toString('base64')}`
})
afterAll(() => server.close())

const repo = () => ({ $type: 'com.atproto.admin.defs#repoRef', did: alice.did })
const update = (subject: object, applied: boolean, ref?: string) =>
  server.post(UPDATE, { auth, body: { subject, takedown: { applied, ref } } })
const status = async (params: string) => {
  const answer = await server.query(GET, { auth, params })
  if (answer.status === 200) server.get(Lexicons).checkOutput(GET, answer.body)
  return answer
}
const write = (text = 'hello') =>
  server.post('com.atproto.repo.createRecord', {
    auth: alice.accessJwt,
    body: {
      repo: alice.did,
      collection: 'app.bsky.feed.post',
      record: { text, createdAt: new Date().toISOString() },
    },
  })

it('is for the operator', async () => {
  const body = { subject: repo(), takedown: { applied: true } }
  expect(await server.post(UPDATE, { auth: alice.accessJwt, body })).toMatchObject({ status: 401 })
  expect(await server.query(GET, { params: `?did=${alice.did}` })).toMatchObject({ status: 401 })
})

it('takes a record down in all its versions, and shows it again', async () => {
  const { uri, cid } = (await write()).body as { uri: string; cid: string }
  const subject = { $type: 'com.atproto.repo.strongRef', uri, cid: CID }
  expect(await touchedBy(server, () => update(subject, true, 'case-1'))).toEqual([uri, alice.did])
  expect(await server.get(Takedowns).of([uri, alice.did])).toEqual(new Set([uri]))
  expect((await status(`?uri=${uri}`)).body).toEqual({
    subject: { ...subject, cid },
    takedown: { applied: true, ref: 'case-1' },
  })
  await update(subject, false)
  expect((await status(`?uri=${uri}`)).body.takedown).toEqual({ applied: false })
  expect(await status(`?uri=${uri}x`)).toMatchObject({ status: 400, body: { error: 'NotFound' } })
})

it('takes a blob down for its account', async () => {
  const subject = { $type: 'com.atproto.admin.defs#repoBlobRef', did: alice.did, cid: CID }
  expect((await update(subject, true)).body).toEqual({ subject, takedown: { applied: true } })
  expect(await server.get(Takedowns).of([`${alice.did}/${CID}`])).toEqual(new Set([`${alice.did}/${CID}`]))
  expect((await status(`?did=${alice.did}&blob=${CID}`)).body).toEqual({ subject, takedown: { applied: true } })
  await update(subject, false)
})

it('takes an account down: it can do nothing here, and nobody gets its repository', async () => {
  expect((await write()).status).toBe(200)
  expect((await update(repo(), true, 'case-2')).status).toBe(200)
  expect((await status(`?did=${alice.did}`)).body).toEqual({
    subject: repo(),
    takedown: { applied: true, ref: 'case-2' },
    deactivated: { applied: false },
  })
  const { did } = alice
  expect(await write()).toMatchObject({ status: 401, body: { error: 'AccountTakedown' } })
  expect(await server.query('app.bsky.actor.getPreferences', { auth: alice.accessJwt })).toMatchObject({ status: 401 })
  const identity = { identifier: did, password: 'alice-password' }
  expect(await server.post('com.atproto.server.createSession', { body: identity })).toMatchObject({ status: 401 })
  expect(await server.query('com.atproto.sync.getLatestCommit', { params: `?did=${did}` })).toMatchObject({
    body: { error: 'RepoTakendown' },
  })
  expect(await server.query('com.atproto.sync.getRepoStatus', { params: `?did=${did}` })).toMatchObject({
    body: { active: false, status: 'takendown' },
  })

  await update(repo(), false)
  expect((await write('again')).status).toBe(200)
  expect(await server.get(Takedowns).of([did])).toEqual(new Set())
})

it('leaves an account that is deactivated as it is', async () => {
  const setStatus = (value: string | null) =>
    server.get(Database).write(async (tx) => {
      await tx.run('UPDATE repo SET status = ?, own_status = ? WHERE did = ?', value, value, alice.did)
    })
  await setStatus('deactivated')
  await update(repo(), true)
  await update(repo(), false)
  expect((await status(`?did=${alice.did}`)).body.deactivated).toEqual({ applied: true })
  await setStatus(null)
})

it('is known of accounts elsewhere, too', async () => {
  const did = `did:plc:${'d'.repeat(24)}` as Did
  await update({ ...repo(), did }, true)
  expect(await server.get(Takedowns).of([did, alice.did])).toEqual(new Set([did]))
  expect(await status(`?did=${did}`)).toMatchObject({ status: 200, body: { takedown: { applied: true } } })
})

it.each(['', '?blob=x', `?blob=${CID}`, '?uri=at://alice.test/app.bsky.feed.post/x', `?did=did:plc:${'u'.repeat(24)}`])(
  'refuses to say anything of %s',
  async (params) => {
    expect(await status(params)).toMatchObject({ status: 400 })
  },
)

it.each([
  ['a record by its handle', { $type: 'com.atproto.repo.strongRef', uri: 'at://alice.test/a.b.c/d', cid: CID }],
  ['no record', { $type: 'com.atproto.repo.strongRef', uri: 'at://did:plc:alice', cid: CID }],
  [
    'a blob by another text of its CID',
    { $type: 'com.atproto.admin.defs#repoBlobRef', did: 'did:plc:alice', cid: CID.toUpperCase() },
  ],
  ['anything else', { $type: 'com.example.message', id: 1 }],
])('does not take down %s', async (_, subject) => {
  expect(await update(subject, true)).toMatchObject({ status: 400 })
})
