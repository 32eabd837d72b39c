/** 2. Nobody changes what is not his, whatever method he calls and whoever he says to be in it. */
import { readDocuments, type MethodDefinition, type Schema } from '../../src/modules/lexicon/document.js'
import { Database } from '../../src/modules/database/database.js'
import { servedMethods } from '../../src/modules/xrpc/xrpc.js'
import { call } from '../e2e/call.js'
import { TestServer } from '../support/account-app.js'

const NOW = '2026-01-02T03:04:05.678Z'
const POSTS = 'app.bsky.feed.post'
const documents = new Map(readDocuments().map((document) => [document.id, document]))

let server: TestServer
let alice: { did: string; handle: string; accessJwt: string }
let bob: { did: string; accessJwt: string }
let post: { uri: string; cid: string; rev: string }

beforeAll(async () => {
  server = await TestServer.start()
  ;[alice, bob] = [await server.createAccount('alice'), await server.createAccount('bob')]
  const write = (collection: string, record: object) =>
    server.post('com.atproto.repo.createRecord', {
      auth: alice.accessJwt,
      body: { repo: alice.did, collection, record: { createdAt: NOW, ...record } },
    })
  const { body } = await write(POSTS, { text: 'mine' })
  post = { ...(body as typeof post), rev: (body.commit as { rev: string }).rev }
  await write('app.bsky.graph.list', { name: 'friends', purpose: 'app.bsky.graph.defs#curatelist' })
  const own: [string, object][] = [
    [
      'app.bsky.actor.putPreferences',
      { preferences: [{ $type: 'app.bsky.actor.defs#adultContentPref', enabled: true }] },
    ],
    ['app.bsky.graph.muteActor', { actor: bob.did }],
    ['app.bsky.bookmark.createBookmark', { uri: post.uri, cid: post.cid }],
    ['app.bsky.notification.updateSeen', { seenAt: NOW }],
  ]
  for (const [nsid, input] of own)
    expect((await server.post(nsid, { auth: alice.accessJwt, body: input })).status).toBe(200)
})
afterAll(() => server.close())

/** Tables in which a DID is that of whom somebody else speaks, which anybody may: a report, a key for an account to come. */
const OF_OTHERS = ['report', 'reserved_key']

/** All that is kept of alice, but for what others say of her. */
async function kept(): Promise<unknown> {
  const { read } = server.get(Database)
  const tables = await read.all<{ name: string }>(
    `SELECT m.name FROM sqlite_master m WHERE m.type = 'table' AND m.name NOT LIKE 'bsky\\_%' ESCAPE '\\'
       AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) c WHERE c.name = 'did')`,
  )
  const rows: Record<string, unknown> = {}
  for (const { name } of tables.filter((table) => !OF_OTHERS.includes(table.name)))
    rows[name] = (await read.all(`SELECT * FROM ${name} WHERE did = ?`, alice.did))
      .map((row) => JSON.stringify(row))
      .sort()
  return rows
}

/** A value of a schema that speaks of alice and hers wherever it can. */
function valueOf(schema: Schema, nsid: string, depth = 0): unknown {
  switch (schema.type) {
    case 'boolean':
      return true
    case 'integer':
      return schema.default ?? schema.enum?.[0] ?? 1
    case 'array':
      return depth > 4 ? [] : [valueOf(schema.items, nsid, depth + 1)]
    case 'object': {
      const { properties = {}, required = [] } = schema
      // Beyond what has to be there, whatever may name an account.
      const names = Object.keys(properties).filter(
        (name) => required.includes(name) || /^(repo|did|account|actor|subject)$/.test(name),
      )
      return Object.fromEntries(names.map((name) => [name, named(name, properties[name]!, nsid, depth)]))
    }
    case 'ref':
      return depth > 6 ? {} : refOf(schema.ref, nsid, depth)
    case 'union': {
      const [ref] = schema.refs
      return ref === undefined ? {} : { $type: fullOf(ref, nsid), ...(refOf(ref, nsid, depth) as object) }
    }
    case 'string':
      return textOf(schema)
    default:
      return {}
  }
}

function named(name: string, schema: Schema, nsid: string, depth: number): unknown {
  if (name === 'collection') return POSTS
  if (name === 'rkey') return post.uri.split('/').at(-1)
  if (name === 'record' || name === 'value') return { text: 'not mine', createdAt: NOW }
  return valueOf(schema, nsid, depth + 1)
}

