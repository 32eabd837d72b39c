/** Accounts that move from one server to another, as their owners move them. */
import { createHash } from 'node:crypto'
import type { AtpAgent } from '@atproto/api'
import { CID } from 'multiformats/cid'
import { create as digest } from 'multiformats/hashes/digest'
import { EmailCodes } from '../../src/modules/account/email-codes.js'
import { MoveWaits, STEPS, type Step } from '../../src/modules/migration/move/move-account.js'
import { type Mover, mover, type MoverInput } from '../support/mover.js'
import { accountWithHistory, expectArrived, type History } from '../support/moving.js'
import { PlcStub } from '../support/plc-stub.js'
import { startTestServer, stopTestServer, type TestServer } from '../support/server.js'
import { repoOf } from './cars.js'
import { SigningKey } from '../../src/repo-engine/index.js'

const ADMIN = 'a-password-of-the-operator'
let plc: PlcStub
let from: TestServer
let to: TestServer
beforeAll(async () => {
  plc = await PlcStub.start()
  const env = (domain: string) => ({
    PDS_DID_PLC_URL: plc.url,
    PDS_SERVICE_HANDLE_DOMAINS: domain,
    PDS_ADMIN_PASSWORD: ADMIN,
  })
  from = await startTestServer(env('.test'))
  to = await startTestServer({ ...env('.new.test'), PDS_INVITE_REQUIRED: 'true' })
})
afterAll(async () => {
  await stopTestServer(from)
  await stopTestServer(to)
  await plc.close()
})

/** The code that was mailed for a purpose. */
async function mailed(did: string, purpose: string): Promise<string> {
  const codes = await from.app.get(EmailCodes, { strict: false }).living(did as never)
  return codes.find((code) => code.purpose === purpose)!.code
}

async function invite(): Promise<string> {
  const agent = to.agent()
  const headers = { authorization: `Basic ${Buffer.from(`admin:${ADMIN}`).toString('base64')}` }
  const { data } = await agent.com.atproto.server.createInviteCode(
    { useCount: 1 },
    { headers, encoding: 'application/json' },
  )
  return data.code
}

async function moving(agent: AtpAgent, name: string, more: Partial<MoverInput> = {}): Promise<Mover> {
  return mover({
    from: from.url,
    to: to.url,
    identifier: `${name}.test`,
    plc: plc.url,
    inviteCode: await invite(),
    secrets: {
      password: `${name}-password`,
      'new-password': 'new-password',
      'identity-code': () => mailed(agent.assertDid, 'plc_operation'),
    },
    ...more,
  })
}

const arrived = (history: History, name: string) =>
  expectArrived(history, { from, to, plc, password: 'new-password', handle: `${name}.new.test` })

it('an account moves with its records, blobs, preferences and identity, and says what is left to do', async () => {
  const agent = await from.signUp('alice')
  const history = await accountWithHistory(agent)
  const moved = await (await moving(agent, 'alice')).run()
  expect(moved).toMatchObject({ did: history.did, handle: 'alice.new.test', blobs: 3, lost: [] })
  expect(moved.left.join('\n')).toMatch(/recovery key/)
  await arrived(history, 'alice')
})

it('cut off before any step, it goes on from there', async () => {
  const agent = await from.signUp('bob')
  const history = await accountWithHistory(agent)
  let next = 0
  const move = await moving(agent, 'bob', {
    onStep: (step) => {
      if (step !== STEPS[next]) return
      next++
      throw new Error(`cut off before ${step}`)
    },
  })
  for (const step of STEPS) await expect(move.run()).rejects.toThrow(`cut off before ${step}`)
  expect(await move.run()).toMatchObject({ blobs: 3, lost: [] })
  await arrived(history, 'bob')
})

it('it goes on when what was done has not been heard of: nothing that was saved is known', async () => {
  const agent = await from.signUp('carla')
  const history = await accountWithHistory(agent)
  const seen: Step[] = []
  const move = await moving(agent, 'carla', {
    onStep: (step) => {
      seen.push(step)
      if (step === 'deactivation' && seen.filter((other) => other === step).length === 1) throw new Error('cut off')
    },
  })
  await expect(move.run()).rejects.toThrow('cut off')
  // As if none of the answers had come: only what signs in again is left.
  Object.assign(move.state, { next: null, rev: null, preferences: false, moved: false, activated: false })
  await move.run()
  await arrived(history, 'carla')
})

it('what is written during the move arrives, too', async () => {
  const agent = await from.signUp('dan')
  const history = await accountWithHistory(agent)
  const move = await moving(agent, 'dan', {
    onStep: async (step) => {
      if (step !== 'identity') return
      const { uri, cid } = await agent.post({ text: 'one more, while it moves' })
      history.records.set(uri, cid)
    },
  })
  await move.run()
  await arrived(history, 'dan')
})

