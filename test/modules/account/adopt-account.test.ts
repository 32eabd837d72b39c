/** An account whose host is gone lives on here, from the copy of its repository that is kept here. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CommandBus } from '@nestjs/cqrs'
import { verifyRepoCar } from '@atproto/repo'
import { AdoptAccount } from '../../../src/modules/account/sign-up/adopt-account.js'
import { DeleteAccount } from '../../../src/modules/account/life/delete-account.js'
import { CommitLog } from '../../../src/modules/commit-log/commit-log.js'
import { Database } from '../../../src/modules/database/database.js'
import { formatTombstone, formatUpdate } from '../../../src/modules/identity/plc/genesis.js'
import { PlcDirectory } from '../../../src/modules/identity/plc/plc-directory.js'
import { SigningKeys } from '../../../src/modules/identity/signing-keys.js'
import { Takedowns } from '../../../src/modules/moderation/takedowns.js'
import { readAccountEvent, readHeadEvent, readIdentityEvent } from '../../../src/modules/repo/fold-log.js'
import { readRepo } from '../../../src/modules/repo/repo-row.js'
import { type Did, formatCommit, Mst, SigningKey, TidClock } from '../../../src/repo-engine/index.js'
import { carOf, sampleRepo } from '../../cli/sample-repo.js'
import { TestServer } from '../../support/account-app.js'
import { checkInvariants } from '../../support/invariants.js'
import { PlcStub } from '../../support/plc-stub.js'
import { adopt, eventsOf, hexOf, importCar, keep, operator, rows, setDns, stateIn } from './adopting.js'

const ADMIN = `Basic ${Buffer.from('admin:admin-password').toString('base64')}`

let plc: PlcStub
let server: TestServer
beforeEach(async () => {
  plc = await PlcStub.start()
  server = await TestServer.start({
    PDS_DID_PLC_URL: plc.url,
    PDS_SERVICE_HANDLE_DOMAINS: '.here.test',
    PDS_ADMIN_PASSWORD: 'admin-password',
  })
  setDns(server, {})
})
afterEach(async () => {
  await server.close()
  await plc.close()
})

const read = () => server.get(Database).read
const run = (sql: string, ...values: string[]) => server.get(Database).write(async (tx) => tx.run(sql, ...values))
const ownKey = () => server.get(SigningKeys).rotationKey.didKey
const signIn = (identifier: string, password: string) =>
  server.post('com.atproto.server.createSession', { body: { identifier, password } })
const carOfRepo = async (url: string, did: string) =>
  new Uint8Array(await (await fetch(`${url}/xrpc/com.atproto.sync.getRepo?did=${did}`)).arrayBuffer())
const write = (auth: unknown, did: string, text: string) =>
  server.post('com.atproto.repo.createRecord', {
    auth: auth as string,
    body: { repo: did, collection: 'app.bsky.feed.post', record: { text, createdAt: new Date().toISOString() } },
  })

/** Nobody can be seen to have tried. */
async function nothingHasChanged(did: string): Promise<void> {
  for (const table of ['account', 'handle_claim', 'signing_key', 'outbox'])
    expect([table, await rows(server, table)]).toEqual([table, 0])
  expect((await readRepo(read(), did))?.hosting).not.toBe('hosted')
  await checkInvariants(read(), 'outside')
}

