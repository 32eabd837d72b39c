/** `skylog blob scrub`. */
import { existsSync, rmSync, utimesSync, writeFileSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Cid } from '../../src/repo-engine/index.js'
import { signUp, upload, withImage } from '../modules/blob/hosted.js'
import { png } from '../modules/blob/other-pds.js'
import { TestServer } from '../support/account-app.js'
import { dataDirectory, skylog } from './run-cli.js'

const directory = dataDirectory()
const pathOf = (cid: Cid): string => {
  const digest = Buffer.from(cid.multihash.digest).toString('hex')
  return join(directory, 'blobs', digest.slice(0, 2), digest)
}

let did: string
const [sound, lost, spoilt, orphan, young] = [png(1000), png(1001), png(1002), png(1003), png(1004)].map((bytes) => ({
  bytes,
  cid: Cid.ofRaw(bytes),
})) as [Blob, Blob, Blob, Blob, Blob]

interface Blob {
  bytes: Buffer
  cid: Cid
}

beforeAll(async () => {
  const server = await TestServer.start({}, directory)
  const alice = await signUp(server, 'alice')
  did = alice.assertDid
  for (const { bytes } of [sound, lost, spoilt]) await alice.post(withImage(await upload(alice, bytes)))
  await server.stop()
})

const scrub = (...more: string[]) => skylog(['blob', 'scrub', '--data', directory, ...more])

it('finds nothing where all is well', async () => {
  const { code, stdout, json } = await scrub('--json')
  expect([code, stdout && json()]).toMatchObject([
    0,
    { files: 3, bytes: 3003, missing: { count: 0 }, corrupt: { count: 0 }, orphans: { count: 0 }, removed: 0 },
  ])
  expect((await scrub()).stdout).toContain('3 blobs')
})

it('tells what is missing, spoilt, and nobody’s', async () => {
  rmSync(pathOf(lost.cid))
  writeFileSync(pathOf(spoilt.cid), Buffer.alloc(1002))
  for (const { bytes, cid } of [orphan, young]) {
    mkdirSync(dirname(pathOf(cid)), { recursive: true })
    writeFileSync(pathOf(cid), bytes)
  }
  utimesSync(pathOf(orphan.cid), new Date(0), new Date(0))
  const { code, json } = await scrub('--json')
  expect([code, json()]).toMatchObject([
    1,
    {
      files: 4,
      missing: { count: 1, blobs: [{ did, cid: lost.cid.toString() }] },
      corrupt: { count: 1, cids: [spoilt.cid.toString()] },
      orphans: { count: 2 },
      removed: 0,
    },
  ])
  expect(existsSync(pathOf(orphan.cid))).toBe(true)
  const { stdout } = await scrub()
  for (const { cid } of [lost, spoilt, orphan]) expect(stdout).toContain(cid.toString())
})

it('repairs by deleting old orphans, also beside a running server', async () => {
  const server = await TestServer.start({}, directory)
  try {
    const port = new URL(server.url).port
    const { code, json } = await skylog(['blob', 'scrub', '--repair', '--json', '--data', directory], {
      PDS_PORT: port,
    })
    expect([code, json()]).toMatchObject([1, { orphans: { count: 1, cids: [young.cid.toString()] }, removed: 1 }])
    expect([existsSync(pathOf(orphan.cid)), existsSync(pathOf(young.cid))]).toEqual([false, true])
    // Whoever has the bytes makes them whole again by uploading them.
    const agent = server.agent()
    await agent.login({ identifier: 'alice.test', password: 'alice-password' })
    agent.sessionManager.pdsUrl = undefined
    for (const { bytes } of [lost, spoilt]) await upload(agent, bytes)
  } finally {
    await server.stop()
  }
  expect((await scrub('--json')).json()).toMatchObject({ missing: { count: 0 }, corrupt: { count: 0 } })
})
