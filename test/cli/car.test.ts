import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { encodeCbor, SigningKey } from '../../src/repo-engine/index.js'
import { dataDirectory, greenground, skylog, vectors } from './run-cli.js'
import { sampleRepo, writeCar } from './sample-repo.js'

const data = dataDirectory()
const env = { PDS_DATA_DIRECTORY: join(data, 'none') }

it('describes a real repository', async () => {
  const [text, json, verified] = await Promise.all([
    skylog(['inspect', greenground], env),
    skylog(['inspect', greenground, '--json'], env),
    skylog(['verify', greenground], env),
  ])
  expect(text).toMatchObject({ code: 0, stderr: '' })
  expect(text.stdout).toContain('did:plc:kzcqyc3unb33eh5sxzsfs25z')
  expect(text.stdout).toMatch(/signature +not checked: the DID document cannot be had/)
  expect(text.stdout).toMatch(/app\.bsky\.graph\.follow +2 +214/)
  expect(text.stdout).toMatch(/layer 0 +1 +2 +2\.0 +160/)
  expect(json.json()).toMatchObject({
    did: 'did:plc:kzcqyc3unb33eh5sxzsfs25z',
    source: { bytes: 813, blocks: 4, repeated: 0, unreachable: { blocks: 0, bytes: 0 } },
    commit: { version: 3, rev: '3k67up3j7hf2x', time: '2023-08-31T02:18:48.943Z' },
    signature: { state: 'unchecked', key: null },
    collections: [{ name: 'app.bsky.graph.follow', records: 2, bytes: 214 }],
    layers: [{ layer: 0, nodes: 1, entries: 2, entriesPerNode: 2, bytes: 160 }],
    sizes: { commit: { bytes: 228 }, nodes: { blocks: 1, bytes: 160 }, total: { blocks: 4, bytes: 602 } },
    history: { commits: [{}], complete: false },
    problems: [],
  })
  expect(verified).toMatchObject({ code: 0, stderr: '' })
  expect(verified.stdout).toContain('1 node and 2 records checked')
  // Looking at a file leaves no data directory behind.
  expect(existsSync(env.PDS_DATA_DIRECTORY)).toBe(false)
})

it('checks the signature by a key that is given, and counts what does not belong to the repository', async () => {
  const repo = sampleRepo()
  const file = join(data, 'sample.car')
  const stranger = encodeCbor({ left: 'over' })
  writeCar(file, repo, [stranger])
  const [good, bad] = await Promise.all([
    skylog(['inspect', file, '--json', '--key', repo.key.didKey], env),
    skylog(['verify', file, '--key', SigningKey.generate('p256').didKey], env),
  ])
  expect(good.code).toBe(0)
  expect(good.json()).toMatchObject({
    did: repo.did,
    signature: { state: 'valid', key: repo.key.didKey },
    source: { unreachable: { blocks: 1, bytes: stranger.length } },
    history: { commits: [{ cid: repo.commit.cid.toString() }], complete: true, signed: 1 },
  })
  expect(bad.code).toBe(1)
  expect(bad.stdout).toContain('NOT VALID')
  expect(bad.stdout).toContain('1 problem found')
})

it('finds damage in a file', async () => {
  const repo = sampleRepo()
  const files = ['flipped.car', 'cut.car', 'holey.car', 'text.car'].map((name) => join(data, name))
  const [flipped, cut, holey, text] = files as [string, string, string, string]
  writeCar(flipped, repo)
  const bytes = readFileSync(flipped)
  writeFileSync(cut, bytes.subarray(0, bytes.length - 10))
  bytes[bytes.length - 10]! ^= 1
  writeFileSync(flipped, bytes)
  writeFileSync(text, 'not a CAR at all')
  // Two records are missing: both are told.
  const { commit } = repo
  writeCar(holey, { ...repo, commit: { ...commit, records: commit.records.slice(2) } })
  const found = await Promise.all(files.map((file) => skylog(['verify', file, '--json'], env)))
  expect(found.map(({ code }) => code)).toEqual([1, 1, 1, 1])
  const problems = found.map((ran) => (ran.json() as { problems: string[] }).problems)
  expect(problems[0]).toEqual([expect.stringMatching(/block \d+ at byte \d+: block does not hash to its CID/)])
  expect(problems[1]).toEqual([expect.stringContaining('cut off')])
  expect(problems[2]).toEqual(
    commit.records
      .slice(0, 2)
      .map(({ path, cid }) => `record ${path}: missing block ${cid.toString()}`)
      .sort(),
  )
  expect(problems[3]).toHaveLength(1)
})

const withVectors = existsSync(vectors) ? it : it.skip

withVectors('tells the whole history of a repository of version 2', async () => {
  const file = join(vectors, '2023-v2-full-history.car')
  const [text, json] = await Promise.all([skylog(['inspect', file], env), skylog(['inspect', file, '--json'], env)])
  expect(text.code).toBe(0)
  expect(text.stdout).toMatch(/^History: 143 commits, back to the first one$/m)
  const { history, ...rest } = json.json() as { history: { commits: { cid: string; prev: string | null }[] } }
  expect(rest).toMatchObject({
    commit: { version: 2, rev: null },
    source: { blocks: 682, repeated: 8, missing: 0, unreachable: { blocks: 0 } },
    sizes: { nodes: { blocks: 33 }, records: { blocks: 142 } },
    problems: [],
  })
  history.commits.forEach(({ prev }, i) => expect(prev).toBe(history.commits[i + 1]?.cid ?? null))
})

withVectors('describes a larger repository layer by layer', async () => {
  const { code, json } = await skylog(['inspect', join(vectors, 'bsky-app-2025-08.car'), '--json'], env)
  expect(code).toBe(0)
  const { layers, collections, sizes } = json() as Record<string, any>
  expect(layers.map(({ nodes }: { nodes: number }) => nodes)).toEqual([1, 3, 12, 58, 238, 798])
  expect(collections).toHaveLength(13)
  expect(sizes.records.blocks).toBe(4224)
})
