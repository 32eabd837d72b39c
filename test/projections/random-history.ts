/** What a few actors may do to a server, by chance: everything that moves a projection goes through the handlers that serve clients. */
import { setTimeout as delay } from 'node:timers/promises'
import { CommandBus } from '@nestjs/cqrs'
import { AccountGenesis } from '../../src/modules/account/account-genesis.js'
import { AccountRegistration } from '../../src/modules/account/account-registration.js'
import { DeleteAccount } from '../../src/modules/account/delete-account.js'
import { HandleRegistration } from '../../src/modules/account/handle-registration.js'
import { CommitLog } from '../../src/modules/commit-log/commit-log.js'
import { accountFrame } from '../../src/modules/commit-log/frame.js'
import { Database } from '../../src/modules/database/database.js'
import { SigningKeys } from '../../src/modules/identity/signing-keys.js'
import { Lexicons } from '../../src/modules/lexicon/lexicons.js'
import { CompactLog } from '../../src/modules/repo/compact-log.js'
import { ImportRepo } from '../../src/modules/repo/import-repo.js'
import { prepareWrite, type RequestedWrite } from '../../src/modules/repo/prepare-write.js'
import { RepoTips } from '../../src/modules/repo/repo-tips.js'
import { WriteRecords } from '../../src/modules/repo/write-records.js'
import { XrpcError } from '../../src/modules/xrpc/xrpc-error.js'
import {
  buildTree,
  type CarBlock,
  Cid,
  type Did,
  encodeCar,
  encodeCbor,
  type Handle,
  jsonToRecord,
  signCommit,
  SigningKey,
  TidClock,
} from '../../src/repo-engine/index.js'
import type { TestServer } from '../support/server.js'
import { Chance, RandomRecords } from './random-records.js'

const NAMES = ['alice', 'bob', 'carla', 'dan']
const HANDLES = ['alice.test', 'bob.test', 'carla.test', 'dan.test', 'quokka.test']

/** An actor of the history; without an account for as long as it is deleted. */
interface Actor {
  did: Did
  isHere: boolean
}

/** One history: the same seed makes the same steps, save for times and CIDs. */
export class RandomHistory {
  /** What was done, newest last, for whoever has to find out why. */
  readonly steps: string[] = []
  /** Of the account that was deleted last: resolves when nothing is left of it. */
  erasing: Promise<void> = Promise.resolve()
  private readonly chance: Chance
  private readonly records: RandomRecords
  private readonly commands: CommandBus
  private readonly database: Database

  private constructor(
    private readonly server: TestServer,
    private readonly actors: readonly Actor[],
    seed: number,
  ) {
    this.chance = new Chance(seed)
    const dids = actors.map(({ did }) => did)
    this.records = new RandomRecords(this.chance, dids, HANDLES, seed)
    this.commands = this.get(CommandBus)
    this.database = this.get(Database)
  }

  static async begin(server: TestServer, seed: number): Promise<RandomHistory> {
    const actors: Actor[] = []
    for (const name of NAMES) actors.push({ did: (await server.signUp(name)).assertDid as Did, isHere: true })
    return new RandomHistory(server, actors, seed)
  }

  get dids(): Did[] {
    return this.actors.filter(({ isHere }) => isHere).map(({ did }) => did)
  }

  /** A text with names in place of DIDs. */
  named(text: string): string {
    return this.actors.reduce((named, { did }, i) => named.replaceAll(did, `did:${NAMES[i]}`), text)
  }

  /** Does one thing. What the server refuses, as it should, is a step too. */
  async step(): Promise<void> {
    const { chance } = this
    const actor = chance.of(this.actors)
    const acts: [weight: number, act: (actor: Actor) => Promise<unknown>][] = [
      [60, (actor) => this.write(actor)],
      [12, (actor) => this.writeSeveral(actor)],
      [14, (actor) => this.remove(actor)],
      [5, (actor) => this.import(actor)],
      [3, (actor) => this.changeHandle(actor)],
      [2, (actor) => this.changeKey(actor)],
      [2, (actor) => this.changeStatus(actor)],
      [2, (actor) => this.deleteAccount(actor)],
      [2, async () => this.compact(chance.is(0.5) ? '9999' : await this.middle())],
    ]
    const total = acts.reduce((sum, [weight]) => sum + weight, 0)
    let left = chance.below(total)
    const [, act] = acts.find(([weight]) => (left -= weight) < 0)!
    try {
      await (actor.isHere ? act(actor) : this.comeBack(actor))
    } catch (error) {
      if (!(error instanceof XrpcError)) throw error
      this.steps.push(`… refused: ${error.message}`)
    }
  }

  private async write({ did }: Actor): Promise<void> {
    const path = this.records.path()
    // As a client would, or leaving what was said about the subject before: as other servers do.
    const replaceLinks = this.chance.is(0.3)
    await this.writeAll(did, [this.put(did, path)], replaceLinks)
  }

  private async writeSeveral({ did }: Actor): Promise<void> {
    const paths = new Set(Array.from({ length: 2 + this.chance.below(6) }, () => this.records.path()))
    const standing = new Set(await this.standing(did))
    const writes = [...paths].map((path) =>
      standing.has(path) && this.chance.is(0.4) ? deletion(path) : this.put(did, path),
    )
    await this.writeAll(did, writes)
  }

  private async remove({ did }: Actor): Promise<void> {
    const standing = await this.standing(did)
    if (standing.length > 0) await this.writeAll(did, [deletion(this.chance.of(standing))])
  }

