/** `kill -9` between any two steps of a change that a PLC directory outside has a part in: no half of it is there. */
import { formatUpdate } from '../../src/modules/identity/plc/genesis.js'
import { type PlcOperation, stateOf } from '../../src/modules/identity/plc/operation.js'
import { SigningKey } from '../../src/repo-engine/index.js'
import { checkInvariants } from '../support/invariants.js'
import { PlcStub } from '../support/plc-stub.js'
import { ask, type Owner, signUp } from './load.js'
import { checkAgreement, Mortal, sleep } from './mortal.js'
import { eventually } from '../support/eventually.js'

const mortal = new Mortal()
let plc: PlcStub
beforeEach(async () => (plc = await PlcStub.start()))
afterEach(() => plc.close())

it.each([
  ['before the directory has the operation', 'lose-operation'],
  ['after the directory has it', 'hang'],
  ['while nobody can tell whether it has it', 'fall-silent'],
] as const)('a handle, an operation and a signing key are changed in whole, killed %s', async (_, mood) => {
  mortal.env.PDS_DID_PLC_URL = plc.url
  await mortal.start()
  const { url } = mortal
  const owner = SigningKey.generate()
  const owners: Owner[] = []
  for (const name of ['alice', 'bob', 'carla']) {
    const body = {
      handle: `${name}.test`,
      email: `${name}@example.com`,
      password: 'a-password',
      recoveryKey: owner.didKey,
    }
    owners.push({ name, ...(await ask<Omit<Owner, 'name'>>(url, 'com.atproto.server.createAccount', body)) })
  }
  const [alice, bob, carla] = owners as [Owner, Owner, Owner]
  const last = (did: string): PlcOperation => plc.logs.get(did)!.at(-1)!.operation
  const operation = formatUpdate(last(bob.did), { alsoKnownAs: ['at://bob.test', 'https://bob.example'] }, owner)
  const changes = [
    () => ask(url, 'com.atproto.identity.updateHandle', { handle: 'alicia.test' }, alice.accessJwt),
    () => ask(url, 'com.atproto.identity.submitPlcOperation', { operation }, bob.accessJwt),
    () => mortal.rotate({ signing: true, rotation: false, account: carla.did }),
  ]
  const asked: Promise<unknown>[] = []
  for (const change of changes) {
    plc.down = false
    plc.mood = mood
    const { submissions } = plc
    asked.push(change().catch(() => null))
    await eventually(() => Promise.resolve(plc.submissions > submissions))
  }
  await mortal.server.kill()
  await Promise.all(asked)
  plc.down = false
  plc.mood = 'good'
  await mortal.start()
  await mortal.look(() => Promise.resolve())
  for (const account of owners) await mortal.write(account)
  await mortal.server.stop()
  expect(mortal.server.output).not.toMatch(/ERROR|WARN/)
  await mortal.look(async (read) => {
    await checkInvariants(read, 'outside')
    await checkAgreement(read, (did) => Promise.resolve(last(did)))
    for (const { did } of owners) expect(plc.logs.get(did)).toHaveLength(2)
    const handles = await read.all('SELECT handle FROM account ORDER BY handle')
    expect(handles).toEqual(['alicia.test', 'bob.test', 'carla.test'].map((handle) => ({ handle })))
    expect(await read.all('SELECT did FROM retired_key')).toEqual([{ did: carla.did }])
  })
})

it("killed while the server's rotation key is replaced: every identity is held by a key that is kept, and it goes on", async () => {
  mortal.env.PDS_DID_PLC_URL = plc.url
  await mortal.start()
  const owners: Owner[] = []
  for (let i = 0; i < 6; i++) owners.push(await signUp(mortal.url, `dan${i}`))
  const keyOf = (did: string): string => stateOf(plc.logs.get(did)!.at(-1)!.operation)!.rotationKeys.at(-1)!
  const old = keyOf(owners[0]!.did)
  const moved = (): number => owners.filter(({ did }) => keyOf(did) !== old).length
  for (const least of [1, 3, 5]) {
    const asked = mortal.rotate({ signing: false, rotation: true, account: null }).catch(() => null)
    while (moved() < least) await sleep(1)
    await mortal.server.kill()
    await asked
    await mortal.start()
    // Whoever is moved already, or not yet: a change of handle finds the key that it needs.
    for (const [i, { did, accessJwt }] of owners.entries()) {
      const handle = `dan${i}x${least}.test`
      await ask(mortal.url, 'com.atproto.identity.updateHandle', { handle }, accessJwt)
      expect(stateOf(plc.logs.get(did)!.at(-1)!.operation)!.alsoKnownAs).toEqual([`at://${handle}`])
    }
  }
  const lines = (await mortal.rotate({ signing: false, rotation: true, account: null })).trim().split('\n')
  expect(JSON.parse(lines.at(-1)!)).toMatchObject({ result: { formerKeys: 0, leftOut: [] } })
  expect(moved()).toBe(owners.length)
})
