/** A host that is followed and sends commits whose blocks or operations are not what they should be. */
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
  type TreeOp,
} from '../../../src/repo-engine/index.js'
import { type Changes, eventOf, type ForeignAccount, post, POSTS } from './foreign-account.js'
import { stateOf } from './mirroring.js'
import { Tampering } from './tampering.js'

let to: Tampering
beforeAll(async () => (to = await Tampering.start()))
afterAll(() => to.stop())

const change = (account: ForeignAccount): Changes => ({ [account.path()]: post('a lie') })

/** The CAR of a commit less some blocks; the commit is its root all the same. */
function without({ cid, bytes, addedNodes, records }: FormattedCommit, ...missing: CarBlock[]): Buffer {
  const lacking = new Set(missing.map((block) => block.cid.toString()))
  const blocks = [{ cid, bytes }, ...addedNodes, ...records]
  return encodeCar(
    cid,
    blocks.filter((block) => !lacking.has(block.cid.toString())),
  )
}

function withRoots({ cid, blocks }: FormattedCommit, roots: Cid[]): Buffer {
  return Buffer.concat([encodeCarHeader(roots), blocks.subarray(encodeCarHeader([cid]).length)])
}

describe('30. blocks', () => {
  it('a record that is missing', () =>
    to.expectUnmoved('missing block', (account) => {
      const commit = account.draft(change(account))
      return to.tell(eventOf(commit, { blocks: without(commit, commit.records[0]!) }))
    }))

  it('each node in turn that is missing', () =>
    to.expectUnmoved('missing block', async (account) => {
      const commit = account.draft({ ...change(account), [[...account.records().keys()][2]!]: null })
      for (const node of commit.addedNodes) await to.tell(eventOf(commit, { blocks: without(commit, node) }))
    }))

  const roots: [string, string, (commit: FormattedCommit) => Buffer][] = [
    ['no commit', 'missing block', (commit) => without(commit, commit)],
    [
      'a record as its root',
      'commit',
      (commit) => encodeCar(commit.records[0]!.cid, [...commit.records, commit, ...commit.addedNodes]),
    ],
    ['no root', '0 roots', (commit) => withRoots(commit, [])],
    ['two roots', '2 roots', (commit) => withRoots(commit, [commit.cid, commit.records[0]!.cid])],
  ]
  it.each(roots)('a CAR with %s', (_, reason, blocks) =>
    to.expectUnmoved(reason, (account) => {
      const commit = account.draft(change(account))
      return to.tell(eventOf(commit, { blocks: blocks(commit) }))
    }),
  )

  it('a record with other bytes', () =>
    to.expectUnmoved('does not hash to its CID', (account) => {
      const commit = account.draft(change(account))
      const blocks = Buffer.from(commit.blocks)
      blocks[blocks.length - 10]! ^= 1
      return to.tell(eventOf(commit, { blocks }))
    }))

  it.each([
    ['a list', '80'],
    ['a float', 'a16161fb3ff8000000000000'],
    ['a key twice', 'a26161016161 02'],
    ['lists 5,000 deep', `a16161${'81'.repeat(5_000)}80`],
    ['text of impossible length', 'a161617bffffffffffffffff'],
    ['nothing', ''],
  ])('a record that is none: %s', (_, hex) =>
    to.expectUnmoved('record app.bsky.feed.post/', (account) =>
      to.tell(eventOf(account.draft({ [account.path()]: Buffer.from(hex.replaceAll(' ', ''), 'hex') }))),
    ),
  )

  it('a CAR that is cut off anywhere', () =>
    to.expectUnmoved('cut off', async (account) => {
      const commit = account.draft(change(account))
      for (let end = 1; end < commit.blocks.length; end += 97)
        await to.tell(eventOf(commit, { blocks: commit.blocks.subarray(0, end) }))
    }))
})

describe('30. operations', () => {
  const op = (action: TreeOp['action'], path: string, cid: Cid | null, prev: Cid | null = null): TreeOp => ({
    action,
    path,
    cid,
    prev,
  })
  const held = (account: ForeignAccount): [path: string, cid: Cid] => {
    const [{ key, value }] = [...account.head.tree.entries()] as [{ key: string; value: Cid }]
    return [key, value]
  }
  const wrong: [string, string | RegExp, (commit: FormattedCommit, account: ForeignAccount) => TreeOp[]][] = [
    [
      'a create too many',
      /no such key|missing block/,
      ({ ops, data }, account) => [...ops, op('create', account.path(), data)],
    ],
    [
      'a delete too many',
      /lead back to|missing block/,
      ({ ops, data }, account) => [...ops, op('delete', account.path(), null, data)],
    ],
    [
      'a delete of what is still there',
      /does not hold what the delete|missing block/,
      ({ ops }, account) => [...ops, op('delete', held(account)[0], null, held(account)[1])],
    ],
    ['one that is not told', /lead back to|missing block/, ({ ops }) => ops.slice(1)],
    ['none', /lead back to|missing block/, () => []],
    [
      'another record',
      /does not hold|missing block/,
      ({ ops: [first, ...ops], data }) => [{ ...first!, cid: data }, ...ops],
    ],
    [
      'another path',
      /no such key|missing block/,
      ({ ops: [first, ...ops] }, account) => [{ ...first!, path: account.path() }, ...ops],
    ],
    [
      'a create as an update',
      /lead back to|missing block/,
      ({ ops: [first, ...ops], data }) => [{ ...first!, action: 'update', prev: data }, ...ops],
    ],
    [
      'a create of what was there',
      'CIDs do not fit',
      ({ ops: [first, ...ops], data }) => [{ ...first!, prev: data }, ...ops],
    ],
    ['one twice', 'two operations on', ({ ops }) => [...ops, ops[0]!]],
    [
      'a path that is none',
      /no such key|missing block/,
      ({ ops: [first, ...ops] }) => [{ ...first!, path: '../../etc/passwd' }, ...ops],
    ],
    ['a path without end', '', ({ ops: [first, ...ops] }) => [{ ...first!, path: `a/${'x'.repeat(100_000)}` }, ...ops]],
  ]

  it.each(wrong)('%s', (_, reason, twist) =>
    to.expectUnmoved(reason, (account) => {
      const commit = account.draft({ ...change(account), ...change(account) })
      return to.tell(eventOf(commit, { ops: twist(commit, account) }))
    }),
  )

  it('201 of them: the repository is fetched, as it is then', () =>
    to.expectUnmoved(null, (account) => {
      const changes = Array.from({ length: 201 }, () => change(account))
      return to.tell(eventOf(account.draft(Object.assign({}, ...changes) as Changes)))
    }))
})

