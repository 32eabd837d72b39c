/** What moderators may know of accounts, and who is a moderator. */
import { Secrets } from '../../../src/modules/config/secrets.js'
import { mintServiceJwt } from '../../../src/modules/auth/service-jwt.js'
import { Lexicons } from '../../../src/modules/lexicon/lexicons.js'
import { SigningKey, type Did } from '../../../src/repo-engine/index.js'
import { TestServer } from '../../support/account-app.js'
import { ServiceKeys } from '../../../src/modules/auth/service-keys.js'

const MOD = 'did:plc:mmmmmmmmmmmmmmmmmmmmmmmm' as Did
const INFO = 'com.atproto.admin.getAccountInfo'
const UPDATE = 'com.atproto.admin.updateSubjectStatus'
const modKey = SigningKey.generate('k256')
const labelKey = SigningKey.generate('p256')

let server: TestServer
let auth: string
let alice: { did: string; accessJwt: string }
beforeAll(async () => {
  server = await TestServer.start({ PDS_MOD_SERVICE_DID: MOD })
  server.get(ServiceKeys).resolve = (did, _, id = 'atproto') =>
    did === MOD ? Promise.resolve((id === 'atproto' ? modKey : labelKey).didKey) : Promise.reject(new Error('unknown'))
  alice = await server.createAccount('alice')
  for (const name of ['bob', 'carla', 'per_cent']) await server.createAccount(name.replace('_', '-'))
  auth = `Basic ${Buffer.from(`admin:${server.get(Secrets).adminPassword}`).toString('base64')}`
})
afterAll(() => server.close())

const admin = async (nsid: string, params: string, as = auth) => {
  const answer = await server.query(nsid, { auth: as, params })
  if (answer.status === 200) server.get(Lexicons).checkOutput(nsid, answer.body)
  return answer as { status: number; body: Record<string, any> }
}
const search = async (params: string) => {
  const { status, body } = await admin('com.atproto.admin.searchAccounts', params)
  return status === 200 ? (body.accounts as { handle: string }[]).map(({ handle }) => handle) : status
}

it('are email, handle and times', async () => {
  const { status, body } = await admin(INFO, `?did=${alice.did}`)
  expect({ status, body }).toEqual({
    status: 200,
    body: {
      did: alice.did,
      handle: 'alice.test',
      email: 'alice@example.com',
      indexedAt: expect.stringMatching(/^\d{4}-.*Z$/) as string,
      invites: [],
      invitesDisabled: false,
    },
  })
  expect(await admin(INFO, '?did=did:plc:nobody')).toMatchObject({ status: 400, body: { error: 'NotFound' } })
})

it('tell of invites, and why an account may give none', async () => {
  const asAdmin = (nsid: string, body: object) => server.post(nsid, { auth, body })
  const made = await asAdmin('com.atproto.server.createInviteCode', { useCount: 1, forAccount: alice.did })
  expect(made).toMatchObject({ status: 200 })
  await asAdmin('com.atproto.admin.disableAccountInvites', { account: alice.did, note: 'sold them' })
  const { body } = await admin(INFO, `?did=${alice.did}`)
  expect(body).toMatchObject({ invites: [{ forAccount: alice.did }], invitesDisabled: true, inviteNote: 'sold them' })
  await asAdmin('com.atproto.admin.enableAccountInvites', { account: alice.did })
  const after = (await admin(INFO, `?did=${alice.did}`)).body
  expect(after).toMatchObject({ invitesDisabled: false })
  expect(after).not.toHaveProperty('inviteNote')
})

it('come for many at once, without those that are no accounts', async () => {
  const { body } = await admin('com.atproto.admin.getAccountInfos', `?dids=did:plc:nobody&dids=${alice.did}`)
  expect(body.infos).toMatchObject([{ did: alice.did }])
  const many = Array.from({ length: 501 }, (_, i) => `dids=did:plc:x${i}`).join('&')
  expect(await admin('com.atproto.admin.getAccountInfos', `?${many}`)).toMatchObject({ status: 400 })
})

it('say when an account was deactivated, also when it is taken down', async () => {
  const subject = { $type: 'com.atproto.admin.defs#repoRef', did: alice.did }
  const update = (body: object) => server.post(UPDATE, { auth, body: { subject, ...body } })
  await update({ deactivated: { applied: true } })
  await update({ takedown: { applied: true } })
  const { body } = await admin(INFO, `?did=${alice.did}`)
  expect(Date.parse(body.deactivatedAt as string)).not.toBeNaN()
  await update({ takedown: { applied: false }, deactivated: { applied: false } })
  expect((await admin(INFO, `?did=${alice.did}`)).body.deactivatedAt).toBeUndefined()
})

