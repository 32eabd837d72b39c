/** The accounts of a real official PDS, as they live on here. */
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { verifyRepoCar } from '@atproto/repo'
import Sqlite from 'better-sqlite3'
import { LooseBlobs } from '../../../src/modules/blob/loose-blobs.js'
import { CommitLog } from '../../../src/modules/commit-log/commit-log.js'
import { Database } from '../../../src/modules/database/database.js'
import { Cid } from '../../../src/repo-engine/index.js'
import { checkInvariants } from '../../support/invariants.js'
import { facts } from '../../support/official-fixture.js'
import type { TestServer } from '../../support/account-app.js'
import { subscribe } from '../firehose/subscribe.js'
import { opened } from '../firehose/wire.js'
import { Takeover } from './official.js'

const { alice, bob, carla, dan } = facts.people
const login = (server: TestServer, identifier: string, password: string) =>
  server.post('com.atproto.server.createSession', { body: { identifier, password } })

describe('an official PDS that was taken over', () => {
  let takeover: Takeover
  let server: TestServer
  let adopted: Awaited<ReturnType<Takeover['adopt']>>
  beforeAll(async () => {
    takeover = await Takeover.prepare()
    adopted = await takeover.adopt()
    server = await takeover.start()
  })
  afterAll(async () => {
    await server.close()
    await takeover.dispose()
  })
  const accountOf = (did: string) =>
    server.get(Database).read.get<Record<string, unknown>>('SELECT * FROM account WHERE did = ?', did)

  /** All that the firehose tells from its beginning. */
  const heard = async () => {
    const told = await server
      .get(Database)
      .read.get<{ n: number }>('SELECT count(*) AS n FROM commit_log WHERE hosted = 1 AND frame IS NOT NULL')
    const subscription = await subscribe(server, 0)
    const messages = (await subscription.take(told!.n)).map((message) => opened<Record<string, any>>(message))
    subscription.close()
    return messages
  }

  it('everybody is here, and the report says with what', () => {
    expect(adopted.accounts).toMatchObject([
      {
        handle: 'alice.test',
        outcome: 'taken',
        status: 'active',
        records: 44,
        appPasswords: 2,
        sessions: 3,
        preferences: 3,
        kept: true,
      },
      { handle: 'bob.test', outcome: 'taken', status: 'deactivated', records: 3, kept: true },
      { handle: 'carla.test', outcome: 'taken', status: 'takendown', records: 1, sessions: 0, kept: true },
      { handle: 'dan.test', outcome: 'taken', status: 'active', records: 4, takenRecords: 1, kept: true },
    ])
    expect(adopted.left.join('\n')).toMatch(/never start the old server/)
  })

  it('what was taken makes sense as a whole', async () => {
    await checkInvariants(server.get(Database).read, 'outside')
  })

  it('heads and revs are as they were, byte for byte, and signed by the keys in the documents', async () => {
    for (const { did, head, rev, operation } of [alice, dan]) {
      const { body } = await server.query('com.atproto.sync.getLatestCommit', { params: `?did=${did}` })
      expect(body).toEqual({ cid: head, rev })
      const response = await fetch(`${server.url}/xrpc/com.atproto.sync.getRepo?did=${did}`)
      const car = new Uint8Array(await response.arrayBuffer())
      const { verificationMethods } = operation as { verificationMethods: Record<string, string> }
      await verifyRepoCar(car, did, verificationMethods.atproto)
    }
  })

  it('the firehose tells of them above all that the old one has given out, with the heads that relays know', async () => {
    expect(adopted.lastSeq).toBe(facts.seq)
    const events = await heard()
    const ofAlice = events.filter(({ body }) => (body.did ?? body.repo) === alice.did)
    expect(ofAlice.map(({ type }) => type)).toEqual(['#identity', '#account', '#sync'])
    expect(ofAlice[2]!.body.rev).toBe(alice.rev)
    expect(Math.min(...events.map(({ body }) => body.seq as number))).toBeGreaterThan(facts.seq)
  })

  it('what was written goes on: the next commit follows the one from there', async () => {
    const { body } = await login(server, 'dan.test', dan.password)
    const record = { $type: 'app.bsky.feed.post', text: 'I live here now', createdAt: new Date().toISOString() }
    const written = await server.post('com.atproto.repo.createRecord', {
      auth: body.accessJwt as string,
      body: { repo: dan.did, collection: 'app.bsky.feed.post', record },
    })
    expect(written.status).toBe(200)
    const [commit] = (await heard()).filter(({ type }) => type === '#commit')
    expect(commit!.body).toMatchObject({ repo: dan.did, since: dan.rev })
  })

  it('what they have written is in the timelines', async () => {
    const { body } = await server.query('app.bsky.feed.getPosts', { params: `?uris=${facts.posts.boats}` })
    expect(body.posts).toMatchObject([{ author: { handle: 'alice.test', displayName: 'Alice' }, likeCount: 3 }])
  })

  it('passwords are good, and hashed with argon2 from the first sign-in on', async () => {
    expect((await accountOf(alice.did))!.password).toMatch(/^[0-9a-f]{32}:[0-9a-f]{128}$/)
    expect((await login(server, 'alice.test', 'wrong-password')).status).toBe(401)
    expect((await accountOf(alice.did))!.password).toMatch(/^[0-9a-f]{32}:/)
    expect(await login(server, 'alice@example.com', alice.password)).toMatchObject({
      status: 200,
      body: { did: alice.did, handle: 'alice.test', emailConfirmed: true, active: true },
    })
    expect((await accountOf(alice.did))!.password).toMatch(/^\$argon2id\$/)
    expect((await login(server, 'alice.test', alice.password)).status).toBe(200)
    expect((await login(server, 'alice.test', 'wrong-password')).status).toBe(401)
  })

  it('sessions go on: a refresh token of there gives tokens of here', async () => {
    const { status, body } = await server.post('com.atproto.server.refreshSession', { auth: dan.refreshJwt })
    expect({ status, did: body.did }).toEqual({ status: 200, did: dan.did })
    const session = await server.query('com.atproto.server.getSession', { auth: body.accessJwt as string })
    expect(session).toMatchObject({ status: 200, body: { handle: 'dan.test' } })
    const again = await server.post('com.atproto.server.refreshSession', { auth: body.refreshJwt as string })
    expect(again.status).toBe(200)
  })

  it('a refresh token whose successor was lost gives that successor', async () => {
    const late = await server.post('com.atproto.server.refreshSession', { auth: alice.usedRefreshJwt })
    expect(late.status).toBe(200)
    const jtiOf = (jwt: string) => (JSON.parse(Buffer.from(jwt.split('.')[1]!, 'base64url').toString()) as any).jti
    expect(jtiOf(late.body.refreshJwt as string)).toBe(jtiOf(alice.refreshJwt))
  })

  it('an access token of there has expired, which is what makes its client refresh', async () => {
    const { status, body } = await server.query('com.atproto.server.getSession', { auth: alice.accessJwt })
    expect({ status, error: body.error }).toEqual({ status: 400, error: 'ExpiredToken' })
  })

  it('a session of an app password is still no more than that', async () => {
    for (const { privileged, refreshJwt } of Object.values(alice.appPasswords)) {
      const { status, body } = await server.post('com.atproto.server.refreshSession', { auth: refreshJwt })
      expect(status).toBe(200)
      const { scope } = JSON.parse(Buffer.from((body.accessJwt as string).split('.')[1]!, 'base64url').toString())
      expect(scope).toBe(privileged ? 'com.atproto.appPassPrivileged' : 'com.atproto.appPass')
    }
  })

  it('one can sign out with a token of there', async () => {
    const auth = alice.appPasswords.phone.refreshJwt
    expect((await server.post('com.atproto.server.deleteSession', { auth })).status).toBe(200)
    expect((await server.post('com.atproto.server.refreshSession', { auth })).body.error).toBe('ExpiredToken')
  })

  it('an app password is good, also once it is kept as those made here are', async () => {
    const { password } = alice.appPasswords.chat
    const hash = async () =>
      (await server
        .get(Database)
        .read.get<{ hash: Buffer }>("SELECT hash FROM app_password WHERE name = 'chat' AND did = ?", alice.did))!.hash
    expect(await hash()).toHaveLength(64)
    expect((await login(server, 'alice.test', 'aaaa-bbbb-cccc-dddd')).status).toBe(401)
    for (const length of [32, 32]) {
      const { status, body } = await login(server, 'alice.test', password)
      expect({ status, did: body.did }).toEqual({ status: 200, did: alice.did })
      expect(await hash()).toHaveLength(length)
    }
    const { body: owner } = await login(server, 'alice.test', alice.password)
    const listed = await server.query('com.atproto.server.listAppPasswords', { auth: owner.accessJwt as string })
    expect(listed.body.passwords).toMatchObject([
      { name: 'chat', privileged: true },
      { name: 'phone', privileged: false },
    ])
  })

  it('invite codes are good for what they have left, and those taken back are not', async () => {
    expect(adopted.inviteCodes).toBe(2)
    const auth = `Basic ${Buffer.from(`admin:${takeover.settings.PDS_ADMIN_PASSWORD}`).toString('base64')}`
    const { body } = await server.query('com.atproto.admin.getInviteCodes', { auth })
    const codes = body.codes as { code: string }[]
    expect(codes.find(({ code }) => code === facts.invites.admin)).toMatchObject({ available: 5, disabled: true })
    expect(codes.find(({ code }) => code === facts.invites.dan)).toMatchObject({
      available: 2,
      disabled: false,
      forAccount: dan.did,
      uses: [{ usedBy: expect.stringMatching(/^did:plc:/) }],
    })
    expect(await accountOf(dan.did)).toMatchObject({ invites_disabled: 1 })
    expect(await accountOf(alice.did)).toMatchObject({ invites_disabled: 0 })
  })

  it('blobs are here, as their records say, but for what was taken down', async () => {
    expect(adopted.accounts).toMatchObject([
      { blobs: 3, missingBlobs: [] },
      { blobs: 0, missingBlobs: [] },
      { blobs: 0, missingBlobs: [] },
      { blobs: 2, missingBlobs: [] },
    ])
    const { body } = await server.query('com.atproto.sync.listBlobs', { params: `?did=${alice.did}` })
    expect(body.cids).toHaveLength(3)
    for (const cid of body.cids as string[]) {
      const response = await fetch(`${server.url}/xrpc/com.atproto.sync.getBlob?did=${alice.did}&cid=${cid}`)
      expect(response.headers.get('content-type')).toBe('image/png')
      expect(Cid.ofRaw(new Uint8Array(await response.arrayBuffer())).toString()).toBe(cid)
    }
    const taken = await server.query('com.atproto.sync.getBlob', { params: `?did=${dan.did}&cid=${facts.taken.blob}` })
    expect(taken).toMatchObject({ status: 400, body: { error: 'BlobNotFound' } })
  })

  it('no blob is collected that a record refers to', async () => {
    server.advance(3 * 60 * 60 * 1000)
    await server.get(LooseBlobs).collect()
    server.advance(-3 * 60 * 60 * 1000)
    expect(await server.get(Database).read.get('SELECT count(*) AS n FROM blob')).toEqual({ n: 5 })
  })

  it('preferences are here, those for the owner alone included', async () => {
    const { body: session } = await login(server, 'alice.test', alice.password)
    const { body } = await server.query('app.bsky.actor.getPreferences', { auth: session.accessJwt as string })
    expect(body.preferences).toEqual(expect.arrayContaining(alice.preferences))
  })

  it('who was deactivated still is, and can sign in', async () => {
    const { status, body } = await login(server, 'bob.test', bob.password)
    expect({ status, active: body.active, why: body.status }).toEqual({
      status: 200,
      active: false,
      why: 'deactivated',
    })
    const repo = await server.query('com.atproto.sync.getRepoStatus', { params: `?did=${bob.did}` })
    expect(repo.body).toMatchObject({ active: false, status: 'deactivated' })
  })

  it('who was taken down still is, and is active once that is taken back', async () => {
    expect((await login(server, 'carla.test', carla.password)).body.error).toBe('AccountTakedown')
    const auth = `Basic ${Buffer.from(`admin:${takeover.settings.PDS_ADMIN_PASSWORD}`).toString('base64')}`
    const subject = { $type: 'com.atproto.admin.defs#repoRef', did: carla.did }
    const body = { subject, takedown: { applied: false } }
    expect((await server.post('com.atproto.admin.updateSubjectStatus', { auth, body })).status).toBe(200)
    expect(await login(server, 'carla.test', carla.password)).toMatchObject({ status: 200, body: { active: true } })
  })

  it('a record that was taken down still is', async () => {
    const { body } = await server.query('app.bsky.feed.getPosts', { params: `?uris=${facts.taken.record}` })
    expect(body.posts).toEqual([])
  })

  it('identities can be changed, by the rotation key that came along', async () => {
    const { body } = await login(server, 'dan.test', dan.password)
    const changed = await server.post('com.atproto.identity.updateHandle', {
      auth: body.accessJwt as string,
      body: { handle: 'daniel.test' },
    })
    expect(changed.status).toBe(200)
    expect(takeover.plc.logs.get(dan.did)!.at(-1)!.operation).toMatchObject({ alsoKnownAs: ['at://daniel.test'] })
  })

  it('numbers given out here go on above those of there', async () => {
    expect(await server.get(CommitLog).lastSeq()).toBeGreaterThan(facts.seq)
  })
})

