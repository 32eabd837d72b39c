/** A host that is followed and lies about commits: nothing changes, and what it says honestly afterwards is taken. */
import { type CommitFrameInput, type Frame, syncFrame } from '../../../src/modules/commit-log/frame.js'
import {
  Cid,
  encodeCar,
  encodeCarHeader,
  encodeCbor,
  encodeUnsignedCommit,
  type FormattedCommit,
  signCommit,
  SigningKey,
  tidFromMicros,
} from '../../../src/repo-engine/index.js'
import { type Changes, eventOf, ForeignAccount, post } from './foreign-account.js'
import { HostileHost } from './hostile-host.js'
import { expectMirrored } from './mirroring.js'
import { Tampering } from './tampering.js'

let to: Tampering
let elsewhere: HostileHost

beforeAll(async () => {
  to = await Tampering.start()
  elsewhere = await HostileHost.start()
})
afterAll(async () => {
  await to.stop()
  await elsewhere.close()
})

const change = (account: ForeignAccount): Changes => ({ [account.path()]: post('a lie') })

it('an honest host is followed: creates, updates, deletes, and a head that is signed anew', async () => {
  const account = await to.newAccount()
  const [first, second] = [...account.records().keys()] as [string, string]
  await to.tell(eventOf(account.commit({ [first]: post('changed'), [second]: null, [account.path()]: post('new') })))
  await to.tell(eventOf(account.commit({ [first]: null })))
  await expectMirrored(to.server, account)
  const { cid, rev, bytes } = account.commit({})
  await to.tell(syncFrame(account.did, rev, encodeCar(cid, [{ cid, bytes }])))
  await expectMirrored(to.server, account)
  // None of it was asked for but the beginning, and what stood under the head that was stated anew.
  expect(to.host.asked.filter((method) => method === 'getRepo')).toHaveLength(2)
})

/** The same over another commit block, which is the root of the CAR. */
function withBlock(commit: FormattedCommit, bytes: Uint8Array): Partial<CommitFrameInput> {
  const cid = Cid.ofCbor(bytes)
  return { commit: cid, blocks: encodeCar(cid, [{ cid, bytes }, ...commit.addedNodes, ...commit.records]) }
}

describe('36. signatures', () => {
  it.each(['k256', 'p256'] as const)('a wrong signature, by a key of %s', (curve) =>
    to.expectUnmoved('is not signed by', (account) =>
      to.tell(eventOf(account.draft(change(account), { key: SigningKey.generate(curve) }))),
    ),
  )

  it.each([
    ['with a high S', highS, 'is not signed by'],
    ['of zeros', () => Buffer.alloc(64), 'is not signed by'],
    ['of 63 bytes', (sig: Uint8Array) => sig.subarray(1), 'without a signature of 64 bytes'],
    ['of 70 bytes', (sig: Uint8Array) => Buffer.concat([sig, Buffer.alloc(6)]), 'without a signature of 64 bytes'],
  ])('a signature %s', (_, twist, reason) =>
    to.expectUnmoved(reason, async (account) => {
      const good = account.draft(change(account))
      const commit = { did: account.did, version: 3 as const, data: good.data, rev: good.rev, prev: null }
      const bytes = encodeCbor({ ...commit, sig: twist(account.key.sign(encodeUnsignedCommit(commit))) })
      await to.tell(eventOf(good, withBlock(good, bytes)))
    }),
  )

  it.each(['with a rev', 'without one'])('a commit of version 2 %s', (which) =>
    to.expectUnmoved('commit of version 2', async (account) => {
      const good = account.draft(change(account))
      const rev = which === 'with a rev' ? good.rev : null
      const bytes = signCommit({ did: account.did, version: 2, data: good.data, rev, prev: null }, account.key)
      await to.tell(eventOf(good, withBlock(good, bytes)))
    }),
  )
})

