import { intervals } from '../../../src/modules/account/invites/claim-invite-codes.js'
import { InviteQueries } from '../../../src/modules/account/invites/invite-queries.js'
import { ActionLog } from '../../../src/modules/audit/action-log.js'
import { Secrets } from '../../../src/modules/config/secrets.js'
import { Database } from '../../../src/modules/database/database.js'
import { type Answer, TestServer } from '../../support/account-app.js'
import { PlcStub } from '../../support/plc-stub.js'
import { eventually } from '../../support/eventually.js'

const DAY = 24 * 60 * 60 * 1000

let server: TestServer
let people = 0
beforeAll(async () => {
  const start = Date.now()
  server = await TestServer.start({
    PDS_INVITE_REQUIRED: 'true',
    PDS_INVITE_INTERVAL: String(DAY),
    PDS_INVITE_EPOCH: String(start + 10 * DAY),
  })
})
afterAll(() => server.close())

interface Code {
  code: string
  available: number
  disabled: boolean
  forAccount: string
  createdBy: string
  uses: { usedBy: string; usedAt: string }[]
}

const admin = (): string => `Basic ${Buffer.from(`admin:${server.get(Secrets).adminPassword}`).toString('base64')}`
const asAdmin = (nsid: string, body: object): Promise<Answer> => server.post(nsid, { auth: admin(), body })
const newCode = async (useCount = 1, forAccount?: string): Promise<string> =>
  (await asAdmin('com.atproto.server.createInviteCode', { useCount, forAccount })).body.code as string
const create = (inviteCode: string | undefined, more: object = {}): Promise<Answer> => {
  const name = `person${people++}`
  const body = { handle: `${name}.test`, email: `${name}@example.com`, password: `${name}-password`, inviteCode }
  return server.post('com.atproto.server.createAccount', { body: { ...body, ...more } })
}
const getCodes = async (params = ''): Promise<Answer> =>
  server.query('com.atproto.admin.getInviteCodes', { auth: admin(), params })
const codeOf = async (code: string): Promise<Code & { used: number }> =>
  (await server.get(Database).read.get<Code & { used: number }>('SELECT * FROM invite_code WHERE code = ?', code))!
const own = async (auth: unknown, params = ''): Promise<Code[]> => {
  const answer = await server.query('com.atproto.server.getAccountInviteCodes', { auth: auth as string, params })
  expect(answer.status).toBe(200)
  return answer.body.codes as Code[]
}

const NOT_AVAILABLE = {
  status: 400,
  body: { error: 'InvalidInviteCode', message: 'Provided invite code not available' },
}

