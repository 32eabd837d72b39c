/** Accounts whose DID is a did:web: a name under this host's domains, or a domain of their own. */
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CommandBus } from '@nestjs/cqrs'
import { DeleteAccount } from '../../../src/modules/account/life/delete-account.js'
import { RotateKeys } from '../../../src/modules/account/identity/rotate-keys.js'
import { mintServiceJwt } from '../../../src/modules/auth/service-jwt.js'
import { Database } from '../../../src/modules/database/database.js'
import type { DidDocument } from '../../../src/modules/identity/did-document.js'
import { SafeFetch } from '../../../src/modules/identity/safe-fetch.js'
import { ServerAddress } from '../../../src/modules/identity/server-address.js'
import { SigningKeys } from '../../../src/modules/identity/signing-keys.js'
import { type Did, SigningKey } from '../../../src/repo-engine/index.js'
import { type Answer, TestServer } from '../../support/account-app.js'
import { checkInvariants } from '../../support/invariants.js'
import { admin, ADMIN, kinds, type Owner, write } from './owners.js'

let server: TestServer
beforeAll(async () => {
  server = await TestServer.start({ ...ADMIN, PDS_SERVICE_HANDLE_DOMAINS: '.test,.host.example.com' })
})
afterEach(() => checkInvariants(server.get(Database).read))
afterAll(() => server.close())

let creations = 0
const create = (did: string, handle: string, auth?: string): Promise<Answer> => {
  const body = { did, handle, email: `${creations++}@example.com`, password: 'some-password' }
  return server.post('com.atproto.server.createAccount', { auth, body })
}

/** A GET with a Host of one's own choice, which fetch does not allow. */
function getAs(host: string, path: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    request(server.url + path, { headers: { host, 'x-forwarded-host': 'evil.example' } }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => resolve({ status: response.statusCode!, body }))
    })
      .on('error', reject)
      .end()
  })
}

const documentAt = async (host: string): Promise<DidDocument> =>
  JSON.parse((await getAs(host, '/.well-known/did.json')).body) as DidDocument

async function documentOf(did: string): Promise<DidDocument> {
  const { body } = await server.query('com.atproto.identity.resolveDid', { params: `?did=${did}` })
  return body.didDoc as DidDocument
}

