import { XRPCError } from '@atproto/api'
import { readCarWithRoot, verifyRepo } from '@atproto/repo'
import { CommitLog } from '../../src/modules/commit-log/commit-log.js'
import { type Member, startCommunity, stopTestServer } from '../support/server.js'
import { type Answer, call as callAt, type Call } from './call.js'

const NOTES = 'com.example.note'
const POSTS = 'app.bsky.feed.post'
const NOW = '2026-01-02T03:04:05.678Z'

const { server, alice, bob } = await startCommunity(['alice', 'bob'])
afterAll(() => stopTestServer(server))

const call = (name: string, options?: Call): Promise<Answer> => callAt(server, `com.atproto.repo.${name}`, options)
const head = async ({ assertDid: did }: Member) => (await alice.com.atproto.sync.getLatestCommit({ did })).data
const put = async (who: Member, rkey: string, record: Record<string, unknown>, collection = NOTES) =>
  (await who.com.atproto.repo.putRecord({ repo: who.assertDid, collection, rkey, record })).data
/** What stands under a key; undefined when nothing does. */
async function held(who: Member, rkey: string, collection = NOTES): Promise<Record<string, unknown> | undefined> {
  const { status, json } = await call('getRecord', { params: { repo: who.assertDid, collection, rkey } })
  if (status === 200) return json.value as Record<string, unknown>
  expect(json.error).toBe('RecordNotFound')
  return undefined
}

/** Paths of the whole repository as another implementation reads it, with its signature and every block checked. */
async function exported({ assertDid: did }: Member): Promise<string[]> {
  const { data } = await alice.com.atproto.sync.getRepo({ did })
  const { didDoc } = (await alice.com.atproto.repo.describeRepo({ repo: did })).data
  const [{ publicKeyMultibase }] = didDoc.verificationMethod as [{ publicKeyMultibase: string }]
  const { root, blocks } = await readCarWithRoot(data)
  const { creates } = await verifyRepo(blocks, root, did, `did:key:${publicKeyMultibase}`)
  return creates.map(({ collection, rkey }) => `${collection}/${rkey}`).sort()
}

function expectRefused({ status, json }: Answer, error = 'InvalidRequest', expected = 400): void {
  expect({ status, error: json.error as unknown }).toEqual({ status: expected, error })
  expect(typeof json.message).toBe('string')
}

/** Runs `fn` and checks that no commit was made meanwhile. */
async function withoutCommit<T>(who: Member, fn: () => Promise<T>): Promise<T> {
  const before = await head(who)
  const result = await fn()
  expect(await head(who)).toEqual(before)
  return result
}

/** Runs `fn` and checks that it made one commit exactly. */
async function withOneCommit<T>(who: Member, fn: () => Promise<T>): Promise<T> {
  const log = server.app.get(CommitLog, { strict: false })
  const last = await log.lastSeq()
  const result = await fn()
  const rows = await log.read(last)
  expect(rows).toMatchObject([{ did: who.assertDid, kind: 'commit', rev: (await head(who)).rev }])
  return result
}

describe('createRecord', () => {
  it('gives uri, cid and the commit, and a key that sorts after the one before', async () => {
    const made: string[] = []
    for (let i = 0; i < 5; i++) {
      const record = { text: `${i}` }
      const { data } = await alice.com.atproto.repo.createRecord({ repo: alice.assertDid, collection: NOTES, record })
      expect(data.commit).toEqual(await head(alice))
      expect(data.uri).toMatch(new RegExp(`^at://${alice.assertDid}/${NOTES}/[2-7a-z]{13}$`))
      const { data: stored } = await alice.com.atproto.repo.getRecord({
        repo: alice.assertDid,
        collection: NOTES,
        rkey: data.uri.split('/').pop()!,
      })
      expect(stored).toEqual({ uri: data.uri, cid: data.cid, value: { $type: NOTES, text: `${i}` } })
      made.push(data.uri)
    }
    expect(made).toEqual([...made].sort())
  })

  it('refuses a key that is taken, and keeps what is there', async () => {
    await put(alice, 'taken', { text: 'first' })
    const body = { repo: alice.assertDid, collection: NOTES, rkey: 'taken', record: { text: 'second' } }
    expectRefused(await withoutCommit(alice, () => call('createRecord', { as: alice, body })))
    expect(await held(alice, 'taken')).toMatchObject({ text: 'first' })
  })

  it('takes a handle for the repository', async () => {
    const { data } = await alice.com.atproto.repo.createRecord({
      repo: 'alice.test',
      collection: NOTES,
      record: { text: 'by handle' },
    })
    expect(data.uri).toContain(`at://${alice.assertDid}/`)
  })

  it('is on the record the moment it is acknowledged', async () => {
    const { data } = await alice.com.atproto.repo.createRecord({ repo: alice.assertDid, collection: NOTES, record: {} })
    expect(await exported(alice)).toContain(data.uri.split('/').slice(3).join('/'))
  })
})

