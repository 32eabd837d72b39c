import { request } from 'node:http'
import { SigningKey } from '../../../src/repo-engine/index.js'
import { Database } from '../../../src/modules/database/database.js'
import { EmbeddedPlc } from '../../../src/modules/identity/plc/embedded-plc.js'
import { formatGenesis, formatTombstone } from '../../../src/modules/identity/plc/genesis.js'
import { ServerAddress } from '../../../src/modules/identity/server-address.js'
import { SigningKeys } from '../../../src/modules/identity/signing-keys.js'
import { startIdentityApp, type IdentityApp } from './identity-app.js'

let identity: IdentityApp
let alice: ReturnType<typeof formatGenesis>

beforeAll(async () => {
  identity = await startIdentityApp()
  alice = await register('alice.test', 'alice.test')
})
afterAll(() => identity.close())

/** An account, the handle of which may be another than its document claims. */
async function register(handle: string, claimed: string): Promise<ReturnType<typeof formatGenesis>> {
  const { rotationKey } = identity.app.get(SigningKeys)
  const signingKey = SigningKey.generate().didKey
  const made = formatGenesis({ handle: claimed, signingKey, rotationKey, pdsUrl: identity.app.get(ServerAddress).url })
  await identity.app.get(Database).write(async (tx) => {
    await identity.app.get(EmbeddedPlc).submitWithin(tx, made.did, made.op)
    await tx.run(
      'INSERT INTO account (did, handle, email, password, created_at) VALUES (?, ?, ?, ?, ?)',
      made.did,
      handle,
      `${handle}@example.com`,
      '',
      identity.clock.iso(),
    )
  })
  return made
}

async function query(method: string, params: Record<string, string>): Promise<[status: number, body: any]> {
  const answer = await fetch(`${identity.url}/xrpc/com.atproto.identity.${method}?${new URLSearchParams(params)}`)
  return [answer.status, await answer.json()]
}

/** A GET with a Host of one's own choice, which fetch does not allow. */
function getAs(host: string, path: string): Promise<{ status: number; type: string | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    request(identity.url + path, { headers: { host } }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => resolve({ status: response.statusCode!, type: response.headers['content-type'], body }))
    })
      .on('error', reject)
      .end()
  })
}

describe('com.atproto.identity', () => {
  it('resolves handles', async () => {
    expect(await query('resolveHandle', { handle: 'Alice.test' })).toEqual([200, { did: alice.did }])
    const [status, body] = await query('resolveHandle', { handle: 'nobody.test' })
    expect([status, body]).toEqual([400, { error: 'HandleNotFound', message: 'Unable to resolve handle' }])
    expect((await query('resolveHandle', { handle: 'no handle' }))[1].error).toBe('InvalidRequest')
    expect((await query('resolveHandle', {}))[1].error).toBe('InvalidRequest')
  })

  it('resolves DIDs', async () => {
    const [status, { didDoc }] = await query('resolveDid', { did: alice.did })
    expect([status, didDoc.id, didDoc.alsoKnownAs]).toEqual([200, alice.did, ['at://alice.test']])
    expect((await query('resolveDid', { did: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' }))[1].error).toBe('DidNotFound')
    expect((await query('resolveDid', { did: 'did:example:abc' }))[1].error).toBe('DidNotFound')
  })

  it('tells an ended identity from none', async () => {
    const bob = await register('bob.test', 'bob.test')
    const plc = identity.app.get(EmbeddedPlc)
    await plc.submit(bob.did, formatTombstone(bob.op, identity.app.get(SigningKeys).rotationKey))
    expect(await query('resolveDid', { did: bob.did })).toEqual([
      400,
      expect.objectContaining({ error: 'DidDeactivated' }),
    ])
    expect((await query('resolveIdentity', { identifier: 'bob.test' }))[1].error).toBe('DidDeactivated')
  })

  it('resolves identities in both directions', async () => {
    const expected = { did: alice.did, handle: 'alice.test', didDoc: expect.objectContaining({ id: alice.did }) }
    expect(await query('resolveIdentity', { identifier: alice.did })).toEqual([200, expected])
    expect(await query('resolveIdentity', { identifier: 'alice.test' })).toEqual([200, expected])
    const carla = await register('carla.test', 'alice.test')
    const [, found] = await query('resolveIdentity', { identifier: carla.did })
    expect(found).toMatchObject({ did: carla.did, handle: 'handle.invalid' })
    expect((await query('resolveIdentity', { identifier: 'nobody.test' }))[1].error).toBe('HandleNotFound')
  })
})

describe('what the host says of itself', () => {
  it('names the account of a handle by the Host header', async () => {
    const found = await getAs('ALICE.test:2583', '/.well-known/atproto-did')
    expect(found).toEqual({ status: 200, type: 'text/plain; charset=utf-8', body: alice.did })
    for (const host of ['nobody.test', 'localhost', 'alice.example.com']) {
      const missing = await getAs(host, '/.well-known/atproto-did')
      expect([host, missing.status, missing.body]).toEqual([host, 404, 'User not found'])
    }
  })

  it('does not name an account that is taken down, as resolveHandle does not', async () => {
    const database = identity.app.get(Database)
    await database.write(
      async (tx) =>
        void (await tx.run("INSERT INTO takedown (subject, ref, created_at) VALUES (?, 'x', '')", alice.did)),
    )
    expect((await getAs('alice.test', '/.well-known/atproto-did')).status).toBe(404)
    expect((await query('resolveHandle', { handle: 'alice.test' }))[0]).toBe(400)
    await database.write(async (tx) => void (await tx.run('DELETE FROM takedown')))
    expect((await getAs('alice.test', '/.well-known/atproto-did')).body).toBe(alice.did)
  })

  it('gives the DID document of both its roles, under the port that is bound', async () => {
    const port = Number(new URL(identity.url).port)
    identity.app.get(ServerAddress).listensOn(port)
    const { status, body } = await getAs('localhost', '/.well-known/did.json')
    expect(status).toBe(200)
    const endpoint = `http://localhost:${port}`
    expect(JSON.parse(body)).toEqual({
      '@context': ['https://www.w3.org/ns/did/v1'],
      id: 'did:web:localhost',
      service: [
        { id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: endpoint },
        { id: '#bsky_appview', type: 'BskyAppView', serviceEndpoint: endpoint },
      ],
    })
  })
})

describe('tls-check, for a proxy that gets certificates on demand', () => {
  it.each([
    ['localhost', 200, undefined],
    ['alice.test', 200, undefined],
    ['ALICE.test', 200, undefined],
    ['nobody.test', 404, 'NotFound'],
    ['example.com', 400, 'InvalidRequest'],
    ['', 400, 'InvalidRequest'],
  ])('%s: %i', async (domain, status, error) => {
    const answer = await fetch(`${identity.url}/tls-check?domain=${domain}`)
    expect([answer.status, ((await answer.json()) as { error?: string }).error]).toEqual([status, error])
  })
})
