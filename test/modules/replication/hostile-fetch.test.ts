/** A followed host that gives repositories which are not what they should be, or does not give them. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Database } from '../../../src/modules/database/database.js'
import { Patience } from '../../../src/modules/replication/patience.js'
import {
  type CarBlock,
  Cid,
  encodeCar,
  encodeCarHeader,
  encodeCbor,
  SigningKey,
  tidFromMicros,
} from '../../../src/repo-engine/index.js'
import { startTestServer, stopTestServer } from '../../support/server.js'
import { eventOf, type ForeignAccount, post } from './foreign-account.js'
import { HostileHost, json, type Reply } from './hostile-host.js'
import { addPeer, expectMirrored, mirrorOf, partOf, peerOf, stateOf, until } from './mirroring.js'
import { Tampering } from './tampering.js'

/** Files of repositories that are being looked at. */
function temporaryFiles({ server }: Tampering): string[] {
  const directory = join(server.directory, 'tmp')
  return existsSync(directory) ? readdirSync(directory) : []
}

/** What failed is due again at once. */
async function hurry({ server }: Tampering): Promise<void> {
  await partOf(server, Database).write(async (tx) => tx.run('UPDATE mirror SET due_at = 0'))
}

/** A host gives nothing good for an account; then it does, and all is well. */
async function expectRefused(to: Tampering, account: ForeignAccount, reply: Reply, reason: RegExp): Promise<void> {
  const before = await stateOf(to.server)
  const patience = partOf(to.server, Patience)
  const patient = { ...patience }
  // Where nothing else would end it.
  if (reason.source === 'too long') Object.assign(patience, { stallMs: 300, wholeMs: 1_500, answerMs: 500 })
  to.host.replies.set('getRepo', reply)
  to.host.emit(eventOf(account.post('never told'), { prevData: Cid.ofCbor(encodeCbor({})) }))
  await until('it is given up', async () => ((await mirrorOf(to.server, account.did))?.attempts ?? 0) > 0)
  Object.assign(patience, patient)
  const { lastError } = await peerOf(to.server, to.host.url)
  expect(lastError).toMatch(reason)
  expect(lastError).toContain(account.did)
  expect(await stateOf(to.server)).toBe(before)
  expect(temporaryFiles(to)).toEqual([])
  to.host.replies.clear()
  await hurry(to)
  await to.tell(eventOf(account.post('and honest')))
  await expectMirrored(to.server, account)
}

let to: Tampering
beforeAll(async () => {
  to = await Tampering.start()
})
afterAll(() => to.stop())

type Lie = (account: ForeignAccount) => Reply
const sending =
  (car: (account: ForeignAccount) => Uint8Array): Lie =>
  (account) =>
  (response) =>
    response.end(car(account))

const blockOf = (bytes: Uint8Array): CarBlock => ({ cid: Cid.ofCbor(bytes), bytes })
const rebuilt = (account: ForeignAccount, pick: (block: CarBlock, at: number) => boolean): Buffer =>
  encodeCar(account.head.cid, account.carBlocks().filter(pick))
const inAnHour = () => tidFromMicros((Date.now() + 3_600_000) * 1000, 0)