describe('an account of a host that is gone', () => {
  it('signs in, writes and is followed here, under its old DID and a new key', async () => {
    const old = await TestServer.start({ PDS_DID_PLC_URL: plc.url, PDS_RECOVERY_DID_KEY: operator.didKey })
    const oldKey = old.get(SigningKeys).rotationKey.didKey
    const { did, accessJwt } = await old.createAccount('alice')
    const post = {
      repo: did,
      collection: 'app.bsky.feed.post',
      record: { text: 'before', createdAt: '2026-01-01T00:00:00Z' },
    }
    await old.post('com.atproto.repo.createRecord', { auth: accessJwt, body: post })
    await importCar(server, did, 'mirrored', await carOfRepo(old.url, did))
    // What is remembered of the identity names the old host.
    const { body: before } = await server.query('com.atproto.identity.resolveDid', { params: `?did=${did}` })
    expect(before).toMatchObject({ didDoc: { service: [{ serviceEndpoint: old.url }] } })
    await old.close()
    await run("INSERT INTO mirror (did, peer, state, bytes, attempts, due_at) VALUES (?, 1, 'current', 9, 0, 0)", did)
    for (const [id, direction] of [
      ['1', 'pull'],
      ['2', 'push'],
      ['3', 'accept'],
    ] as const) {
      await run(
        "INSERT INTO peer (id, url, direction, repos, relay) VALUES (?, 'https://old.example', ?, 'listed', 0)",
        id,
        direction,
      )
      await run('INSERT INTO peer_repo (peer, did) VALUES (?, ?)', id, did)
    }

    const kept = (await readRepo(read(), did))!
    const adopted = await adopt(server, did, { handle: 'alice.here.test', email: 'Alice@example.com' })
    const key = await server.get(SigningKeys).publicKey(did)
    expect(adopted).toEqual({
      did,
      handle: 'alice.here.test',
      signingKey: key,
      rotationKeys: [operator.didKey, ownKey(), oldKey],
    })
    expect(await stateIn(server, did)).toEqual({
      rotationKeys: adopted.rotationKeys,
      verificationMethods: { atproto: key },
      alsoKnownAs: ['at://alice.here.test'],
      services: { atproto_pds: { type: 'AtprotoPersonalDataServer', endpoint: server.url } },
    })
    expect(plc.logs.get(did)).toHaveLength(2)

    expect(await eventsOf(server, did)).toEqual(['import', 'identity*', 'account*', 'sync*'])
    const log = await server.get(CommitLog).readRepo(did)
    const [identity, account, sync] = log.slice(-3)
    expect(readIdentityEvent(identity!)).toEqual({ handle: 'alice.here.test' })
    expect(readAccountEvent(account!)).toEqual({ status: null })
    const repo = (await readRepo(read(), did))!
    expect(repo).toMatchObject({ hosting: 'hosted', status: null, verified: true, tree: kept.tree })
    expect(repo.data.equals(kept.data)).toBe(true)
    expect(repo.rev > kept.rev).toBe(true)
    expect(readHeadEvent(sync!)).toMatchObject({ did, version: 3, rev: repo.rev, prev: null })
    expect(await rows(server, 'mirror')).toBe(0)
    expect(await read().all('SELECT peer FROM peer_repo')).toEqual([{ peer: 2 }])
    await checkInvariants(read(), 'outside')

    const { status, body } = await signIn('alice@example.com', 'carla-password')
    expect(status).toBe(200)
    expect(body).toMatchObject({
      did,
      handle: 'alice.here.test',
      active: true,
      didDoc: { service: [{ serviceEndpoint: server.url }] },
    })
    expect((await write(body.accessJwt, did, 'after')).status).toBe(200)
    expect(await eventsOf(server, did)).toEqual(['import', 'identity*', 'account*', 'sync*', 'commit*'])
    const { creates } = await verifyRepoCar(await carOfRepo(server.url, did), did, key!)
    expect(creates).toHaveLength(2)
    const listed = await server.query('com.atproto.sync.listRepos')
    expect(listed.body).toMatchObject({ repos: [{ did, active: true }] })
    const feed = await server.query('app.bsky.feed.getAuthorFeed', { params: `?actor=alice.here.test` })
    expect(feed.body).toMatchObject({
      feed: [{ post: { record: { text: 'after' } } }, { post: { record: { text: 'before' } } }],
    })

    server = await server.restart()
    expect((await write(body.accessJwt, did, 'after a restart')).status).toBe(200)
    await checkInvariants(read(), 'outside')
  })

  it('keeps a handle of its own while the domain says so', async () => {
    const { did } = await keep(server)
    const kept = 'Its handle carla.example.com cannot be kept (External handle did not resolve to DID): give it another'
    await expect(adopt(server, did, { handle: undefined })).rejects.toThrow(kept)
    await nothingHasChanged(did)
    setDns(server, { '_atproto.carla.example.com': did })
    expect((await adopt(server, did, { handle: undefined })).handle).toBe('carla.example.com')
    expect((await stateIn(server, did))?.alsoKnownAs).toEqual(['at://carla.example.com'])
  })

  it('keeps everything else of its identity, an archived and deactivated one too', async () => {
    const { did, genesis } = await keep(server, { hosting: 'archived' })
    const other = SigningKey.generate('p256').didKey
    const more = {
      rotationKeys: [other, ...genesis.rotationKeys],
      verificationMethods: { ...genesis.verificationMethods, atproto_label: other },
      alsoKnownAs: ['https://carla.example.com', 'at://carla.example.com', 'at://second.example.com'],
      services: {
        ...genesis.services,
        atproto_labeler: { type: 'AtprotoLabeler', endpoint: 'https://labels.example.com' },
      },
    }
    await server.get(PlcDirectory).submit(did, formatUpdate(genesis, more, operator))
    await run("UPDATE repo SET status = 'deactivated' WHERE did = ?", did)
    const { signingKey } = await adopt(server, did)
    expect(await stateIn(server, did)).toEqual({
      // Whoever overrules the operator still does, and overrules this server.
      rotationKeys: [other, operator.didKey, ownKey(), genesis.rotationKeys[1]],
      verificationMethods: { atproto: signingKey, atproto_label: other },
      alsoKnownAs: ['https://carla.example.com', 'at://carla.here.test', 'at://second.example.com'],
      services: { ...more.services, atproto_pds: { ...genesis.services.atproto_pds, endpoint: server.url } },
    })
    expect((await signIn('carla.here.test', 'carla-password')).body).toMatchObject({ active: true })
    await checkInvariants(read(), 'outside')
  })

  it('can be moved by a P-256 key, and by the key of this server where that is one of its own', async () => {
    const p256 = SigningKey.generate('p256')
    const first = await keep(server, { recovery: p256 })
    expect((await adopt(server, first.did, { rotationKey: hexOf(p256).toUpperCase() })).rotationKeys[0]).toBe(
      p256.didKey,
    )
    const second = await keep(server, { recovery: server.get(SigningKeys).rotationKey })
    const { rotationKeys } = await adopt(server, second.did, {
      rotationKey: undefined,
      handle: 'dan.here.test',
      email: 'dan@example.com',
    })
    expect(rotationKeys).toEqual(second.genesis.rotationKeys)
    await checkInvariants(read(), 'outside')
  })

  it('has a tree of any age, also one without a record', async () => {
    const { did, genesis, key } = sampleRepo({ recoveryKeys: [operator.didKey] })
    await server.get(PlcDirectory).submit(did, genesis)
    // A rev that the clock has not come to yet.
    const ahead = new TidClock(() => Date.now() + 60_000).next()
    const commit = formatCommit({ did, tree: Mst.empty(), head: null, since: null, rev: ahead, writes: [], key })
    await importCar(server, did, 'mirrored', carOf({ commit }))
    await adopt(server, did)
    const { body } = await signIn('carla.here.test', 'carla-password')
    for (const text of ['one', 'two']) expect((await write(body.accessJwt, did, text)).status).toBe(200)
    await checkInvariants(read(), 'outside')
  })
})

