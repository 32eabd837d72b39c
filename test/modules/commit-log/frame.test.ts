/** Frames, read by other people's code: @ipld/dag-cbor, @atproto/repo and the lexicons of @atproto/api. */
import { lexicons } from '@atproto/api'
import { readCar } from '@atproto/repo'
import * as dagCbor from '@ipld/dag-cbor'
import type { CID } from 'multiformats/cid'
import {
  accountFrame,
  commitFrame,
  type Frame,
  identityFrame,
  syncFrame,
} from '../../../src/modules/commit-log/frame.js'
import {
  Cid,
  type Did,
  encodeCar,
  encodeCbor,
  formatCommit,
  type FormattedCommit,
  Mst,
  type RepoWrite,
  SigningKey,
  type Tid,
  TidClock,
  verifyDiff,
} from '../../../src/repo-engine/index.js'

const SEQ = 1_767_323_045_678
const TIME = '2026-01-02T03:04:05.678Z'
const DID = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz' as Did
const key = SigningKey.generate()
const tids = new TidClock(() => Date.parse(TIME))

type Body = Record<string, unknown> & {
  blocks: Uint8Array
  ops: { action: string; path: string; cid: CID | null; prev?: CID }[]
}

/** The body of a frame, which must be the header of its type and one DAG-CBOR item, both in canonical form, and no more. */
function decode(frame: Buffer, type: string): Body {
  const header = dagCbor.encode({ op: 1, t: type })
  expect(frame.subarray(0, header.length).equals(header)).toBe(true)
  const body = dagCbor.decode<Body>(frame.subarray(header.length))
  expect(Buffer.from(dagCbor.encode(body)).equals(frame.subarray(header.length))).toBe(true)
  return body
}

function message(frame: Frame, type: string): Body {
  const body = decode(frame(SEQ, TIME), type)
  lexicons.assertValidXrpcMessage('com.atproto.sync.subscribeRepos', {
    $type: `com.atproto.sync.subscribeRepos${type}`,
    ...body,
  })
  expect(body.seq).toBe(SEQ)
  expect(body.time).toBe(TIME)
  return body
}

const record = (text: string): { cid: Cid; bytes: Buffer } => {
  const bytes = encodeCbor({ $type: 'app.bsky.feed.post', text, createdAt: TIME })
  return { cid: Cid.ofCbor(bytes), bytes }
}
const write = (action: 'create' | 'update', rkey: string, text: string): RepoWrite => ({
  action,
  path: `app.bsky.feed.post/${rkey}`,
  ...record(text),
})

function commitOn(before: FormattedCommit | null, writes: RepoWrite[]): FormattedCommit {
  const tree = before?.tree ?? Mst.empty()
  const since = before?.rev ?? null
  return formatCommit({ did: DID, tree, head: before?.cid ?? null, since, rev: tids.next(since), writes, key })
}

const frameOf = ({ did, rev, since, cid, prevData, ops, blocks }: FormattedCommit): Frame =>
  commitFrame({ did, rev, since, commit: cid, prevData, ops, blocks })
const cidOf = (cid: CID | null | undefined): Cid | null => (cid ? Cid.fromBytes(cid.bytes) : null)

/** What a relay does with a commit message: nothing but its own fields and the root it knows. */
function invert(body: Body, known: { rev: Tid; data: Cid } | null): ReturnType<typeof verifyDiff> {
  const ops = body.ops.map(({ action, path, cid, prev }) => ({
    action: action as 'create' | 'update' | 'delete',
    path,
    cid: cidOf(cid),
    prev: cidOf(prev),
  }))
  return verifyDiff({ car: body.blocks, did: DID, didKey: key.didKey, known, ops })
}

