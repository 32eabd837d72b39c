/** `kill -9` at any moment of the life of accounts: active or not, named and signed for by one key, there or gone. */
import type { PlcOperation } from '../../src/modules/identity/plc/operation.js'
import { checkInvariants } from '../support/invariants.js'
import { ask, type Owner, signUp } from './load.js'
import { checkAgreement, Mortal, sleep } from './mortal.js'
import { eventually } from '../support/eventually.js'

const ROUNDS = Number(process.env.SKYLOG_KILL_ROUNDS ?? 4)
const mortal = new Mortal()

async function isGone(did: string): Promise<boolean> {
  let gone = false
  await mortal.look(async (read) => void (gone = !(await read.get('SELECT 1 FROM repo WHERE did = ?', did))))
  return gone
}

it(
  `an account is active or not, and named and signed for by one key, whenever the blow falls (${ROUNDS} rounds)`,
  async () => {
    await mortal.start()
    const owners: Owner[] = []
    for (const name of ['alice', 'bob', 'carla']) owners.push(await signUp(mortal.url, name))
    let changes = 0
    for (let round = 0; round < ROUNDS; round++) {
      const leaver = await signUp(mortal.url, `leaver${round}`)
      const deleteAfter = new Date(Date.now() + 60_000).toISOString()
      const { url } = mortal.server
      const live = async ({ name, did, accessJwt }: Owner): Promise<void> => {
        for (;;) {
          await ask(url, 'com.atproto.server.deactivateAccount', {}, accessJwt)
          await fetch(`${url}/xrpc/com.atproto.server.activateAccount`, {
            method: 'POST',
            headers: { authorization: `Bearer ${accessJwt}` },
          })
          await mortal.write({ name, did, accessJwt })
          await ask(url, 'com.atproto.identity.updateHandle', { handle: `${name}-${changes++}.test` }, accessJwt)
          await mortal.rotate({ signing: true, rotation: false, account: did })
        }
      }
      const living = owners.map((owner) => live(owner).catch((error: unknown) => error))
      const leaving = ask(url, 'com.atproto.server.deactivateAccount', { deleteAfter }, leaver.accessJwt).then(
        () => true,
        () => false,
      )
      if (round === 0) await eventually(() => changes > 0)
      await sleep(20 + Math.random() * 600)
      await mortal.server.kill()
      for (const error of await Promise.all(living)) expect(String(error)).toMatch(/fetch failed|terminated/)
      const left = await leaving
      // The three days are over.
      await mortal.change('UPDATE planned_deletion SET due_at = 1 WHERE did = ?', leaver.did)
      await mortal.start()
      await mortal.look(async (read) => {
        await checkInvariants(read)
        const operationOf = async (did: string): Promise<PlcOperation> => {
          const row = await read.get<{ operation: string }>(
            'SELECT operation FROM plc_operation WHERE did = ? ORDER BY seq DESC LIMIT 1',
            did,
          )
          return JSON.parse(row!.operation) as PlcOperation
        }
        await checkAgreement(read, operationOf)
        expect(await read.all('SELECT did FROM next_signing_key')).toEqual([])
        const status = await read.get<{ own_status: string | null }>(
          'SELECT own_status FROM repo WHERE did = ?',
          leaver.did,
        )
        const plan = await read.get('SELECT 1 FROM planned_deletion WHERE did = ?', leaver.did)
        // Deactivated and planned in one write, or neither; or gone already.
        if (status) expect(status.own_status === 'deactivated').toBe(plan !== undefined)
        if (left && status) expect(status.own_status).toBe('deactivated')
      })
      if (left) await eventually(() => isGone(leaver.did))
    }
    await mortal.look(async (read) => void (await checkInvariants(read)))
    expect(changes).toBeGreaterThan(0)
  },
  300_000 + ROUNDS * 20_000,
)
