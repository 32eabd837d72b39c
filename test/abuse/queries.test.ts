/** 39. Every query that is served, asked for what cannot be. */
import { readDocuments, type MethodDefinition } from '../../src/modules/lexicon/document.js'
import { servedMethods } from '../../src/modules/xrpc/xrpc.js'
import { call } from '../e2e/call.js'
import { TestServer } from '../support/account-app.js'

const documents = new Map(readDocuments().map((document) => [document.id, document]))
type Numbers = Record<string, number>

let server: TestServer
let alice: { did: string; accessJwt: string }
let post: { uri: string; cid: string }

beforeAll(async () => {
  server = await TestServer.start()
  alice = await server.createAccount('alice')
  const record = { text: 'a % b', createdAt: new Date().toISOString() }
  const body = { repo: alice.did, collection: 'app.bsky.feed.post', record }
  post = (await server.post('com.atproto.repo.createRecord', { auth: alice.accessJwt, body })).body as typeof post
})
afterAll(() => server.close())

const queries = servedMethods().flatMap((nsid) => {
  const definition = documents.get(nsid)?.defs.main as MethodDefinition | undefined
  return definition?.type === 'query' ? [{ nsid, definition }] : []
})

/** Parameters that the method takes, each right by itself. */
function sound({ parameters }: MethodDefinition): Record<string, string> {
  const values: Record<string, string> = {
    did: alice.did,
    handle: 'alice.test',
    'at-identifier': alice.did,
    'at-uri': post.uri,
    cid: post.cid,
    nsid: 'app.bsky.feed.post',
    'record-key': post.uri.split('/').at(-1)!,
  }
  const required = Object.entries(parameters?.properties ?? {}).filter(([name]) => parameters?.required?.includes(name))
  return Object.fromEntries(
    required.map(([name, schema]) => {
      const one = schema.type === 'array' ? schema.items : schema
      return [name, (one.type === 'string' && values[one.format ?? '']) || (one.type === 'integer' ? '1' : 'alice')]
    }),
  )
}

async function failures(name: string, values: readonly string[]): Promise<string[]> {
  const wrong: string[] = []
  for (const { nsid, definition } of queries) {
    if (!(name in (definition.parameters?.properties ?? {}))) continue
    for (const value of values) {
      const params = { ...sound(definition), [name]: value }
      const { status, json, bytes } = await call(server, nsid, { as: alice.accessJwt, params })
      if (status >= 500 || (status !== 200 && typeof json.error !== 'string'))
        wrong.push(`${nsid} ${name}=${value}: ${bytes.toString()}`)
      if (bytes.length > 1024 * 1024) wrong.push(`${nsid} ${name}=${value}: ${bytes.length} bytes`)
    }
  }
  return wrong
}

it('limits that are none are refused or bounded', async () => {
  expect(
    await failures('limit', ['0', '-1', '1000000000', '1e9', '9223372036854775808', 'NaN', '1.5', '', 'x', "1'--"]),
  ).toEqual([])
})

it('cursors that were never given out are refused, or the end', async () => {
  const cursors = [
    '',
    'x',
    '-1',
    '0',
    '1e99',
    '9223372036854775808',
    '::',
    'a::b',
    '\u0000',
    "'; DROP TABLE record;--",
    '%',
    'upstream:x',
    'x'.repeat(4096),
  ]
  expect(await failures('cursor', cursors)).toEqual([])
})

it('searches for what means something to the index or to SQL find that, or nothing', async () => {
  const words = [
    '%',
    '_',
    '"',
    '""',
    'a" OR "b',
    'NEAR(a b)',
    '*',
    'a*',
    '^a',
    'text:a',
    '-',
    '(',
    "'",
    '\\',
    'AND',
    '\u0000',
    '\ud800',
    'x'.repeat(5000),
  ]
  for (const name of ['q', 'query', 'term']) expect(await failures(name, words)).toEqual([])
})

it('threads as deep and high as can be said are as deep and high as there is', async () => {
  for (const params of [{ depth: 1000, parentHeight: 1000 }, { depth: 1e9 }, { depth: -1 }] as Numbers[]) {
    const { status } = await call(server, 'app.bsky.feed.getPostThread', { params: { uri: post.uri, ...params } })
    expect([200, 400]).toContain(status)
  }
  for (const params of [{ below: 20, branchingFactor: 100 }, { below: 1e9 }, { branchingFactor: 1e9 }] as Numbers[]) {
    const { status } = await call(server, 'app.bsky.unspecced.getPostThreadV2', {
      params: { anchor: post.uri, ...params },
    })
    expect([200, 400]).toContain(status)
  }
})

it('thousands of names in one query are refused', async () => {
  const many = Array.from({ length: 1000 }, () => alice.did)
  expect((await call(server, 'app.bsky.actor.getProfiles', { params: { actors: many } })).status).toBe(431)
  const some = many.slice(0, 200)
  expect((await call(server, 'app.bsky.actor.getProfiles', { params: { actors: some } })).status).toBe(400)
  expect(
    (await call(server, 'app.bsky.graph.getRelationships', { params: { actor: alice.did, others: some } })).status,
  ).toBe(400)
})