describe('record keys', () => {
  const create = (rkey: string, collection = NOTES, record: object = {}) =>
    call('createRecord', { as: alice, body: { repo: alice.assertDid, collection, rkey, record } })

  it.each(['a', '_', '-', '~', ':', 'a:b', 'a.b', '...', 'A', '3jzfcijpj2z2a', 'self', 'x'.repeat(512)])(
    '%s is one',
    async (rkey) => {
      expect((await create(rkey)).status).toBe(200)
      expect(await held(alice, rkey)).toEqual({ $type: NOTES })
    },
  )

  it.each(['', '.', '..', 'a/b', 'a b', 'ü', '#', '@handle', 'a%62', '"', '(', '+', '\u0000', 'x'.repeat(513)])(
    '%j is none',
    async (rkey) => {
      expectRefused(await withoutCommit(alice, () => create(rkey)))
    },
  )

  it('are those that the lexicon of the collection says', async () => {
    const post = { text: 'hello', createdAt: NOW }
    expectRefused(await create('hello', POSTS, post))
    expect((await create('3jzfcijpj2z2a', POSTS, post)).status).toBe(200)
    expectRefused(await create('me', 'app.bsky.actor.profile', {}))
    expect((await create('self', 'app.bsky.actor.profile', {})).status).toBe(200)
  })

  it.each(['note', 'com.example', 'com..note', 'com.example.note!', '', 'com.example.3'])(
    '%j is no collection',
    async (collection) => {
      expectRefused(await create('a', collection))
    },
  )
})

describe('putRecord', () => {
  it('creates, replaces, and leaves alone what is the same already', async () => {
    const first = await withOneCommit(alice, () => put(alice, 'put', { text: 'one' }))
    const second = await withOneCommit(alice, () => put(alice, 'put', { text: 'two' }))
    expect(second.cid).not.toBe(first.cid)
    expect(second.commit).toEqual(await head(alice))
    const again = await withoutCommit(alice, () => put(alice, 'put', { text: 'two' }))
    expect(again).toEqual({ uri: second.uri, cid: second.cid, validationStatus: 'unknown' })
    expect(await held(alice, 'put')).toEqual({ $type: NOTES, text: 'two' })
  })

  it('knows a record by what it says, not by the order of its fields', async () => {
    const first = await put(alice, 'order', { a: 1, b: 2 })
    expect((await withoutCommit(alice, () => put(alice, 'order', { b: 2, a: 1 }))).cid).toBe(first.cid)
  })
})

describe('deleteRecord', () => {
  const remove = (rkey: string) =>
    alice.com.atproto.repo.deleteRecord({ repo: alice.assertDid, collection: NOTES, rkey })

  it('deletes', async () => {
    await put(alice, 'delete', {})
    const { data } = await withOneCommit(alice, () => remove('delete'))
    expect(data.commit).toEqual(await head(alice))
    expect(await held(alice, 'delete')).toBeUndefined()
    expect(await exported(alice)).not.toContain(`${NOTES}/delete`)
  })

  it('of nothing is a success, and no commit', async () => {
    const { success, data } = await withoutCommit(alice, () => remove('never-was'))
    expect({ success, data }).toEqual({ success: true, data: {} })
  })
})

describe('swapCommit', () => {
  const writes = (rkey: string) => [
    { $type: 'com.atproto.repo.applyWrites#create', collection: NOTES, rkey, value: {} },
  ]
  const bodies: [string, (key: string) => object][] = [
    ['createRecord', (rkey) => ({ collection: NOTES, rkey, record: {} })],
    ['putRecord', (rkey) => ({ collection: NOTES, rkey, record: { rkey } })],
    ['deleteRecord', (rkey) => ({ collection: NOTES, rkey })],
    ['applyWrites', (rkey) => ({ writes: writes(rkey) })],
  ]

  it.each(bodies)('%s goes through on the head, and on no other commit', async (name, body) => {
    const old = await head(alice)
    const key = `swap-${name}`
    await put(alice, name === 'deleteRecord' ? key : 'other', { for: name })
    const ask = (swapCommit: string) =>
      call(name, { as: alice, body: { repo: alice.assertDid, ...body(key), swapCommit } })
    expectRefused(await withoutCommit(alice, () => ask(old.cid)), 'InvalidSwap')
    expectRefused(await withoutCommit(alice, async () => ask((await head(bob)).cid)), 'InvalidSwap')
    expectRefused(await withoutCommit(alice, () => ask('head')))
    const { cid } = await head(alice)
    expect((await withOneCommit(alice, () => ask(cid))).status).toBe(200)
  })

  it('lets one of many through', async () => {
    const { cid } = await head(alice)
    const ask = (n: number) =>
      call('createRecord', {
        as: alice,
        body: { repo: alice.assertDid, collection: NOTES, record: { n }, swapCommit: cid },
      })
    const answers = await withOneCommit(alice, () => Promise.all(Array.from({ length: 8 }, (_, n) => ask(n))))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    for (const answer of answers) if (answer.status !== 200) expectRefused(answer, 'InvalidSwap')
  })
})

