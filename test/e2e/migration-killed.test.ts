/** Moves between two servers that are killed (`kill -9`) while they are at it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { AtpAgent } from '@atproto/api'
import Sqlite from 'better-sqlite3'
import { STEPS } from '../../src/modules/migration/move/move-account.js'
import { buildServer, ChildServer } from '../support/crash.js'
import { mover } from '../support/mover.js'
import { accountWithHistory, expectArrived, type History } from '../support/moving.js'
import { PlcStub } from '../support/plc-stub.js'
import { freePort } from '../support/free-port.js'

/** A server that comes back where it was. */
class Mortal {
  readonly directory = mkdtempSync(join(tmpdir(), 'skylog-'))
  url = ''
  private child: ChildServer | null = null

  constructor(
    private readonly main: string,
    private readonly env: Record<string, string>,
  ) {}

  async start(): Promise<void> {
    this.env.PDS_PORT ??= await freePort()
    this.child = await ChildServer.start(this.main, this.directory, { env: this.env })
    this.url = this.child.url
  }

  async killAndStart(): Promise<void> {
    await this.child?.kill()
    await this.start()
  }

  agent(): AtpAgent {
    return new AtpAgent({ service: this.url })
  }

  async signUp(name: string): Promise<AtpAgent> {
    const agent = this.agent()
    await agent.createAccount({ handle: `${name}.test`, email: `${name}@example.com`, password: `${name}-password` })
    return agent
  }

  /** The code for the identity that was mailed last. */
  code(did: string): string {
    const database = new Sqlite(join(this.directory, 'skylog.sqlite'), { readonly: true })
    try {
      const sql = "SELECT code FROM email_code WHERE did = ? AND purpose = 'plc_operation'"
      return (database.prepare(sql).get(did) as { code: string }).code
    } finally {
      database.close()
    }
  }

  async dispose(): Promise<void> {
    await this.child?.kill()
    rmSync(this.directory, { recursive: true, force: true })
  }
}

let build: Awaited<ReturnType<typeof buildServer>>
let plc: PlcStub
let from: Mortal
let to: Mortal
beforeAll(async () => {
  build = await buildServer()
  plc = await PlcStub.start()
  from = new Mortal(build.main, { PDS_DID_PLC_URL: plc.url, PDS_SERVICE_HANDLE_DOMAINS: '.test' })
  to = new Mortal(build.main, { PDS_DID_PLC_URL: plc.url, PDS_SERVICE_HANDLE_DOMAINS: '.new.test' })
  await from.start()
  await to.start()
})
afterAll(async () => {
  await from?.dispose()
  await to?.dispose()
  await plc.close()
  build.remove()
})

const settings = (name: string, did: string) => ({
  from: from.url,
  to: to.url,
  identifier: `${name}.test`,
  plc: plc.url,
  secrets: {
    password: `${name}-password`,
    'new-password': 'new-password',
    'identity-code': () => from.code(did),
  },
})
const arrived = (history: History, name: string) =>
  expectArrived(history, { from, to, plc, password: 'new-password', handle: `${name}.new.test` })

it('both are killed before every step, and one run gets to the end', async () => {
  const agent = await from.signUp('alice')
  const history = await accountWithHistory(agent)
  const steps = new Set(STEPS)
  const move = mover({
    ...settings('alice', history.did),
    onStep: async (step) => {
      if (steps.delete(step)) await Promise.all([from.killAndStart(), to.killAndStart()])
    },
  })
  await move.run()
  expect(steps.size).toBe(0)
  await arrived(history, 'alice')
})

it.each(['from', 'to'] as const)('%s is killed at any moment, and the next run goes on', async (which) => {
  const name = which === 'from' ? 'bob' : 'carla'
  const agent = await from.signUp(name)
  const history = await accountWithHistory(agent)
  const move = mover(settings(name, history.did))
  const server = which === 'from' ? from : to
  for (let round = 1; ; round++) {
    const run = move.run().then(
      () => null,
      (error: Error) => error,
    )
    const early = await Promise.race([run, delay(60 * round + 3 * round ** 2, 'late' as const)])
    if (early === null) break
    await server.killAndStart()
    const failed = await run
    if (failed === null) break
    expect(failed).toMatchObject({ message: expect.stringMatching(/does not answer as it should|says \d/) })
    expect(round).toBeLessThan(60)
  }
  await arrived(history, name)
})
