import { decode } from '@ipld/dag-cbor'
import { mintServiceJwt } from '../../../src/modules/auth/service-jwt.js'
import { CommitLog, type LogRow } from '../../../src/modules/commit-log/commit-log.js'
import { Database } from '../../../src/modules/database/database.js'
import { formatGenesis } from '../../../src/modules/identity/plc/genesis.js'
import { PlcDirectory } from '../../../src/modules/identity/plc/plc-directory.js'
import { SigningKeys } from '../../../src/modules/identity/signing-keys.js'
import { type Did, SigningKey } from '../../../src/repo-engine/index.js'
import { type Answer, TestServer } from '../../support/account-app.js'

let server: TestServer
beforeAll(async () => {
  server = await TestServer.start()
})
afterAll(() => server.close())

const GOOD = { handle: 'someone.test', email: 'someone@example.com', password: 'some-password' }
const create = (body: object, auth?: string): Promise<Answer> =>
  server.post('com.atproto.server.createAccount', { auth, body })
const eventsOf = async (did: string): Promise<LogRow[]> => server.get(CommitLog).readRepo(did)

/** Rows that speak of a DID or a handle, in every table that an account is made of. */
async function tracesOf(value: string): Promise<string[]> {
  const { read } = server.get(Database)
  const places = {
    account: 'did',
    handle_claim: 'handle',
    signing_key: 'did',
    repo: 'did',
    plc_operation: 'did',
    tree: 'did',
  }
  const found: string[] = []
  for (const [table, column] of Object.entries(places)) {
    const rows = await read.all(`SELECT 1 FROM ${table} WHERE ${column} = ?`, value)
    if (rows.length > 0) found.push(table)
  }
  return found
}