describe.each(['of which nothing is here', 'of which something is here'])('30. a repository %s', (which) => {
  const lies: [string, RegExp, Lie][] = [
    ['that is a web page', /CAR/, sending(() => Buffer.from('<html></html>'))],
    ['that is nothing', /CAR/, sending(() => Buffer.alloc(0))],
    ['that is cut off', /cut off/, sending((account) => account.car().subarray(0, -10))],
    ['of no root', /one root/, sending((account) => carWithRoots(account, []))],
    ['of two roots', /one root/, sending((account) => carWithRoots(account, [account.head.cid, account.head.data]))],
    ['without its commit', /missing block|neither/, sending((account) => rebuilt(account, (_, at) => at > 0))],
    ['without a node', /missing block|neither/, sending((account) => rebuilt(account, (_, at) => at !== 1))],
    [
      'without a record',
      /missing block|neither|whole repository/,
      sending((account) => rebuilt(account, (_, at) => at !== account.carBlocks().length - 1)),
    ],
    ['with other bytes', /does not hash/, sending((account) => flipped(account.car()))],
    [
      'of another account',
      /is of did:plc:/,
      () => (response) => response.end([...to.host.accounts.values()][0]!.car()),
    ],
    [
      'signed by somebody else',
      /not signed/,
      sending((account) => account.car(account.draft({}, { key: SigningKey.generate() }))),
    ],
    ['of the future', /future/, sending((account) => account.car(account.draft({}, { rev: inAnHour() })))],
    [
      'with a record that is none',
      /is not a map/,
      sending((account) => account.car(account.draft({ [account.path()]: Buffer.of(0x80) }))),
    ],
    ['of a huge block', /CAR block of/, sending((account) => stuffed(account, [blockOf(Buffer.alloc(3 << 20))]))],
    ['of a huge header', /CAR header/, sending(() => Buffer.from('ffffff7f', 'hex'))],
    ['that leads elsewhere', /redirect/, () => (response) => response.writeHead(302, { location: '/' }).end()],
    ['that nobody gives', /InternalServerError|status 500/, () => (response) => response.writeHead(500).end('no')],
    ['that nobody answers for', /too long/, () => () => undefined],
    [
      'whose answer breaks off',
      /aborted|terminated|socket/,
      (account) => (response) => breakOff(response, account.car()),
    ],
    ['that drips', /too long/, () => (response) => drip(response, Buffer.of(0x3a), 20)],
    [
      'that never ends',
      /too long/,
      (account) => (response) => {
        response.write(account.car())
        drip(response, Buffer.from(encodeCar(account.head.cid, stuffing())).subarray(59), 20)
      },
    ],
    [
      'a refusal that drips',
      /too long/,
      () => (response) => drip(response.writeHead(400, { 'content-type': 'application/json' }), Buffer.of(0x20), 20),
    ],
    [
      'a refusal that never ends',
      /status 400/,
      () => (response) => drip(response.writeHead(400), Buffer.alloc(20_000, 0x20), 1),
    ],
  ]

  it.each(lies)('%s', async (_, reason, lie) => {
    const account = which === 'of which nothing is here' ? to.unheard() : await to.newAccount()
    await expectRefused(to, account, lie(account), reason)
  })
})

function carWithRoots(account: ForeignAccount, roots: Cid[]): Buffer {
  return Buffer.concat([encodeCarHeader(roots), account.car().subarray(encodeCarHeader([account.head.cid]).length)])
}

function flipped(car: Buffer): Buffer {
  car[car.length - 10]! ^= 1
  return car
}

function stuffed(account: ForeignAccount, blocks: CarBlock[]): Buffer {
  return encodeCar(account.head.cid, [...account.carBlocks(), ...blocks])
}

function stuffing(): CarBlock[] {
  return Array.from({ length: 20 }, (_, n) => blockOf(encodeCbor('x'.repeat(1_000 + n))))
}

function drip(response: Parameters<Reply>[0], bytes: Buffer, ms: number): void {
  const timer = setInterval(() => response.write(bytes), ms)
  response.on('close', () => clearInterval(timer)).on('error', () => clearInterval(timer))
}

function breakOff(response: Parameters<Reply>[0], car: Buffer): void {
  response.writeHead(200, { 'content-length': car.length }).write(car.subarray(0, 300))
  setTimeout(() => response.destroy(), 50)
}

it('21. a repository that is said to be elsewhere is not fetched there', async () => {
  const inside = await HostileHost.start()
  const account = to.unheard()
  const reply: Reply = (response) => response.writeHead(307, { location: `${inside.url}/xrpc/getRepo` }).end()
  await expectRefused(to, account, reply, /redirect/)
  expect(inside.connections).toBe(0)
  await inside.close()
})

it('43. an older state of a repository is no way back', async () => {
  const account = await to.newAccount()
  const before = await stateOf(to.server)
  to.host.replies.set('getRepo', (response) => response.end(account.car(account.commits[2]!)))
  await to.tell(eventOf(account.draft({ [account.path()]: post('gap') }), { prevData: Cid.ofCbor(encodeCbor({})) }))
  expect(await stateOf(to.server)).toBe(before)
  to.host.replies.clear()
  await to.expectFollowed(account)
})

it('43. what is told while a repository is fetched is not lost behind what was said to come', async () => {
  const account = await to.newAccount()
  const lie = account.draft({ [account.path()]: post('never') }, { rev: inAnHour() })
  const old = account.car()
  const held: (() => void)[] = []
  to.host.replies.set('getRepo', (response) => void held.push(() => response.end(old)))
  to.host.emit(eventOf(lie, { prevData: Cid.ofCbor(encodeCbor({})) }))
  await until('it is asked for', () => held.length > 0)
  to.host.emit(eventOf(account.post('meanwhile')))
  await until('that is heard', async () => (await peerOf(to.server, to.host.url)).position === to.host.seq)
  to.host.replies.clear()
  held[0]!()
  await to.caughtUp()
  await expectMirrored(to.server, account)
})