function textOf({ format, knownValues, enum: values, const: only }: Extract<Schema, { type: 'string' }>): string {
  const formats: Record<string, string> = {
    did: alice.did,
    handle: alice.handle,
    'at-identifier': alice.did,
    'at-uri': post.uri,
    cid: post.cid,
    nsid: POSTS,
    tid: post.rev,
    'record-key': post.uri.split('/').at(-1)!,
    datetime: NOW,
    language: 'en',
    uri: 'https://example.com',
  }
  return only ?? values?.[0] ?? knownValues?.[0] ?? (format === undefined ? alice.handle : formats[format]!)
}

const fullOf = (ref: string, nsid: string): string => (ref.startsWith('#') ? nsid + ref : ref)

function refOf(ref: string, nsid: string, depth: number): unknown {
  const [id, name = 'main'] = fullOf(ref, nsid).split('#')
  const definition = documents.get(id!)?.defs[name]
  return definition === undefined || definition.type === 'record' ? {} : valueOf(definition as Schema, id!, depth + 1)
}

/** Those that end what the caller may do come last. */
const order = (nsid: string): string =>
  nsid.endsWith('.deactivateAccount') ? '~~' : nsid.startsWith('com.atproto.server.') ? `~${nsid}` : nsid
const methods = servedMethods()
  .sort((a, b) => (order(a) < order(b) ? -1 : 1))
  .flatMap((nsid) => {
    const definition = documents.get(nsid)?.defs.main as MethodDefinition | undefined
    return definition === undefined ? [] : [{ nsid, definition }]
  })

describe('whoever calls any method in the name of alice', () => {
  const callers: [string, () => string | undefined][] = [
    ['bob', () => bob.accessJwt],
    ['nobody', () => undefined],
    ['who makes up a token', () => `${alice.accessJwt.slice(0, -4)}AAAA`],
    ['an operator without the password', () => `Basic ${Buffer.from('admin:').toString('base64')}`],
  ]

  it.each(callers)('%s changes nothing of hers', async (_, token) => {
    let before = JSON.stringify(await kept())
    const changed: string[] = []
    for (const { nsid, definition } of methods) {
      const auth = token()
      const authorization = auth?.includes(' ') ? auth : auth && `Bearer ${auth}`
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization }
      const { parameters, input, type } = definition
      const params = (parameters ? valueOf({ ...parameters, type: 'object' } as Schema, nsid) : {}) as Record<
        string,
        string
      >
      const body = input?.schema ? valueOf(input.schema, nsid) : input && Buffer.from('x')
      const method = type === 'procedure' ? 'POST' : 'GET'
      if (input && input.encoding !== 'application/json') headers['content-type'] = 'application/octet-stream'
      const answer = await call(server, nsid, { params, body, headers, method })
      if (answer.status === 500) changed.push(`${nsid}: ${answer.bytes.toString()}`)
      const after = JSON.stringify(await kept())
      if (after !== before) changed.push(nsid)
      before = after
    }
    expect(changed).toEqual([])
  })

  it('while she herself can', async () => {
    const before = JSON.stringify(await kept())
    const body = { repo: alice.did, collection: POSTS, record: { text: 'mine too', createdAt: NOW } }
    expect((await server.post('com.atproto.repo.createRecord', { auth: alice.accessJwt, body })).status).toBe(200)
    expect(JSON.stringify(await kept())).not.toBe(before)
  })
})

describe('an entry of a batch', () => {
  it('has no repository of its own: what it says of one is nothing', async () => {
    const write = { $type: 'com.atproto.repo.applyWrites#create', collection: POSTS, rkey: '3jzfcijpj2z2a' }
    const entry = { ...write, repo: alice.did, did: alice.did, uri: post.uri, value: { text: 'x', createdAt: NOW } }
    const carla = await server.createAccount('carla')
    const before = JSON.stringify(await kept())
    const { status } = await server.post('com.atproto.repo.applyWrites', {
      auth: carla.accessJwt,
      body: { repo: carla.did, did: alice.did, writes: [entry] },
    })
    expect(status).toBe(200)
    expect(JSON.stringify(await kept())).toBe(before)
  })
})
