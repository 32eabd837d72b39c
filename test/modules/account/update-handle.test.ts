import { get } from 'node:http'
import { CommitLog } from '../../../src/modules/commit-log/commit-log.js'
import { Database } from '../../../src/modules/database/database.js'
import { DnsTxt } from '../../../src/modules/identity/dns-txt.js'
import { PlcDirectory } from '../../../src/modules/identity/plc/plc-directory.js'
import { TestServer } from '../../support/account-app.js'
import { admin, ADMIN } from './owners.js'

const PUBLIC = { PDS_SERVICE_HANDLE_DOMAINS: '.test,.host.example.com' }

let server: TestServer
const dns = new Map<string, string[]>()
beforeAll(async () => {
  server = await TestServer.start({ ...ADMIN, ...PUBLIC })
  server.get(DnsTxt).lookup = (name: string) => Promise.resolve(dns.get(name) ?? [])
})
afterAll(() => server.close())

const update = (auth: string, handle: string) =>
  server.post('com.atproto.identity.updateHandle', { auth, body: { handle } })
const handleOf = async (did: string) => {
  const data = await server.get(PlcDirectory).data(did)
  const row = await server.get(Database).read.get<{ handle: string }>('SELECT handle FROM account WHERE did = ?', did)
  return [data?.alsoKnownAs, row?.handle]
}
const identityEvents = async (did: string) =>
  (await server.get(CommitLog).readRepo(did)).filter(({ kind }) => kind === 'identity').length

it('an account takes another handle, and lets go of the old one', async () => {
  const alice = await server.createAccount('alice')
  expect((await update(alice.accessJwt, 'Alicia.test')).status).toBe(200)
  expect(await handleOf(alice.did)).toEqual([['at://alicia.test'], 'alicia.test'])
  expect(await identityEvents(alice.did)).toBe(2)
  const resolved = await server.query('com.atproto.identity.resolveHandle', { params: '?handle=alicia.test' })
  expect(resolved.body).toEqual({ did: alice.did })
  await expect(server.createAccount('alice')).rejects.toThrow('Email already taken')
  const heir = { handle: 'alice.test', email: 'heir@example.com', password: 'heir-password' }
  expect((await server.post('com.atproto.server.createAccount', { body: heir })).status).toBe(200)
})

it('announces the identity again when the handle is the same', async () => {
  const bob = await server.createAccount('bob')
  expect((await update(bob.accessJwt, 'bob.test')).status).toBe(200)
  expect(await identityEvents(bob.did)).toBe(2)
  expect(await server.get(PlcDirectory).log(bob.did)).toHaveLength(1)
})

it('takes a domain of its own once the domain says so', async () => {
  const carla = await server.createAccount('carla')
  dns.set('_atproto.carla.example.com', ['did=did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'])
  expect((await update(carla.accessJwt, 'carla.example.com')).body.message).toBe(
    'External handle did not resolve to DID',
  )
  dns.set('_atproto.carla.example.com', [`did=${carla.did}`])
  expect((await update(carla.accessJwt, 'carla.example.com')).status).toBe(200)
  expect(await handleOf(carla.did)).toEqual([['at://carla.example.com'], 'carla.example.com'])
})

it('does not take what is not to be had', async () => {
  const dan = await server.createAccount('dan')
  for (const [handle, error] of [
    ['alicia.test', 'HandleNotAvailable'],
    ['admin.test', 'HandleNotAvailable'],
    ['a.b.test', 'InvalidHandle'],
    ['x.test', 'InvalidHandle'],
    ['dan.invalid', 'InvalidHandle'],
    ['dan.arpa', 'InvalidHandle'],
    ['dan.test.', 'InvalidRequest'],
    ['dаn.test', 'InvalidRequest'],
    ['xn--dn-7ka.test', 'InvalidHandle'],
    ['ad-m1n.test', 'HandleNotAvailable'],
    ['nineteen-letters-xy.test', 'InvalidHandle'],
    ['host.example.com', 'InvalidRequest'],
  ] as const)
    expect(await update(dan.accessJwt, handle)).toMatchObject({ status: 400, body: { error } })
  expect(await handleOf(dan.did)).toEqual([['at://dan.test'], 'dan.test'])
  expect(await server.post('com.atproto.identity.updateHandle', { body: { handle: 'dana.test' } })).toMatchObject({
    status: 401,
    body: { error: 'AuthMissing' },
  })
})

