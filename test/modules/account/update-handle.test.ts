import { CommitLog } from '../../../src/modules/commit-log/commit-log.js'
import { Database } from '../../../src/modules/database/database.js'
import { DnsTxt } from '../../../src/modules/identity/dns-txt.js'
import { PlcDirectory } from '../../../src/modules/identity/plc/plc-directory.js'
import { TestServer } from '../../support/account-app.js'

let server: TestServer
const dns = new Map<string, string[]>()
beforeAll(async () => {
  server = await TestServer.start()
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