describe('swapRecord', () => {
  const swap = (name: string, rkey: string, swapRecord: string | null, record?: object) =>
    call(name, { as: alice, body: { repo: alice.assertDid, collection: NOTES, rkey, swapRecord, record } })

  it('putRecord: null means nothing is there', async () => {
    expect((await swap('putRecord', 'swap', null, { n: 1 })).status).toBe(200)
    expectRefused(await withoutCommit(alice, () => swap('putRecord', 'swap', null, { n: 2 })), 'InvalidSwap')
    expect(await held(alice, 'swap')).toMatchObject({ n: 1 })
  })

  it('putRecord: a CID means that very record', async () => {
    const { cid: first } = await put(alice, 'swap', { n: 3 })
    expect((await swap('putRecord', 'swap', first, { n: 4 })).status).toBe(200)
    expectRefused(await withoutCommit(alice, () => swap('putRecord', 'swap', first, { n: 5 })), 'InvalidSwap')
    expectRefused(await withoutCommit(alice, () => swap('putRecord', 'nothing-there', first, {})), 'InvalidSwap')
    expect(await held(alice, 'swap')).toMatchObject({ n: 4 })
  })

  it('deleteRecord: a CID means that very record', async () => {
    const { cid: first } = await put(alice, 'swap', { n: 6 })
    const { cid: second } = await put(alice, 'swap', { n: 7 })
    expectRefused(await withoutCommit(alice, () => swap('deleteRecord', 'swap', first)), 'InvalidSwap')
    expect((await swap('deleteRecord', 'swap', second)).status).toBe(200)
    expect(await held(alice, 'swap')).toBeUndefined()
  })

  it('must be a CID', async () => {
    expectRefused(await swap('putRecord', 'swap', 'x', {}))
    expectRefused(await swap('deleteRecord', 'swap', 'x'))
  })
})

describe('validate', () => {
  const good = { text: 'hello', createdAt: NOW }
  const bad = { text: 7, createdAt: NOW }
  const ask = (name: string, collection: string, record: object, validate?: boolean) => {
    const rkey = '3jzfcijpj2z2b'
    const writes = [{ $type: 'com.atproto.repo.applyWrites#create', collection, value: record }]
    const body = name === 'applyWrites' ? { writes } : { collection, record, ...(name === 'putRecord' && { rkey }) }
    return call(name, { as: alice, body: { repo: alice.assertDid, validate, ...body } })
  }
  const cases: [string, object, boolean | undefined, string | null | undefined][] = [
    [POSTS, good, undefined, 'valid'],
    [POSTS, good, true, 'valid'],
    [POSTS, good, false, null],
    [POSTS, bad, undefined, undefined],
    [POSTS, bad, true, undefined],
    [POSTS, bad, false, null],
    [NOTES, bad, undefined, 'unknown'],
    [NOTES, bad, true, undefined],
    [NOTES, bad, false, null],
  ]

  describe.each(['createRecord', 'putRecord', 'applyWrites'])('%s', (name) => {
    it.each(cases)('%s %j with %j', async (collection, record, validate, expected) => {
      const answer = await ask(name, collection, record, validate)
      if (expected === undefined) return expectRefused(answer)
      expect(answer.status).toBe(200)
      const result = (name === 'applyWrites' ? answer.json.results[0] : answer.json) as { validationStatus?: string }
      expect(result.validationStatus ?? null).toBe(expected)
    })

    it('fills in $type, and refuses another', async () => {
      const filled = await ask(name, NOTES, { text: 'typeless' })
      const { uri } = (name === 'applyWrites' ? filled.json.results[0] : filled.json) as { uri: string }
      expect(await held(alice, uri.split('/').pop()!)).toEqual({ $type: NOTES, text: 'typeless' })
      for (const validate of [undefined, true, false]) {
        expectRefused(await ask(name, POSTS, { ...good, $type: 'app.bsky.feed.like' }, validate))
        expectRefused(await ask(name, NOTES, { $type: POSTS }, validate))
        expectRefused(await ask(name, NOTES, { $type: 7 }, validate))
      }
    })
  })

  it.each([[[]], ['text'], [7], [null], [true]])('%j is no record', async (record) => {
    expectRefused(await call('createRecord', { as: alice, body: { repo: alice.assertDid, collection: NOTES, record } }))
  })
})