it('one of two accounts that want a handle at once gets it, and the other keeps its own', async () => {
  const erin = await server.createAccount('erin')
  const frank = await server.createAccount('frank')
  const answers = await Promise.all([update(erin.accessJwt, 'wanted.test'), update(frank.accessJwt, 'wanted.test')])
  expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
  const [winner, loser] = answers[0]!.status === 200 ? [erin, frank] : [frank, erin]
  expect(await handleOf(winner.did)).toEqual([['at://wanted.test'], 'wanted.test'])
  expect(await handleOf(loser.did)).toEqual([[`at://${loser.handle}`], loser.handle])
})

it('two claims of a domain that differ are none (abuse 10)', async () => {
  const grace = await server.createAccount('grace')
  const claims = [`did=${grace.did}`, 'did=did:plc:aaaaaaaaaaaaaaaaaaaaaaaa']
  dns.set('_atproto.grace.example.com', claims)
  expect((await update(grace.accessJwt, 'grace.example.com')).body.message).toBe(
    'External handle did not resolve to DID',
  )
  dns.set('_atproto.grace.example.com', claims.slice(0, 1))
  expect((await update(grace.accessJwt, 'grace.example.com')).status).toBe(200)
})

it("a handle that is being taken is nobody else's, however the two go about it (abuse 10)", async () => {
  const names = ['heidi', 'ivan', 'judy', 'mike']
  const accounts = await Promise.all(names.map((name) => server.createAccount(name)))
  for (const { did } of accounts) dns.set('_atproto.shared.example.com', [`did=${did}`])
  const last = accounts.at(-1)!
  const answers = await Promise.all([
    ...accounts.map(({ accessJwt }) => update(accessJwt, 'shared.example.com')),
    ...accounts.map(({ accessJwt }) => update(accessJwt, 'prize.test')),
  ])
  const won = answers.slice(4).filter(({ status }) => status === 200)
  expect(won).toHaveLength(1)
  expect(answers[3]).toMatchObject({ status: 200 })
  for (const { did } of accounts) {
    const [aliases, handle] = await handleOf(did)
    expect(aliases).toEqual([`at://${handle as string}`])
    if (did !== last.did) expect(handle).not.toBe('shared.example.com')
  }
})

describe('by the operator', () => {
  const give = (did: string, handle: string, auth: string | undefined = admin) =>
    server.post('com.atproto.admin.updateAccountHandle', { auth, body: { did, handle } })

  it('a handle may be reserved, short, long, or punycode; it still has to be one, and free', async () => {
    const niaj = await server.createAccount('niaj')
    for (const handle of ['support.test', 'x.test', `${'long'.repeat(15)}.test`, 'xn--dn-7ka.test']) {
      expect([handle, (await give(niaj.did, handle)).status]).toEqual([handle, 200])
      expect(await handleOf(niaj.did)).toEqual([[`at://${handle}`], handle])
    }
    await server.createAccount('peggy')
    for (const [handle, error] of [
      ['a.b.test', 'InvalidHandle'],
      ['no handle', 'InvalidRequest'],
      ['niaj.local', 'InvalidHandle'],
      ['peggy.test', 'HandleNotAvailable'],
      ['niaj.example.org', 'InvalidRequest'],
    ])
      expect([handle, (await give(niaj.did, handle!)).body.error]).toEqual([handle, error])
    expect((await give('did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', 'ghost.test')).body.error).toBe('AccountNotFound')
    expect((await give(niaj.did, 'niaj.test', niaj.accessJwt)).status).toBe(401)
  })

  it('the bare names of this server are given, and answered for by their Host', async () => {
    const olga = await server.createAccount('olga')
    const wellKnown = (host: string) =>
      new Promise<string>((resolve, reject) => {
        get(`${server.url}/.well-known/atproto-did`, { headers: { host } }, (response) => {
          let body = ''
          response.setEncoding('utf8').on('data', (text: string) => (body += text))
          response.on('end', () => resolve(body))
        }).on('error', reject)
      })
    expect(await wellKnown('host.example.com')).toBe('User not found')
    expect((await give(olga.did, 'Host.example.com')).status).toBe(200)
    expect(await wellKnown('host.example.com')).toBe(olga.did)
    const found = await server.query('com.atproto.identity.resolveHandle', { params: '?handle=host.example.com' })
    expect(found.body).toEqual({ did: olga.did })
    expect(await wellKnown('example.com')).toBe('User not found')
  })
})
