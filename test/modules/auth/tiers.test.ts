/** What each kind of session may do, on every method that asks who is calling. */
import { mintServiceJwt } from '../../../src/modules/auth/service-jwt.js'
import { Sessions } from '../../../src/modules/auth/sessions.js'
import type { AccessScope } from '../../../src/modules/auth/tokens.js'
import { Clock } from '../../../src/modules/config/clock.js'
import { SigningKeys } from '../../../src/modules/identity/signing-keys.js'
import { Lexicons } from '../../../src/modules/lexicon/lexicons.js'
import { servedMethods } from '../../../src/modules/xrpc/xrpc.js'
import type { Did } from '../../../src/repo-engine/index.js'
import { type Answer, TestServer } from '../../support/account-app.js'

const TIERS = ['full', 'privileged', 'app', 'takendown', 'service', 'nobody'] as const
type Tier = (typeof TIERS)[number]

const SCOPES: Partial<Record<Tier, AccessScope>> = {
  full: 'com.atproto.access',
  privileged: 'com.atproto.appPassPrivileged',
  app: 'com.atproto.appPass',
  takendown: 'com.atproto.takendown',
}

const OWNER: Tier[] = ['full']
const OWNER_EVEN_TAKENDOWN: Tier[] = ['full', 'takendown']
const ANY_SESSION: Tier[] = ['full', 'privileged', 'app']
const EVEN_TAKENDOWN: Tier[] = [...ANY_SESSION, 'takendown']
const ALSO_BY_OTHER_SERVERS: Tier[] = [...ANY_SESSION, 'service']

