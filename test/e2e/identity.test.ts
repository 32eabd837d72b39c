/** What owners do with their identities, by the official client; and how others see it, by the official verifiers. */
import { request } from 'node:http'
import { CommandBus } from '@nestjs/cqrs'
import type { AtpAgent } from '@atproto/api'
import { getDid, getHandle, getKey, getPds } from '@atproto/identity'
import { EmailCodes } from '../../src/modules/account/email-codes.js'
import { RotateKeys } from '../../src/modules/account/identity/rotate-keys.js'
import { DnsTxt } from '../../src/modules/identity/dns-txt.js'
import { formatUpdate } from '../../src/modules/identity/plc/genesis.js'
import type { PlcUpdate } from '../../src/modules/identity/plc/operation.js'
import { AddPeer } from '../../src/modules/replication/add-peer.js'
import { type Did, SigningKey } from '../../src/repo-engine/index.js'
import { settled } from '../modules/replication/settled.js'
import { startTestServer, stopTestServer, type TestServer } from '../support/server.js'
import { exported, verified } from './verified.js'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
})
afterAll(() => stopTestServer(server))

const partOf = <T>(type: Function & { prototype: T }, of = server): T => of.app.get<T>(type as never, { strict: false })

/** The code that the owner is sent. */
async function codeOf(agent: AtpAgent): Promise<string> {
  await agent.com.atproto.identity.requestPlcOperationSignature()
  const codes = await partOf(EmailCodes).living(agent.assertDid as Did)
  return codes[0]!.code
}

/** The operations of an identity as the directory tells them. */
async function audit(did: string): Promise<{ operation: PlcUpdate; nullified: boolean }[]> {
  return (await (await fetch(`${server.url}/${did}/log/audit`)).json()) as never
}

async function standing(did: string): Promise<PlcUpdate> {
  return (await audit(did)).findLast(({ nullified }) => !nullified)!.operation
}