describe('what stands against it is said, and nothing changes', () => {
  it('no key, or not one of the identity', async () => {
    const { did, genesis } = await keep(server)
    const stranger = SigningKey.generate('k256')
    const asP256 = SigningKey.fromPrivate('p256', stranger.exportPrivate()).didKey
    await expect(adopt(server, did, { rotationKey: hexOf(stranger) })).rejects.toThrow(
      `The given key (${stranger.didKey} or ${asP256}) is not a rotation key of ${did}. These are: ${genesis.rotationKeys.join(', ')}`,
    )
    await expect(adopt(server, did, { rotationKey: undefined })).rejects.toThrow(
      `This server's own key (${ownKey()}) is not`,
    )
    for (const secret of ['', 'quokka', hexOf(operator).slice(2), `${hexOf(operator)}00`])
      await expect(adopt(server, did, { rotationKey: secret })).rejects.toThrow(
        /^A private rotation key is 64 hexadecimal digits$/,
      )
    await expect(adopt(server, did, { rotationKey: '0'.repeat(64) })).rejects.toThrow('of no curve')
    await nothingHasChanged(did)
    expect(plc.logs.get(did)).toHaveLength(1)
  })

  it.each<[string, object, string]>([
    ['an email address that is none', { email: 'carla' }, 'email address is not supported'],
    ['no email address', { email: '' }, 'Email is required'],
    ['a short password', { password: 'short' }, 'Password too short'],
    ['a handle of nobody', { handle: 'carla' }, 'must be a valid handle'],
    ['a reserved handle', { handle: 'admin.here.test' }, 'Reserved handle'],
    ['a domain that does not say so', { handle: 'carla.example.org' }, 'did not resolve'],
  ])('%s', async (_, more, message) => {
    const { did } = await keep(server)
    await expect(adopt(server, did, more)).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining(message) as string,
    })
    await nothingHasChanged(did)
  })

  it('names that are taken', async () => {
    const { did } = await keep(server)
    const body = { handle: 'dan.here.test', email: 'dan@example.com', password: 'dan-password' }
    expect((await server.post('com.atproto.server.createAccount', { body })).status).toBe(200)
    await expect(adopt(server, did, { handle: 'dan.here.test' })).rejects.toThrow('Handle already taken')
    await expect(adopt(server, did, { email: 'Dan@example.com' })).rejects.toThrow('Email already taken')
    expect(await rows(server, 'account')).toBe(1)
    await checkInvariants(read(), 'outside')
  })

  it('a repository that is not here, is an account already, is being deleted, or is taken down', async () => {
    const { did } = sampleRepo()
    await expect(adopt(server, did)).rejects.toMatchObject({ status: 400, error: 'RepoNotFound' })
    await expect(adopt(server, 'did:nonsense')).rejects.toThrow('Not a DID')
    await expect(adopt(server, 'did:web:carla.example.com')).rejects.toThrow(/not a did:plc.*createAccount/)
    const carla = await keep(server)
    const takedowns = server.get(Takedowns)
    for (const status of [null, 'deactivated']) {
      await server.get(Database).write(async (tx) => {
        await tx.run('UPDATE repo SET status = ? WHERE did = ?', status, carla.did)
        await takedowns.set(tx, carla.did, { applied: true })
      })
      await expect(adopt(server, carla.did)).rejects.toMatchObject({ status: 400, error: 'AccountTakedown' })
      await server.get(Database).write((tx) => takedowns.set(tx, carla.did, { applied: false }))
    }
    await adopt(server, carla.did)
    await expect(adopt(server, carla.did)).rejects.toMatchObject({ status: 400, error: 'AlreadyExists' })
    const { erased } = await server.get(CommandBus).execute(new DeleteAccount(carla.did))
    await expect(adopt(server, carla.did)).rejects.toMatchObject({ status: 409, error: 'ErasureInProgress' })
    await erased()
    await expect(adopt(server, carla.did)).rejects.toMatchObject({ status: 400, error: 'RepoNotFound' })
  })

  it('an identity that the directory does not know, that has no handle, that has ended, or that has no room', async () => {
    const unknown = sampleRepo({ posts: 1 })
    await importCar(server, unknown.did, 'archived', carOf(unknown))
    await expect(adopt(server, unknown.did)).rejects.toMatchObject({ status: 400, error: 'UnresolvableDid' })
    const directory = server.get(PlcDirectory)
    const { did, genesis } = await keep(server)
    const others = Array.from({ length: 4 }, () => SigningKey.generate('k256').didKey)
    const full = formatUpdate(genesis, { alsoKnownAs: [], rotationKeys: [operator.didKey, ...others] }, operator)
    await directory.submit(did, full)
    await expect(adopt(server, did, { handle: undefined })).rejects.toThrow(`${did} has no handle: give it one`)
    await expect(adopt(server, did)).rejects.toThrow('there are 5 rotation keys already')
    await directory.submit(did, formatTombstone(full, operator))
    await expect(adopt(server, did)).rejects.toMatchObject({ error: 'UnresolvableDid' })
    await nothingHasChanged(did)
  })
})

