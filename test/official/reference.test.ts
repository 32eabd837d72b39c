/** The mover itself, held against the official PDS on both sides: what it asks is what that one understands. */
import { PlcStub } from '../support/plc-stub.js'
import { mover } from '../support/mover.js'
import { OfficialPds } from './official-pds.js'
import { accountWithHistory, expectArrived } from '../support/moving.js'

let plc: PlcStub
let from: OfficialPds
let to: OfficialPds
beforeAll(async () => {
  plc = await PlcStub.start()
  from = await OfficialPds.start(plc.url, 'did:web:from.test')
  to = await OfficialPds.start(plc.url, 'did:web:to.test')
})
afterAll(async () => {
  await Promise.all([from, to].map((pds) => pds?.dispose()))
  await plc.close()
})

it('moves an account from one official PDS to another', async () => {
  const agent = await from.signUp('alice')
  const history = await accountWithHistory(agent)
  const moved = await mover({
    from: from.url,
    to: to.url,
    identifier: 'alice.test',
    plc: plc.url,
    secrets: {
      password: 'alice-password',
      'new-password': 'alice-new-password',
      'identity-code': () => from.code(agent.assertDid, 'plc_operation'),
    },
  }).run()
  expect(moved).toMatchObject({ did: agent.assertDid, handle: 'alice.test', blobs: 3, lost: [] })
  await expectArrived(history, { from, to, plc, password: 'alice-new-password' })
})