describe('searching', () => {
  it('finds a part of an email address, a handle or a DID, in any case', async () => {
    expect(await search('?email=ALICE@')).toEqual(['alice.test'])
    expect(await search('?email=bob.te')).toEqual(['bob.test'])
    expect(await search(`?email=${alice.did.slice(10)}`)).toEqual(['alice.test'])
    expect(await search('?email=nobody')).toEqual([])
    expect(await search('')).toHaveLength(4)
  })

  it('takes % and _ for themselves', async () => {
    expect(await search('?email=%25')).toEqual([])
    expect(await search('?email=a_ice')).toEqual([])
    expect(await search('?email=%5C')).toEqual([])
  })

  it('goes on from page to page', async () => {
    const seen: string[] = []
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const { body } = await admin('com.atproto.admin.searchAccounts', `?limit=3&cursor=${cursor}`)
      seen.push(...(body.accounts as { handle: string }[]).map(({ handle }) => handle))
      cursor = body.cursor as string | undefined
    }
    expect(seen).toEqual(['alice.test', 'bob.test', 'carla.test', 'per-cent.test'])
  })

  it.each(['?cursor=x', `?email=${'a'.repeat(321)}`, '?limit=101'])('refuses %s', async (params) => {
    expect(await search(params)).toBe(400)
  })
})

describe('a moderator', () => {
  const token = (key = modKey, iss: string = MOD, lxm = INFO, aud = 'did:web:localhost') =>
    mintServiceJwt(iss as Did, { aud, lxm }, key, Date.now())
  const ask = (bearer: string) => admin(INFO, `?did=${alice.did}`, bearer)

  it('is the moderation service of the settings, itself or as a labeler', async () => {
    expect(await ask(token())).toMatchObject({ status: 200 })
    expect(await ask(token(labelKey, `${MOD}#atproto_labeler`))).toMatchObject({ status: 200 })
    expect(await ask(token(modKey, MOD, INFO, 'did:web:localhost#atproto_pds'))).toMatchObject({ status: 200 })
  })

  it.each([
    ['signed by the other key', () => token(labelKey), 'BadJwtSignature'],
    ['as a labeler, signed by the account', () => token(modKey, `${MOD}#atproto_labeler`), 'BadJwtSignature'],
    ['of another service of it', () => token(modKey, `${MOD}#bsky_fg`), 'UntrustedIss'],
    ['of somebody else', () => token(modKey, 'did:plc:eve'), 'UntrustedIss'],
    ['for another method', () => token(modKey, MOD, UPDATE), 'BadJwtLexiconMethod'],
    ['for another server', () => token(modKey, MOD, INFO, 'did:web:example.com'), 'BadJwtAudience'],
  ])('is nobody with a token %s', async (_, bearer, error) => {
    expect(await ask(bearer())).toMatchObject({ status: 401, body: { error } })
  })

  it('may take down, but not delete', async () => {
    const subject = { $type: 'com.atproto.admin.defs#repoRef', did: alice.did }
    const body = { subject, takedown: { applied: true, ref: 'by-mod' } }
    expect(await server.post(UPDATE, { auth: token(modKey, MOD, UPDATE), body })).toMatchObject({ status: 200 })
    const actions = (await (
      await fetch(`${server.url}/admin/actions?limit=1`, { headers: { authorization: auth } })
    ).json()) as object
    expect(actions).toMatchObject({
      actions: [{ actor: MOD, action: 'takedown', subject: alice.did, reason: 'by-mod' }],
      cursor: expect.any(String) as string,
    })
    const profile = 'app.bsky.actor.getProfile'
    expect(await server.query(profile, { params: `?actor=${alice.did}` })).toMatchObject({ status: 400 })
    const asked = await server.query(profile, { auth: token(modKey, MOD, profile), params: `?actor=${alice.did}` })
    expect(asked).toMatchObject({ status: 200 })
    await server.post(UPDATE, { auth, body: { subject, takedown: { applied: false } } })
    const deletion = 'com.atproto.admin.deleteAccount'
    const deleted = await server.post(deletion, { auth: token(modKey, MOD, deletion), body: { did: alice.did } })
    expect(deleted).toMatchObject({ status: 401 })
  })

  it('needs settings that name one', async () => {
    const other = await TestServer.start()
    const answer = await other.query(INFO, { auth: token(), params: `?did=${alice.did}` })
    await other.close()
    expect(answer).toMatchObject({ status: 401, body: { error: 'UntrustedIss' } })
  })
})

it('are for nobody else', async () => {
  for (const nsid of [INFO, 'com.atproto.admin.getAccountInfos', 'com.atproto.admin.searchAccounts'])
    for (const as of [undefined, alice.accessJwt, `Basic ${Buffer.from('admin:wrong').toString('base64')}`])
      expect(await server.query(nsid, { auth: as, params: `?did=${alice.did}&dids=${alice.did}` })).toMatchObject({
        status: 401,
      })
})