const record = { $type: 'app.bsky.feed.post', text: 'Hello', createdAt: '2026-01-01T00:00:00.000Z' }
const place = { repo: 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', collection: 'app.bsky.feed.post' }

/**
 * Who may call what. With each, an input that is good, because who is refused is to be refused for who he is. Those that
 * this server does not have are passed over.
 */
const METHODS: [nsid: string, tiers: Tier[], input?: unknown][] = [
  // The account itself, and whatever leads to it.
  ['com.atproto.identity.updateHandle', OWNER, { handle: 'another.test' }],
  ['com.atproto.identity.requestPlcOperationSignature', OWNER],
  ['com.atproto.identity.signPlcOperation', OWNER, { token: 'AAAAA-AAAAA' }],
  ['com.atproto.identity.submitPlcOperation', OWNER, { operation: {} }],
  ['com.atproto.repo.importRepo', OWNER, {}],
  ['com.atproto.server.activateAccount', OWNER],
  ['com.atproto.server.deactivateAccount', OWNER, {}],
  ['com.atproto.server.requestAccountDelete', OWNER_EVEN_TAKENDOWN],
  ['com.atproto.server.requestEmailUpdate', OWNER],
  ['com.atproto.server.updateEmail', OWNER, { email: 'another@example.com' }],
  ['com.atproto.server.requestEmailConfirmation', OWNER],
  ['com.atproto.server.confirmEmail', OWNER, { email: 'another@example.com', token: 'AAAAA-AAAAA' }],
  ['com.atproto.server.checkAccountStatus', OWNER],
  ['com.atproto.server.createAppPassword', OWNER, { name: 'phone' }],
  ['com.atproto.server.listAppPasswords', OWNER],
  ['com.atproto.server.revokeAppPassword', OWNER, { name: 'phone' }],
  ['com.atproto.server.getAccountInviteCodes', OWNER],
  ['GET /account/sessions', OWNER],
  ['POST /account/sessions/revoke', OWNER, { id: 'nothing' }],
  // What an app does.
  ['com.atproto.repo.createRecord', ANY_SESSION, { ...place, record }],
  ['com.atproto.repo.putRecord', ANY_SESSION, { ...place, rkey: '3jzfcijpj2z2a', record }],
  ['com.atproto.repo.deleteRecord', ANY_SESSION, { ...place, rkey: '3jzfcijpj2z2a' }],
  ['com.atproto.repo.applyWrites', ANY_SESSION, { repo: place.repo, writes: [] }],
  ['com.atproto.temp.checkSignupQueue', ANY_SESSION],
  ['app.bsky.actor.getPreferences', ALSO_BY_OTHER_SERVERS],
  ['app.bsky.actor.putPreferences', ALSO_BY_OTHER_SERVERS, { preferences: [] }],
  ['app.bsky.feed.getTimeline', ALSO_BY_OTHER_SERVERS],
  ['app.bsky.notification.getUnreadCount', ALSO_BY_OTHER_SERVERS],
  // What is left to the owner of an account that is taken down: to ask, to appeal, and to leave.
  ['com.atproto.server.getSession', EVEN_TAKENDOWN],
  [
    'com.atproto.server.getServiceAuth',
    // An ordinary app password gets no token for this method, but it may ask.
    EVEN_TAKENDOWN,
    { aud: 'did:web:elsewhere.test', lxm: 'com.atproto.server.createAccount' },
  ],
  [
    'com.atproto.moderation.createReport',
    [...EVEN_TAKENDOWN, 'service'],
    {
      reasonType: 'com.atproto.moderation.defs#reasonAppeal',
      subject: { $type: 'com.atproto.admin.defs#repoRef', did: place.repo },
    },
  ],
  // What is the operator's.
  ['com.atproto.server.createInviteCode', [], { useCount: 1 }],
  ['com.atproto.server.createInviteCodes', [], { codeCount: 1, useCount: 1 }],
  ['com.atproto.admin.deleteAccount', [], { did: place.repo }],
  ['com.atproto.admin.disableAccountInvites', [], { account: place.repo }],
  ['com.atproto.admin.disableInviteCodes', [], { codes: [] }],
  ['com.atproto.admin.enableAccountInvites', [], { account: place.repo }],
  ['com.atproto.admin.getInviteCodes', []],
  ['com.atproto.admin.updateAccountPassword', [], { did: place.repo, password: 'another-password' }],
]
const served = METHODS.filter(([nsid]) => nsid.includes(' ') || servedMethods().includes(nsid))
const LET_IN_TAKENDOWN = METHODS.filter(([, tiers]) => tiers.includes('takendown')).map(([nsid]) => nsid)
/** What lets the owner of a repository that nobody else sees any more read it, to take it along. */
const OF_REPOSITORIES = /^com\.atproto\.sync\./

let server: TestServer
let people = 0
beforeAll(async () => {
  server = await TestServer.start()
})
afterAll(() => server.close())

interface Person {
  did: string
  handle: string
}

const newPerson = (): Promise<Person> => server.createAccount(`person${people++}`)

async function tokenOf({ did }: Person, tier: Tier, nsid: string): Promise<string | undefined> {
  const scope = SCOPES[tier]
  if (scope) {
    const client = { userAgent: null, address: null }
    const pair = await server.get(Sessions).start({ did: did as Did, scope, shown: null, client })
    return pair.accessJwt
  }
  if (tier === 'nobody') return undefined
  const key = await server.get(SigningKeys).get(did)
  return mintServiceJwt(did as Did, { aud: 'did:web:localhost', lxm: nsid }, key, server.get(Clock).now())
}

function call(nsid: string, auth: string | undefined, input?: unknown): Promise<Answer> {
  const [method, path] = nsid.split(' ')
  if (path)
    return method === 'GET' ? server.query(`..${path}`, { auth }) : server.post(`..${path}`, { auth, body: input })
  if (server.get(Lexicons).method(nsid)!.type === 'procedure') return server.post(nsid, { auth, body: input })
  const params = input ? `?${new URLSearchParams(input as Record<string, string>).toString()}` : ''
  return server.query(nsid, { auth, params })
}

/** Why somebody was turned away for who he is; null when he was let in, whatever came of it then. */
function refusal({ status, body }: Answer): string | null {
  const names = ['AuthMissing', 'AuthenticationRequired', 'InvalidToken', 'BadJwt', 'BadJwtType', 'AccountTakedown']
  if (status !== 401 && body.message !== 'Bad token scope' && body.message !== 'Token could not be verified')
    return null
  // Somebody else's repository is no question of the session.
  if (String(body.message).startsWith('Not your repository')) return null
  return names.includes(body.error as string) ? (body.error as string) : `${status} ${String(body.error)}`
}

it.each(served)('%s is for %p', async (...[nsid, tiers, input]) => {
  const person = await newPerson()
  const answers: Record<string, string | null> = {}
  // The owner comes last, because something may come of it.
  for (const tier of TIERS.toReversed())
    answers[tier] = refusal(await call(nsid, await tokenOf(person, tier, nsid), input))
  const letIn = TIERS.filter((tier) => answers[tier] === null)
  expect(letIn).toEqual(TIERS.filter((tier) => tiers.includes(tier)))
  if (tiers.length > 0) {
    for (const tier of ['privileged', 'app', 'takendown']) expect([null, 'InvalidToken']).toContain(answers[tier])
    expect(answers.nobody).toBe('AuthMissing')
  }
})

it('the owner of an account that is taken down is let in nowhere else', async () => {
  const auth = await tokenOf(await newPerson(), 'takendown', '')
  const lexicons = server.get(Lexicons)
  const others = servedMethods().filter(
    (nsid) =>
      !LET_IN_TAKENDOWN.includes(nsid) &&
      !OF_REPOSITORIES.test(nsid) &&
      ['query', 'procedure'].includes(lexicons.method(nsid)?.type ?? ''),
  )
  expect(others.length).toBeGreaterThan(100)
  for (const nsid of others) {
    // What takes anything for a token asks nobody who he is.
    const asksWho = (await call(nsid, 'gibberish')).body.error === 'InvalidToken'
    const { body } = await call(nsid, auth)
    if (asksWho) expect([nsid, body]).toEqual([nsid, { error: 'InvalidToken', message: 'Bad token scope' }])
  }
})

it('an app password neither sees nor changes what is personal among the preferences', async () => {
  const person = await newPerson()
  const nsid = 'app.bsky.actor.putPreferences'
  const personal = { $type: 'app.bsky.actor.defs#personalDetailsPref', birthDate: '1990-01-01T00:00:00.000Z' }
  const put = async (tier: Tier, preferences: object[]) =>
    call(nsid, await tokenOf(person, tier, nsid), { preferences })
  expect((await put('full', [personal])).status).toBe(200)
  for (const tier of ['privileged', 'app', 'service'] as const) {
    expect(await put(tier, [personal])).toMatchObject({ status: 400, body: { error: 'InvalidRequest' } })
    expect((await put(tier, [])).status).toBe(200)
    const read = 'app.bsky.actor.getPreferences'
    const { body } = await call(read, await tokenOf(person, tier, read))
    expect(JSON.stringify(body)).not.toContain('1990')
  }
  const { body } = await call('app.bsky.actor.getPreferences', await tokenOf(person, 'full', ''))
  expect(body.preferences).toContainEqual(personal)
})

/** Bad input 2. */
describe("somebody else's repository", () => {
  it.each<[string, object]>([
    ['com.atproto.repo.createRecord', { collection: place.collection, record }],
    ['com.atproto.repo.putRecord', { collection: place.collection, rkey: '3jzfcijpj2z2a', record }],
    ['com.atproto.repo.deleteRecord', { collection: place.collection, rkey: '3jzfcijpj2z2a' }],
    [
      'com.atproto.repo.applyWrites',
      {
        writes: [
          {
            $type: 'com.atproto.repo.applyWrites#create',
            collection: place.collection,
            rkey: '3jzfcijpj2z2a',
            value: record,
          },
        ],
      },
    ],
  ])('is not written to by %s, with any kind of session, by its DID or its handle', async (nsid, input) => {
    const [me, other] = [await newPerson(), await newPerson()]
    for (const tier of ['full', 'privileged', 'app'] as const)
      for (const repo of [other.did, other.handle, other.handle.toUpperCase()]) {
        const answer = await call(nsid, await tokenOf(me, tier, nsid), { ...input, repo })
        expect(answer).toMatchObject({ status: 401, body: { error: 'AuthenticationRequired' } })
      }
    const params = `?repo=${other.did}&collection=${place.collection}`
    expect((await server.query('com.atproto.repo.listRecords', { params })).body.records).toEqual([])
  })
})
