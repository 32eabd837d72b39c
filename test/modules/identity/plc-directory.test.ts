import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { IdResolver } from '@atproto/identity'
import { SigningKey } from '../../../src/repo-engine/index.js'
import { Config } from '../../../src/modules/config/config.js'
import { Database } from '../../../src/modules/database/database.js'
import { EmbeddedPlc } from '../../../src/modules/identity/plc/embedded-plc.js'
import { formatGenesis, formatTombstone, formatUpdate, withHandle } from '../../../src/modules/identity/plc/genesis.js'
import { HttpPlc } from '../../../src/modules/identity/plc/http-plc.js'
import { validateLog } from '../../../src/modules/identity/plc/log.js'
import {
  cidOfOperation,
  type PlcOperation,
  type PlcUpdate,
  stateOf,
} from '../../../src/modules/identity/plc/operation.js'
import { PlcDirectory } from '../../../src/modules/identity/plc/plc-directory.js'
import { SafeFetch } from '../../../src/modules/identity/safe-fetch.js'
import { startIdentityApp, type IdentityApp } from './identity-app.js'

let identity: IdentityApp
let plc: EmbeddedPlc
let http: HttpPlc
const owner = SigningKey.generate('p256')
const server = SigningKey.generate()

beforeAll(async () => {
  identity = await startIdentityApp()
  plc = identity.app.get(EmbeddedPlc)
  http = new HttpPlc(identity.url, new SafeFetch(Config.fromEnv({ PDS_HOSTNAME: 'pds.example.com' })))
})
afterAll(() => identity.close())

function newIdentity(handle = 'alice.test') {
  return formatGenesis({
    handle,
    signingKey: SigningKey.generate().didKey,
    rotationKey: server,
    recoveryKeys: [owner.didKey],
    pdsUrl: 'https://pds.example.com',
  })
}