/** The same signature in the form that atproto refuses. */
function highS(sig: Uint8Array): Buffer {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const s = order - BigInt(`0x${Buffer.from(sig.subarray(32)).toString('hex')}`)
  return Buffer.concat([sig.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')])
}

const inAnHour = () => tidFromMicros((Date.now() + 3_600_000) * 1000, 0)

describe('43. commits that do not follow', () => {
  it('a wrong prevData', () =>
    to.expectUnmoved('does not follow on the tree', (account) =>
      to.tell(eventOf(account.draft(change(account)), { prevData: Cid.ofCbor(encodeCbor({})) })),
    ))

  it('the right prevData over a tree that does not follow on it', () =>
    to.expectUnmoved('operations lead back to', (account) => {
      const { data } = account.head
      return to.tell(eventOf(account.draft(change(account), { on: account.commits[1] }), { prevData: data }))
    }))

  it('no prevData, and a tree that follows on another', () =>
    to.expectUnmoved('operations lead back to', (account) =>
      to.tell(eventOf(account.draft(change(account), { on: account.commits[1] }), { prevData: null })),
    ))

  it('a first commit all over again', () =>
    to.expectUnmoved('operations lead back to', (account) =>
      to.tell(eventOf(account.draft(change(account), { on: null }))),
    ))

  it('a gap: the commit after the next', () =>
    to.expectUnmoved('does not follow on the tree', (account) => {
      const lost = account.draft(change(account))
      return to.tell(eventOf(account.draft(change(account), { on: lost, rev: account.nextRev() })))
    }))

  it('an older rev, signed anew', () =>
    to.expectUnmoved(null, (account) => {
      const [, before, older] = account.commits
      return to.tell(eventOf(account.draft(change(account), { on: before, rev: older!.rev })))
    }))

  it('everything all over again', () =>
    to.expectUnmoved(null, async (account) => {
      for (const commit of account.commits) await to.tell(eventOf(commit))
    }))

  it('a fork: another commit of the same rev', () =>
    to.expectUnmoved('a fork', (account) => {
      const { rev } = account.head
      return to.tell(eventOf(account.draft(change(account), { on: account.commits.at(-2), rev })))
    }))

  it('a rev that is not the one of its commit', () =>
    to.expectUnmoved('with a commit of', (account) =>
      to.tell(eventOf(account.draft(change(account)), { rev: account.nextRev() })),
    ))

  it('a rev of the future', () =>
    to.expectUnmoved('is in the future', (account) =>
      to.tell(eventOf(account.draft(change(account), { rev: inAnHour() }))),
    ))

  const sync = ({ did, cid, bytes, rev }: FormattedCommit, told = rev): Frame =>
    syncFrame(did, told, encodeCar(cid, [{ cid, bytes }]))
  const states: [string, string | null, (account: ForeignAccount) => Frame][] = [
    ['by somebody else', 'is not signed by', (account) => sync(account.draft({}, { key: SigningKey.generate() }))],
    ['that was', null, ({ commits }) => sync(commits[0]!)],
    ['that is', null, ({ head }) => sync(head)],
    ['of the future', 'is in the future', (account) => sync(account.draft({}, { rev: inAnHour() }))],
    ['of another rev', 'with a commit of', (account) => sync(account.draft({}), account.nextRev())],
    ['that the host has not', 'was stated anew', (account) => sync(account.draft(change(account)))],
    ['that is nothing', 'without a root', (account) => syncFrame(account.did, account.nextRev(), encodeCarHeader([]))],
    [
      'that is not there',
      'missing block',
      (account) => syncFrame(account.did, account.nextRev(), encodeCarHeader([account.head.cid])),
    ],
    ['in no CAR', 'CAR', (account) => syncFrame(account.did, account.nextRev(), Buffer.from('nothing'))],
  ]
  it.each(states)('the statement of a head %s', (_, reason, frame) =>
    to.expectUnmoved(reason, (account) => to.tell(frame(account))),
  )
})

describe('43. commits of others', () => {
  it('of another account of the host, in the name of this one', async () => {
    const other = await to.newAccount()
    await to.expectUnmoved('commit is of', (account) =>
      to.tell(eventOf(other.draft(change(other)), { did: account.did, prevData: account.head.data })),
    )
  })

  it('of an account that lives elsewhere, signed as it should be', () =>
    to.expectUnmoved(null, async () => {
      const foreign = new ForeignAccount(to.plc, elsewhere.url, 'foreign.example.com')
      to.host.accounts.set(foreign.did, foreign)
      foreign.post()
      await to.tell(eventOf(foreign.head))
      await to.tell(syncFrame(foreign.did, foreign.head.rev, foreign.car()))
      to.host.accounts.delete(foreign.did)
      expect(elsewhere.asked).toEqual([])
    }))

  it('of an account that is hosted here', async () => {
    const alice = await to.server.signUp('alice')
    await alice.post({ text: 'mine' })
    await to.expectUnmoved(null, async (account) => {
      const commit = account.draft(change(account))
      await to.tell(eventOf(commit, { did: alice.assertDid }))
      await to.tell(syncFrame(alice.assertDid, commit.rev, commit.blocks))
    })
  })

  it.each(['did:plc:aaaaaaaaaaaaaaaaaaaaaaaa', 'did:web:localhost%3A1', 'did:example:nobody'])('of nobody: %s', (did) =>
    to.expectUnmoved(null, (account) => to.tell(eventOf(account.draft(change(account)), { did }))),
  )
})
