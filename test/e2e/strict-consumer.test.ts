/** An account that moves in and changes its key, as a consumer sees it that checks every signature (@atproto/sync). */
import { CommandBus } from '@nestjs/cqrs'
import { IdResolver } from '@atproto/identity'
import { type Event, Firehose, MemoryRunner } from '@atproto/sync'
import { RotateKeys } from '../../src/modules/account/identity/rotate-keys.js'
import { mintServiceJwt } from '../../src/modules/auth/service-jwt.js'
import { CommitLog } from '../../src/modules/commit-log/commit-log.js'
import { formatGenesis, formatUpdate } from '../../src/modules/identity/plc/genesis.js'
import { PlcDirectory } from '../../src/modules/identity/plc/plc-directory.js'
import { ServerAddress } from '../../src/modules/identity/server-address.js'
import { SigningKeys } from '../../src/modules/identity/signing-keys.js'
import { type Did, SigningKey } from '../../src/repo-engine/index.js'
import { ADMIN, type Owner, write } from '../modules/account/owners.js'
import { mirror } from '../modules/blob/other-pds.js'
import { TestServer } from '../support/account-app.js'
import { checkInvariants } from '../support/invariants.js'
import { Database } from '../../src/modules/database/database.js'
import { freePort } from '../support/free-port.js'
import { eventually } from '../support/eventually.js'
import { endFirehose } from './firehose/end-firehose.js'

let server: TestServer
beforeAll(async () => {
  server = await TestServer.start({ ...ADMIN, PDS_PORT: await freePort() })
})
afterAll(() => server.close())

it('hears only what the key of the moment has signed, nothing of which it has to refuse', async () => {
  const bob = await movesIn('bob')
  const rotate = () =>
    server.get(CommandBus).execute(new RotateKeys({ signing: true, rotation: false, account: bob.did }))
  const call = async (name: string, body?: object) =>
    expect((await server.post(`com.atproto.server.${name}`, { auth: bob.accessJwt, body })).status).toBe(200)
  // Its head is signed by a key that is none any more when it becomes active.
  await rotate()
  const log = server.get(CommitLog)
  const runner = new MemoryRunner({ startCursor: await log.lastSeq() })
  const [errors, heard]: [unknown[], Event[]] = [[], []]
  const firehose = new Firehose({
    ...{ service: server.url.replace('http', 'ws'), runner, unauthenticatedHandles: true },
    idResolver: new IdResolver({ plcUrl: server.url, fetch, timeout: 60_000 }),
    handleEvent: (event) => void heard.push(event),
    onError: (error) => void errors.push(error),
  })
  void firehose.start()
  // It verifies against the document of the moment: what a former key has signed has to be behind it.
  const caughtUp = () => eventually(async () => (runner.getCursor() ?? 0) >= (await log.lastSeq()))

  await call('activateAccount')
  await write(server, bob, 'here')
  await caughtUp()
  await rotate()
  await write(server, bob, 'under a new key')
  await call('deactivateAccount', {})
  await caughtUp()
  await rotate()
  await call('activateAccount')
  await write(server, bob, 'back')
  await caughtUp()

  expect(errors).toEqual([])
  expect(heard.map(({ event }) => event)).toEqual([
    ...['account', 'identity', 'sync', 'create'],
    ...['identity', 'sync', 'create', 'account'],
    ...['identity', 'account', 'identity', 'sync', 'create'],
  ])
  await checkInvariants(server.get(Database).read)
  await endFirehose(firehose, runner)
})

/** An account of elsewhere whose identity and repository are here, and which is not active yet. */
async function movesIn(name: string): Promise<Owner> {
  const [old, owner] = [SigningKey.generate(), SigningKey.generate()]
  const plc = server.get(PlcDirectory)
  const handle = `${name}.test`
  const { did, op } = formatGenesis({
    ...{ handle, signingKey: old.didKey, rotationKey: owner, pdsUrl: 'https://old.example' },
  })
  await plc.submit(did, op)
  const target = { aud: 'did:web:localhost', lxm: 'com.atproto.server.createAccount' }
  const auth = mintServiceJwt(did, target, old, Date.now())
  const body = { did, handle, email: `${name}@example.com`, password: `${name}-password` }
  const account = (await server.post('com.atproto.server.createAccount', { auth, body })).body as unknown as Owner
  const keys = server.get(SigningKeys)
  const changes = {
    services: { atproto_pds: { type: 'AtprotoPersonalDataServer', endpoint: server.get(ServerAddress).url } },
    verificationMethods: { atproto: (await keys.publicKey(did))! },
    rotationKeys: [owner.didKey, keys.rotationKey.didKey],
  }
  await plc.submit(did, formatUpdate(op, changes, owner))
  await importInto(account)
  return account
}

async function importInto({ did, accessJwt }: Owner): Promise<void> {
  const other = await TestServer.start()
  try {
    await mirror(other, did as Did, { 'app.bsky.feed.post/3kabcdefghi2a': { text: 'elsewhere' } })
    const car = await (await fetch(`${other.url}/xrpc/com.atproto.sync.getRepo?did=${did}`)).arrayBuffer()
    const headers = { authorization: `Bearer ${accessJwt}`, 'content-type': 'application/vnd.ipld.car' }
    const answer = await fetch(`${server.url}/xrpc/com.atproto.repo.importRepo`, { method: 'POST', headers, body: car })
    expect(answer.status).toBe(200)
  } finally {
    await other.close()
  }
}