describe('31. quotas', () => {
  it('of bytes: what is beyond is not taken, of the stream neither', async () => {
    const limited = await Tampering.start({ maxBytes: 100_000 })
    const account = await limited.newAccount()
    const large = limited.unheard()
    large.post('x'.repeat(90_000))
    large.post('y'.repeat(90_000))
    const before = await stateOf(limited.server)
    limited.host.emit(eventOf(large.head))
    await until('it is given up', async () => ((await mirrorOf(limited.server, large.did))?.attempts ?? 0) > 0)
    expect((await peerOf(limited.server, limited.host.url)).lastError).toContain('more than')
    expect(await stateOf(limited.server)).toBe(before)
    expect(temporaryFiles(limited)).toEqual([])
    limited.host.emit(eventOf(account.post('z'.repeat(99_000))))
    await until('that is given up too', async () => ((await mirrorOf(limited.server, account.did))?.attempts ?? 0) > 0)
    expect(await stateOf(limited.server)).toBe(before)
    await limited.stop()
  })

  it('of bytes count what a small file unfolds to', async () => {
    const limited = await Tampering.start({ maxBytes: 300_000 })
    const account = limited.unheard()
    const record = post('x'.repeat(50_000))
    account.commit(Object.fromEntries(Array.from({ length: 20 }, () => [account.path(), record])))
    expect(account.car().length).toBeLessThan(100_000)
    const before = await stateOf(limited.server)
    limited.host.emit(eventOf(account.head))
    await until('it is given up', async () => ((await mirrorOf(limited.server, account.did))?.attempts ?? 0) > 0)
    expect(await stateOf(limited.server)).toBe(before)
    await limited.stop()
  })

  it('of accounts hold, however many come at once', async () => {
    const host = await HostileHost.start()
    const limited = await Tampering.start({ maxAccounts: 3 })
    for (let n = 0; n < 10; n++) limited.host.emit(eventOf(limited.unheard().head))
    await limited.caughtUp()
    for (let n = 0; n < 10; n++) limited.unheard()
    limited.host.send(Buffer.concat([encodeCbor({ op: 1, t: '#info' }), encodeCbor({ name: 'OutdatedCursor' })]))
    limited.host.mumble()
    await limited.caughtUp()
    await until('it is looked through', async () => (await peerOf(limited.server, limited.host.url)).scanned)
    await limited.caughtUp()
    const rows = await partOf(limited.server, Database).read.all('SELECT did FROM repo')
    expect(rows).toHaveLength(3)
    await limited.stop()
    await host.close()
  })
})

describe('43. lists of repositories', () => {
  it.each<[string, Reply]>([
    ['nothing', (response) => json(response, 200, {})],
    ['no list', (response) => json(response, 200, { repos: 'all' })],
    ['what is no repository', (response) => json(response, 200, { repos: [null, 1, [], {}, { did: 'x', rev: 'y' }] })],
    ['the same page for ever', (response) => json(response, 200, { repos: [{}], cursor: 'same' })],
  ])('of %s', async (_, reply) => {
    const host = await HostileHost.start()
    host.replies.set('listRepos', reply)
    const server = await startTestServer({ PDS_DID_PLC_URL: to.plc.url })
    await addPeer(server, { who: host.url })
    await until('it is looked through', async () => (await peerOf(server, host.url)).scanned)
    expect((await peerOf(server, host.url)).lastError).toBeNull()
    await stopTestServer(server)
    await host.close()
  })
})

it('37. hosts that give nothing do not hold up those that give', async () => {
  const slow = await Tampering.start()
  slow.host.replies.set('getRepo', () => undefined)
  for (let n = 0; n < 20; n++) slow.host.emit(eventOf(slow.unheard().head))
  await until('it is asked', () => slow.host.asked.filter((word) => word === 'getRepo').length >= 4)
  await delay(100)
  expect(slow.host.asked.filter((word) => word === 'getRepo')).toHaveLength(4)
  const good = await HostileHost.start()
  await addPeer(slow.server, { who: good.url })
  const account = slow.unheard(good.url)
  good.accounts.set(account.did, account)
  await until('the good one is followed', () => good.streams > 0)
  good.emit(eventOf(account.head))
  await until('its repository is here', async () => (await mirrorOf(slow.server, account.did))?.state === 'current')
  await expectMirrored(slow.server, account)
  await slow.stop()
  await good.close()
})
