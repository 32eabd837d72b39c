/** com.atproto.syncUpdateRepo over HTTP: whoever sends whatever, nothing changes but by the next commits that an account has signed. */
import { existsSync, readdirSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { Patience } from '../../../src/modules/replication/patience.js'
import {
  type CarBlock,
  Cid,
  encodeCar,
  encodeCarHeader,
  encodeCbor,
  encodeNode,
  type FormattedCommit,
  layerOf,
  signCommit,
  SigningKey,
  tidFromMicros,
} from '../../../src/repo-engine/index.js'
import { DnsTxt } from '../../../src/modules/identity/dns-txt.js'
import { PlcStub } from '../../support/plc-stub.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { eventOf, ForeignAccount, post, POSTS } from './foreign-account.js'
import { HostileHost } from './hostile-host.js'
import { addPeer, expectMirrored, mirrored, mirrorOf, partOf, peerOf, stateOf, until } from './mirroring.js'

let plc: PlcStub
let host: HostileHost
let server: TestServer
let made = 0

beforeAll(async () => {
  plc = await PlcStub.start()
  host = await HostileHost.start()
  server = await startTestServer({ PDS_DID_PLC_URL: plc.url })
  partOf(server, DnsTxt).lookup = () => Promise.resolve(['did=did:plc:one', 'did=did:plc:another'])
  await addPeer(server, { who: host.url, direction: 'accept' })
})
afterAll(async () => {
  await stopTestServer(server)
  await host.close()
  await plc.close()
})

const NSID = 'com.atproto.syncUpdateRepo'
const CAR = { 'content-type': 'application/cbor' }

interface Refusal {
  status: number
  error?: string
}

async function push(did: string, body: Uint8Array | ReadableStream, at = server): Promise<Refusal> {
  const response = await fetch(`${at.url}/xrpc/${NSID}?did=${did}`, {
    method: 'POST',
    headers: CAR,
    body,
    duplex: 'half',
  } as RequestInit)
  const text = await response.text()
  return { status: response.status, ...(text && { error: (JSON.parse(text) as { error: string }).error }) }
}

function unheard(pds = host.url): ForeignAccount {
  const account = new ForeignAccount(plc, pds, `user${++made}.example.com`)
  for (let i = 0; i < 5; i++) account.post()
  host.accounts.set(account.did, account)
  return account
}

/** An account whose repository is here. */
async function newAccount(): Promise<ForeignAccount> {
  const account = unheard()
  expect(await push(account.did, account.car())).toEqual({ status: 200 })
  await expectMirrored(server, account)
  return account
}

function temporaryFiles(): string[] {
  const directory = join(server.directory, 'tmp')
  return existsSync(directory) ? readdirSync(directory) : []
}

/** Refused, with nothing changed; the next honest commit is taken. */
async function expectRefused(
  account: ForeignAccount,
  car: Uint8Array | ReadableStream,
  error: string,
  status = 400,
): Promise<void> {
  const before = await stateOf(server)
  expect(await push(account.did, car)).toEqual({ status, error })
  expect(await stateOf(server)).toBe(before)
  expect(temporaryFiles()).toEqual([])
  if (account.commits.length === 0 || !(await mirrored(server, account))) return
  account.post('honest')
  expect(await push(account.did, account.head.blocks)).toEqual({ status: 200 })
  await expectMirrored(server, account)
}

it('honest commits are taken one by one, several at once, and as a whole repository', async () => {
  const account = await newAccount()
  account.post('one')
  expect(await push(account.did, account.head.blocks)).toEqual({ status: 200 })
  await expectMirrored(server, account)
  const since = account.head
  for (let n = 0; n < 5; n++) account.post(`several ${n}`)
  expect(await push(account.did, account.car(account.head, since))).toEqual({ status: 200 })
  await expectMirrored(server, account)
  account.commit(Object.fromEntries(Array.from({ length: 300 }, (_, n) => [account.path(), post(`many ${n}`)])))
  expect(await push(account.did, account.car())).toEqual({ status: 200 })
  await expectMirrored(server, account)
})

const draft = (account: ForeignAccount, more: Parameters<ForeignAccount['draft']>[1] = {}): FormattedCommit =>
  account.draft({ [account.path()]: post(`lie ${++made}`) }, more)
const inAnHour = () => tidFromMicros((Date.now() + 3_600_000) * 1000, 0)

/** A CAR of anything over a tree that is none, or is another; signed as it should be. */
function over(account: ForeignAccount, blocks: CarBlock[], version: 2 | 3 = 3, rev: string | null = ''): Buffer {
  const unsigned = { did: account.did, version, data: blocks[0]!.cid, prev: null }
  const bytes = signCommit({ ...unsigned, rev: (rev === '' ? account.nextRev() : rev) as never }, account.key)
  const cid = Cid.ofCbor(bytes)
  return encodeCar(cid, [{ cid, bytes }, ...blocks])
}
const blockOf = (bytes: Uint8Array): CarBlock => ({ cid: Cid.ofCbor(bytes), bytes })

describe('43. commits', () => {
  it('one that is here: CommitReplayed', async () => {
    const account = await newAccount()
    await expectRefused(account, account.head.blocks, 'CommitReplayed', 409)
    await expectRefused(account, account.car(), 'CommitReplayed', 409)
  })

  it('another one of the same rev: CommitForked', async () => {
    const account = await newAccount()
    const { rev } = account.head
    const fork = draft(account, { on: account.commits.at(-2)!, rev })
    await expectRefused(account, fork.blocks, 'CommitForked', 409)
  })

  it('one that was here once: CommitStale', async () => {
    const account = await newAccount()
    await expectRefused(account, account.commits[2]!.blocks, 'CommitStale', 409)
    await expectRefused(account, account.car(account.commits[3]), 'CommitStale', 409)
  })

  it('one of which those before it are missing: CommitGap', async () => {
    const account = await newAccount()
    const lost = draft(account)
    const next = draft(account, { on: lost, rev: account.nextRev() })
    await expectRefused(account, next.blocks, 'CommitGap', 409)
  })

  it('one of another account: ForeignCommit', async () => {
    const account = await newAccount()
    const other = await newAccount()
    await expectRefused(account, draft(other).blocks, 'ForeignCommit')
  })

  it('one by another key: InvalidSignature', async () => {
    const account = await newAccount()
    await expectRefused(account, draft(account, { key: SigningKey.generate() }).blocks, 'InvalidSignature')
    await expectRefused(account, draft(account, { key: SigningKey.generate('p256') }).blocks, 'InvalidSignature')
  })

  it('one by a key that was rotated: InvalidSignature, while the new one counts at once', async () => {
    const account = await newAccount()
    const old = account.key
    account.rotate()
    account.post('by the new key')
    expect(await push(account.did, account.head.blocks)).toEqual({ status: 200 })
    await expectRefused(account, draft(account, { key: old }).blocks, 'InvalidSignature')
  })

  it('one of the future: InvalidCommit', async () => {
    const account = await newAccount()
    await expectRefused(account, draft(account, { rev: inAnHour() }).blocks, 'InvalidCommit')
  })

  it('one of version 2 without a rev: InvalidCommit', async () => {
    const account = await newAccount()
    const { addedNodes, records } = draft(account)
    const root = addedNodes.find(({ at }) => at.after === '')!
    const nodes = [root, ...addedNodes.filter((node) => node !== root)]
    await expectRefused(account, over(account, [...nodes, ...records], 2, null), 'InvalidCommit')
  })

  it('one of an account that nobody asked for: RepoNotAccepted', async () => {
    const account = unheard('https://pds.example.com')
    await expectRefused(account, account.car(), 'RepoNotAccepted', 403)
  })

  it('one of an account that says that it is on the host, of which the host knows nothing: RepoNotAccepted', async () => {
    const account = unheard()
    host.accounts.delete(account.did)
    await expectRefused(account, account.car(), 'RepoNotAccepted', 403)
    host.accounts.set(account.did, account)
    expect(await push(account.did, account.car())).toEqual({ status: 200 })
  })

  it('one of nobody: RepoNotAccepted', async () => {
    const before = await stateOf(server)
    const account = unheard()
    for (const did of ['did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', 'did:web:localhost%3A1', 'did:example:x'])
      expect(await push(did, account.car())).toEqual({ status: 403, error: 'RepoNotAccepted' })
    expect(await stateOf(server)).toBe(before)
  })

  it('one of an account that is hosted here: RepoHostedHere', async () => {
    const alice = await server.signUp('alice')
    await alice.post({ text: 'mine' })
    const before = await stateOf(server)
    expect(await push(alice.assertDid, unheard().car())).toEqual({ status: 400, error: 'RepoHostedHere' })
    expect(await stateOf(server)).toBe(before)
  })
})

describe('30. blocks', () => {
  it('a record that is missing: CommitGap', async () => {
    const account = await newAccount()
    const { cid, bytes, addedNodes } = draft(account)
    await expectRefused(account, encodeCar(cid, [{ cid, bytes }, ...addedNodes]), 'CommitGap', 409)
  })

  it('an operation that is hidden in the tree, its record kept back: CommitGap', async () => {
    const account = await newAccount()
    const commit = account.draft({ [account.path()]: post('shown'), [account.path()]: post('hidden') })
    const { cid, bytes, addedNodes, records } = commit
    await expectRefused(account, encodeCar(cid, [{ cid, bytes }, ...addedNodes, records[0]!]), 'CommitGap', 409)
  })

  it('an operation beside others is told like them: nothing in a tree stays hidden', async () => {
    const account = await newAccount()
    const paths = [account.path(), account.path('com.example.hidden')]
    account.commit({ [paths[0]!]: post('shown'), [paths[1]!]: { hidden: true } })
    expect(await push(account.did, account.head.blocks)).toEqual({ status: 200 })
    await expectMirrored(server, account)
    const before = account.head
    account.post()
    expect(await push(account.did, account.head.blocks)).toEqual({ status: 200 })
    expect((await stateOf(server)).includes(before.cid.toString())).toBe(false)
  })

  it('a node that is missing: CommitGap', async () => {
    const account = await newAccount()
    for (let n = 0; ; n++) {
      const { cid, bytes, addedNodes, records } = draft(account)
      if (n >= addedNodes.length) break
      const car = encodeCar(cid, [{ cid, bytes }, ...addedNodes.toSpliced(n, 1), ...records])
      await expectRefused(account, car, 'CommitGap', 409)
    }
  })

  it('a record with other bytes: InvalidCar', async () => {
    const account = await newAccount()
    const blocks = Buffer.from(draft(account).blocks)
    blocks[blocks.length - 10]! ^= 1
    await expectRefused(account, blocks, 'InvalidCar')
  })

  it('a record that is none: InvalidData', async () => {
    const account = await newAccount()
    await expectRefused(account, account.draft({ [account.path()]: Buffer.of(0x80) }).blocks, 'InvalidData')
  })

  it.each<[string, (account: ForeignAccount, commit: FormattedCommit) => Buffer, string, number]>([
    ['no CAR', () => Buffer.from('<html></html>'), 'InvalidCar', 400],
    ['nothing', () => Buffer.alloc(0), 'InvalidCar', 400],
    ['no root', (_, commit) => withRoots(commit, []), 'InvalidCar', 400],
    ['two roots', (_, commit) => withRoots(commit, [commit.cid, commit.data]), 'InvalidCar', 400],
    ['its end missing', (_, { blocks }) => Buffer.from(blocks.subarray(0, -1)), 'InvalidCar', 400],
    ['a root that is missing', (_, { cid, records }) => encodeCar(cid, records), 'CommitGap', 409],
    ['a root that is no commit', (_, { records: [record] }) => encodeCar(record!.cid, [record!]), 'InvalidCommit', 400],
    ['a tree that is a record', (account) => over(account, [blockOf(encodeCbor(post('x')))]), 'InvalidMst', 400],
  ])('a CAR with %s', async (_, car, error, status) => {
    const account = await newAccount()
    await expectRefused(account, car(account, draft(account)), error, status)
  })
})

function withRoots({ cid, blocks }: FormattedCommit, roots: Cid[]): Buffer {
  return Buffer.concat([encodeCarHeader(roots), blocks.subarray(encodeCarHeader([cid]).length)])
}

describe('26 and 31. bombs', () => {
  const record = blockOf(encodeCbor(post('bomb')))
  const keysAt = (layer: number, count: number): string[] => {
    const keys: string[] = []
    for (let n = 0; keys.length < count; n++) if (layerOf(`${POSTS}/${n}`) === layer) keys.push(`${POSTS}/${n}`)
    return keys.sort()
  }
  const leaf = blockOf(encodeNode({ keys: keysAt(0, 1), values: [record.cid], links: [null, null] }))

  it.each([100, 20_000])('a chain of %i nodes without keys: InvalidMst', async (depth) => {
    const account = await newAccount()
    const chain = [leaf]
    for (let n = 0; n < depth; n++)
      chain.push(blockOf(encodeNode({ keys: [], values: [], links: [chain.at(-1)!.cid] })))
    await expectRefused(account, over(account, [...chain.reverse(), record]), 'InvalidMst')
  })

  it('a node that is shared by all above it: InvalidMst', async () => {
    const account = await newAccount()
    const nodes = [leaf]
    for (let layer = 1; layer <= 6; layer++) {
      const { cid } = nodes.at(-1)!
      const keys = keysAt(layer, 3)
      nodes.push(blockOf(encodeNode({ keys, values: keys.map(() => record.cid), links: [cid, cid, cid, cid] })))
    }
    await expectRefused(account, over(account, [...nodes.reverse(), record]), 'InvalidMst')
  })

  it('a hundred thousand blocks that nobody asked for', async () => {
    const account = await newAccount()
    const stuffing = Array.from({ length: 100_000 }, (_, n) => blockOf(encodeCbor(n)))
    await expectRefused(account, over(account, stuffing), 'InvalidMst')
  })

  it.each(['ffffffffffffffff7f', 'ffffffff07', '8080808080808000', '00', '01', '80', 'ffffff7f'])(
    'a length that nothing has: %s',
    async (hex) => {
      const account = await newAccount()
      const before = await stateOf(server)
      const { blocks } = draft(account)
      const { status, error } = await push(account.did, Buffer.concat([blocks, Buffer.from(hex, 'hex')]))
      expect([400, 413]).toContain(status)
      expect(['InvalidCar', 'CommitTooLarge']).toContain(error)
      expect(await stateOf(server)).toBe(before)
    },
  )

  it('a small commit that empties a large repository costs no more than it says', async () => {
    const account = unheard()
    account.commit(Object.fromEntries(Array.from({ length: 3_000 }, (_, n) => [account.path(), post(`many ${n}`)])))
    expect(await push(account.did, account.car())).toEqual({ status: 200 })
    const paths = [...account.records().keys()]
    account.commit(Object.fromEntries(paths.map((path) => [path, null])))
    expect(await push(account.did, account.car())).toEqual({ status: 200 })
    await expectMirrored(server, account)
  })

  it('more than 6 MB before the commit: CommitTooLarge', async () => {
    const account = await newAccount()
    const { cid, bytes, addedNodes, records } = draft(account)
    const stuffing = Array.from({ length: 8 }, (_, n) => blockOf(encodeCbor('x'.repeat(1_000_000 + n))))
    const car = encodeCar(cid, [...stuffing, { cid, bytes }, ...addedNodes, ...records])
    await expectRefused(account, car, 'CommitTooLarge', 413)
  })

  it('a commit that is not wanted is refused before the rest of it has come', async () => {
    const account = await newAccount()
    let pulled = 0
    const endless = new ReadableStream({
      start: (controller) => controller.enqueue(account.car()),
      pull: (controller) => {
        pulled++
        controller.enqueue(encodeCar(account.head.cid, [blockOf(encodeCbor('x'.repeat(100_000)))]).subarray(59))
      },
    })
    await expectRefused(account, endless, 'CommitReplayed', 409).catch((error: Error) => {
      // The connection may have been cut before the answer was read.
      if (error.message !== 'fetch failed') throw error
    })
    expect(pulled).toBeLessThan(1_000)
  })
})

describe('37. bodies', () => {
  /** Sends a body by hand; gives the status of the answer, or null where the connection ends without one. */
  function send(
    did: string,
    headers: Record<string, string>,
    write: (to: ReturnType<typeof request>) => void,
  ): Promise<number | null> {
    return new Promise((resolve) => {
      const sent = request(`${server.url}/xrpc/${NSID}?did=${did}`, { method: 'POST', headers })
      sent
        .on('response', (response) => {
          response.resume()
          resolve(response.statusCode!)
        })
        .on('error', () => resolve(null))
      write(sent)
    })
  }

  it.each([
    ['drips', (car: Buffer) => car.subarray(0, 100), 1],
    ['stops', (car: Buffer) => car.subarray(0, 100), 0],
  ])('one that %s is given up, and nothing of it stays', async (_, start, drip) => {
    const account = await newAccount()
    account.post('slowly')
    const before = await stateOf(server)
    const { stallMs } = partOf(server, Patience)
    Object.assign(partOf(server, Patience), { stallMs: 300 })
    let timer: NodeJS.Timeout | undefined
    const status = await send(account.did, CAR, (to) => {
      to.write(start(account.car()))
      if (drip) timer = setInterval(() => to.write(Buffer.of(0)), 20)
      to.on('close', () => clearInterval(timer))
    })
    clearInterval(timer)
    Object.assign(partOf(server, Patience), { stallMs })
    expect(status).toBe(408)
    expect(await stateOf(server)).toBe(before)
    expect(temporaryFiles()).toEqual([])
    expect(await push(account.did, account.head.blocks)).toEqual({ status: 200 })
    await expectMirrored(server, account)
  })

  it('one that is broken off leaves nothing, and its place to others', async () => {
    const account = await newAccount()
    account.post('broken off')
    const before = await stateOf(server)
    const car = account.car()
    for (let n = 0; n < 20; n++)
      await send(account.did, { ...CAR, 'content-length': String(car.length) }, (to) => {
        to.write(car.subarray(0, 200))
        setTimeout(() => to.destroy(), 10)
      })
    await until('every file is gone', () => temporaryFiles().length === 0)
    expect(await stateOf(server)).toBe(before)
    expect(await push(account.did, account.head.blocks)).toEqual({ status: 200 })
    await expectMirrored(server, account)
  })

  it('seventeen at once are one too many', async () => {
    const account = await newAccount()
    const held: ReturnType<typeof request>[] = []
    const waiting = Array.from({ length: 16 }, () =>
      send(account.did, CAR, (to) => {
        to.write(account.car().subarray(0, 20))
        held.push(to)
      }),
    )
    await until('all of them are here', () => temporaryFiles().length === 16)
    expect(await push(account.did, account.car())).toEqual({ status: 429, error: 'RateLimitExceeded' })
    for (const one of held) one.destroy()
    await Promise.all(waiting)
    await until('every file is gone', () => temporaryFiles().length === 0)
    expect(await push(account.did, account.car())).toEqual({ status: 409, error: 'CommitReplayed' })
  })

  it.each([
    ['of JSON', { 'content-type': 'application/json' }, '{"did":"did:plc:x"}'],
    ['of JSON that is no object', { 'content-type': 'application/json' }, '5'],
    ['of JSON that is none', { 'content-type': 'application/json' }, '{'],
    ['of a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'a=b'],
    ['of no type', {}, 'x'],
  ])('one %s', async (_, headers, body) => {
    const account = await newAccount()
    const before = await stateOf(server)
    const status = await send(account.did, headers as Record<string, string>, (to) => to.end(body))
    expect(status).toBe(400)
    expect(await stateOf(server)).toBe(before)
  })

  it.each(['', 'did=', 'did=alice', 'did=did:plc:a&did=did:plc:b', 'repo=did:plc:a'])(
    'one of nobody: ?%s',
    async (query) => {
      const response = await fetch(`${server.url}/xrpc/${NSID}?${query}`, { method: 'POST', headers: CAR, body: 'x' })
      expect(response.status).toBe(400)
      expect(((await response.json()) as { error: string }).error).toBe('InvalidRequest')
    },
  )
})

describe('43. news without a body', () => {
  const ring = async (did: string, more = ''): Promise<number> =>
    (await fetch(`${server.url}/xrpc/${NSID}?did=${did}${more}`, { method: 'POST' })).status

  it('change nothing where the host of the account does not say so too', async () => {
    const account = await newAccount()
    const before = await stateOf(server)
    for (const more of ['', '&status=deleted', '&status=takendown']) expect(await ring(account.did, more)).toBe(200)
    expect(await stateOf(server)).toBe(before)
  })

  it('of accounts that are not here, or live here, are no news', async () => {
    const carla = await server.signUp('carla')
    const before = await stateOf(server)
    for (const did of [unheard().did, carla.assertDid, 'did:web:localhost%3A1'])
      expect(await ring(did, '&status=deleted')).toBe(200)
    expect(await stateOf(server)).toBe(before)
  })

  it('deleted: when the host knows the account no more', async () => {
    const account = await newAccount()
    host.accounts.delete(account.did)
    expect(await ring(account.did)).toBe(200)
    expect(await mirrored(server, account)).not.toBeNull()
    expect(await ring(account.did, '&status=deleted')).toBe(200)
    expect(await mirrored(server, account)).toBeNull()
  })

  it('deactivated and back, as the host says: what has happened meanwhile comes with it', async () => {
    const account = await newAccount()
    host.statuses.set(account.did, 'deactivated')
    expect(await ring(account.did)).toBe(200)
    expect(await mirrored(server, account)).toBeNull()
    account.post('meanwhile')
    expect(await push(account.did, account.head.blocks)).toEqual({ status: 400, error: 'RepoDeactivated' })
    host.statuses.delete(account.did)
    // Another word, because the same is not looked at again at once.
    expect(await ring(account.did, '&status=deleted')).toBe(200)
    await until('it is fetched', async () => (await mirrorOf(server, account.did))?.state === 'current')
    await expectMirrored(server, account)
  })

  it('make this server ask no more than so often, and for no more than so many at once', async () => {
    const accounts: ForeignAccount[] = []
    for (let n = 0; n < 20; n++) accounts.push(await newAccount())
    const held: (() => void)[] = []
    host.replies.set('getRepoStatus', (response) => void held.push(() => response.end('{"active":true}')))
    const rung = accounts.map(({ did }) => ring(did))
    await until('some are refused', async () => (await Promise.race(rung)) === 429)
    await until('the others are asked for', () => held.length === 16)
    host.replies.clear()
    for (const answer of held) answer()
    expect((await Promise.all(rung)).filter((status) => status === 429)).toHaveLength(4)
    const { length } = host.asked
    for (let n = 0; n < 10; n++) await ring(accounts[0]!.did)
    expect(host.asked).toHaveLength(length)
  })
})

describe('43. at once', () => {
  it('the same commit twice: one is taken, the other is replayed', async () => {
    const account = await newAccount()
    for (let n = 0; n < 5; n++) {
      account.post(`twice ${n}`)
      const answers = await Promise.all([1, 2, 3].map(() => push(account.did, account.head.blocks)))
      expect(answers.map(({ error }) => error ?? 'taken').sort()).toEqual(['CommitReplayed', 'CommitReplayed', 'taken'])
      await expectMirrored(server, account)
    }
  })

  it('the same new account twice: it is here once', async () => {
    const account = unheard()
    const answers = await Promise.all([1, 2].map(() => push(account.did, account.car())))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.find(({ status }) => status !== 200)!.error).toMatch(/CommitReplayed|ImportInProgress/)
    await expectMirrored(server, account)
  })

  it('pushed and pulled: every commit is here once, whoever was first', async () => {
    const both = await startTestServer({ PDS_DID_PLC_URL: plc.url })
    const account = unheard()
    await addPeer(both, { who: host.url, direction: 'accept' })
    await addPeer(both, { who: host.url, dids: [account.did] })
    await until('it is here', async () => (await mirrorOf(both, account.did))?.state === 'current')
    const answers: Promise<Refusal>[] = []
    for (let n = 0; n < 60; n++) {
      account.post(`both ${n}`)
      answers.push(push(account.did, account.head.blocks, both))
      host.emit(eventOf(account.head))
      if (n % 7 === 0) await Promise.all(answers)
    }
    for (const { status, error } of await Promise.all(answers))
      if (status !== 200) expect(error).toMatch(/CommitReplayed|CommitStale|CommitGap|NotEnoughResources/)
    await until('all of it is here', async () => (await peerOf(both, host.url)).position === host.seq)
    await until('nothing is missing', async () => (await mirrorOf(both, account.did))?.state === 'current')
    await expectMirrored(both, account)
    await stopTestServer(both)
  })
})

describe('31. quotas', () => {
  it('of accounts, of bytes and of pushes', async () => {
    const small = await startTestServer({ PDS_DID_PLC_URL: plc.url })
    await addPeer(small, { who: host.url, direction: 'accept', maxAccounts: 1, maxBytes: 50_000, maxRate: 6 })
    const [account, other] = [unheard(), unheard()]
    account.post('x'.repeat(60_000))
    expect(await push(account.did, account.car(), small)).toEqual({ status: 413, error: 'CommitTooLarge' })
    account.keep(account.draft({}, { on: account.commits[2] }))
    expect(await push(account.did, account.car(), small)).toEqual({ status: 200 })
    expect(await push(other.did, other.car(), small)).toEqual({ status: 403, error: 'RepoNotAccepted' })
    for (let n = 0; n < 5; n++) {
      account.post('y'.repeat(15_000))
      const { status, error } = await push(account.did, account.head.blocks, small)
      if (status === 200) continue
      expect([413, 429]).toContain(status)
      expect(['CommitTooLarge', 'QuotaExceeded', 'RateLimitExceeded']).toContain(error)
      account.commits.pop()
      break
    }
    await expectMirrored(small, account)
    const many = await Promise.all(Array.from({ length: 12 }, () => push(account.did, account.car(), small)))
    expect(many.map(({ error }) => error)).toContain('RateLimitExceeded')
    await stopTestServer(small)
  })
})
