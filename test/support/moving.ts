/** An account with something of everything, and whether all of it has arrived. */
import type { AtpAgent } from '@atproto/api'
import { verifyRepoCar } from '@atproto/repo'
import sharp from 'sharp'
import type { PlcOperation } from '../../src/modules/identity/plc/operation.js'
import type { PlcStub } from './plc-stub.js'

export interface History {
  did: string
  handle: string
  /** Of its records, by at-uri. */
  records: Map<string, string>
  /** CIDs. */
  blobs: string[]
  preferences: { $type: string }[]
}

/** Posts with pictures, a profile, likes, deleted posts and preferences. */
export async function accountWithHistory(agent: AtpAgent): Promise<History> {
  const did = agent.assertDid
  const blobs: string[] = []
  const upload = async (background: string) => {
    const bytes = await sharp({ create: { width: 20, height: 20, channels: 3, background } })
      .png()
      .toBuffer()
    const { data } = await agent.uploadBlob(bytes, { encoding: 'image/png' })
    blobs.push(data.blob.ref.toString())
    return data.blob
  }
  const avatar = await upload('#ff0000')
  await agent.upsertProfile(() => ({ displayName: 'On the move', avatar }))
  const images = [
    { alt: 'green', image: await upload('#00ff00') },
    { alt: 'blue', image: await upload('#0000ff') },
  ]
  const first = await agent.post({ text: 'pictures', embed: { $type: 'app.bsky.embed.images', images } })
  for (let i = 0; i < 30; i++) await agent.post({ text: `post number ${i}` })
  await agent.deletePost((await agent.post({ text: 'not this one' })).uri)
  await agent.like(first.uri, first.cid)
  const preferences = [{ $type: 'app.bsky.actor.defs#adultContentPref', enabled: true }]
  await agent.app.bsky.actor.putPreferences({ preferences } as never)
  return { did, handle: agent.session!.handle, records: await recordsOf(agent, did), blobs, preferences }
}

/** Every record of an account, by the server's own listing. */
export async function recordsOf(agent: AtpAgent, did: string): Promise<Map<string, string>> {
  const { data } = await agent.com.atproto.repo.describeRepo({ repo: did })
  const records = new Map<string, string>()
  for (const collection of data.collections)
    for (let cursor: string | undefined; ;) {
      const page = await agent.com.atproto.repo.listRecords({ repo: did, collection, limit: 100, cursor })
      for (const { uri, cid } of page.data.records) records.set(uri, cid)
      cursor = page.data.records.length > 0 ? page.data.cursor : undefined
      if (cursor === undefined) break
    }
  return records
}

export interface Ends {
  from: { url: string; agent(): AtpAgent }
  to: { url: string; agent(): AtpAgent }
  plc: PlcStub
  password: string
  /** Left out: the one that there was. */
  handle?: string
}

/** Everything is at the new server, the identity says so, and the old one has stood back. */
export async function expectArrived(history: History, { from, to, plc, password, handle }: Ends): Promise<void> {
  const { did } = history
  const operation = plc.logs.get(did)!.at(-1)!.operation as Extract<PlcOperation, { type: 'plc_operation' }>
  expect(operation.services.atproto_pds!.endpoint).toBe(to.url)
  expect(operation.alsoKnownAs).toEqual([`at://${handle ?? history.handle}`])

  const agent = to.agent()
  await agent.login({ identifier: handle ?? history.handle, password })
  expect(agent.session).toMatchObject({ did, active: true })
  expect(await recordsOf(agent, did)).toEqual(history.records)
  const { data: status } = await agent.com.atproto.server.checkAccountStatus()
  expect(status).toMatchObject({ activated: true, validDid: true, expectedBlobs: 3, importedBlobs: 3 })
  for (const cid of history.blobs)
    expect((await agent.com.atproto.sync.getBlob({ did, cid })).data.length).toBeGreaterThan(50)
  const { data } = await agent.app.bsky.actor.getPreferences()
  expect(data.preferences).toEqual(expect.arrayContaining(history.preferences))

  // It can be written to, and what it writes is signed by the key in its identity.
  const { uri } = await agent.post({ text: 'I have moved' })
  const car = await agent.com.atproto.sync.getRepo({ did })
  const { creates } = await verifyRepoCar(car.data, did, operation.verificationMethods.atproto)
  expect(creates.map(({ collection, rkey }) => `at://${did}/${collection}/${rkey}`)).toContain(uri)

  const there = await fetch(`${from.url}/xrpc/com.atproto.sync.getRepoStatus?did=${did}`)
  expect(await there.json()).toMatchObject({ active: false, status: 'deactivated' })
}
