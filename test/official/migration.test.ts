/** Accounts that move between this server and the real official PDS, in both directions. */
import { EmailCodes } from '../../src/modules/account/email-codes.js'
import { STEPS } from '../../src/modules/migration/move/move-account.js'
import { mover } from '../support/mover.js'
import { accountWithHistory, expectArrived } from '../support/moving.js'
import { PlcStub } from '../support/plc-stub.js'
import { startTestServer, stopTestServer, type TestServer } from '../support/server.js'
import { OfficialPds } from './official-pds.js'

let plc: PlcStub
let official: OfficialPds
let skylog: TestServer
beforeAll(async () => {
  plc = await PlcStub.start()
  official = await OfficialPds.start(plc.url)
  skylog = await startTestServer({ PDS_DID_PLC_URL: plc.url })
})
afterAll(async () => {
  await official?.dispose()
  await stopTestServer(skylog)
  await plc.close()
})

const mailedHere = async (did: string): Promise<string> => {
  const codes = await skylog.app.get(EmailCodes, { strict: false }).living(did as never)
  return codes.find(({ purpose }) => purpose === 'plc_operation')!.code
}

const toHere = (name: string, did: string) => ({
  from: official.url,
  to: skylog.url,
  identifier: `${name}.test`,
  plc: plc.url,
  secrets: {
    password: `${name}-password`,
    'new-password': `${name}-new-password`,
    'identity-code': () => official.code(did, 'plc_operation'),
  },
})

const toOfficial = (name: string, did: string, password = `${name}-password`) => ({
  from: skylog.url,
  to: official.url,
  identifier: `${name}.test`,
  plc: plc.url,
  secrets: { password, 'new-password': `${name}-new-password`, 'identity-code': () => mailedHere(did) },
})

it('an account moves here from the official PDS', async () => {
  const agent = await official.signUp('alice')
  const history = await accountWithHistory(agent)
  const moved = await mover(toHere('alice', history.did)).run()
  expect(moved).toMatchObject({ handle: 'alice.test', blobs: 3, lost: [] })
  await expectArrived(history, { from: official, to: skylog, plc, password: 'alice-new-password' })
})

it('an account moves from here to the official PDS', async () => {
  const agent = await skylog.signUp('bob')
  const history = await accountWithHistory(agent)
  const moved = await mover(toOfficial('bob', history.did)).run()
  expect(moved).toMatchObject({ handle: 'bob.test', blobs: 3, lost: [] })
  await expectArrived(history, { from: skylog, to: official, plc, password: 'bob-new-password' })
})

it('the official PDS is killed before every step of a move here, and the move goes on', async () => {
  const agent = await official.signUp('carla')
  const history = await accountWithHistory(agent)
  const steps = new Set(STEPS)
  const move = mover({
    ...toHere('carla', history.did),
    onStep: async (step) => {
      if (!steps.delete(step)) return
      await official.kill()
      await official.launch()
    },
  })
  await move.run()
  expect([...steps]).toEqual([])
  await expectArrived(history, { from: official, to: skylog, plc, password: 'carla-new-password' })
})

it('a move to the official PDS is cut off before every step, and goes on', async () => {
  const agent = await skylog.signUp('dan')
  const history = await accountWithHistory(agent)
  const steps = new Set(STEPS)
  const move = mover({
    ...toOfficial('dan', history.did),
    onStep: (step) => {
      if (steps.delete(step)) throw new Error('cut off')
    },
  })
  while (steps.size > 0) await expect(move.run()).rejects.toThrow('cut off')
  await move.run()
  await expectArrived(history, { from: skylog, to: official, plc, password: 'dan-new-password' })
})

it('a move that the new server never heard the end of is done by another run', async () => {
  const agent = await skylog.signUp('erin')
  const history = await accountWithHistory(agent)
  const move = mover(toOfficial('erin', history.did))
  await move.run()
  Object.assign(move.state, {
    next: null,
    rev: null,
    preferences: false,
    moved: false,
    activated: false,
    deactivated: false,
  })
  await move.run()
  await expectArrived(history, { from: skylog, to: official, plc, password: 'erin-new-password' })
})
