/** What becomes of blobs when a repository that was kept here becomes an account, and when one is imported. */
import { jest } from '@jest/globals'
import { BlobCache } from '../../../src/modules/blob/blob-cache.js'
import { BlobStore } from '../../../src/modules/blob/blob-store.js'
import { HostedBlobs } from '../../../src/modules/blob/hosted-blobs.js'
import { PlcDirectory } from '../../../src/modules/identity/plc/plc-directory.js'
import { Cid, type DataValue, type Did } from '../../../src/repo-engine/index.js'
import { sampleRepo } from '../../cli/sample-repo.js'
import { TestServer } from '../../support/account-app.js'
import { adopt, operator } from '../account/adopting.js'
import { getBlob, openFiles, stored } from './hosted.js'
import { blobRef, mirror, png, postOf } from './other-pds.js'
import { eventually } from '../../support/eventually.js'

let server: TestServer
beforeAll(async () => {
  server = await TestServer.start({ PDS_SERVICE_HANDLE_DOMAINS: '.here.test' })
})
afterAll(() => server.close())

it('an adopted account refers to what its records do, and keeps the copies that were fetched for it', async () => {
  const { did, genesis } = sampleRepo({ posts: 1, recoveryKeys: [operator.didKey] })
  await server.get(PlcDirectory).submit(did, genesis)
  const [fetched, lost] = [png(500), png(501)]
  const records: Record<string, DataValue> = { 'com.example.file/1': { file: blobRef(Cid.ofRaw(lost)) } }
  for (let i = 0; i < 600; i++) records[`app.bsky.feed.post/3kabcdefg${String(i + 2222)}`] = postOf(Cid.ofRaw(fetched))
  await mirror(server, did, records)
  const cid = Cid.ofRaw(fetched)
  await server.get(BlobCache).put(cid, piecesOf(fetched))
  const { accessJwt } = await adoptAndSignIn(did)
  expect(await server.get(HostedBlobs).counts(did)).toEqual({ expected: 2, imported: 0 })
  const store = server.get(BlobStore)
  const disk = jest.spyOn(store, 'putTemp').mockRejectedValue(new Error('the disk is full'))
  expect((await getBlob(server, did, cid.toString())).status).toBe(500)
  disk.mockRestore()
  await eventually(() => openFiles().length === 0)
  expect((await getBlob(server, did, cid.toString())).bytes.equals(fetched)).toBe(true)
  expect(stored(server.directory)).toContain(cid.toString())
  expect(await getBlob(server, did, Cid.ofRaw(lost).toString())).toMatchObject({ status: 400, error: 'BlobNotFound' })
  const { body } = await server.query('com.atproto.repo.listMissingBlobs', { auth: accessJwt })
  expect(body).toEqual({ blobs: [{ cid: Cid.ofRaw(lost).toString(), recordUri: `at://${did}/com.example.file/1` }] })
})

it('24 blobs in the words of 2022 count when they are imported', async () => {
  const { did, accessJwt } = await signUpAt('bob')
  const old = Cid.ofRaw(png(20)).toString()
  const image = { cid: old, mimeType: 'image/png' }
  await mirror(server, did as Did, { 'app.bsky.feed.post/3kabcdefghi2a': { embed: { images: [{ image }] } } }, 'hosted')
  const { body } = await server.query('com.atproto.repo.listMissingBlobs', { auth: accessJwt })
  expect(body).toMatchObject({ blobs: [{ cid: old }] })
})

async function signUpAt(name: string): Promise<{ did: string; accessJwt: string }> {
  const body = { handle: `${name}.here.test`, email: `${name}@example.com`, password: `${name}-password` }
  return (await server.post('com.atproto.server.createAccount', { body })).body as never
}

async function adoptAndSignIn(did: string): Promise<{ accessJwt: string }> {
  await adopt(server, did)
  const body = { identifier: did, password: 'carla-password' }
  return (await server.post('com.atproto.server.createSession', { body })).body as never
}

async function* piecesOf(bytes: Buffer): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes)
}