describe('26, 28 and 31. bombs', () => {
  /** A commit over any blocks at all, the root of its tree first. */
  function over(account: ForeignAccount, blocks: CarBlock[], ops: TreeOp[] = []): Promise<void> {
    const { did, key, head } = account
    const rev = account.nextRev()
    const bytes = signCommit({ did, version: 3, data: blocks[0]!.cid, rev, prev: null }, key)
    const cid = Cid.ofCbor(bytes)
    const car = encodeCar(cid, [{ cid, bytes }, ...blocks])
    return to.tell(eventOf({ ...head, rev, since: head.rev, cid, prevData: head.data, ops, blocks: car }))
  }
  const block = (bytes: Uint8Array): CarBlock => ({ cid: Cid.ofCbor(bytes), bytes })
  const record = block(encodeCbor(post('bomb')))
  const keysAt = (layer: number, count: number): string[] => {
    const keys: string[] = []
    for (let n = 0; keys.length < count; n++) if (layerOf(`${POSTS}/${n}`) === layer) keys.push(`${POSTS}/${n}`)
    return keys.sort()
  }
  const [lowest] = keysAt(0, 1) as [string]
  const leaf = block(encodeNode({ keys: [lowest], values: [record.cid], links: [null, null] }))
  const create: TreeOp = { action: 'create', path: lowest, cid: record.cid, prev: null }

  it('a chain of 5,000 nodes without keys', () =>
    to.expectUnmoved('holds a subtree', (account) => {
      const chain = [leaf]
      for (let depth = 0; depth < 5_000; depth++)
        chain.push(block(encodeNode({ keys: [], values: [], links: [chain.at(-1)!.cid] })))
      return over(account, [...chain.reverse(), record], [create])
    }))

  it('a node that is shared by all above it', () =>
    to.expectUnmoved('outside the range', (account) => {
      const nodes = [leaf]
      for (let layer = 1; layer <= 6; layer++) {
        const { cid } = nodes.at(-1)!
        const keys = keysAt(layer, 3)
        nodes.push(block(encodeNode({ keys, values: keys.map(() => record.cid), links: [cid, cid, cid, cid] })))
      }
      return over(account, [...nodes.reverse(), record], [create])
    }))

  it('tens of thousands of tiny blocks', () =>
    to.expectUnmoved('more than 10000 blocks', (account) =>
      over(
        account,
        Array.from({ length: 40_000 }, (_, n) => block(encodeCbor(n))),
      ),
    ))

  it.each(['ffffffffffffffff7f', 'ffffffff07', '8080808080808000', '00', '01', '80', 'ffffff7f'])(
    'a length that nothing has: %s',
    (hex) =>
      to.expectUnmoved(/CAR|varint|section/, (account) => {
        const commit = account.draft(change(account))
        return to.tell(eventOf(commit, { blocks: Buffer.concat([commit.blocks, Buffer.from(hex, 'hex')]) }))
      }),
  )

  it('a large record under 200 paths', () =>
    to.expectUnmoved('more than one event may put in place', (account) => {
      const large = post('x'.repeat(1_900_000))
      const changes = Object.fromEntries(Array.from({ length: 200 }, () => [account.path(), large]))
      return to.tell(eventOf(account.draft(changes)))
    }))

  it('keys that were mined for a tall tree are keys like any other', async () => {
    const account = await to.newAccount()
    for (const layer of [5, 7, 8]) {
      const [mined] = keysAt(layer, 1) as [string]
      await to.tell(eventOf(account.commit({ [mined]: post('mined') })))
      await to.expectFollowed(account)
    }
  })

  it('more blocks than an event may have are no event', async () => {
    const account = await to.newAccount()
    const before = await stateOf(to.server)
    const commit = account.draft(change(account))
    const stuffing = Array.from({ length: 3 }, (_, n) => block(encodeCbor('x'.repeat(900_000 + n))))
    const blocks = encodeCar(commit.cid, [commit, ...commit.addedNodes, ...commit.records, ...stuffing])
    to.host.emit(eventOf(commit, { blocks }))
    to.host.mumble()
    await to.caughtUp()
    expect(await stateOf(to.server)).toBe(before)
    await to.expectFollowed(account)
  })
})
