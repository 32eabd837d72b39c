/** A data directory from before the references of records were written down. */
import { Database } from '../../../src/modules/database/database.js'
import { Cid, type DataValue, type Did } from '../../../src/repo-engine/index.js'
import { TestServer } from '../../support/account-app.js'
import { upload, withImage } from './hosted.js'
import { blobRef, mirror, png, postOf } from './other-pds.js'

let server: TestServer
beforeEach(async () => (server = await TestServer.start()))
afterEach(() => server.close())

const LIST = 'com.atproto.repo.listMissingBlobs'

it('is read once after the upgrade: listMissingBlobs names what the records refer to', async () => {
  const alice = await server.createAccount('alice')
  const [first, last] = [Cid.ofRaw(png(100)), Cid.ofRaw(png(101))]
  const records: Record<string, DataValue> = { 'com.example.file/1': { file: blobRef(last) } }
  for (let i = 0; i < 1200; i++) records[`app.bsky.feed.post/3kabcdefg${String(i + 2222)}`] = postOf(first)
  await mirror(server, alice.did as Did, records, 'hosted')
  const before = await references()
  expect(before).toHaveLength(1201)

  await asBefore()
  server = await server.restart()
  await untilRead()
  expect(await references()).toEqual(before)
  const { body } = await server.query(LIST, { auth: alice.accessJwt, params: '?limit=10' })
  const cids = (body.blobs as { cid: string }[]).map(({ cid }) => cid)
  expect(new Set(cids)).toEqual(new Set([first.toString(), last.toString()]))

  await server.get(Database).write(async (tx) => void (await tx.run("DELETE FROM record_blob WHERE path LIKE 'com.%'")))
  server = await server.restart()
  await untilRead()
  expect(await references()).toHaveLength(1200)
})

it('what is written while it is read stays as it was written', async () => {
  const alice = await server.createAccount('alice')
  const agent = server.agent()
  await agent.resumeSession({ ...alice, active: true })
  const image = await upload(agent, png(50))
  const rkeys: string[] = []
  for (const text of ['one', 'two']) rkeys.push((await agent.post(withImage(image, text))).uri.split('/').at(-1)!)
  await asBefore()
  server = await server.restart()
  const body = { repo: alice.did, collection: 'app.bsky.feed.post', rkey: rkeys[0] }
  const { status } = await server.post('com.atproto.repo.deleteRecord', { auth: alice.accessJwt, body })
  expect(status).toBe(200)
  await untilRead()
  expect(await references()).toHaveLength(1)
})

function references(): Promise<unknown[]> {
  return server.get(Database).read.all('SELECT path, cid FROM record_blob ORDER BY path') as Promise<unknown[]>
}

/** The directory as an earlier version has left it. */
async function asBefore(): Promise<void> {
  await server.get(Database).write(async (tx) => {
    await tx.run('DELETE FROM record_blob')
    await tx.run("DELETE FROM migrations WHERE name = 'UnreadReferences1700000000014'")
  })
  expect(await references()).toEqual([])
}

async function untilRead(): Promise<void> {
  const { read } = server.get(Database)
  while (await read.get("SELECT 1 FROM outbox WHERE kind = 'read-references'")) await new Promise(setImmediate)
}