describe('what is read', () => {
  let takeover: Takeover
  beforeEach(async () => {
    takeover = await Takeover.prepare()
  })
  afterEach(() => takeover.dispose())

  /** Every file below a folder, with what is in it and when it was written. */
  const shapeOf = (folder: string): string[] =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => statSync(join(folder, path)).isFile())
      .map((path) => {
        const bytes = readFileSync(join(folder, path))
        return `${path} ${createHash('sha256').update(bytes).digest('hex')} ${statSync(join(folder, path)).mtimeMs}`
      })
      .sort()
  const storeOf = (did: string): string => {
    const hash = createHash('sha256').update(did).digest('hex')
    return join(takeover.official.data, 'actors', hash.slice(0, 2), did, 'store.sqlite')
  }

  it('is left as it was', async () => {
    const before = shapeOf(takeover.official.root)
    await takeover.adopt()
    expect(shapeOf(takeover.official.root)).toEqual(before)
  })

  it('is also what its server had only in its write-ahead log when it was killed', async () => {
    const file = join(takeover.official.data, 'account.sqlite')
    const copy = Sqlite(file)
    copy.pragma('wal_autocheckpoint = 0')
    copy.prepare('UPDATE account SET email = ? WHERE did = ?').run('new@example.com', alice.did)
    // As kill -9 leaves it: the log is there, and nobody has put it into the file.
    const [main, log] = [readFileSync(file), readFileSync(`${file}-wal`)]
    copy.close()
    writeFileSync(file, main)
    writeFileSync(`${file}-wal`, log)
    rmSync(`${file}-shm`, { force: true })
    const before = shapeOf(takeover.official.root)
    await takeover.adopt()
    expect(shapeOf(takeover.official.root)).toEqual(before)
    const server = await takeover.start()
    expect((await login(server, 'new@example.com', alice.password)).status).toBe(200)
    await server.close()
  })

  it('is refused while its server is running', async () => {
    const running = Sqlite(join(takeover.official.data, 'account.sqlite'))
    running.prepare('SELECT count(*) FROM actor').get()
    await expect(takeover.adopt()).rejects.toThrow(/in use: stop its server first/)
    running.close()
    expect((await takeover.adopt()).accounts).toHaveLength(4)
  })

  it('is refused without its secrets, before anything is made', async () => {
    await expect(takeover.adopt(null)).rejects.toThrow(/PDS_JWT_SECRET .* --env/)
    expect(readdirSync(takeover.directory)).toEqual([])
  })

  it('is refused where a server with other secrets has been', async () => {
    writeFileSync(
      join(takeover.directory, 'secrets.json'),
      JSON.stringify({
        jwtSecret: 'other',
        adminPassword: 'other',
        keyEncryptionKey: '00'.repeat(32),
        plcRotationKey: '2d'.repeat(32),
      }),
    )
    await expect(takeover.adopt()).rejects.toThrow(/has another jwtSecret/)
  })

  it('what is no such directory is said to be none', async () => {
    rmSync(join(takeover.official.data, 'account.sqlite'))
    await expect(takeover.adopt()).rejects.toThrow(/it has no account.sqlite/)
    writeFileSync(join(takeover.official.data, 'account.sqlite'), 'a text')
    await expect(takeover.adopt()).rejects.toThrow(/not a database/)
  })

  it('a repository of which a block is missing or damaged is not taken, and keeps nobody else', async () => {
    const store = Sqlite(storeOf(alice.did))
    const { cid } = store.prepare("SELECT cid FROM record WHERE collection = 'app.bsky.feed.post'").get() as any
    store.prepare('DELETE FROM repo_block WHERE cid = ?').run(cid)
    store.close()
    const other = Sqlite(storeOf(bob.did))
    other.prepare("UPDATE repo_block SET content = X'a0' WHERE cid <> (SELECT cid FROM repo_root)").run()
    other.close()
    const { accounts } = await takeover.adopt()
    expect(accounts.map(({ outcome }) => outcome)).toEqual(['failed', 'failed', 'taken', 'taken'])
    const server = await takeover.start()
    expect((await login(server, 'alice.test', alice.password)).status).toBe(401)
    expect((await login(server, 'dan.test', dan.password)).status).toBe(200)
    await server.close()
  })

  it('a head that another server has signed is signed anew: it was imported there and never written to', async () => {
    const other = readFileSync(join(storeOf(bob.did), '..', 'key'))
    writeFileSync(join(storeOf(dan.did), '..', 'key'), other)
    const { accounts } = await takeover.adopt()
    const [, , , it] = accounts
    expect(it).toMatchObject({ handle: 'dan.test', outcome: 'taken', kept: false })
    const { rev, head } = it as { rev: string; head: string }
    expect(rev > dan.rev).toBe(true)
    expect(head).not.toBe(dan.head)
  })

  it('blobs that are not where they should be are named, and another run that finds them brings them', async () => {
    const blocks = join(takeover.official.data, 'blocks')
    const elsewhere = join(takeover.official.root, 'elsewhere')
    renameSync(blocks, elsewhere)
    const first = await takeover.adopt()
    expect(first.accounts[0]).toMatchObject({
      outcome: 'taken',
      blobs: 0,
      missingBlobs: Array(3).fill(expect.any(String)),
    })
    expect(first.left.join('\n')).toMatch(/5 blobs were not found/)
    const [one] = readdirSync(join(elsewhere, alice.did))
    writeFileSync(join(elsewhere, alice.did, one!), 'something else')
    const second = await takeover.adopt(takeover.official.env, elsewhere)
    expect(second.accounts[0]).toMatchObject({ outcome: 'there', blobs: 2, missingBlobs: [one] })
    expect(second.accounts[3]).toMatchObject({ outcome: 'there', blobs: 2, missingBlobs: [] })
  })

  it('a preference, a session or the date of a blob that makes no sense keeps nobody from moving', async () => {
    const accounts = Sqlite(join(takeover.official.data, 'account.sqlite'))
    accounts
      .prepare(
        "UPDATE refresh_token SET expiresAt = 'soon' WHERE id = (SELECT min(id) FROM refresh_token WHERE did = ?)",
      )
      .run(alice.did)
    accounts.close()
    const store = Sqlite(storeOf(alice.did))
    const prefer = store.prepare(
      'UPDATE account_pref SET valueJson = ? WHERE id = (SELECT min(id) + ? FROM account_pref)',
    )
    for (const [i, text] of ['{', 'null'].entries()) prefer.run(text, i)
    store.prepare("UPDATE blob SET createdAt = ''").run()
    store.close()
    const { accounts: taken } = await takeover.adopt()
    expect(taken[0]).toMatchObject({ outcome: 'taken', sessions: 2, blobs: 3 })
    expect((taken[0] as { preferences: number }).preferences).toBeLessThan(3)
  })

  it('an account without a handle is not taken, and the report says why', async () => {
    const accounts = Sqlite(join(takeover.official.data, 'account.sqlite'))
    accounts.prepare('UPDATE actor SET handle = NULL WHERE did = ?').run(carla.did)
    accounts.close()
    const adopted = await takeover.adopt()
    expect(adopted.accounts[2]).toMatchObject({ outcome: 'failed', reason: expect.stringMatching(/no handle/) })
    expect(adopted.left[0]).toMatch(/run this again/)
  })
})

