import { CommitLog } from '../../../src/modules/commit-log/commit-log.js'
import { Database } from '../../../src/modules/database/database.js'
import { type Answer, TestServer } from '../../support/account-app.js'
import { PlcStub } from '../../support/plc-stub.js'
import { eventually } from '../../support/eventually.js'

let plc: PlcStub
let server: TestServer
beforeEach(async () => {
  plc = await PlcStub.start()
  server = await TestServer.start({ PDS_DID_PLC_URL: plc.url })
})
afterEach(async () => {
  await server.close()
  await plc.close()
})

const create = (name: string): Promise<Answer> =>
  server.post('com.atproto.server.createAccount', {
    body: { handle: `${name}.test`, email: `${name}@example.com`, password: `${name}-password` },
  })
const signIn = (name: string, password = `${name}-password`): Promise<Answer> =>
  server.post('com.atproto.server.createSession', { body: { identifier: `${name}.test`, password } })
const updateHandle = (auth: unknown, handle: string): Promise<Answer> =>
  server.post('com.atproto.identity.updateHandle', { auth: auth as string, body: { handle } })

async function rows(table: string): Promise<number> {
  return (await server.get(Database).read.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`))!.n
}

async function kinds(did: unknown): Promise<string[]> {
  const events = await server.get(CommitLog).readRepo(did as string)
  return events.map(({ kind }) => kind)
}

const BEGINNING = ['identity', 'account', 'commit', 'sync']
const nothingIsLeft = async () => {
  for (const table of ['account', 'handle_claim', 'signing_key', 'repo', 'commit_log', 'outbox', 'session'])
    expect([table, await rows(table)]).toEqual([table, 0])
}

describe('creating an account', () => {
  it('registers the identity outside and leaves no work behind', async () => {
    const { status, body } = await create('alice')
    expect(status).toBe(200)
    expect([...plc.logs.keys()]).toEqual([body.did])
    expect(await kinds(body.did)).toEqual(BEGINNING)
    expect(body.didDoc).toMatchObject({ id: body.did })
    expect(await rows('outbox')).toBe(0)
  })

  it('succeeds when the answer of the directory is lost', async () => {
    plc.mood = 'lose-answer'
    const { status, body } = await create('alice')
    expect(status).toBe(200)
    expect(plc.submissions).toBe(1)
    expect(await kinds(body.did)).toEqual(BEGINNING)
  })

  it('leaves nothing behind when the directory refuses', async () => {
    plc.mood = 'refuse'
    expect(await create('alice')).toMatchObject({ status: 400, body: { message: 'PLC directory: not today' } })
    await nothingIsLeft()
    plc.mood = 'good'
    expect((await create('alice')).status).toBe(200)
  })

  it('is finished later when the directory does not answer', async () => {
    plc.mood = 'lose-operation'
    expect(await create('alice')).toMatchObject({ status: 502, body: { error: 'UpstreamFailure' } })
    // Reserved, not there yet.
    expect((await signIn('alice')).status).toBe(401)
    expect((await create('alice')).body.error).toBe('HandleNotAvailable')
    plc.mood = 'good'
    await eventually(async () => (await signIn('alice')).status === 200)
    expect(await rows('outbox')).toBe(0)
    expect(plc.submissions).toBe(2)
  })

  it.each([
    ['before the operation arrives', 'lose-operation'],
    ['after the operation is registered', 'hang'],
    ['while nobody can tell whether it is registered', 'fall-silent'],
  ] as const)('is finished after a crash %s', async (_, mood) => {
    plc.mood = mood
    const asked = create('alice').catch(() => null)
    await eventually(() => Promise.resolve(plc.submissions === 1))
    server = await server.restart()
    await asked
    expect(await rows('repo')).toBe(0)
    plc.mood = 'good'
    plc.down = false
    await eventually(async () => (await rows('outbox')) === 0)
    const { status, body } = await signIn('alice')
    expect(status).toBe(200)
    expect([...plc.logs.keys()]).toEqual([body.did])
    expect(plc.logs.get(body.did as string)).toHaveLength(1)
    expect(await kinds(body.did)).toEqual(BEGINNING)
  })

  it('is undone after a crash when the directory refuses', async () => {
    plc.mood = 'lose-operation'
    await create('alice')
    plc.mood = 'refuse'
    server = await server.restart()
    await eventually(async () => (await rows('outbox')) === 0)
    await nothingIsLeft()
  })

  it('gives a handle to one of those who ask for it at once', async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => create('race')))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400])
    expect(plc.logs.size).toBe(1)
    expect(await rows('account')).toBe(1)
  })
})

describe('changing a handle', () => {
  const aliases = (did: unknown) => {
    const last = plc.logs.get(did as string)!.at(-1)!.operation
    return last.type === 'plc_operation' ? last.alsoKnownAs : []
  }

  it('changes the identity, the account and the log', async () => {
    const { body } = await create('alice')
    expect((await updateHandle(body.accessJwt, 'alicia.test')).status).toBe(200)
    expect(aliases(body.did)).toEqual(['at://alicia.test'])
    expect(await kinds(body.did)).toEqual([...BEGINNING, 'identity'])
    expect(await rows('handle_claim')).toBe(1)
    expect((await signIn('alice')).status).toBe(401)
    expect((await signIn('alicia', 'alice-password')).status).toBe(200)
  })

  it('keeps the old handle when the directory refuses', async () => {
    const { body } = await create('alice')
    plc.mood = 'refuse'
    expect((await updateHandle(body.accessJwt, 'alicia.test')).status).toBe(400)
    expect((await signIn('alice')).status).toBe(200)
    expect(await rows('handle_claim')).toBe(1)
    expect(await rows('outbox')).toBe(0)
  })

  it('is finished after a crash, and nobody takes the handle in the meantime', async () => {
    const { body } = await create('alice')
    const bob = await create('bob')
    plc.mood = 'fall-silent'
    expect(await updateHandle(body.accessJwt, 'alicia.test')).toMatchObject({ status: 502 })
    expect((await updateHandle(bob.body.accessJwt, 'alicia.test')).body.error).toBe('HandleNotAvailable')
    expect((await updateHandle(body.accessJwt, 'another.test')).body.message).toMatch(/Another change/)
    expect((await signIn('alice')).status).toBe(200)
    plc.down = false
    plc.mood = 'good'
    server = await server.restart()
    await eventually(async () => (await rows('outbox')) === 0)
    expect(aliases(body.did)).toEqual(['at://alicia.test'])
    expect(plc.logs.get(body.did as string)).toHaveLength(2)
    const session = await server.query('com.atproto.server.getSession', { auth: body.accessJwt as string })
    expect(session.body.handle).toBe('alicia.test')
    expect(await kinds(body.did)).toEqual([...BEGINNING, 'identity'])
  })
})