describe('one record a subject', () => {
  const strong = (n: number) => ({
    uri: `at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/${POSTS}/3jzfcijpj2z2${n}`,
    cid: 'bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454',
  })
  const cases: [string, unknown, unknown][] = [
    ['app.bsky.feed.like', strong(2), strong(3)],
    ['app.bsky.feed.repost', strong(2), strong(3)],
    ['app.bsky.graph.follow', 'did:plc:ewvi7nxzyoun6zhxrhs64oiz', 'did:plc:z72i7hdynmk6r22z27h6tvur'],
    ['app.bsky.graph.block', 'did:plc:ewvi7nxzyoun6zhxrhs64oiz', 'did:plc:z72i7hdynmk6r22z27h6tvur'],
  ]
  const create = async (collection: string, subject: unknown, createdAt = NOW) => {
    const record = { subject, createdAt } as Record<string, unknown>
    const { data } = await bob.com.atproto.repo.createRecord({ repo: bob.assertDid, collection, record })
    return data.uri.split('/').pop()!
  }
  const keys = async (collection: string) =>
    (await bob.com.atproto.repo.listRecords({ repo: bob.assertDid, collection })).data.records.map(({ uri }) =>
      uri.split('/').pop(),
    )

  it.each(cases)('%s: the new one replaces the old one in the same commit', async (collection, subject, other) => {
    const first = await create(collection, subject)
    const second = await create(collection, other)
    const third = await withOneCommit(bob, () => create(collection, subject, '2026-01-03T00:00:00.000Z'))
    expect(await keys(collection)).toEqual([third, second])
    expect(await exported(bob)).not.toContain(`${collection}/${first}`)
    // Also when it says the very same, and under the same head.
    const fourth = await withOneCommit(bob, () => create(collection, subject, '2026-01-03T00:00:00.000Z'))
    expect(await keys(collection)).toEqual([fourth, second])
  })

  it('holds for many at once, while the writer is busy with others', async () => {
    const collection = 'app.bsky.graph.follow'
    const text = 'x'.repeat(100_000)
    const writes = Array.from({ length: 30 }, (_, n) => [
      put(alice, `busy${n}`, { text }),
      create(collection, 'did:web:example.com'),
    ])
    await Promise.all(writes.flat())
    const { data } = await bob.com.atproto.repo.listRecords({ repo: bob.assertDid, collection })
    expect(data.records.filter(({ value }) => value.subject === 'did:web:example.com')).toHaveLength(1)
  })

  it('forgets a subject with its record', async () => {
    const rkey = await create('app.bsky.graph.follow', 'did:web:gone.example.com')
    await bob.com.atproto.repo.deleteRecord({ repo: bob.assertDid, collection: 'app.bsky.graph.follow', rkey })
    await withOneCommit(bob, () => create('app.bsky.graph.follow', 'did:web:gone.example.com'))
  })

  it('follows a record that is put to another subject', async () => {
    const collection = 'app.bsky.graph.follow'
    const rkey = await create(collection, 'did:web:one.example.com')
    await put(bob, rkey, { subject: 'did:web:two.example.com', createdAt: NOW }, collection)
    const one = await create(collection, 'did:web:one.example.com')
    expect(await keys(collection)).toEqual(expect.arrayContaining([rkey, one]))
    await create(collection, 'did:web:two.example.com')
    expect(await keys(collection)).not.toContain(rkey)
  })

  it('does not touch records of other collections', async () => {
    const like = await create('app.bsky.feed.like', strong(4))
    await create('app.bsky.feed.repost', strong(4))
    expect(await keys('app.bsky.feed.like')).toContain(like)
  })
})

describe('applyWrites', () => {
  const create = (rkey: string | undefined, value: object = {}) => ({
    $type: 'com.atproto.repo.applyWrites#create',
    collection: NOTES,
    rkey,
    value,
  })
  const update = (rkey: string, value: object = {}) => ({
    $type: 'com.atproto.repo.applyWrites#update',
    collection: NOTES,
    rkey,
    value,
  })
  const remove = (rkey: string) => ({ $type: 'com.atproto.repo.applyWrites#delete', collection: NOTES, rkey })
  const apply = (writes: unknown) => call('applyWrites', { as: alice, body: { repo: alice.assertDid, writes } })

  it('makes one commit, with a result a write in their order', async () => {
    await put(alice, 'w-update', { n: 1 })
    await put(alice, 'w-delete', { n: 1 })
    const writes = [
      remove('w-delete'),
      create('w-create', { n: 2 }),
      update('w-update', { n: 2 }),
      create(undefined, { n: 3 }),
    ]
    const { status, json } = await withOneCommit(alice, () => apply(writes))
    expect(status).toBe(200)
    const made = (kind: string, key: string) => ({
      $type: `com.atproto.repo.applyWrites#${kind}Result`,
      uri: expect.stringMatching(new RegExp(`^at://${alice.assertDid}/${NOTES}/${key}$`)) as string,
      cid: expect.stringMatching(/^bafyrei/) as string,
      validationStatus: 'unknown',
    })
    expect(json).toEqual({
      commit: await head(alice),
      results: [
        { $type: 'com.atproto.repo.applyWrites#deleteResult' },
        made('create', 'w-create'),
        made('update', 'w-update'),
        made('create', '[2-7a-z]{13}'),
      ],
    })
    expect(await held(alice, 'w-delete')).toBeUndefined()
    expect([await held(alice, 'w-create'), await held(alice, 'w-update')]).toMatchObject([{ n: 2 }, { n: 2 }])
  })

  it('takes 200 writes and no more', async () => {
    const many = (count: number) => Array.from({ length: count }, (_, n) => create(undefined, { n }))
    expectRefused(await withoutCommit(alice, () => apply(many(201))))
    const { status, json } = await withOneCommit(alice, () => apply(many(200)))
    expect(status).toBe(200)
    const uris = (json.results as { uri: string }[]).map(({ uri }) => uri)
    expect(new Set(uris).size).toBe(200)
    expect(uris).toEqual([...uris].sort())
  })

  it('takes 2 MB and no more', async () => {
    const large = (length: number) => [
      create('large-1', { text: 'x'.repeat(length) }),
      create('large-2', { text: 'y'.repeat(length) }),
    ]
    expectRefused(await withoutCommit(alice, () => apply(large(1_020_000))))
    expect((await withOneCommit(alice, () => apply(large(950_000)))).status).toBe(200)
    expect((await apply([remove('large-1'), remove('large-2')])).status).toBe(200)
  })

  it('of nothing is a success, and no commit', async () => {
    const { status, json } = await withoutCommit(alice, () => apply([]))
    expect({ status, json: json as unknown }).toEqual({ status: 200, json: { results: [] } })
  })

  it('may create and delete one key, and delete and create one', async () => {
    await put(alice, 'flip', { n: 1 })
    const created = await apply([create('flop'), remove('flop'), remove('flip'), create('flip', { n: 2 })])
    expect(created.status).toBe(200)
    expect([await held(alice, 'flop'), await held(alice, 'flip')]).toMatchObject([undefined, { n: 2 }])
    const paths = await exported(alice)
    expect(paths).not.toContain(`${NOTES}/flop`)
    expect(paths).toContain(`${NOTES}/flip`)
  })

  it.each<[string, unknown]>([
    ['an unknown action', [{ ...create('x'), $type: 'com.atproto.repo.applyWrites#explode' }]],
    ['no action', [{ collection: NOTES, rkey: 'x', value: {} }]],
    ['what is no write', [7]],
    ['what is no list', { 0: create('x') }],
    ['an update of nothing', [create('n1'), update('n2')]],
    ['a delete of nothing among others', [create('n1'), remove('n2')]],
    ['a key created twice', [create('n1', { n: 1 }), create('n1', { n: 2 })]],
    ['a key that is taken', [create('n1'), create('put')]],
    ['a bad record among good ones', [create('n1'), { ...create('n2'), value: { n: 1.5 } }]],
    ['a bad key among good ones', [create('n1'), create('n/2')]],
    ['an update without a key', [{ $type: 'com.atproto.repo.applyWrites#update', collection: NOTES, value: {} }]],
    ['a delete without a key', [{ $type: 'com.atproto.repo.applyWrites#delete', collection: NOTES }]],
    ['a delete of what it deletes', [create('n1'), remove('put'), remove('put')]],
  ])('refuses %s, all of it', async (_, writes) => {
    expectRefused(await withoutCommit(alice, () => apply(writes)))
    expect(await held(alice, 'n1')).toBeUndefined()
  })
})

