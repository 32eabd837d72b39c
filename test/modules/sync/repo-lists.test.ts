/** Which repositories listRepos and listReposByCollection have. */
import { CommandBus } from '@nestjs/cqrs'
import { Secrets } from '../../../src/modules/config/secrets.js'
import { Database } from '../../../src/modules/database/database.js'
import { AddPeer } from '../../../src/modules/replication/add-peer.js'
import { type Answer, TestServer } from '../../support/account-app.js'

const NOTES = 'com.example.note'

type Account = Awaited<ReturnType<TestServer['createAccount']>>

let server: TestServer
let alice: Account
let bob: Account
let carla: Account

beforeAll(async () => {
  server = await TestServer.start()
  alice = await server.createAccount('alice')
  bob = await server.createAccount('bob')
  carla = await server.createAccount('carla')
  for (const who of [alice, carla]) await put(server, who, NOTES)
  await put(server, bob, `${NOTES}s`)
  await put(server, bob, 'com.example.other')
})
afterAll(() => server.close())

async function put(on: TestServer, { did, accessJwt: auth }: Account, collection: string): Promise<void> {
  const body = { repo: did, collection, rkey: 'self', record: { $type: collection } }
  expect(await on.post('com.atproto.repo.putRecord', { auth, body })).toMatchObject({ status: 200 })
}

const ask = (collection: string, more = '', on = server): Promise<Answer> =>
  on.query('com.atproto.sync.listReposByCollection', { params: `?collection=${collection}${more}` })
const repos = (...accounts: { did: string }[]): { did: string }[] => accounts.map(({ did }) => ({ did }))

it('has those with records of the collection, and not of one whose name begins alike', async () => {
  expect(await ask(NOTES)).toEqual({ status: 200, body: { repos: repos(alice, carla) } })
  expect(await ask(`${NOTES}s`)).toEqual({ status: 200, body: { repos: repos(bob) } })
  for (const collection of ['com.example.not', 'com.example.never', 'com.example.note.deeper'])
    expect(await ask(collection)).toEqual({ status: 200, body: { repos: [] } })
})

it('goes page by page, with a cursor exactly when there are more', async () => {
  expect(await ask(NOTES, '&limit=2')).toEqual({ status: 200, body: { repos: repos(alice, carla) } })
  const { body } = await ask(NOTES, '&limit=1')
  expect(body).toEqual({ repos: repos(alice), cursor: expect.any(String) as string })
  expect((await ask(NOTES, `&limit=1&cursor=${body.cursor as string}`)).body).toEqual({ repos: repos(carla) })
})

it('refuses what its lexicon does', async () => {
  const refused = { status: 400, body: { error: 'InvalidRequest' } }
  for (const collection of [
    '',
    'note',
    'com.example',
    'com.example.*',
    'com..note',
    'com.example.note/self',
    '%00.a.b',
  ])
    expect([collection, await ask(collection)]).toMatchObject([collection, refused])
  for (const more of ['&limit=0', '&limit=2001', '&limit=x', '&cursor=x', '&cursor=-1', '&cursor=1.5'])
    expect([more, await ask(NOTES, more)]).toMatchObject([more, refused])
  expect(await server.query('com.atproto.sync.listReposByCollection')).toMatchObject(refused)
})

it('has active repositories only, and those whose records are still there', async () => {
  const dan = await server.createAccount('dan')
  await put(server, dan, NOTES)
  expect((await ask(NOTES)).body).toEqual({ repos: repos(alice, carla, dan) })
  const auth = `Basic ${btoa(`admin:${server.get<Secrets>(Secrets).adminPassword}`)}`
  const takeDown = (applied: boolean): Promise<Answer> => {
    const subject = { $type: 'com.atproto.admin.defs#repoRef', did: carla.did }
    return server.post('com.atproto.admin.updateSubjectStatus', { auth, body: { subject, takedown: { applied } } })
  }
  expect(await takeDown(true)).toMatchObject({ status: 200 })
  expect((await ask(NOTES)).body).toEqual({ repos: repos(alice, dan) })
  expect(await takeDown(false)).toMatchObject({ status: 200 })
  const record = { repo: dan.did, collection: NOTES, rkey: 'self' }
  await server.post('com.atproto.repo.deleteRecord', { auth: dan.accessJwt, body: record })
  expect((await ask(NOTES)).body).toEqual({ repos: repos(alice, carla) })
})

it('looks at no more than 5,000 repositories for one answer, and goes on from there', async () => {
  const rare = 'com.example.rare'
  await server.get<Database>(Database).write(async (tx) => {
    for (let i = 0; i < 5_100; i++)
      await tx.run(
        `INSERT INTO repo (did, hosting, rev, head, data, commit_block, verified, tree, stored_root, stored_layer, stored_seq)
         SELECT ?, hosting, rev, head, data, commit_block, verified, 1000000, stored_root, stored_layer, stored_seq
         FROM repo WHERE did = ?`,
        `did:plc:filler${i}`,
        bob.did,
      )
  })
  const late = await server.createAccount('late')
  await put(server, late, rare)
  await put(server, alice, rare)
  const { status, body } = await ask(rare)
  expect({ status, repos: body.repos }).toEqual({ status: 200, repos: repos(alice) })
  expect((await ask(rare, `&cursor=${body.cursor as string}`)).body).toEqual({ repos: repos(late) })
})

it('lists mirrored repositories where the firehose carries them too', async () => {
  const env = { PDS_DID_PLC_URL: server.url, PDS_SERVICE_HANDLE_DOMAINS: '.relay.test' }
  let relay = await TestServer.start(env)
  const eve = await relay.createAccount('eve.relay')
  await put(relay, eve, NOTES)
  await relay.get(CommandBus).execute(new AddPeer({ who: server.url, dids: [alice.did as never] }))
  for (let status = 0; status !== 200;)
    ({ status } = await relay.query('com.atproto.sync.getLatestCommit', { params: `?did=${alice.did}` }))
  const listed = async (): Promise<string[]> => {
    const { body } = await relay.query('com.atproto.sync.listRepos')
    return (body.repos as { did: string }[]).map(({ did }) => did)
  }
  expect(await listed()).toEqual([eve.did])
  expect((await ask(NOTES, '', relay)).body).toEqual({ repos: repos(eve) })
  relay = await relay.restart({ ...env, PDS_FIREHOSE_SCOPE: 'all' })
  expect(await listed()).toEqual([eve.did, alice.did])
  expect((await ask(NOTES, '', relay)).body).toEqual({ repos: repos(eve, alice) })
  await relay.close()
})
