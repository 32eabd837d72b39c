/** Bad input 18: what happens when the key of an issuer changes, and how often anybody can make this server ask for it. */
import { mintServiceJwt } from '../../../src/modules/auth/service-jwt.js'
import { Clock } from '../../../src/modules/config/clock.js'
import { Database } from '../../../src/modules/database/database.js'
import { formatGenesis } from '../../../src/modules/identity/plc/genesis.js'
import { PlcDirectory } from '../../../src/modules/identity/plc/plc-directory.js'
import { type Did, SigningKey } from '../../../src/repo-engine/index.js'
import { TestServer } from '../../support/account-app.js'
import { PlcStub } from '../../support/plc-stub.js'

const METHOD = 'app.bsky.notification.getPreferences'

let plc: PlcStub
let server: TestServer
beforeAll(async () => {
  plc = await PlcStub.start()
  server = await TestServer.start({ PDS_DID_PLC_URL: plc.url })
})
afterAll(async () => {
  await server.close()
  await plc.close()
})

/** Somebody who lives elsewhere, known to the directory. */
async function somebody(): Promise<{ did: Did; key: SigningKey; handle: string }> {
  const [key, rotationKey] = [SigningKey.generate(), SigningKey.generate()]
  const handle = `someone${plc.logs.size}.example.com`
  const { did, op } = formatGenesis({ handle, signingKey: key.didKey, rotationKey, pdsUrl: 'https://old.example.com' })
  await server.get(PlcDirectory).submit(did, op)
  return { did, key, handle }
}

/** As the directory tells it from now on. */
function changeKey(did: Did, key: SigningKey): void {
  const log = plc.logs.get(did)!
  const [last] = log
  const operation = { ...last!.operation, verificationMethods: { atproto: key.didKey } } as typeof last.operation
  plc.logs.set(did, [{ ...last!, operation }])
}

const mint = (iss: Did, key: SigningKey, lxm = METHOD): string =>
  mintServiceJwt(iss, { aud: 'did:web:localhost', lxm }, key, server.get(Clock).now())
const ask = async (token: string) => (await server.query(METHOD, { auth: token })).status

it('a new key is found by the first token that it has signed', async () => {
  const { did, key } = await somebody()
  expect(await ask(mint(did, key))).toBe(200)
  const next = SigningKey.generate()
  changeKey(did, next)
  server.advance(11_000)
  const before = plc.reads
  expect(await ask(mint(did, next))).toBe(200)
  expect(plc.reads - before).toBe(1)
  expect(await ask(mint(did, next))).toBe(200)
  // What the old one signs is worth nothing any more.
  expect(await ask(mint(did, key))).toBe(401)
})

it('bad signatures, however many, make it ask once in ten seconds', async () => {
  const { did, key } = await somebody()
  expect(await ask(mint(did, key))).toBe(200)
  server.advance(11_000)
  const before = plc.reads
  const forger = SigningKey.generate()
  for (let i = 0; i < 10; i++) expect(await ask(mint(did, forger))).toBe(401)
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(mint(did, forger))))
  expect(new Set(answers)).toEqual(new Set([401]))
  expect(plc.reads - before).toBe(1)
  server.advance(11_000)
  expect(await ask(mint(did, forger))).toBe(401)
  expect(plc.reads - before).toBe(2)
  // Meanwhile nobody else is kept out.
  expect(await ask(mint(did, key))).toBe(200)
})

it('the same holds for who wants to move in', async () => {
  const { did, handle } = await somebody()
  const body = { did, handle, email: 'mover@example.com', password: 'mover-password' }
  const move = (key: SigningKey) =>
    server.post('com.atproto.server.createAccount', { auth: mint(did, key, 'com.atproto.server.createAccount'), body })
  const before = plc.reads
  for (let i = 0; i < 10; i++) expect((await move(SigningKey.generate())).body.error).toBe('BadJwtSignature')
  expect(plc.reads - before).toBe(1)
})

it('a token for a move that is shown again makes nothing again', async () => {
  const { did, key } = await somebody()
  const auth = mint(did, key, 'com.atproto.server.createAccount')
  const body = { did, handle: 'mover.test', email: 'mover@example.com', password: 'mover-password' }
  const move = (more = {}) => server.post('com.atproto.server.createAccount', { auth, body: { ...body, ...more } })
  expect((await move()).status).toBe(200)
  const again = await move({ handle: 'mover2.test', email: 'mover2@example.com', password: 'thief-password' })
  expect(again).toMatchObject({ status: 400, body: { error: 'AlreadyExists' } })
  const rows = await server.get(Database).read.all('SELECT handle FROM account WHERE did = ?', did)
  expect(rows).toEqual([{ handle: 'mover.test' }])
})