  private async writeAll(did: Did, writes: RequestedWrite[], replaceLinks = false): Promise<void> {
    const told = writes.map(
      ({ action, collection, rkey, record }) => `${action} ${collection}/${rkey} ${JSON.stringify(record) ?? ''}`,
    )
    this.steps.push(`${did}: ${told.join('\n    ')}`)
    const lexicons = this.get(Lexicons)
    const prepared = writes.map((write) => prepareWrite(write, false, lexicons, () => tids.next()))
    await this.commands.execute(new WriteRecords(did, prepared, { replaceLinks }))
  }

  /** Its repository comes in again from elsewhere, with some records more, some less and some others. */
  private async import({ did }: Actor): Promise<void> {
    const entries = new Map<string, Uint8Array>()
    for (const { path, bytes } of await this.stored(did)) if (this.chance.is(0.8)) entries.set(path, bytes)
    for (let n = this.chance.below(8); n > 0; n--) {
      const path = this.records.path()
      entries.set(path, encodeCbor(jsonToRecord(this.records.record(path, did))))
    }
    // Now and then it takes more than one piece.
    if (this.chance.is(0.2))
      for (let n = 0; n < 500; n++)
        entries.set(`com.example.filler/${n}`, encodeCbor({ $type: 'com.example.filler', n }))
    this.steps.push(`${did}: import of ${[...entries.keys()].filter((path) => !path.includes('filler')).join(' ')}`)
    const key = () => this.get(SigningKeys).get(did)
    await this.commands.execute(new ImportRepo(once(carOf(did, entries)), { did, hosting: 'hosted', key }))
  }

  private async changeHandle({ did }: Actor): Promise<void> {
    const handle = this.chance.of(HANDLES) as Handle
    this.steps.push(`${did}: is ${handle}`)
    await this.get(HandleRegistration).changeHere(did, handle)
  }

  /** It signs with another key from now on, its head first of all. */
  private async changeKey({ did }: Actor): Promise<void> {
    this.steps.push(`${did}: has another key`)
    await this.get(RepoTips).alone(did, () =>
      this.database.write((tx) => this.get(AccountGenesis).changeKey(tx, did, SigningKey.generate())),
    )
  }

  private async changeStatus({ did }: Actor): Promise<void> {
    const status = this.chance.of(['deactivated', 'takendown', null, null])
    await this.setStatus(did, status)
    if (status !== null && this.chance.is(0.8)) await this.setStatus(did, null)
  }

  private async deleteAccount(actor: Actor): Promise<void> {
    this.steps.push(`${actor.did}: is deleted`)
    await this.erasing
    const { erased } = await this.commands.execute(new DeleteAccount(actor.did))
    actor.isHere = false
    this.erasing = erased()
  }

  private async comeBack(actor: Actor): Promise<void> {
    const { did } = actor
    const handle = this.chance.of(HANDLES) as Handle
    this.steps.push(`${did}: comes back as ${handle}`)
    await this.get(AccountRegistration).register(
      { did, handle, email: `${handle}-${this.steps.length}@example.com`, password: '' },
      { did, key: SigningKey.generate(), origin: 'elsewhere' },
    )
    actor.isHere = true
    await this.setStatus(did, null)
  }

  /** Drops what is superseded from the events before a moment. */
  async compact(before: string): Promise<void> {
    this.steps.push(`the log is compacted before ${before}`)
    await this.commands.execute(new CompactLog(before))
  }

  /** When half of the log had been written. */
  private async middle(): Promise<string> {
    const row = await this.database.read.get<{ time: string }>(
      'SELECT time FROM commit_log ORDER BY seq LIMIT 1 OFFSET (SELECT count(*) / 2 FROM commit_log)',
    )
    return row!.time
  }

  private async setStatus(did: Did, status: string | null): Promise<void> {
    this.steps.push(`${did}: is ${status ?? 'active'}`)
    const event = { did, kind: 'account', rev: null, cid: null, event: null, detail: { status } } as const
    await this.database.write(async (tx) => {
      await tx.run('UPDATE repo SET status = ? WHERE did = ?', status, did)
      await this.get(CommitLog).append(tx, [{ ...event, frame: accountFrame(did, status) }])
    })
    // Millisecond by millisecond, so that no two statuses are of one time.
    await delay(1)
  }

  private put(did: Did, path: string): RequestedWrite {
    const [collection, rkey] = path.split('/') as [string, string]
    return { action: 'put', collection, rkey, record: this.records.record(path, did) }
  }

  private async standing(did: Did): Promise<string[]> {
    return (await this.stored(did)).map(({ path }) => path).filter((path) => !path.includes('filler'))
  }

  private async stored(did: Did): Promise<{ path: string; bytes: Buffer }[]> {
    const sql = 'SELECT path, bytes FROM record WHERE tree = (SELECT tree FROM repo WHERE did = ?) ORDER BY path'
    return this.database.read.all(sql, did)
  }

  private get<T>(type: Function & { prototype: T }): T {
    return this.server.app.get<T>(type, { strict: false })
  }
}

const tids = new TidClock(() => Date.now())

function deletion(path: string): RequestedWrite {
  const [collection, rkey] = path.split('/') as [string, string]
  return { action: 'delete', collection, rkey }
}

/** A repository of these records, signed by nobody in particular. */
function carOf(did: Did, records: ReadonlyMap<string, Uint8Array>): Buffer {
  const blocks = new Map<string, CarBlock>()
  const put = (block: CarBlock): unknown => blocks.set(block.cid.toString(), { cid: block.cid, bytes: block.bytes })
  const entries = [...records]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, bytes]): [string, Cid] => {
      const cid = Cid.ofCbor(bytes)
      put({ cid, bytes })
      return [path, cid]
    })
  const { root } = buildTree(entries, put)
  const bytes = signCommit({ did, version: 3, data: root, rev: tids.next(), prev: null }, SigningKey.generate())
  const head = Cid.ofCbor(bytes)
  return encodeCar(head, [{ cid: head, bytes }, ...blocks.values()])
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