describe('the embedded directory and its client', () => {
  it('is the directory in force when none is named', () => {
    expect(identity.app.get(PlcDirectory)).toBe(plc)
  })

  it('keeps an identity from its beginning to its end', async () => {
    const { did, op } = newIdentity()
    expect(await http.document(did)).toBeNull()
    expect(await http.data(did)).toBeNull()
    expect(await http.lastOperation(did)).toBeNull()
    expect(await http.log(did)).toEqual([])
    expect(await http.audit(did)).toEqual([])

    await http.submit(did, op)
    identity.clock.forward(60_000)
    const update = handleUpdate(op, 'alicia.test', server)
    await http.submit(did, update)
    expect(await http.lastOperation(did)).toEqual(update)
    expect(await http.log(did)).toEqual([op, update])
    expect(await http.data(did)).toEqual(await plc.data(did))
    expect(await http.document(did)).toEqual(await plc.document(did))

    identity.clock.forward(60_000)
    const recovery = formatUpdate(op, { rotationKeys: [owner.didKey] }, owner)
    await http.submit(did, recovery)
    expect(await http.log(did)).toEqual([op, recovery])
    const tombstone = formatTombstone(recovery, owner)
    await http.submit(did, tombstone)

    const audit = await http.audit(did)
    expect(audit).toEqual(await plc.audit(did))
    expect(audit.map(({ nullified }) => nullified)).toEqual([false, true, false, false])
    expect(validateLog(did, audit)).toBeNull()
    expect(await http.document(did)).toBeNull()
    expect(await plc.document(did)).toBeNull()
    expect((await fetch(`${identity.url}/${did}`)).status).toBe(410)
  })

  it('answers the official client', async () => {
    const { did, op } = newIdentity('carla.test')
    await plc.submit(did, op)
    const official = new IdResolver({ plcUrl: identity.url, fetch: globalThis.fetch as never })
    expect(await official.did.resolve(did)).toEqual(await plc.document(did))
    expect(await official.did.resolveAtprotoData(did)).toEqual({
      did,
      handle: 'carla.test',
      pds: 'https://pds.example.com',
      signingKey: op.verificationMethods.atproto,
    })
    expect(await official.did.resolve('did:plc:aaaaaaaaaaaaaaaaaaaaaaaa')).toBeNull()
  })

  it('answers as plc.directory does', async () => {
    const { did, op } = newIdentity()
    const url = `${identity.url}/${did}`
    const missing = await fetch(url)
    expect([missing.status, await missing.json()]).toEqual([404, { message: `DID not registered: ${did}` }])
    for (const path of ['/data', '/log', '/log/audit', '/log/last']) expect((await fetch(url + path)).status).toBe(404)

    const post = (body: unknown) =>
      fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
    const refused = await post({ ...op, alsoKnownAs: [] })
    expect(refused.status).toBe(400)
    expect(await refused.json()).toEqual({ message: expect.stringMatching(/^Invalid signature on op: /) })
    expect((await post({ type: 'nonsense' })).status).toBe(400)
    expect((await post(op)).status).toBe(200)

    const found = await fetch(url)
    expect(found.headers.get('content-type')).toBe('application/did+ld+json; charset=utf-8')
    expect(await found.json()).toEqual(await plc.document(did))
    expect(await (await fetch(`${url}/data`)).json()).toMatchObject({ did, rotationKeys: op.rotationKeys })
  })

  it('leaves every other path alone', async () => {
    for (const path of [
      '/',
      '/did:web:example.com',
      '/xdid:plc:abc',
      '/did:plc',
      '/alice.test',
      '/did:plc:abc/data/x',
    ]) {
      const answer = await fetch(identity.url + path)
      expect([path, answer.status, await answer.json()]).toEqual([
        path,
        404,
        expect.objectContaining({ error: 'NotFound' }),
      ])
    }
  })

  it('exports by time and by number', async () => {
    const lines = async (query: string) =>
      (await (await fetch(`${identity.url}/export${query}`)).text()).split('\n').map((line) => JSON.parse(line) as any)
    const { did, op } = newIdentity()
    const before = identity.clock.iso()
    identity.clock.forward(1)
    await plc.submit(did, op)
    expect(await lines(`?after=${before}`)).toEqual([
      { did, operation: op, cid: cidOfOperation(op), nullified: false, createdAt: identity.clock.iso() },
    ])
    const [second] = await lines('?after=1&count=1')
    expect(second).toMatchObject({ type: 'sequenced_op', seq: 2 })
    expect((await lines('?count=2')).length).toBe(2)
    expect((await fetch(`${identity.url}/export?after=${identity.clock.iso()}`)).status).toBe(200)
    for (const query of ['?count=0', '?count=x', '?after=yesterday'])
      expect((await fetch(`${identity.url}/export${query}`)).status).toBe(400)
  })

  it('takes one of two operations that follow the same one', async () => {
    const { did, op } = newIdentity()
    await plc.submit(did, op)
    const rivals = ['one.test', 'two.test'].map((handle) => handleUpdate(op, handle, server))
    const outcomes = await Promise.allSettled(rivals.map((rival) => http.submit(did, rival)))
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
    expect((await plc.log(did)).length).toBe(2)
  })

  it('takes the newest operation again without a change, but no older one', async () => {
    const { did, op } = newIdentity()
    await Promise.all([plc.submit(did, op), plc.submit(did, op), http.submit(did, op)])
    const update = formatUpdate(op, {}, server)
    await plc.submit(did, update)
    await plc.submit(did, update)
    await expect(http.submit(did, op)).rejects.toThrow(/not correctly ordered/)
    expect(await plc.log(did)).toEqual([op, update])
  })

  it('registers within the write of somebody else, or not at all', async () => {
    const { did, op } = newIdentity()
    const database = identity.app.get(Database)
    const write = database.write(async (tx) => {
      await plc.submitWithin(tx, did, op)
      throw new Error('the account could not be made')
    })
    await expect(write).rejects.toThrow('could not be made')
    expect(await plc.lastOperation(did)).toBeNull()
  })

  it('keeps the order of time when the clock goes back', async () => {
    const { did, op } = newIdentity()
    await plc.submit(did, op)
    identity.clock.forward(-5000)
    await plc.submit(did, formatUpdate(op, {}, server))
    identity.clock.forward(5000)
    expect(validateLog(did, await plc.audit(did))).not.toBeNull()
  })

  it('lets strangers change one identity ten times an hour, thirty a day, a hundred a week', async () => {
    const { did, op } = newIdentity()
    let last = op
    let taken = 0
    const submit = async () => {
      const next = formatUpdate(last, {}, server)
      await plc.submitLimited(did, next)
      last = next
      taken++
    }
    await plc.submitLimited(did, op)
    for (let i = 0; i < 9; i++) await submit()
    await expect(submit()).rejects.toThrow(/last hour \(max 10\)/)
    for (let hour = 0; hour < 2; hour++) {
      identity.clock.forward(3_600_001)
      for (let i = 0; i < 10; i++) await submit()
    }
    identity.clock.forward(3_600_001)
    await expect(submit()).rejects.toThrow(/last day \(max 30\)/)
    expect(taken).toBe(29)
    await plc.submit(did, formatUpdate(last, {}, server))
  })
})

