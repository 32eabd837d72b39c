import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { decodeCar, verifyRepo } from '../../src/repo-engine/index.js'
import { MemoryBlockstore } from '../../src/repo-engine/blockstore.js'
import { PlcStub } from '../support/plc-stub.js'
import { startTestServer } from '../support/server.js'
import { dataDirectory, greenground, skylog, vectors } from './run-cli.js'
import { sampleRepo, writeCar } from './sample-repo.js'

const GREENGROUND = 'did:plc:kzcqyc3unb33eh5sxzsfs25z'
const data = dataDirectory()

describe('a repository of somebody who is not hosted here', () => {
  const repo = sampleRepo()
  const file = join(data, 'carla.car')
  const directory = join(data, 'archive')
  let plc: PlcStub
  let env: Record<string, string>

  beforeAll(async () => {
    plc = await PlcStub.start()
    await fetch(`${plc.url}/${repo.did}`, { method: 'POST', body: JSON.stringify(repo.genesis) })
    env = { PDS_DATA_DIRECTORY: directory, PDS_DID_PLC_URL: plc.url }
    writeCar(file, repo)
  })
  afterAll(() => plc.close())

  it('is archived with its own commit: verified where its DID document can be had, unverified where not', async () => {
    const known = await skylog(['import', file, '--json'], env)
    expect(known.stderr).toMatch(/^Admin password/)
    expect(known.json()).toMatchObject({
      did: repo.did,
      hosting: 'archived',
      verified: true,
      head: repo.commit.cid.toString(),
      rev: repo.commit.rev,
      records: repo.paths.length,
    })
    const unknown = await skylog(['import', greenground], env)
    expect(unknown).toMatchObject({ code: 0, stderr: '' })
    expect(unknown.stdout).toMatch(/archived repository, unverified/)
  })

  it('is described and verified where it is stored', async () => {
    const [inspected, verified, unverified] = await Promise.all([
      skylog(['inspect', repo.did, '--json'], env),
      skylog(['verify', repo.did], env),
      skylog(['verify', GREENGROUND, '--data', directory, '--json'], { PDS_DID_PLC_URL: plc.url }),
    ])
    expect(inspected.json()).toMatchObject({
      handle: 'carla.example.com',
      source: { hosting: 'archived', status: null, verified: true },
      signature: { state: 'valid', key: repo.key.didKey },
      problems: [],
    })
    expect(verified.code).toBe(0)
    expect(verified.stdout).toMatch(new RegExp(`${repo.paths.length} records checked, 2 events folded`))
    expect(unverified.code).toBe(0)
    expect(unverified.json()).toMatchObject({ signature: { state: 'unchecked' }, log: { events: 2 }, problems: [] })
  })

  it('is refused, and nothing changes, when it is signed by another key, is of another DID, or is no newer', async () => {
    const forged = join(data, 'forged.car')
    writeCar(forged, sampleRepo({ claims: repo.did }))
    const [wrongKey, wrongDid, again] = [
      await skylog(['import', forged], env),
      await skylog(['import', file, '--did', GREENGROUND], env),
      await skylog(['import', file], env),
    ]
    expect(wrongKey.stderr).toContain('not signed by')
    expect(wrongDid.stderr).toContain(`not of ${GREENGROUND}`)
    expect(again.stderr).toContain('not newer')
    for (const { code, stdout, stderr } of [wrongKey, wrongDid, again]) {
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
      expect(stderr).toMatch(/^skylog: [^\n]+\n$/)
    }
  })

  it('is served by a server that then starts, which commands that only read do not mind', async () => {
    const server = await startTestServer({ PDS_DID_PLC_URL: plc.url }, directory)
    try {
      const { com } = server.agent()
      const car = await com.atproto.sync.getRepo({ did: repo.did })
      const { roots, blocks } = decodeCar(car.data)
      const store = new MemoryBlockstore()
      for (const { cid, bytes } of blocks) store.put(cid, bytes)
      const checked = [...verifyRepo({ store, head: roots[0]!, did: repo.did, didKey: repo.key.didKey })]
      expect(checked.filter(({ kind }) => kind === 'record')).toHaveLength(repo.paths.length)
      const posts = await com.atproto.repo.listRecords({ repo: repo.did, collection: 'app.bsky.feed.post', limit: 100 })
      expect(posts.data.records).toHaveLength(repo.paths.length - 1)
      const follows = await com.atproto.repo.listRecords({ repo: GREENGROUND, collection: 'app.bsky.graph.follow' })
      expect(follows.data.records).toHaveLength(2)
      const profile = { repo: repo.did, collection: 'app.bsky.actor.profile', rkey: 'self' }
      expect((await com.atproto.repo.getRecord(profile)).data.value).toMatchObject({ displayName: 'Carla' })

      expect(await skylog(['verify', repo.did], env)).toMatchObject({ code: 0 })
      const writing = await skylog(['import', file], env)
      expect(writing.code).toBe(1)
      expect(writing.stderr).toMatch(/^skylog: .*another skylog process uses this data directory; stop it first\n$/)
    } finally {
      await server.close()
    }
  })
})

const withVectors = existsSync(vectors) ? it : it.skip

withVectors('takes in a repository of version 2 with its history, and one of thousands of records', async () => {
  const directory = join(data, 'vectors')
  const env = { PDS_DATA_DIRECTORY: directory }
  const files = ['2023-v2-full-history.car', 'bsky-app-2025-08.car']
  for (const file of files) {
    const imported = await skylog(['import', join(vectors, file), '--json'], env)
    expect(imported.code).toBe(0)
    const { did, head, records } = imported.json() as Record<string, any>
    const [inspected, verified] = await Promise.all([
      skylog(['inspect', did, '--json'], env),
      skylog(['verify', did], env),
    ])
    const sizes = { records: { blocks: records as number } }
    expect(inspected.json()).toMatchObject({ did, commit: { cid: head }, sizes, problems: [] })
    expect(verified.stdout).toContain('No problems found.')
  }
  const server = await startTestServer({}, directory)
  try {
    const { com } = server.agent()
    for (const did of ['did:plc:dpg45vsnuir2vqqqadsn6afg', 'did:plc:z72i7hdynmk6r22z27h6tvur'])
      expect(decodeCar((await com.atproto.sync.getRepo({ did })).data).roots).toHaveLength(1)
  } finally {
    await server.close()
  }
})
