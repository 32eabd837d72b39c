/** 34. Records as JSON that is not what it seems. */
import { call, type Answer } from '../e2e/call.js'
import { TestServer } from '../support/account-app.js'

const NOTES = 'com.example.note'
const CID = 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku'
let server: TestServer
let alice: { did: string; accessJwt: string }

beforeAll(async () => {
  server = await TestServer.start()
  alice = await server.createAccount('alice')
})
afterAll(() => server.close())

const create = (json: string, collection = NOTES): Promise<Answer> =>
  call(server, 'com.atproto.repo.createRecord', {
    as: alice.accessJwt,
    body: `{"repo":"${alice.did}","collection":"${collection}","record":${json}}`,
  })

async function stored({ json }: Answer): Promise<Record<string, unknown>> {
  const rkey = (json.uri as string).split('/').at(-1)!
  const params = { repo: alice.did, collection: NOTES, rkey }
  return (await call(server, 'com.atproto.repo.getRecord', { params })).json.value as Record<string, unknown>
}

it.each([
  ['a link that is none', '{"a":{"$link":"x"}}'],
  ['a link beside something', `{"a":{"$link":"${CID}","b":1}}`],
  ['a link that is a number', '{"a":{"$link":1}}'],
  ['bytes that are no base64', '{"a":{"$bytes":"*"}}'],
  ['bytes of impossible length', '{"a":{"$bytes":"A"}}'],
  ['bytes beside something', '{"a":{"$bytes":"AA","b":1}}'],
  ['a type that is no text', '{"a":{"$type":1}}'],
  ['an empty type', '{"a":{"$type":""}}'],
  ['a blob of a size below zero', `{"a":{"$type":"blob","ref":{"$link":"${CID}"},"mimeType":"image/png","size":-1}}`],
  ['a blob of half a byte', `{"a":{"$type":"blob","ref":{"$link":"${CID}"},"mimeType":"image/png","size":1.5}}`],
  ['a blob without a reference', '{"a":{"$type":"blob","mimeType":"image/png","size":1}}'],
  ['a blob whose reference is text', `{"a":{"$type":"blob","ref":"${CID}","mimeType":"image/png","size":1}}`],
  ['a float', '{"a":1.5}'],
  ['a number beyond all', '{"a":1e400}'],
  ['an integer beyond 2^53', '{"a":9007199254740993}'],
  ['half a surrogate pair', '{"a":"\\ud800"}'],
  ['half a surrogate pair in a key', '{"\\udfff":1}'],
])('%s is refused', async (_, json) => {
  expect(await create(json)).toMatchObject({ status: 400, json: { error: 'InvalidRequest' } })
})

it('NUL is a character like any other, in texts and keys', async () => {
  const answer = await create('{"a":"x\\u0000y","\\u0000":"z"}')
  expect(answer.status).toBe(200)
  expect(await stored(answer)).toMatchObject({ a: 'x\u0000y', '\u0000': 'z' })
})

it('a reference to a blob in the form of before 2023 stays what it is', async () => {
  const legacy = { cid: CID, mimeType: 'image/png' }
  const answer = await create(JSON.stringify({ a: legacy }))
  expect([200, 400]).toContain(answer.status)
  if (answer.status === 200) expect(await stored(answer)).toMatchObject({ a: legacy })
})

it('4 MB of nested lists are refused, quickly enough for everybody else', async () => {
  const depth = 2_000_000
  const deep = create('{"a":' + '['.repeat(depth) + ']'.repeat(depth - 100) + '}')
  expect((await call(server, 'com.atproto.server.describeServer')).status).toBe(200)
  expect((await deep).status).toBe(400)
})

describe('JSON is what says so', () => {
  const DEACTIVATE = 'com.atproto.server.deactivateAccount'
  const send = (type: string, body: string, nsid = 'com.atproto.server.createSession') =>
    call(server, nsid, {
      as: nsid === DEACTIVATE ? alice.accessJwt : undefined,
      body,
      headers: { 'content-type': type },
    })
  const good = '{"identifier":"alice.test","password":"alice-password"}'

  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'APPLICATION/JSON',
    'Application/Json ; Charset=UTF-8',
  ])('as %s', async (type) => expect((await send(type, good)).status).toBe(200))

  it.each(['text/plain', 'application/ld+json', 'application/jsonx'])('and not as %s', async (type) => {
    const refusal = { error: 'InvalidRequest', message: `Wrong request encoding (Content-Type): ${type}` }
    expect(await send(type, good)).toMatchObject({ status: 400, json: refusal })
    // Also where nothing of the body is needed.
    expect(await send(type, '{}', DEACTIVATE)).toMatchObject({ status: 400, json: refusal })
  })

  it('and nothing is nothing, whatever its type', async () => {
    for (const type of ['application/json', 'text/plain'])
      expect(await send(type, '')).toMatchObject({
        status: 400,
        json: { message: 'A request body is expected but none was provided' },
      })
  })
})