describe('a code', () => {
  it('has the official form, and is made of chance', async () => {
    const { body } = await asAdmin('com.atproto.server.createInviteCodes', { codeCount: 500, useCount: 1 })
    const [{ account, codes }] = body.codes as [{ account: string; codes: string[] }]
    expect(account).toBe('admin')
    expect(new Set(codes).size).toBe(500)
    for (const code of codes) expect(code).toMatch(/^localhost-[a-z2-7]{5}-[a-z2-7]{5}$/)
    // Every place takes every letter: none is a counter or a clock.
    const letters = codes.map((code) => code.replace('localhost-', '').replace('-', ''))
    for (let place = 0; place < 10; place++) expect(new Set(letters.map((text) => text[place])).size).toBe(32)
  })

  it('lets in as many as it says', async () => {
    const code = await newCode(2)
    const [first, second] = [await create(code), await create(code)]
    expect([first.status, second.status]).toEqual([200, 200])
    expect(await create(code)).toEqual(NOT_AVAILABLE)
    const invited = await server.get(InviteQueries).invitedBy([first.body.did as string, 'did:plc:nobody'])
    expect([...invited.keys()]).toEqual([first.body.did])
    const { uses } = invited.get(first.body.did as string)!
    expect(new Set(uses.map(({ usedBy }) => usedBy))).toEqual(new Set([first.body.did, second.body.did]))
  })

  it('is needed', async () => {
    const body = { error: 'InvalidInviteCode', message: 'No invite code provided' }
    expect(await create(undefined)).toEqual({ status: 400, body })
    expect(await create('')).toEqual({ status: 400, body })
    for (const guess of ['localhost-aaaaa-aaaaa', 'x'.repeat(5000), "' OR 1=1 --", '%'])
      expect(await create(guess)).toEqual(NOT_AVAILABLE)
  })

  it('is not used up by a sign-up that fails', async () => {
    const code = await newCode()
    expect((await create(code, { handle: 'admin.test' })).status).toBe(400)
    expect((await create(code, { handle: 'person0.test' })).status).toBe(400)
    const { body } = await server.query('com.atproto.server.describeServer')
    expect(body.inviteCodeRequired).toBe(true)
    expect((await codeOf(code)).used).toBe(0)
    expect((await create(code)).status).toBe(200)
  })

  /** Bad input 5. */
  it('of one use lets one in when many come at once', async () => {
    const code = await newCode()
    const answers = await Promise.all(Array.from({ length: 6 }, () => create(code)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const answer of answers) if (answer.status !== 200) expect(answer).toEqual(NOT_AVAILABLE)
    const { read } = server.get(Database)
    expect(await read.all('SELECT used_by FROM invite_code_use WHERE code = ?', code)).toHaveLength(1)
    expect((await codeOf(code)).used).toBe(1)
    // Whoever lost has left nothing.
    for (const table of ['account', 'repo', 'signing_key', 'plc_operation', 'handle_claim'])
      expect([table, await count(table)]).toEqual([table, await count('invite_code_use')])
  })

  it('of an account is worth nothing while that is taken down', async () => {
    const { did } = (await create(await newCode())).body as { did: string }
    const code = await newCode(1, did)
    await setStatus(did, 'takendown')
    expect(await create(code)).toEqual(NOT_AVAILABLE)
    await setStatus(did, null)
    expect((await create(code)).status).toBe(200)
  })

  it('goes with the account that it belongs to, and stays used when who came by it goes', async () => {
    const { did } = (await create(await newCode())).body as { did: string }
    const [code, shared] = [await newCode(1, did), await newCode(1)]
    const guest = (await create(shared)).body.did as string
    for (const gone of [did, guest]) await asAdmin('com.atproto.admin.deleteAccount', { did: gone })
    expect(await create(code)).toEqual(NOT_AVAILABLE)
    const { read } = server.get(Database)
    const isLeft = async () =>
      (await codeOf(code)) ?? (await read.get('SELECT 1 FROM invite_code_use WHERE used_by IN (?, ?)', did, guest))
    await eventually(async () => !(await isLeft()))
    expect((await codeOf(shared)).used).toBe(1)
    expect(await create(shared)).toEqual(NOT_AVAILABLE)
  })
})

describe('the operator', () => {
  it('makes codes for accounts, within bounds', async () => {
    const accounts = ['did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', 'did:plc:bbbbbbbbbbbbbbbbbbbbbbbb']
    const { body } = await asAdmin('com.atproto.server.createInviteCodes', {
      codeCount: 2,
      useCount: 3,
      forAccounts: accounts,
    })
    expect(body.codes).toEqual(
      accounts.map((account) => ({ account, codes: [expect.any(String), expect.any(String)] as string[] })),
    )
    for (const input of [
      { codeCount: 0, useCount: 1 },
      { codeCount: 1, useCount: 0 },
      { codeCount: 1, useCount: -1 },
      { codeCount: 5001, useCount: 1 },
      { codeCount: 1e9, useCount: 1, forAccounts: accounts },
      { codeCount: 1, useCount: 1e9 },
    ])
      expect(await asAdmin('com.atproto.server.createInviteCodes', input)).toMatchObject({ status: 400 })
  })

  it.each(['recent', 'usage'])('looks through all of them, page by page, by %s', async (sort) => {
    const all: Code[] = []
    let cursor = ''
    do {
      const { status, body } = await getCodes(`?sort=${sort}&limit=200${cursor}`)
      expect(status).toBe(200)
      all.push(...(body.codes as Code[]))
      cursor = body.cursor === undefined ? '' : `&cursor=${encodeURIComponent(body.cursor as string)}`
    } while (cursor)
    expect(new Set(all.map(({ code }) => code)).size).toBe(all.length)
    expect(all).toHaveLength(await count('invite_code'))
    if (sort === 'usage') expect(all[0]!.uses).toHaveLength(2)
    expect(all[0]).not.toHaveProperty('used')
  })

  it('is told when a page is of nowhere', async () => {
    for (const params of [
      '?cursor=nowhere',
      '?cursor=::',
      `?cursor=${'9'.repeat(30)}::x`,
      '?sort=toString',
      '?limit=501',
    ])
      expect(await getCodes(params)).toMatchObject({ status: 400, body: { error: 'InvalidRequest' } })
  })

  it('takes codes back, by name and by account, but not all of its own at once', async () => {
    const { did } = (await create(await newCode())).body as { did: string }
    const [one, two, kept] = [await newCode(), await newCode(1, did), await newCode()]
    const disable = (body: object) => asAdmin('com.atproto.admin.disableInviteCodes', body)
    expect((await disable({ codes: [one, 'unknown'], accounts: [did] })).status).toBe(200)
    for (const code of [one, two]) expect(await create(code)).toEqual(NOT_AVAILABLE)
    expect((await disable({ accounts: ['admin'] })).body.message).toBe('cannot disable admin invite codes')
    expect((await create(kept)).status).toBe(200)
  })
})

it('is given back with an account that waits for an outside directory and is taken away before it comes to be', async () => {
  const plc = await PlcStub.start()
  const waiting = await TestServer.start({ PDS_DID_PLC_URL: plc.url, PDS_INVITE_REQUIRED: 'true' })
  try {
    const auth = `Basic ${Buffer.from(`admin:${waiting.get(Secrets).adminPassword}`).toString('base64')}`
    const { body } = await waiting.post('com.atproto.server.createInviteCode', { auth, body: { useCount: 1 } })
    const join = (name: string) =>
      waiting.post('com.atproto.server.createAccount', {
        body: {
          ...{ handle: `${name}.test`, email: `${name}@example.com`, password: `${name}-password` },
          inviteCode: body.code,
        },
      })
    plc.mood = 'lose-operation'
    const both = await Promise.all([join('alice'), join('bob')])
    // One is on its way, and the other one was too late.
    expect(both.map(({ body }) => body.error).sort()).toEqual(['InvalidInviteCode', 'UpstreamFailure'])
    const [{ did }] = (await waiting.get(Database).read.all<{ did: string }>('SELECT did FROM account')) as [
      { did: string },
    ]
    expect((await join('carla')).body.error).toBe('InvalidInviteCode')
    const gone = await waiting.post('com.atproto.admin.deleteAccount', { auth, body: { did } })
    expect(gone.status).toBe(200)
    plc.mood = 'good'
    expect((await join('carla')).status).toBe(200)
    expect((await join('dan')).body.error).toBe('InvalidInviteCode')
  } finally {
    await waiting.close()
    await plc.close()
  }
})

it('what was done with codes is noted, with who has done it, and no code that still works', async () => {
  const { did } = (await create(await newCode())).body as { did: string }
  const code = await newCode(3, did)
  await asAdmin('com.atproto.admin.disableAccountInvites', { account: did, note: 'too many friends' })
  await asAdmin('com.atproto.admin.disableInviteCodes', { codes: [code] })
  const actions = await server.get(ActionLog).list({ limit: 3 })
  expect(actions).toMatchObject([
    { actor: 'admin', action: 'disable-invites', subject: code },
    { actor: 'admin', action: 'disable-account-invites', subject: did, reason: 'too many friends' },
    { actor: 'admin', action: 'create-invites', subject: did, reason: '1 of 3 uses' },
  ])
})

describe('an account', () => {
  it('may invite one more each time that an interval of its life has passed since the epoch, five at a time', async () => {
    const { accessJwt } = (await create(await newCode())).body
    expect(await own(accessJwt)).toEqual([])
    server.advance(9 * DAY)
    const token = (await signIn(people - 1)).body.accessJwt
    expect(await own(token)).toEqual([])
    server.advance(3 * DAY)
    const again = (await signIn(people - 1)).body
    expect(await own(again.accessJwt, '?createAvailable=false')).toEqual([])
    const both = await Promise.all([own(again.accessJwt), own(again.accessJwt)])
    // Twelve intervals of its own, nine of them before the epoch.
    for (const codes of both) expect(codes).toHaveLength(3)
    const [first] = both[0]!
    expect(first).toMatchObject({
      available: 1,
      disabled: false,
      forAccount: again.did,
      createdBy: again.did,
      uses: [],
    })

    server.advance(30 * DAY)
    const later = (await signIn(people - 1)).body.accessJwt
    expect(await own(later)).toHaveLength(5)
    expect((await create(first!.code)).status).toBe(200)
    // The one that is used makes room for one more.
    expect(await own(later)).toHaveLength(6)
    expect(await own(later, '?includeUsed=false')).toHaveLength(5)
  })

  it('that may not invite is given codes that are good for nothing', async () => {
    const { did } = (await create(await newCode())).body as { did: string }
    const name = people - 1
    expect((await asAdmin('com.atproto.admin.disableAccountInvites', { account: did })).status).toBe(200)
    server.advance(3 * DAY)
    expect(await own((await signIn(name)).body.accessJwt)).toEqual([])
    const made = await server.get(InviteQueries).ofAccounts([did])
    expect(made.map(({ disabled }) => disabled)).toEqual([true, true, true])
    expect(await create(made[0]!.code)).toEqual(NOT_AVAILABLE)

    await asAdmin('com.atproto.admin.enableAccountInvites', { account: did })
    server.advance(DAY)
    expect(await own((await signIn(name)).body.accessJwt)).toHaveLength(1)
    const unknown = { account: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' }
    expect((await asAdmin('com.atproto.admin.enableAccountInvites', unknown)).body.error).toBe('AccountNotFound')
  })

  it.each([
    ['that is younger than the epoch', 1000, 500, 4],
    ['that was made at the epoch', 1000, 1000, 4],
    ['that is older than the epoch', 1000, 1250, 2],
    ['whose epoch is still to come', 1000, 9999, 0],
  ])('%s has earned its share', (_, from, epoch, expected) => {
    expect(Math.max(0, intervals(from, 1450, epoch, 100))).toBe(expected)
  })
})

it('where none is needed, one that is given has to be good, and is counted', async () => {
  const open = await TestServer.start()
  try {
    const auth = `Basic ${Buffer.from(`admin:${open.get(Secrets).adminPassword}`).toString('base64')}`
    const { body } = await open.post('com.atproto.server.createInviteCode', { auth, body: { useCount: 1 } })
    const join = (name: string, inviteCode?: unknown) =>
      open.post('com.atproto.server.createAccount', {
        body: { handle: `${name}.test`, email: `${name}@example.com`, password: `${name}-password`, inviteCode },
      })
    expect((await join('alice')).status).toBe(200)
    expect((await join('bob', body.code)).status).toBe(200)
    expect(await join('carla', body.code)).toEqual(NOT_AVAILABLE)
  } finally {
    await open.close()
  }
})

function signIn(person: number): Promise<Answer> {
  return server.post('com.atproto.server.createSession', {
    body: { identifier: `person${person}.test`, password: `person${person}-password` },
  })
}

async function count(table: string): Promise<number> {
  return (await server.get(Database).read.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`))!.n
}

function setStatus(did: string, status: string | null): Promise<void> {
  return server.get(Database).write(async (tx) => {
    await tx.run('UPDATE repo SET status = ? WHERE did = ?', status, did)
  })
}
