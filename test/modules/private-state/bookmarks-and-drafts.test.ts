import { Database } from '../../../src/modules/database/database.js'
import { Bookmarks } from '../../../src/modules/private-state/bookmarks.js'
import { TestServer } from '../../support/account-app.js'
import { type Caller, FIRST, signUp, touchedBy } from './app.js'

const DAN = `did:plc:${'d'.repeat(24)}`
const CID = 'bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a'
const post = (rkey: string) => `at://${DAN}/app.bsky.feed.post/${rkey}`

let server: TestServer
let alice: Caller
let bob: Caller
beforeAll(async () => {
  server = await TestServer.start()
  alice = await signUp(server, 'alice')
  bob = await signUp(server, 'bob')
})
afterAll(() => server.close())

describe('bookmarks', () => {
  const create = (uri: string, caller = alice) => caller.post('app.bsky.bookmark.createBookmark', { uri, cid: CID })
  const remove = (uri: string) => alice.post('app.bsky.bookmark.deleteBookmark', { uri })

  it('are of posts, one each, counted for all', async () => {
    const bookmarks = server.get(Bookmarks)
    expect(await touchedBy(server, () => create(post('one')))).toEqual([post('one'), alice.did].sort())
    await create(post('one'))
    await create(post('one'), bob)
    server.advance(1_000)
    await create(post('two'))
    expect(await bookmarks.of(alice.did, [post('one'), post('three')])).toEqual(new Set([post('one')]))
    expect(await bookmarks.counts([post('one'), post('two'), post('three')])).toEqual(
      new Map([
        [post('one'), 2],
        [post('two'), 1],
      ]),
    )
    expect(await bookmarks.list(alice.did, FIRST, 10)).toMatchObject([
      { cid: CID, place: { key: post('two') } },
      { cid: CID, place: { key: post('one') } },
    ])
    await remove(post('two'))
    expect(await remove(post('two'))).toMatchObject({ status: 200 })
    expect(await bookmarks.list(alice.did, FIRST, 10)).toHaveLength(1)
  })

  it('are not of anything else', async () => {
    const wrong = { status: 400, body: { error: 'UnsupportedCollection' } }
    expect(await create(`at://${DAN}/app.bsky.feed.generator/x`)).toMatchObject(wrong)
    expect(await remove(`at://${DAN}/app.bsky.graph.list/x`)).toMatchObject(wrong)
    expect(await create(`at://${DAN}`)).toMatchObject(wrong)
  })
})

describe('drafts', () => {
  const draftOf = (text: string) => ({ posts: [{ text }] })
  const create = async (text: string) =>
    (await alice.post('app.bsky.draft.createDraft', { draft: draftOf(text) })).body.id as string
  const drafts = async (params: Record<string, string | number> = {}) =>
    (await alice.get('app.bsky.draft.getDrafts', params)).body as { cursor?: string; drafts: Record<string, never>[] }

  it('are written, rewritten, listed by their last change, and deleted', async () => {
    const ids: string[] = []
    for (const text of ['one', 'two', 'three']) {
      ids.push(await create(text))
      server.advance(1_000)
    }
    await alice.post('app.bsky.draft.updateDraft', { draft: { id: ids[0], draft: draftOf('one again') } })
    const first = await drafts({ limit: 2 })
    expect(first.drafts).toMatchObject([
      { id: ids[0], draft: draftOf('one again') },
      { id: ids[2], draft: draftOf('three') },
    ])
    expect(Date.parse(first.drafts[0]!.updatedAt!)).toBeGreaterThan(Date.parse(first.drafts[0]!.createdAt!))
    const rest = await drafts({ limit: 2, cursor: first.cursor! })
    expect(rest.drafts).toMatchObject([{ id: ids[1] }])
    expect(rest.cursor).toBeUndefined()
    expect((await drafts({ limit: 3 })).cursor).toBeUndefined()

    await alice.post('app.bsky.draft.deleteDraft', { id: ids[1] })
    expect((await drafts()).drafts).toHaveLength(2)
  })

  it('that are not there are neither changed nor made', async () => {
    const id = '3jzfcijpj2z2a'
    expect(await alice.post('app.bsky.draft.updateDraft', { draft: { id, draft: draftOf('x') } })).toMatchObject({
      status: 200,
    })
    expect(await alice.post('app.bsky.draft.deleteDraft', { id })).toMatchObject({ status: 200 })
    expect((await drafts()).drafts).toHaveLength(2)
  })

  it('belong to one account', async () => {
    const [draft] = (await drafts()).drafts
    await bob.post('app.bsky.draft.updateDraft', { draft: { id: draft!.id, draft: draftOf('mine now') } })
    await bob.post('app.bsky.draft.deleteDraft', { id: draft!.id })
    expect((await drafts()).drafts[0]).toEqual(draft)
    expect((await bob.get('app.bsky.draft.getDrafts')).body).toEqual({ drafts: [] })
  })

  it('are at most 500, and none is endless', async () => {
    await server.get(Database).write(async (tx) => {
      for (let i = 0; i < 499; i++) await tx.run("INSERT INTO draft VALUES (?, ?, '{}', 1, 1)", bob.did, String(i))
    })
    const put = (draft: object) => bob.post('app.bsky.draft.createDraft', { draft })
    const huge = { posts: [{ text: 'x', embedExternals: [{ uri: `https://x.test/${'x'.repeat(600_000)}` }] }] }
    expect(await put(huge)).toMatchObject({ status: 400, body: { error: 'InvalidRequest' } })
    const last = await Promise.all([put(draftOf('a')), put(draftOf('b'))])
    expect(last.map(({ status }) => status).sort()).toEqual([200, 400])
    expect(await put(draftOf('c'))).toMatchObject({ status: 400, body: { error: 'DraftLimitReached' } })
  })

  it.each(['x', '1::', '-1::a', `${'9'.repeat(20)}::a`, '1::a b'])('refuse the cursor %s', async (cursor) => {
    expect(await alice.get('app.bsky.draft.getDrafts', { cursor })).toMatchObject({ status: 400 })
  })
})