describe('getRecord', () => {
  it('gives the record, by DID, by handle and by CID', async () => {
    const { uri, cid } = await put(alice, 'get', { text: 'here' })
    for (const params of [{ repo: alice.assertDid }, { repo: 'alice.test' }, { repo: alice.assertDid, cid }])
      expect(
        (await call('getRecord', { params: { collection: NOTES, rkey: 'get', ...params } as Call['params'] })).json,
      ).toEqual({
        uri,
        cid,
        value: { $type: NOTES, text: 'here' },
      })
  })

  it('gives back what was put, whatever it is', async () => {
    const record = {
      $type: NOTES,
      text: 'e\u0301 \u0000 👩‍👩‍👧 \u2028',
      link: { $link: 'bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454' },
      bytes: { $bytes: 'AQIDBA' },
      list: [null, true, false, -1, 0, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, '', [], {}],
      '': 'empty key',
      constructor: { prototype: 1 },
    }
    await put(alice, 'whatever', record)
    expect(await held(alice, 'whatever')).toEqual(record)
  })

  it('refuses what is not there', async () => {
    const params = { repo: alice.assertDid, collection: NOTES, rkey: 'get' }
    const other = (await put(alice, 'other', { text: 'other' })).cid
    expectRefused(await call('getRecord', { params: { ...params, rkey: 'not-there' } }), 'RecordNotFound')
    expectRefused(await call('getRecord', { params: { ...params, cid: other } }), 'RecordNotFound')
    expectRefused(await call('getRecord', { params: { ...params, cid: 'x' } }))
    expectRefused(await call('getRecord', { params: { ...params, repo: 'nobody.test' } }), 'RepoNotFound')
    expectRefused(
      await call('getRecord', { params: { ...params, repo: 'did:plc:ewvi7nxzyoun6zhxrhs64oiz' } }),
      'RepoNotFound',
    )
    expectRefused(await call('getRecord', { params: { ...params, repo: '!' } }))
    expectRefused(await call('getRecord', { params: { repo: params.repo, collection: NOTES } }))
  })
})

