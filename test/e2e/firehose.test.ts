/** The firehose as those see it who trust nothing: other people's consumer, and a relay that checks everything. */
import { rmSync } from 'node:fs'
import { ask, NOTE, type Owner, signUp } from '../durability/load.js'
import { opened, seqOf } from '../modules/firehose/wire.js'
import { Chance } from '../projections/random-records.js'
import { buildServer, scratchDirectory } from '../support/crash.js'
import type { EventBody } from '../support/invariants.js'
import { Consumer } from './firehose/consumer.js'
import { MortalServer } from './firehose/mortal-server.js'
import { RandomWriter } from './firehose/random-writer.js'
import { keyOf, repositoryOf } from './firehose/repositories.js'
import { followStrictly, readFrames, Witness } from './firehose/witness.js'

const OPERATIONS = 10_000
const KILLS = 5
/** Events that the consumer may be behind before the writers wait for it: it verifies more slowly than the server signs. */
const LAG = 30
const ADMIN_PASSWORD = 'operator-password'

let build: Awaited<ReturnType<typeof buildServer>>
let directory: string
let server: MortalServer
let consumer: Consumer
let witness: Witness
/** What has gone wrong meanwhile. */
let failure: { error: unknown } | null = null

beforeAll(async () => {
  build = await buildServer()
  directory = scratchDirectory()
  server = await MortalServer.start(build.main, directory, { PDS_ADMIN_PASSWORD: ADMIN_PASSWORD })
  consumer = new Consumer(server)
  witness = new Witness(server)
})
afterAll(async () => {
  await Promise.all([consumer.end(), witness.end()])
  await server.end()
  build.remove()
  rmSync(directory, { recursive: true, force: true })
})

async function until(fn: () => boolean): Promise<void> {
  while (!fn()) {
    if (failure) throw failure.error
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
const inBackground = <T>(promise: Promise<T>): Promise<T> => {
  promise.catch((error: unknown) => (failure = { error }))
  return promise
}
const deleteAccount = ({ did }: Owner): Promise<unknown> =>
  fetch(`${server.url}/xrpc/com.atproto.admin.deleteAccount`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`admin:${ADMIN_PASSWORD}`)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ did }),
  })
const updateHandle = ({ accessJwt }: Owner, handle: string): Promise<unknown> =>
  ask(server.url, 'com.atproto.identity.updateHandle', { handle }, accessJwt)

/** All that can happen to five accounts and their server. Gives the accounts that are left, and the one that is not. */
async function live(chance: Chance): Promise<{ left: Owner[]; gone: Owner; imports: number }> {
  const owners: Owner[] = []
  for (const name of ['alice', 'bob', 'carla', 'dan', 'erin']) owners.push(await signUp(server.url, name))
  const [alice, bob, carla, dan, erin] = owners as [Owner, Owner, Owner, Owner, Owner]
  const writers = owners.map(
    (owner) => new RandomWriter(server, owner, new Chance(chance.below(2 ** 31)), owner === dan ? 0.05 : 0),
  )
  const written = (): number => writers.reduce((sum, { operations }) => sum + operations, 0)
  const followed = (): Promise<void> => until(() => witness.last - consumer.cursor < LAG)
  const writing = writers.map((writer) => inBackground(writer.run(() => written() >= OPERATIONS, followed)))
  const part = (done: number): Promise<void> => until(() => written() >= OPERATIONS * done)
  const dying = inBackground(
    (async () => {
      for (let kill = 0; kill < KILLS; kill++) {
        await part((kill + chance.next()) / KILLS)
        await server.killAndRestart()
      }
    })(),
  )
  await part(0.3)
  await server.answer(() => updateHandle(bob, 'bobby.test'))
  await part(0.6)
  await server.answer(() => deleteAccount(erin))
  await Promise.all([...writing, dying])
  await server.stopAndRestart()
  const record = { $type: NOTE, text: 'last' }
  const last = { repo: alice.did, collection: NOTE, rkey: 'last', record }
  await server.answer(() => ask(server.url, 'com.atproto.repo.putRecord', last, alice.accessJwt))
  expect(written()).toBeGreaterThanOrEqual(OPERATIONS)
  return { left: [alice, bob, carla, dan], gone: erin, imports: writers[3]!.imports }
}

const bodyOf = (message: Buffer): EventBody => opened<EventBody>(message).body
const isLast = (message: Buffer): boolean => bodyOf(message).ops?.[0]?.path === `${NOTE}/last`

/** All there is in the history, up to what is the last. */
async function replay(): Promise<Buffer[]> {
  const messages: Buffer[] = []
  const stop = new AbortController()
  const take = (message: Buffer): void => {
    if (!stop.signal.aborted) messages.push(message)
    if (isLast(message)) stop.abort()
  }
  await readFrames(server, 0, take, stop.signal)
  return messages
}

it(`38. ${OPERATIONS} random operations, kill -9 ${KILLS} times: followed and verified by everybody, nothing lost, nothing told twice in two ways`, async () => {
  const { left, gone, imports } = await live(new Chance(20_261_129))
  const [alice] = left as [Owner]
  await until(() => consumer.repos.get(alice.did)!.records.has(`${NOTE}/last`))
  await until(() => isLast(witness.frames.get(witness.last)!))

  // The consumer has nothing to complain of, and has what getRepo has.
  expect(consumer.errors).toEqual([])
  for (const { did, name } of left) {
    const { records, handle, status } = consumer.repos.get(did)!
    expect([name, handle, status]).toEqual([name, name === 'bob' ? 'bobby.test' : `${name}.test`, null])
    const sorted = new Map([...records].sort(([a], [b]) => (a < b ? -1 : 1)))
    expect(sorted).toEqual((await repositoryOf(server, did))!.records)
  }
  expect(consumer.repos.get(gone.did)).toMatchObject({ status: 'deleted', records: new Map() })
  expect(await repositoryOf(server, gone.did)).toBeNull()
  // Commits alone have told it all: only an import has to be fetched.
  expect(imports).toBeGreaterThan(0)
  expect(consumer.fetched).toBeLessThanOrEqual(imports + KILLS)

  // No number came with two contents, and whatever was ever sent is in the history, save what has been erased.
  expect(witness.problems).toEqual([])
  expect(witness.repeated).toBeGreaterThan(KILLS)
  const frames = [...witness.frames].sort(([a], [b]) => a - b).map(([, frame]) => frame)
  const ofGone = (message: Buffer): boolean => [bodyOf(message).repo, bodyOf(message).did].includes(gone.did)
  const kept = frames.filter((frame) => !ofGone(frame) || bodyOf(frame).status === 'deleted')
  const history = await replay()
  expect(history.map(seqOf)).toEqual(kept.map(seqOf))
  for (const [i, frame] of history.entries()) expect(frame.equals(kept[i]!)).toBe(true)

  // A relay that checks everything arrives at the same heads.
  const keys = new Map<string, string>()
  for (const { did } of left) keys.set(did, await keyOf(server, did))
  const remaining = frames.filter((frame) => !ofGone(frame))
  expect(remaining.reduce((sum, frame) => sum + (bodyOf(frame).ops?.length ?? 0), 0)).toBeGreaterThan(OPERATIONS / 2)
  const followed = followStrictly(remaining, keys)
  expect(followed.size).toBe(left.length)
  for (const { did } of left) {
    const { head, rev } = (await repositoryOf(server, did))!
    expect(followed.get(did)).toMatchObject({ head, rev })
  }
  expect(server.output).not.toMatch(/ERROR|WARN/)
})