describe('what is cut off', () => {
  it('goes on: what is there is left alone, what failed is done', async () => {
    const takeover = await Takeover.prepare()
    const { official } = takeover
    const setHandle = (handle: string | null) => {
      const accounts = Sqlite(join(official.data, 'account.sqlite'))
      accounts.prepare('UPDATE actor SET handle = ? WHERE did = ?').run(handle, bob.did)
      accounts.close()
    }
    setHandle(null)
    const first = await takeover.adopt()
    expect(first.accounts.map(({ outcome }) => outcome)).toEqual(['taken', 'failed', 'taken', 'taken'])
    setHandle('bob.test')
    let server = await takeover.start()
    await login(server, 'alice.test', alice.password)
    await server.stop()
    const second = await takeover.adopt()
    expect(second.accounts.map(({ outcome }) => outcome)).toEqual(['there', 'taken', 'there', 'there'])
    server = await takeover.start()
    expect((await login(server, 'bob.test', bob.password)).status).toBe(200)
    const { password } = (await server
      .get(Database)
      .read.get<{ password: string }>('SELECT password FROM account WHERE did = ?', alice.did))!
    expect(password).toMatch(/^\$argon2id\$/)
    await checkInvariants(server.get(Database).read, 'outside')
    await server.close()
    await takeover.dispose()
  })
})