describe('listRecords', () => {
  const collection = 'com.example.list'
  let carla: Member
  beforeAll(async () => {
    carla = await server.signUp('carla')
    for (const rkey of ['a', 'b', 'c', 'd', 'e']) await put(carla, rkey, { rkey }, collection)
    // Neighbours on both sides in the order of paths.
    for (const other of [
      'com.example.lis',
      'com.example.lists',
      'com.example.list.sub',
      'com.example.list-x.sub',
      'com.example',
    ])
      if (other.split('.').length > 2) await put(carla, 'x', {}, other)
  })
  const list = async (params: Call['params'] = {}) => {
    const { status, json } = await call('listRecords', { params: { repo: carla.assertDid, collection, ...params } })
    expect(status).toBe(200)
    return {
      keys: (json.records as { value: { rkey: string } }[]).map(({ value }) => value.rkey).join(''),
      cursor: json.cursor as string,
    }
  }
  const pages = async (params: Call['params']) => {
    const found: string[] = []
    for (let cursor: string | undefined; ;) {
      const page = await list({ ...params, ...(cursor !== undefined && { cursor }) })
      found.push(page.keys)
      cursor = page.cursor
      if (cursor === undefined) return found
    }
  }

  it('gives the newest first, or last', async () => {
    expect(await list()).toEqual({ keys: 'edcba', cursor: undefined })
    expect(await list({ reverse: true })).toEqual({ keys: 'abcde', cursor: undefined })
    expect(await list({ reverse: false })).toEqual({ keys: 'edcba', cursor: undefined })
  })

  it('gives records as getRecord does', async () => {
    const { json } = await call('listRecords', { params: { repo: 'carla.test', collection, limit: 1 } })
    const { json: record } = await call('getRecord', { params: { repo: carla.assertDid, collection, rkey: 'e' } })
    expect(json.records).toEqual([record])
  })

  it('pages', async () => {
    expect(await pages({ limit: 2 })).toEqual(['ed', 'cb', 'a'])
    expect(await pages({ limit: 2, reverse: true })).toEqual(['ab', 'cd', 'e'])
    expect(await pages({ limit: 5 })).toEqual(['edcba'])
    expect(await pages({ limit: 100 })).toEqual(['edcba'])
  })

  it('takes any cursor, also one whose record has gone', async () => {
    expect((await list({ cursor: 'c' })).keys).toBe('ba')
    expect((await list({ cursor: 'bb' })).keys).toBe('ba')
    expect((await list({ cursor: 'bb', reverse: true })).keys).toBe('cde')
    expect((await list({ cursor: '~' })).keys).toBe('edcba')
    expect((await list({ cursor: '~', reverse: true })).keys).toBe('')
    expect((await list({ cursor: '../x', reverse: true })).keys).toBe('abcde')
    expect((await list({ cursor: '%_' })).keys).toBe('')
  })

  it.each(['com.example.none', 'com.example.lis', 'com.example.lists'])(
    'keeps to its collection: %s',
    async (other) => {
      const { json } = await call('listRecords', { params: { repo: carla.assertDid, collection: other } })
      for (const { uri } of json.records as { uri: string }[]) expect(uri).toContain(`/${other}/`)
    },
  )

  it.each<[string, Call['params']]>([
    ['limit=0', { limit: 0 }],
    ['limit=-1', { limit: -1 }],
    ['limit=101', { limit: 101 }],
    ['limit=1.5', { limit: 1.5 }],
    ['limit=ten', { limit: 'ten' }],
    ['limit=1e1', { limit: '1e1' }],
    ['limit twice', { limit: ['1', '2'] }],
    ['reverse=yes', { reverse: 'yes' }],
    ['collection=x', { collection: 'x' }],
    ['repo=x', { repo: 'x' }],
    ['no repo', { repo: '' }],
  ])('refuses %s', async (_, params) => {
    expectRefused(await call('listRecords', { params: { repo: carla.assertDid, collection, ...params } }))
  })

  it('refuses an unknown repository', async () => {
    expectRefused(await call('listRecords', { params: { repo: 'nobody.test', collection } }), 'RepoNotFound')
    const params = { repo: 'did:plc:ewvi7nxzyoun6zhxrhs64oiz', collection }
    expectRefused(await call('listRecords', { params }), 'RepoNotFound')
  })
})

describe('describeRepo', () => {
  it('gives handle, document and the collections that have records', async () => {
    const dan = await server.signUp('dan')
    const describe = async (repo: string) => (await alice.com.atproto.repo.describeRepo({ repo })).data
    expect(await describe(dan.assertDid)).toMatchObject({ collections: [] })
    await put(dan, 'x', {}, 'com.example.two')
    await put(dan, 'x', {}, 'com.example.one')
    await put(dan, 'y', {}, 'com.example.one')
    const description = await describe('dan.test')
    expect(description).toMatchObject({
      handle: 'dan.test',
      did: dan.assertDid,
      handleIsCorrect: true,
      didDoc: { id: dan.assertDid },
    })
    expect(description.collections).toEqual(['com.example.one', 'com.example.two'])
    await dan.com.atproto.repo.deleteRecord({ repo: dan.assertDid, collection: 'com.example.two', rkey: 'x' })
    expect((await describe('dan.test')).collections).toEqual(['com.example.one'])
  })

  it('refuses an unknown repository', async () => {
    expectRefused(await call('describeRepo', { params: { repo: 'nobody.test' } }), 'RepoNotFound')
    expectRefused(await call('describeRepo', { params: { repo: 'did:plc:ewvi7nxzyoun6zhxrhs64oiz' } }), 'RepoNotFound')
  })
})