describe('a name under the domains of this host', () => {
  it('becomes an account in one call, active, with a document that this server serves under that name alone', async () => {
    const did = 'did:web:alice.test'
    const { status, body } = await create(did, 'alice.test')
    expect([status, body.did, body.handle]).toEqual([200, did, 'alice.test'])
    const alice = body as unknown as Owner
    expect(await kinds(server, did)).toEqual(['identity', 'account', 'commit', 'sync'])
    expect((await write(server, alice, 'hello')).status).toBe(200)
    const key = (await server.get(SigningKeys).publicKey(did))!
    const document = await documentAt('ALICE.test:2583')
    expect(document).toMatchObject({
      id: did,
      alsoKnownAs: ['at://alice.test'],
      verificationMethod: [
        { id: `${did}#atproto`, type: 'Multikey', publicKeyMultibase: key.slice('did:key:'.length) },
      ],
      service: [{ id: '#atproto_pds', serviceEndpoint: server.get(ServerAddress).url }],
    })
    expect(await documentOf(did)).toEqual(document)
    expect((await getAs('alice.test', '/.well-known/atproto-did')).body).toBe(did)
    const { body: found } = await server.query('com.atproto.identity.resolveIdentity', {
      params: '?identifier=alice.test',
    })
    expect(found).toMatchObject({ did, handle: 'alice.test' })
  })

  it('the Host is looked up and never repeated (abuse 20, 21)', async () => {
    const own = await documentAt('localhost')
    expect(own.id).toBe('did:web:localhost')
    for (const host of ['127.0.0.1', 'evil.example', 'localhost:99', 'a"b.example'])
      expect([host, await documentAt(host)]).toEqual([host, own])
    for (const host of ['nobody.test', 'x.host.example.com', 'a.alice.test'])
      expect([host, await getAs(host, '/.well-known/did.json')]).toEqual([
        host,
        { status: 404, body: 'User not found' },
      ])
    // An account with another kind of DID has no document here.
    await server.createAccount('plain')
    expect((await getAs('plain.test', '/.well-known/did.json')).status).toBe(404)
  })

  it('nobody else gets the DID: not by another handle, not while the handle is taken, not with a foreign domain (abuse 1)', async () => {
    await server.createAccount('bob')
    for (const [did, handle, status, error] of [
      ['did:web:mallory.test', 'other.test', 400, 'InvalidRequest'],
      ['did:web:bob.test', 'bob.test', 400, 'HandleNotAvailable'],
      ['did:web:alice.test', 'alice.test', 400, 'HandleNotAvailable'],
      ['did:web:admin.test', 'admin.test', 400, 'HandleNotAvailable'],
      ['did:web:a.b.test', 'a.b.test', 400, 'InvalidHandle'],
      ['did:web:Mallory.test', 'mallory.test', 401, 'AuthenticationRequired'],
      ['did:web:mallory.test%3A80', 'mallory.test', 401, 'AuthenticationRequired'],
      ['did:web:mallory.test:path', 'mallory.test', 401, 'AuthenticationRequired'],
      ['did:web:mallory.example.com', 'mallory.test', 401, 'AuthenticationRequired'],
      ['did:web:localhost', 'mallory.test', 401, 'AuthenticationRequired'],
      ['did:web:test', 'mallory.test', 401, 'AuthenticationRequired'],
      [`did:web:${'x'.repeat(2100)}.test`, 'mallory.test', 400, 'InvalidRequest'],
    ] as const)
      expect([did, await create(did, handle)]).toMatchObject([did, { status, body: { error } }])
  })

  it('its document follows a change of handle, and the name stays its own', async () => {
    const did = 'did:web:carla.test'
    const carla = (await create(did, 'carla.test')).body as unknown as Owner
    const update = (handle: string) =>
      server.post('com.atproto.identity.updateHandle', { auth: carla.accessJwt, body: { handle } })
    expect((await update('carlotta.test')).status).toBe(200)
    expect((await documentAt('carla.test')).alsoKnownAs).toEqual(['at://carlotta.test'])
    expect((await getAs('carlotta.test', '/.well-known/atproto-did')).body).toBe(did)
    await expect(server.createAccount('carla')).rejects.toThrow('HandleNotAvailable')
    expect((await update('carlita.test')).status).toBe(200)
    expect((await update('carla.test')).status).toBe(200)
    expect((await documentAt('carla.test')).alsoKnownAs).toEqual(['at://carla.test'])
  })

  it('rests and comes back; its document stays', async () => {
    const did = 'did:web:dan.test'
    const dan = (await create(did, 'dan.test')).body as unknown as Owner
    const auth = dan.accessJwt
    await server.post('com.atproto.server.deactivateAccount', { auth, body: {} })
    expect((await documentAt('dan.test')).id).toBe(did)
    expect((await server.post('com.atproto.server.activateAccount', { auth })).status).toBe(200)
    const { body } = await server.query('com.atproto.server.checkAccountStatus', { auth })
    expect(body).toMatchObject({ activated: true, validDid: true })
    expect((await server.post('com.atproto.identity.requestPlcOperationSignature', { auth })).status).toBe(400)
  })

  it('gets another signing key at once', async () => {
    const did = 'did:web:erin.test'
    const erin = (await create(did, 'erin.test')).body as unknown as Owner
    await write(server, erin, 'before')
    const before = await documentAt('erin.test')
    const wish = { signing: true, rotation: true, account: did }
    expect(await server.get(CommandBus).execute(new RotateKeys(wish))).toMatchObject({ signing: 1, leftOut: [] })
    expect((await documentAt('erin.test')).verificationMethod).not.toEqual(before.verificationMethod)
    expect((await write(server, erin, 'after')).status).toBe(200)
    expect(await kinds(server, did, 4)).toEqual(['commit', 'identity', 'sync', 'commit'])
  })

  it('once deleted has no document any more, and its DID is never given to anybody again', async () => {
    const did = 'did:web:frank.test'
    await create(did, 'frank.test')
    const { erased } = await server.get(CommandBus).execute(new DeleteAccount(did as Did))
    await erased()
    expect((await getAs('frank.test', '/.well-known/did.json')).status).toBe(404)
    expect((await server.query('com.atproto.identity.resolveDid', { params: `?did=${did}` })).body.error).toBe(
      'DidNotFound',
    )
    expect(await create(did, 'frank.test')).toMatchObject({ status: 400, body: { error: 'HandleNotAvailable' } })
    // The handle alone is free.
    const frank = await server.createAccount('frank')
    expect(frank.did).toMatch(/^did:plc:/)
    expect((await getAs('frank.test', '/.well-known/did.json')).status).toBe(404)
  })

  it('is not made where somebody else serves a document under it', async () => {
    const fetcher = server.get(SafeFetch)
    const original = fetcher.fetch.bind(fetcher)
    const did = 'did:web:elsewhere.host.example.com'
    fetcher.fetch = (url) =>
      url === 'https://elsewhere.host.example.com/.well-known/did.json'
        ? Promise.resolve({ status: 200, headers: {}, body: Buffer.from(JSON.stringify({ id: did })) })
        : original(url)
    expect(await create(did, 'elsewhere.host.example.com')).toMatchObject({
      status: 400,
      body: { error: 'HandleNotAvailable' },
    })
    fetcher.fetch = original
  })
})