describe('over HTTP', () => {
  const post = async (body: unknown, authorization = ADMIN) => {
    const headers = { authorization, 'content-type': 'application/json' }
    const response = await fetch(`${server.url}/admin/accounts/adopt`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  it('is for the operator alone, and for whole requests', async () => {
    const { did } = await keep(server)
    const input = {
      did,
      email: 'carla@example.com',
      password: 'carla-password',
      handle: 'carla.here.test',
      rotationKey: hexOf(operator),
    }
    expect((await post(input, `Basic ${Buffer.from('admin:wrong').toString('base64')}`)).status).toBe(401)
    for (const body of [
      null,
      [],
      'did',
      {},
      { ...input, did: 1 },
      { ...input, handle: null },
      { ...input, rotationKey: [] },
    ])
      expect(await post(body)).toMatchObject({ status: 400, body: { error: 'InvalidRequest' } })
    plc.mood = 'refuse'
    expect(await post(input)).toMatchObject({ status: 400, body: { message: 'PLC directory: not today' } })
    await nothingHasChanged(did)
    plc.mood = 'good'
    expect(await post(input)).toMatchObject({ status: 200, body: { did, handle: 'carla.here.test' } })
    await checkInvariants(read(), 'outside')
  })
})

it('writes the rotation key nowhere', async () => {
  const { did } = await keep(server)
  plc.mood = 'lose-operation'
  await expect(adopt(server, did)).rejects.toMatchObject({ status: 502 })
  const traces = (): string[] =>
    readdirSync(server.directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter((path) => {
        const bytes = readFileSync(path)
        return bytes.includes(operator.exportPrivate()) || bytes.includes(hexOf(operator))
      })
  expect(await rows(server, 'outbox')).toBe(1)
  expect(traces()).toEqual([])
})

it('is done once when it is asked for at once, while a newer copy comes in', async () => {
  const { did, key, commit } = await keep(server)
  const rev = new TidClock(() => Date.now()).next(commit.rev)
  const path = 'app.bsky.actor.profile/self'
  const newer = formatCommit({
    did,
    tree: commit.tree,
    head: commit.cid,
    since: commit.rev,
    rev,
    writes: [{ action: 'delete', path }],
    key,
  })
  const records = commit.records.filter((record) => record.path !== path)
  const nodes = new Map([...commit.addedNodes, ...newer.addedNodes].map((node) => [node.cid.toString(), node]))
  const whole = { ...newer, addedNodes: [...nodes.values()], records }
  const [first, second, third] = await Promise.allSettled([
    adopt(server, did),
    importCar(server, did, 'mirrored', carOf({ commit: whole })),
    server.get(CommandBus).execute(
      new AdoptAccount({
        did,
        email: 'b@example.com',
        password: 'other-password',
        handle: 'other.here.test',
        rotationKey: hexOf(operator),
      }),
    ),
  ])
  expect([first, third].filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect([first, third].find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { error: 'AlreadyExists' },
  })
  // The copy came in before, or is refused.
  const repo = (await readRepo(read(), did))!
  expect(repo.data.equals(second.status === 'fulfilled' ? newer.data : commit.data)).toBe(true)
  expect(plc.logs.get(did)).toHaveLength(2)
  await checkInvariants(read(), 'outside')
})

it('works on the embedded directory, in which an account has been before', async () => {
  const own = await TestServer.start()
  try {
    const { did, accessJwt } = await own.createAccount('alice')
    for (const text of ['one', 'two'])
      await own.post('com.atproto.repo.createRecord', {
        auth: accessJwt,
        body: { repo: did, collection: 'app.bsky.feed.post', record: { text, createdAt: '2026-01-01T00:00:00Z' } },
      })
    const car = await carOfRepo(own.url, did)
    const { erased } = await own.get(CommandBus).execute(new DeleteAccount(did as Did))
    await erased()
    await importCar(own, did, 'archived', car)
    await checkInvariants(own.get(Database).read)
    const adopted = await adopt(own, did, { handle: undefined, rotationKey: undefined })
    expect(adopted).toMatchObject({
      did,
      handle: 'alice.test',
      rotationKeys: [own.get(SigningKeys).rotationKey.didKey],
    })
    await checkInvariants(own.get(Database).read)
    expect(await eventsOf(own, did)).toEqual(['account*', 'import', 'identity*', 'account*', 'sync*'])
    expect(await rows(own, 'outbox')).toBe(0)
    const { creates } = await verifyRepoCar(await carOfRepo(own.url, did), did, adopted.signingKey)
    expect(creates).toHaveLength(2)
  } finally {
    await own.close()
  }
})
