/** What tests that kill a server in the middle of a change of an identity have in common. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import * as dagCbor from '@ipld/dag-cbor'
import type { LogRow } from '../../src/modules/commit-log/commit-log.js'
import type { Reader } from '../../src/modules/database/database.js'
import { SqliteDatabase } from '../../src/modules/database/sqlite-database.js'
import { type PlcOperation, type PlcState, stateOf } from '../../src/modules/identity/plc/operation.js'
import { admin, ADMIN } from '../modules/account/owners.js'
import { buildServer, ChildServer, scratchDirectory } from '../support/crash.js'
import type { EventBody } from '../support/invariants.js'
import { ask, NOTE, type Owner } from './load.js'
import { freePort } from '../support/free-port.js'
import { eventually } from '../support/eventually.js'

/** What is done in the background. */
const UNDER_WAY = `SELECT 1 FROM outbox UNION ALL SELECT 1 FROM repo WHERE status = 'deleted'
  UNION ALL SELECT 1 FROM tree WHERE state <> 'live'`

/** A built server on a directory and a port of its own, for as long as a test runs. */
export class Mortal {
  private build!: Awaited<ReturnType<typeof buildServer>>
  private directory!: string
  env: Record<string, string> = {}
  server!: ChildServer

  /** To be called once in a test file. */
  constructor() {
    beforeAll(async () => (this.build = await buildServer()))
    afterAll(() => this.build.remove())
    beforeEach(async () => {
      this.directory = scratchDirectory()
      this.env = { ...ADMIN, PDS_PORT: await freePort() }
    })
    afterEach(async () => {
      await this.server.kill()
      rmSync(this.directory, { recursive: true, force: true })
    })
  }

  get url(): string {
    return this.server.url
  }

  async start(): Promise<void> {
    this.server = await ChildServer.start(this.build.main, this.directory, { env: this.env })
  }

  /** Reads its database from outside, at one moment at which nothing is being done any more. */
  async look(fn: (read: Reader) => Promise<void>): Promise<void> {
    const database = await SqliteDatabase.openReadOnly(join(this.directory, 'skylog.sqlite'))
    const attempt = (): Promise<boolean> =>
      database.snapshot(async (read) => {
        if (await read.get(UNDER_WAY)) return false
        await fn(read)
        return true
      })
    await eventually(attempt).finally(() => database.close())
  }

  /** Changes its database from outside, while no server runs on it. */
  async change(sql: string, ...values: string[]): Promise<void> {
    const database = await SqliteDatabase.open(join(this.directory, 'skylog.sqlite'))
    await database.write(async (tx) => void (await tx.run(sql, ...values))).finally(() => database.close())
  }

  write({ did, accessJwt }: Owner): Promise<unknown> {
    return ask(this.url, 'com.atproto.repo.createRecord', { repo: did, collection: NOTE, record: { n: 1 } }, accessJwt)
  }

  async rotate(body: object): Promise<string> {
    const headers = { authorization: admin, 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify(body) }
    return (await fetch(`${this.url}/admin/keys/rotate`, init)).text()
  }
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** What is said of an account in its identity, on its rows and in its log is one and the same. */
export async function checkAgreement(read: Reader, operationOf: (did: string) => Promise<PlcOperation>): Promise<void> {
  const accounts = await read.all<{ did: string; handle: string; public_key: string; status: string | null }>(
    `SELECT a.did, a.handle, k.public_key, r.status FROM account a
     JOIN signing_key k ON k.did = a.did JOIN repo r ON r.did = a.did`,
  )
  for (const { did, handle, public_key, status } of accounts) {
    const log = await read.all<LogRow>('SELECT * FROM commit_log WHERE did = ? ORDER BY seq', did)
    const last = (kind: string): EventBody & { handle?: string } => bodyOf(log.findLast((row) => row.kind === kind)!)
    const { alsoKnownAs, verificationMethods } = stateOf(await operationOf(did)) as PlcState
    expect([did, alsoKnownAs[0], verificationMethods.atproto]).toEqual([did, `at://${handle}`, public_key])
    expect([did, last('identity').handle, last('account').status ?? null]).toEqual([did, handle, status])
    const [, ...later] = log.flatMap(({ kind }, at) => (kind === 'account' ? [at] : []))
    for (const at of later)
      if (bodyOf(log[at]!).status === undefined) {
        const told = log.slice(at, at + 3)
        expect(told.map(({ kind }) => kind)).toEqual(['account', 'identity', 'sync'])
        expect(told.map(({ seq }) => seq)).toEqual([0, 1, 2].map((n) => told[0]!.seq + n))
      }
  }
}

function bodyOf({ kind, frame }: LogRow): EventBody & { handle?: string } {
  return dagCbor.decode(frame!.subarray(dagCbor.encode({ op: 1, t: `#${kind}` }).length))
}