it('it waits for what only the owner knows, and asks for a code once', async () => {
  const agent = await from.signUp('erin')
  const history = await accountWithHistory(agent)
  const secrets: MoverInput['secrets'] = {}
  const move = await moving(agent, 'erin', { secrets })
  await expect(move.run()).rejects.toThrow(MoveWaits)
  await expect(move.run()).rejects.toThrow(/the password of erin.test/)
  secrets.password = 'wrong-password'
  await expect(move.run()).rejects.toThrow(/401 AuthenticationRequired/)
  secrets.password = 'erin-password'
  await expect(move.run()).rejects.toThrow(/a password for the account/)
  secrets['new-password'] = 'new-password'
  await expect(move.run()).rejects.toThrow(/code for the change of identity/)
  const code = await mailed(agent.assertDid, 'plc_operation')
  await expect(move.run()).rejects.toThrow(/code for the change of identity/)
  expect(await mailed(agent.assertDid, 'plc_operation')).toBe(code)
  // A wrong one is used up, and a new one is mailed.
  secrets['identity-code'] = 'AAAAA-AAAAA'
  await expect(move.run()).rejects.toThrow(/InvalidToken/)
  secrets['identity-code'] = () => mailed(agent.assertDid, 'plc_operation')
  await move.run()
  await arrived(history, 'erin')
})

it("the owner's own rotation keys stay before the server's, a new one before them", async () => {
  const [own, recovery] = [SigningKey.generate('k256').didKey, SigningKey.generate('p256').didKey]
  const agent = from.agent()
  const account = { handle: 'frank.test', email: 'frank@example.com', password: 'frank-password', recoveryKey: own }
  await agent.createAccount(account)
  const move = await moving(agent, 'frank', { recoveryKey: recovery })
  const { left } = await move.run()
  expect(left.join('\n')).not.toMatch(/recovery key/)
  const { operation } = plc.logs.get(agent.assertDid!)!.at(-1)!
  const { rotationKeys } = operation as { rotationKeys: string[] }
  expect(rotationKeys.slice(0, 2)).toEqual([recovery, own])
  expect(rotationKeys).toHaveLength(3)
})

it('a blob that the old server has lost is named, and the rest moves', async () => {
  const agent = await from.signUp('grace')
  const history = await accountWithHistory(agent)
  const headers = { authorization: `Basic ${Buffer.from(`admin:${ADMIN}`).toString('base64')}` }
  const subject = { $type: 'com.atproto.admin.defs#repoBlobRef', did: history.did, cid: history.blobs[0]! } as const
  await agent.com.atproto.admin.updateSubjectStatus(
    { subject, takedown: { applied: true } },
    { headers, encoding: 'application/json' },
  )
  const moved = await (await moving(agent, 'grace')).run()
  expect(moved).toMatchObject({ blobs: 2, lost: [history.blobs[0]] })
  expect(moved.left.join('\n')).toMatch(/1 blobs? .*not to be had/)
})

it('what is written there while the identity moves is not here, and that is said', async () => {
  const agent = await from.signUp('liv')
  const onStep = async (step: Step): Promise<void> => {
    if (step === 'activation') await agent.post({ text: 'too late' })
  }
  const { left } = await (await moving(agent, 'liv', { onStep })).run()
  expect(left.join('\n')).toMatch(/written .* while the identity moved/)
})

it('a blob that is referred to in the form of 2022 moves as well', async () => {
  const agent = await from.signUp('heidi')
  const did = agent.assertDid
  const bytes = Buffer.from('a file of long ago')
  const cid = CID.createV1(0x55, digest(0x12, createHash('sha256').update(bytes).digest())).toString()
  // Nobody can write one any more; who had one has brought it along.
  const record = { $type: 'com.example.file', file: { cid, mimeType: 'text/plain' } }
  const { car } = await repoOf(did, { 'com.example.file/old': record })
  await agent.com.atproto.repo.importRepo(car, { encoding: 'application/vnd.ipld.car' })
  await agent.uploadBlob(bytes, { encoding: 'text/plain' })
  expect(await (await moving(agent, 'heidi')).run()).toMatchObject({ blobs: 1, lost: [] })
  const there = await to.agent().com.atproto.sync.getBlob({ did, cid })
  expect(Buffer.from(there.data)).toEqual(bytes)
})

it('a second factor is asked for once, and its code is the one that was mailed', async () => {
  const agent = await from.signUp('ivan')
  const did = agent.assertDid
  await agent.com.atproto.server.requestEmailConfirmation()
  await agent.com.atproto.server.confirmEmail({ email: 'ivan@example.com', token: await mailed(did, 'confirm_email') })
  await agent.com.atproto.server.updateEmail({ email: 'ivan@example.com', emailAuthFactor: true })
  const secrets: MoverInput['secrets'] = {
    password: 'ivan-password',
    'new-password': 'new-password',
    'identity-code': () => mailed(did, 'plc_operation'),
  }
  const move = await moving(agent, 'ivan', { secrets })
  await expect(move.run()).rejects.toThrow(/second factor/)
  const code = await mailed(did, 'sign_in')
  await expect(move.run()).rejects.toThrow(/second factor/)
  expect(await mailed(did, 'sign_in')).toBe(code)
  secrets['factor-code'] = code
  expect(await move.run()).toMatchObject({ did, handle: 'ivan.new.test' })
})