describe('who may write', () => {
  const writes = [{ $type: 'com.atproto.repo.applyWrites#create', collection: NOTES, value: {} }]
  const bodies: [string, object][] = [
    ['createRecord', { collection: NOTES, record: {} }],
    ['putRecord', { collection: NOTES, rkey: 'a', record: {} }],
    ['deleteRecord', { collection: NOTES, rkey: 'put' }],
    ['applyWrites', { writes }],
  ]

  it.each(bodies)('%s: the owner alone', async (name, body) => {
    for (const repo of [alice.assertDid, 'alice.test'])
      expectRefused(
        await withoutCommit(alice, () => withoutCommit(bob, () => call(name, { as: bob, body: { repo, ...body } }))),
        'AuthenticationRequired',
        401,
      )
    const absent = await call(name, { as: bob, body: { repo: 'did:plc:ewvi7nxzyoun6zhxrhs64oiz', ...body } })
    expectRefused(absent, 'AuthenticationRequired', 401)
  })

  it.each(bodies)('%s: not without a token that is good', async (name, body) => {
    const asked = { repo: alice.assertDid, ...body }
    expectRefused(await call(name, { body: asked }), 'AuthMissing', 401)
    expect((await call(name, { body: asked, as: 'garbage' })).status).toBeGreaterThanOrEqual(400)
    expect((await call(name, { body: asked, as: alice.session!.refreshJwt })).status).toBeGreaterThanOrEqual(400)
    const [header, payload] = alice.session!.accessJwt.split('.')
    expect((await call(name, { body: asked, as: `${header}.${payload}.` })).status).toBeGreaterThanOrEqual(400)
  })
})