describe('a new account', () => {
  it('has an identity, a signed empty repository and its first events, in the official order', async () => {
    const created = await server.createAccount('alice')
    expect(created).toMatchObject({
      handle: 'alice.test',
      didDoc: { id: created.did, alsoKnownAs: ['at://alice.test'] },
    })
    const data = await server.get(PlcDirectory).data(created.did)
    const keys = server.get(SigningKeys)
    expect(data).toMatchObject({
      rotationKeys: [keys.rotationKey.didKey],
      verificationMethods: { atproto: await keys.publicKey(created.did) },
      services: { atproto_pds: { endpoint: server.url } },
    })
    const events = await eventsOf(created.did)
    expect(events.map(({ kind }) => kind)).toEqual(['identity', 'account', 'commit', 'sync'])
    const [identity, account, commit] = events.map(({ frame }) => bodyOf(frame!))
    expect(identity).toMatchObject({ did: created.did, handle: 'alice.test' })
    expect(account).toMatchObject({ did: created.did, active: true })
    expect(commit).toMatchObject({ repo: created.did, ops: [], since: null })
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => events[0]!.seq + i))
  })

  it("puts the owner's recovery key before the server's", async () => {
    const recoveryKey = SigningKey.generate('p256').didKey
    const { body } = await create({
      handle: 'rescued.test',
      email: 'r@example.com',
      password: 'some-password',
      recoveryKey,
    })
    const data = await server.get(PlcDirectory).data(body.did as string)
    expect(data?.rotationKeys).toEqual([recoveryKey, server.get(SigningKeys).rotationKey.didKey])
  })

  it.each<[string, object, string, string | RegExp]>([
    ['no email address', { email: undefined }, 'InvalidRequest', 'Email is required'],
    ['no real email address', { email: 'someone' }, 'InvalidRequest', /not supported/],
    [
      'a taken email address',
      { email: 'ALICE@example.com' },
      'InvalidRequest',
      'Email already taken: alice@example.com',
    ],
    ['no password', { password: undefined }, 'InvalidPassword', 'Password is required'],
    ['a short password', { password: '1234567' }, 'InvalidPassword', /too short/],
    ['a long password', { password: 'x'.repeat(257) }, 'InvalidPassword', /too long/],
    ['a taken handle', { handle: 'Alice.TEST' }, 'HandleNotAvailable', 'Handle already taken: alice.test'],
    ['a handle of another domain', { handle: 'someone.example.com' }, 'UnsupportedDomain', /.*/],
    ['a handle of two labels', { handle: 'some.one.test' }, 'InvalidHandle', /.*/],
    ['a short handle', { handle: 'ab.test' }, 'InvalidHandle', /.*/],
    ['a reserved handle', { handle: 'admin.test' }, 'HandleNotAvailable', /.*/],
    ['a bad recovery key', { recoveryKey: 'did:key:zNope' }, 'InvalidRequest', /.*/],
    ['a PLC operation', { plcOp: {} }, 'InvalidRequest', 'Unsupported input: "plcOp"'],
  ])('cannot have %s', async (_, change, error, message) => {
    const answer = await create({ ...GOOD, ...change })
    expect(answer.status).toBe(400)
    expect(answer.body).toEqual({
      error,
      message: typeof message === 'string' ? message : expect.stringMatching(message),
    })
    expect(await tracesOf(GOOD.handle)).toEqual([])
  })

  it('is made once when many ask for one handle at the same time', async () => {
    const bodies = Array.from({ length: 6 }, (_, i) => ({
      ...GOOD,
      handle: 'race.test',
      email: `racer${i}@example.com`,
    }))
    const answers = await Promise.all(bodies.map((body) => create(body)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const { status, body } of answers)
      if (status !== 200)
        expect(body).toEqual({ error: 'HandleNotAvailable', message: 'Handle already taken: race.test' })
    const { read } = server.get(Database)
    const count = async (table: string) => (await read.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`))!.n
    const accounts = await count('account')
    for (const table of ['repo', 'signing_key', 'plc_operation', 'tree', 'handle_claim'])
      expect([table, await count(table)]).toEqual([table, accounts])
  })

  it('needs an invite where the server says so', async () => {
    const closed = await TestServer.start({ PDS_INVITE_REQUIRED: 'true' })
    try {
      const ask = async (inviteCode?: string) =>
        (await closed.post('com.atproto.server.createAccount', { body: { ...GOOD, inviteCode } })).body
      expect(await ask()).toEqual({ error: 'InvalidInviteCode', message: 'No invite code provided' })
      expect(await ask('skylog-abc')).toEqual({
        error: 'InvalidInviteCode',
        message: 'Provided invite code not available',
      })
      const { body } = await closed.query('com.atproto.server.describeServer')
      expect(body).toMatchObject({ inviteCodeRequired: true })
    } finally {
      await closed.close()
    }
  })
})

describe('an account that comes from elsewhere', () => {
  const key = SigningKey.generate()
  let did: Did

  beforeAll(async () => {
    const rotationKey = SigningKey.generate()
    const identity = {
      handle: 'mover.example.com',
      signingKey: key.didKey,
      rotationKey,
      pdsUrl: 'https://old.example.com',
    }
    const genesis = formatGenesis(identity)
    did = genesis.did
    await server.get(PlcDirectory).submit(did, genesis.op)
  })

  const body = () => ({ handle: 'mover.test', email: 'mover@example.com', password: 'mover-password', did })
  const token = (signer = key, aud = 'did:web:localhost', lxm = 'com.atproto.server.createAccount', iss = did) =>
    mintServiceJwt(iss, { aud, lxm }, signer, Date.now())

  it('is not made for who cannot speak for the DID', async () => {
    const alice = await server.createAccount('alice2')
    const stranger = SigningKey.generate()
    for (const [auth, error] of [
      [undefined, 'AuthenticationRequired'],
      [alice.accessJwt, 'BadJwtType'],
      [token(stranger), 'BadJwtSignature'],
      [token(key, 'did:web:other.test'), 'BadJwtAudience'],
      [token(key, 'did:web:localhost', 'com.atproto.server.getSession'), 'BadJwtLexiconMethod'],
      [token(key).replace(/.$/, ''), 'BadJwtSignature'],
    ] as const)
      expect(await create(body(), auth)).toMatchObject({ status: 401, body: { error } })
    // A token of somebody's own says nothing about another DID.
    expect(await create({ ...body(), did: alice.did }, token())).toMatchObject({ status: 401 })
    expect(await tracesOf(did)).toEqual(['plc_operation'])
  })

  it('has to be somebody that can be found', async () => {
    const nobody = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' as Did
    const answer = await create({ ...body(), did: nobody }, token(key, 'did:web:localhost', undefined, nobody))
    expect(answer).toMatchObject({ status: 400, body: { error: 'UnresolvableDid' } })
  })

  it('starts deactivated, with a repository under a key of this server, and its identity untouched', async () => {
    const answer = await create(body(), token())
    expect(answer).toMatchObject({ status: 200, body: { did, handle: 'mover.test' } })
    const session = await server.query('com.atproto.server.getSession', { auth: answer.body.accessJwt as string })
    expect(session.body).toMatchObject({ active: false, status: 'deactivated' })
    const events = await eventsOf(did)
    expect(events.map(({ kind }) => kind)).toEqual(['account', 'commit', 'sync'])
    expect(bodyOf(events[0]!.frame!)).toMatchObject({ active: false, status: 'deactivated' })
    // Until it is active its old server speaks for it: no subscriber hears of this, whatever the scope.
    expect(events.map(({ hosted }) => hosted)).toEqual(events.map(() => -1))
    const log = server.get(CommitLog)
    for (const hostedOnly of [true, false]) {
      const { frames } = await log.readFrames(events[0]!.seq - 1, events.at(-1)!.seq, hostedOnly, 1_000_000)
      expect(frames).toEqual([])
    }
    expect(await server.get(SigningKeys).publicKey(did)).not.toBe(key.didKey)
    expect((await server.get(PlcDirectory).log(did)).length).toBe(1)
  })

  it('comes once', async () => {
    const again = { ...body(), handle: 'mover2.test', email: 'mover2@example.com' }
    expect(await create(again, token())).toMatchObject({ status: 400, body: { error: 'AlreadyExists' } })
    expect(await tracesOf('mover2.test')).toEqual([])
  })
})

it('the server describes itself', async () => {
  expect((await server.query('com.atproto.server.describeServer')).body).toEqual({
    did: 'did:web:localhost',
    availableUserDomains: ['.test'],
    inviteCodeRequired: false,
    blobUploadLimit: 100 * 1024 ** 2,
    links: {},
    contact: {},
  })
})

/** The second CBOR item of a frame. */
function bodyOf(frame: Uint8Array): unknown {
  for (let at = 1; at < frame.length; at++)
    try {
      decode(frame.subarray(0, at))
      return decode(frame.subarray(at))
    } catch {
      // The header is longer than that.
    }
  throw new Error('no frame')
}