describe('the rates over HTTP', () => {
  it.each([
    ['8.8.8.8', 10],
    ['::ffff:8.8.8.8', 10],
    ['127.0.0.1', 11],
    ['192.168.1.5', 11],
  ])('from %s, %d of 11 operations are taken', async (remoteAddress, expected) => {
    const { did, op } = newIdentity()
    let last = op
    let taken = 0
    for (let i = 0; i < 11; i++) {
      const answer = await identity.app.inject({ method: 'POST', url: `/${did}`, payload: last, remoteAddress })
      if (answer.statusCode === 200) taken++
      last = formatUpdate(last, {}, server)
    }
    expect(taken).toBe(expected)
  })
})

describe('the client of an outside directory', () => {
  const { did, op } = newIdentity()
  let outside: Server
  let client: HttpPlc
  let answer: (method: string, path: string) => [status: number, body: string] = () => [500, '']

  beforeAll(async () => {
    outside = createServer((request, response) => {
      const [status, body] = answer(request.method!, request.url!)
      response.writeHead(status).end(body)
    })
    await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve))
    const { port } = outside.address() as AddressInfo
    client = new HttpPlc(`http://127.0.0.1:${port}`, new SafeFetch(Config.fromEnv({ PDS_HOSTNAME: 'pds.example.com' })))
  })
  afterAll(() => outside.close())

  it('finds out that an operation was taken when the answer was lost', async () => {
    answer = (method) => (method === 'POST' ? [504, ''] : [200, JSON.stringify(op)])
    await client.submit(did, op)
    answer = (method) => (method === 'POST' ? [400, '{"message":"no"}'] : [404, ''])
    await expect(client.submit(did, op)).rejects.toMatchObject({ message: 'PLC directory: no', statusCode: 400 })
    answer = () => [500, '']
    await expect(client.submit(did, op)).rejects.toMatchObject({ status: 502, error: 'UpstreamFailure' })
  })

  it.each([
    ['an error', 500, ''],
    ['a redirect', 302, ''],
    ['no JSON', 200, '<html>'],
    ['another shape', 200, '{"type":"plc_operation"}'],
    ['too much', 200, ' '.repeat((1 << 20) + 1)],
  ])('says who is to blame for %s', async (_, status, body) => {
    answer = () => [status, body]
    const failed = { status: 502, error: 'UpstreamFailure' }
    await expect(client.lastOperation(did)).rejects.toMatchObject(failed)
    await expect(client.data(did)).rejects.toMatchObject(failed)
    await expect(client.log(did)).rejects.toMatchObject(failed)
    await expect(client.audit(did)).rejects.toMatchObject(failed)
  })

  it('does not take the document of another DID', async () => {
    answer = () => [200, JSON.stringify({ id: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' })]
    expect(await client.document(did)).toBeNull()
  })

  it('asks for no DID of another form', async () => {
    answer = () => {
      throw new Error('asked')
    }
    for (const other of ['did:plc:ABC', 'did:web:example.com', 'did:plc:../../admin'])
      expect(await client.document(other)).toBeNull()
  })
})

/** The next operation, with another handle. */
function handleUpdate(last: PlcOperation, handle: string, key: SigningKey): PlcUpdate {
  return formatUpdate(last, { alsoKnownAs: withHandle(stateOf(last)!.alsoKnownAs, handle) }, key)
}