const submitTo = (url: string, did: string, operation: PlcUpdate) =>
  fetch(`${url}/${did}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(operation),
  })

it('an owner puts a key of his own first, and overrules the server with it', async () => {
  const alice = await server.signUp('alice')
  const did = alice.assertDid
  const { data: recommended } = await alice.com.atproto.identity.getRecommendedDidCredentials()
  const recovery = SigningKey.generate('p256')
  const rotationKeys = [recovery.didKey, ...recommended.rotationKeys!]
  const { data } = await alice.com.atproto.identity.signPlcOperation({ token: await codeOf(alice), rotationKeys })
  await alice.com.atproto.identity.submitPlcOperation({ operation: data.operation })
  expect((await standing(did)).rotationKeys).toEqual(rotationKeys)
  const agreed = await standing(did)

  // The server does something that he has not wanted; his key, which stands above the server's, makes it undone.
  await alice.com.atproto.identity.updateHandle({ handle: 'hijacked.test' })
  expect((await standing(did)).alsoKnownAs).toEqual(['at://hijacked.test'])
  const overruling = formatUpdate(agreed, { rotationKeys: [recovery.didKey] }, recovery)
  expect((await submitTo(server.url, did, overruling)).status).toBe(200)
  expect((await audit(did)).map(({ nullified }) => nullified)).toEqual([false, false, true, false])
  expect(await standing(did)).toMatchObject({ rotationKeys: [recovery.didKey], alsoKnownAs: ['at://alice.test'] })
  // From now on the server can say nothing more of it, and says so.
  await expect(alice.com.atproto.identity.updateHandle({ handle: 'again.test' })).rejects.toThrow(/rotation key/)
  const { data: status } = await alice.com.atproto.server.checkAccountStatus()
  expect(status).toMatchObject({ activated: true, validDid: true })
  await alice.post({ text: 'still here' })
  await exported(alice, did)
})

it('an owner leaves: the operation that this server signs names another, and this one lets the account rest', async () => {
  const bob = await server.signUp('bob')
  const did = bob.assertDid
  const next = SigningKey.generate()
  const { data } = await bob.com.atproto.identity.signPlcOperation({
    token: await codeOf(bob),
    rotationKeys: [SigningKey.generate().didKey],
    verificationMethods: { atproto: next.didKey },
    services: { atproto_pds: { type: 'AtprotoPersonalDataServer', endpoint: 'https://next.example' } },
  })
  // Not by this server: it would lose the account by it. By the next one, or by hand.
  await expect(bob.com.atproto.identity.submitPlcOperation({ operation: data.operation })).rejects.toThrow(
    "Rotation keys do not include server's rotation key",
  )
  expect((await submitTo(server.url, did, data.operation as unknown as PlcUpdate)).status).toBe(200)
  await bob.com.atproto.server.deactivateAccount({})
  const { data: status } = await bob.com.atproto.server.checkAccountStatus()
  expect(status).toMatchObject({ activated: false, validDid: false })
  await expect(bob.com.atproto.server.activateAccount()).rejects.toThrow(/does not match PDS public url/)
})

it('an owner goes by a domain of his own', async () => {
  const carla = await server.signUp('carla')
  const dns = partOf(DnsTxt)
  const lookup = dns.lookup.bind(dns)
  dns.lookup = (name) => Promise.resolve(name === '_atproto.carla.example.com' ? [`did=${carla.assertDid}`] : [])
  await carla.com.atproto.identity.updateHandle({ handle: 'carla.example.com' })
  dns.lookup = lookup
  const { data } = await carla.com.atproto.identity.resolveIdentity({ identifier: carla.assertDid })
  expect([data.handle, getHandle(data.didDoc as never)]).toEqual(['carla.example.com', 'carla.example.com'])
  const post = await carla.post({ text: 'from my domain' })
  const { data: thread } = await carla.getPostThread({ uri: post.uri })
  expect(thread.thread).toMatchObject({ post: { author: { handle: 'carla.example.com' } } })
})

it('an account with a did:web of this host posts, and anybody can verify it by the document at its name', async () => {
  const agent = server.agent()
  const did = 'did:web:dan.test'
  await agent.createAccount({ did, handle: 'dan.test', email: 'dan@example.com', password: 'dan-password' } as never)
  expect(agent.assertDid).toBe(did)
  await agent.post({ text: 'on the web' })
  const document = JSON.parse(await getAs('dan.test', '/.well-known/did.json')) as never
  expect([getDid(document), getHandle(document), getPds(document)]).toEqual([did, 'dan.test', server.url])
  const { data: car } = await agent.com.atproto.sync.getRepo({ did })
  expect((await verified(car, did, getKey(document)!)).records.size).toBe(1)
  // Seen like everybody else.
  const reader = await server.signUp('erin')
  await reader.follow(did)
  const { data: timeline } = await reader.getTimeline()
  expect(timeline.feed.map(({ post }) => post.author.did)).toContain(did)
  await agent.com.atproto.identity.updateHandle({ handle: 'daniel.test' })
  const { data: profile } = await reader.getProfile({ actor: did })
  expect(profile.handle).toBe('daniel.test')
})

it('a new signing key is noticed by those who follow, and by those who are pushed to', async () => {
  const [puller, pushed] = [
    await startTestServer({ PDS_SERVICE_HANDLE_DOMAINS: '.pull.test', PDS_DID_PLC_URL: server.url }),
    await startTestServer({ PDS_SERVICE_HANDLE_DOMAINS: '.push.test', PDS_DID_PLC_URL: server.url }),
  ]
  const frank = await server.signUp('frank')
  const did = frank.assertDid
  await frank.post({ text: 'under the first key' })
  const add = (at: TestServer, peer: ConstructorParameters<typeof AddPeer>[0]) =>
    partOf(CommandBus, at).execute(new AddPeer(peer))
  await add(puller, { who: server.url, dids: [did as Did] })
  await add(pushed, { who: server.url, direction: 'accept' })
  await add(server, { who: pushed.url, direction: 'push', dids: [did as Did] })
  const all = [server, puller, pushed]
  await settled(all, [did])
  for (let round = 0; round < 2; round++) {
    await partOf(CommandBus).execute(new RotateKeys({ signing: true, rotation: false, account: did }))
    await settled(all, [did])
    await frank.post({ text: `under key ${round}` })
    await settled(all, [did])
  }
  const { data } = await puller.agent().app.bsky.feed.getAuthorFeed({ actor: did })
  expect(data.feed).toHaveLength(3)
  await stopTestServer(puller)
  await stopTestServer(pushed)
})

/** A GET with a Host of one's own choice, which fetch does not allow. */
function getAs(host: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    request(server.url + path, { headers: { host } }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => resolve(body))
    })
      .on('error', reject)
      .end()
  })
}