describe("a domain of the owner's own", () => {
  const key = SigningKey.generate()
  let web: Server
  let did: string
  let document: object
  beforeAll(async () => {
    web = createServer((_, response) => response.end(JSON.stringify(document)))
    await new Promise<void>((ready) => web.listen(0, 'localhost', ready))
    did = `did:web:localhost%3A${(web.address() as AddressInfo).port}`
    serve(key.didKey, 'https://old.example')
  })
  afterAll(() => {
    web.closeAllConnections()
    web.close()
  })

  function serve(signingKey: string, endpoint: string, handle = 'grace.test'): void {
    document = {
      id: did,
      alsoKnownAs: [`at://${handle}`],
      verificationMethod: [
        { id: '#atproto', type: 'Multikey', controller: did, publicKeyMultibase: signingKey.slice('did:key:'.length) },
      ],
      service: [{ id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: endpoint }],
    }
  }

  it('comes with a service token, and is active once its document names this server and the key that it recommends', async () => {
    const target = { aud: 'did:web:localhost', lxm: 'com.atproto.server.createAccount' }
    expect((await create(did, 'grace.test')).status).toBe(401)
    const grace = (await create(did, 'grace.test', mintServiceJwt(did as Did, target, key, Date.now())))
      .body as unknown as Owner
    const auth = grace.accessJwt
    const session = await server.query('com.atproto.server.getSession', { auth })
    expect(session.body).toMatchObject({ did, active: false, status: 'deactivated' })
    const activate = () => server.post('com.atproto.server.activateAccount', { auth })
    expect((await activate()).status).toBe(400)
    const { body } = await server.query('com.atproto.identity.getRecommendedDidCredentials', { auth })
    const { atproto } = body.verificationMethods as { atproto: string }
    const { url } = server.get(ServerAddress)
    serve(atproto, url)
    expect((await activate()).status).toBe(200)
    expect((await write(server, grace, 'here')).status).toBe(200)

    const update = (handle: string) => server.post('com.atproto.identity.updateHandle', { auth, body: { handle } })
    expect((await update('gracie.test')).body.message).toBe('DID is not properly configured for handle')
    serve(atproto, url, 'gracie.test')
    expect((await update('gracie.test')).status).toBe(200)
    expect((await kinds(server, did)).slice(-1)).toEqual(['identity'])

    // Its key is changed where its document is.
    const wish = { signing: true, rotation: false, account: did }
    expect(await server.get(CommandBus).execute(new RotateKeys(wish))).toMatchObject({ signing: 0, leftOut: [{ did }] })
    const { signingKey } = (await server.post('com.atproto.server.reserveSigningKey', { body: { did } })).body
    const renew = () =>
      server.post('com.atproto.admin.updateAccountSigningKey', { auth: admin, body: { did, signingKey } })
    expect((await renew()).body.message).toMatch(/does not name the key/)
    serve(signingKey as string, url, 'gracie.test')
    expect((await renew()).status).toBe(200)
    expect((await write(server, grace, 'under the new key')).status).toBe(200)
  })
})