describe('bodies', () => {
  const send = (body: string, type = 'application/json') =>
    call('createRecord', { as: alice, body, headers: { 'content-type': type } })
  const record = (json: string) => send(`{"repo":"${alice.assertDid}","collection":"${NOTES}","record":${json}}`)

  it.each(['{', 'null', '[]', '"text"', '{"repo":1}', '{}', "{'repo':1}", '\u0000', '{"repo":"x"}]'])(
    '%j is refused',
    async (body) => {
      expectRefused(await send(body))
    },
  )

  it('must be there, and be JSON by name', async () => {
    expectRefused(await call('createRecord', { as: alice, method: 'POST' }))
    expectRefused(
      await call('createRecord', { as: alice, method: 'POST', headers: { 'content-type': 'application/json' } }),
    )
    const good = JSON.stringify({ repo: alice.assertDid, collection: NOTES, record: {} })
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/cbor'])
      expect([400, 415]).toContain((await send(good, type)).status)
    expect((await send(good, 'application/json; charset=utf-8')).status).toBe(200)
  })

  it('of more than 4 MiB are refused', async () => {
    expectRefused(await record(`{"text":"${'x'.repeat(5 << 20)}"}`), 'PayloadTooLarge', 413)
  })

  it('records of more than 1 MiB are refused', async () => {
    expectRefused(await record(`{"text":"${'x'.repeat(1 << 20)}"}`))
    expect((await record(`{"text":"${'x'.repeat((1 << 20) - 100)}"}`)).status).toBe(200)
  })

  it.each([
    ['a float', '{"n":1.5}'],
    ['a number too small for an integer', '{"n":1e-5}'],
    ['a number beyond all bounds', '{"n":1e400}'],
    ['a number below all bounds', '{"n":-1e400}'],
    ['an integer that is not exact', '{"n":9007199254740993}'],
    ['a large float without fraction', '{"n":1e300}'],
    ['half a surrogate pair', '{"text":"\\ud800"}'],
    ['half a surrogate pair in a key', '{"\\udc00":1}'],
    ['halves in the wrong order', '{"text":"\\udc00\\ud800"}'],
    ['a link that is none', '{"a":{"$link":"bafy"}}'],
    ['a link that is a number', '{"a":{"$link":1}}'],
    [
      'a link with something beside it',
      '{"a":{"$link":"bafyreie5cvv4h45feadgeuwhbcutmh6t2ceseocckahdoe6uat64zmz454","b":1}}',
    ],
    ['bytes that are none', '{"a":{"$bytes":"*"}}'],
    ['bytes of impossible length', '{"a":{"$bytes":"AAAAA"}}'],
    [
      'a blob of negative size',
      `{"a":{"$type":"blob","ref":{"$link":"bafkreibjfgx2gprinfvicegelk5kosd6y2frmqpqzwqkg7usac74l3t2v4"},"mimeType":"a/b","size":-1}}`,
    ],
    [
      'a blob of half a byte',
      `{"a":{"$type":"blob","ref":{"$link":"bafkreibjfgx2gprinfvicegelk5kosd6y2frmqpqzwqkg7usac74l3t2v4"},"mimeType":"a/b","size":0.5}}`,
    ],
    [
      'a blob without a type',
      `{"a":{"$type":"blob","ref":{"$link":"bafkreibjfgx2gprinfvicegelk5kosd6y2frmqpqzwqkg7usac74l3t2v4"},"size":1}}`,
    ],
    ['an empty $type inside', '{"a":{"$type":""}}'],
    ['a $type inside that is a number', '{"a":{"$type":1}}'],
  ])('%s is refused', async (_, json) => {
    expectRefused(await withoutCommit(alice, () => record(json)))
  })

  it.each([100, 10_000, 1_000_000])('lists nested %i deep are refused', async (depth) => {
    expectRefused(await record(`{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`))
    expectRefused(await send(`${'['.repeat(depth)}${']'.repeat(depth)}`))
  })

  it('objects nested 100,000 deep are refused', async () => {
    expectRefused(await record(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`))
  })

  it('__proto__ is a key like any other', async () => {
    const { status, json } = await record('{"__proto__":{"polluted":true},"a":{"__proto__":null}}')
    expect(status).toBe(200)
    expect(({} as { polluted?: true }).polluted).toBeUndefined()
    const rkey = (json.uri as string).split('/').pop()!
    const { bytes } = await call('getRecord', { params: { repo: alice.assertDid, collection: NOTES, rkey } })
    const { value } = JSON.parse(bytes.toString()) as { value: object }
    expect(Object.keys(value).sort()).toEqual(['$type', '__proto__', 'a'])
    expect(await exported(alice)).toContain(`${NOTES}/${rkey}`)
  })

  it('__proto__ beside repo is nothing', async () => {
    const body = `{"__proto__":{"repo":"${alice.assertDid}"},"collection":"${NOTES}","record":{}}`
    expectRefused(await send(body))
  })
})

describe('methods', () => {
  it.each(['com.example.unknown', 'com.atproto.repo.unknown', 'nonsense', 'com.atproto.repo.createRecord/x'])(
    '%s is not implemented',
    async (nsid) => {
      expectRefused(await callAt(server, nsid), 'MethodNotImplemented', 501)
      expectRefused(await callAt(server, nsid, { method: 'POST' }), 'MethodNotImplemented', 501)
    },
  )

  it('that the lexicons know but nobody answers are not implemented', async () => {
    expectRefused(await callAt(server, 'com.atproto.temp.dereferenceScope'), 'MethodNotImplemented', 501)
  })

  it.each(['GET', 'PUT', 'DELETE'])('procedures do not answer %s', async (method) => {
    expectRefused(await call('createRecord', { method, as: alice }))
  })

  it.each(['POST', 'PUT', 'DELETE'])('queries do not answer %s', async (method) => {
    expectRefused(await call('getRecord', { method }))
  })

  it('paths that are no text are refused', async () => {
    for (const path of ['/xrpc/%ff', '/xrpc/%', '/xrpc/com.atproto.repo.getRecord%00'])
      expect((await fetch(`${server.url}${path}`)).status).not.toBe(500)
  })

  it('the client of others understands an error', async () => {
    const asked = alice.com.atproto.repo.getRecord({ repo: alice.assertDid, collection: NOTES, rkey: 'not-there' })
    await expect(asked).rejects.toMatchObject({ status: 400, error: 'RecordNotFound' })
    await expect(asked).rejects.toBeInstanceOf(XRPCError)
  })
})

describe('many at once', () => {
  it('16 writers on one repository: every write is there, in one order', async () => {
    const erin = await server.signUp('erin')
    const log = server.app.get(CommitLog, { strict: false })
    const last = await log.lastSeq()
    const write = async (writer: number): Promise<{ uri: string; commit?: { rev: string } }[]> => {
      const made = []
      for (let n = 0; n < 10; n++)
        made.push(
          (await erin.com.atproto.repo.createRecord({ repo: erin.assertDid, collection: NOTES, record: { writer, n } }))
            .data,
        )
      return made
    }
    const made = (await Promise.all(Array.from({ length: 16 }, (_, writer) => write(writer)))).flat()
    expect(new Set(made.map(({ commit }) => commit!.rev)).size).toBe(160)
    const revs = (await log.read(last)).map(({ rev }) => rev)
    expect(revs).toHaveLength(160)
    expect(revs).toEqual([...revs].sort())
    expect(await exported(erin)).toEqual(made.map(({ uri }) => uri.split('/').slice(3).join('/')).sort())
  })

  it('16 writers that each look before they write lose no update', async () => {
    const frank = await server.signUp('frank')
    await put(frank, 'counter', { n: 0 })
    const params = { repo: frank.assertDid, collection: NOTES, rkey: 'counter' }
    const add = async (): Promise<void> => {
      for (;;) {
        const { data } = await frank.com.atproto.repo.getRecord(params)
        const record = { n: (data.value.n as number) + 1 }
        const body = { ...params, record, swapRecord: data.cid }
        const { status, json } = await call('putRecord', { as: frank, body })
        if (status === 200) return
        expect(json.error).toBe('InvalidSwap')
      }
    }
    await Promise.all(
      Array.from({ length: 16 }, async () => {
        for (let n = 0; n < 3; n++) await add()
      }),
    )
    expect(await held(frank, 'counter')).toMatchObject({ n: 48 })
  })

  it('good and bad writes at once: the bad ones change nothing, the good ones are all there', async () => {
    const grace = await server.signUp('grace')
    const write = (n: number) =>
      call('createRecord', {
        as: grace,
        body: { repo: grace.assertDid, collection: NOTES, rkey: `k${n % 20}`, record: { n } },
      })
    const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => write(n)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(20)
    for (const answer of answers) if (answer.status !== 200) expectRefused(answer)
    expect(await exported(grace)).toHaveLength(20)
  })

  it('16 repositories written at once keep apart', async () => {
    const writers = await Promise.all(Array.from({ length: 16 }, (_, n) => server.signUp(`writer${n}`)))
    await Promise.all(
      writers.flatMap((writer, w) => Array.from({ length: 5 }, (_, n) => put(writer, `${w}-${n}`, { n }))),
    )
    for (const [w, writer] of writers.entries())
      expect(await exported(writer)).toEqual([0, 1, 2, 3, 4].map((n) => `${NOTES}/${w}-${n}`))
  })
})