describe('#commit', () => {
  const genesis = commitOn(null, [])
  const filled = commitOn(
    genesis,
    Array.from({ length: 40 }, (_, i) => write('create', `k${i}`, `post ${i}`)),
  )
  const mixed = commitOn(filled, [
    write('create', 'new', 'new'),
    write('update', 'k3', 'changed'),
    { action: 'delete', path: 'app.bsky.feed.post/k7' },
    { action: 'delete', path: 'app.bsky.feed.post/k8' },
  ])
  const emptied = commitOn(
    mixed,
    [...mixedPaths()].map((path): RepoWrite => ({ action: 'delete', path })),
  )

  function* mixedPaths(): Generator<string> {
    for (let i = 0; i < 40; i++) if (i !== 7 && i !== 8) yield `app.bsky.feed.post/k${i}`
    yield 'app.bsky.feed.post/new'
  }

  it.each([
    ['the first of a repository', genesis, null],
    ['creates', filled, genesis],
    ['a create, an update and deletes', mixed, filled],
    ['the deletion of everything', emptied, mixed],
  ])(
    '%s: valid by the lexicon, its blocks readable by @atproto/repo, and it inverts to prevData',
    async (_, commit, before) => {
      const body = message(frameOf(commit), '#commit')
      expect(body).toMatchObject({
        repo: DID,
        rev: commit.rev,
        since: before?.rev ?? null,
        rebase: false,
        tooBig: false,
        blobs: [],
      })
      expect(cidOf(body.commit as CID)).toEqual(commit.cid)
      expect(cidOf(body.prevData as CID | undefined)).toEqual(before?.data ?? null)
      expect('prevData' in body).toBe(before !== null)

      const { roots, blocks } = await readCar(body.blocks)
      expect(roots.map(String)).toEqual([commit.cid.toString()])
      expect(blocks.size).toBeGreaterThan(0)
      for (const { cid, action, prev } of body.ops) {
        expect(cid === null).toBe(action === 'delete')
        expect(prev === undefined).toBe(action === 'create')
      }
      const verified = invert(body, before && { rev: before.rev, data: before.data })
      expect(verified.head).toEqual(commit.cid)
      expect(verified.records.map(({ path }) => path)).toEqual(commit.records.map(({ path }) => path))
    },
  )

  it('does not invert to another root than the one before', () => {
    const body = message(frameOf(mixed), '#commit')
    expect(() => invert(body, { rev: genesis.rev, data: genesis.data })).toThrow(/lead back to/)
  })

  it('spends no bytes on prev of creates, and keeps the order of the operations', () => {
    const { ops } = message(frameOf(mixed), '#commit')
    expect(ops.map(({ action, path }) => `${action} ${path}`)).toEqual([
      'create app.bsky.feed.post/new',
      'update app.bsky.feed.post/k3',
      'delete app.bsky.feed.post/k7',
      'delete app.bsky.feed.post/k8',
    ])
    expect(Object.keys(ops[0]!)).not.toContain('prev')
  })
})

describe('#sync', () => {
  it('is valid, and carries the commit block and no other', async () => {
    const commit = commitOn(null, [])
    const car = encodeCar(commit.cid, [{ cid: commit.cid, bytes: commit.bytes }])
    const body = message(syncFrame(DID, commit.rev, car), '#sync')
    expect(body).toMatchObject({ did: DID, rev: commit.rev })
    const { roots, blocks } = await readCar(body.blocks)
    expect(roots.map(String)).toEqual([commit.cid.toString()])
    expect(blocks.size).toBe(1)
  })
})

describe('#identity and #account', () => {
  it.each([['alice.test'], [null]])('identity with the handle %s', (handle) => {
    const body = message(identityFrame(DID, handle), '#identity')
    expect(body).toEqual({ did: DID, seq: SEQ, time: TIME, ...(handle && { handle }) })
  })

  it.each(['deactivated', 'takendown', 'suspended', 'deleted', null])('account with the status %s', (status) => {
    const body = message(accountFrame(DID, status), '#account')
    expect(body).toEqual({ did: DID, seq: SEQ, time: TIME, active: status === null, ...(status && { status }) })
  })
})

it('I7 a frame says the same thing twice in the same bytes, and differs in nothing but seq and time', () => {
  const frames: [string, Frame][] = [
    ['#identity', identityFrame(DID, 'alice.test')],
    ['#account', accountFrame(DID, null)],
    ['#commit', frameOf(commitOn(null, [write('create', 'a', 'a')]))],
  ]
  for (const [type, frame] of frames) {
    expect(frame(SEQ, TIME).equals(frame(SEQ, TIME))).toBe(true)
    const [one, other] = [frame(SEQ, TIME), frame(SEQ + 1, TIME)]
    expect({ ...decode(other, type), seq: SEQ }).toEqual(decode(one, type))
  }
})
