/** Repositories whose records are well-formed and nothing else. They are mirrored as they are, and readers get answers. */
import { Projector } from '../../../src/projections/projector.js'
import { call } from '../../e2e/call.js'
import { RandomRecords, Chance } from '../../projections/random-records.js'
import { type Changes, eventOf, type ForeignAccount, post, POSTS } from './foreign-account.js'
import { expectMirrored, partOf } from './mirroring.js'
import { Tampering } from './tampering.js'
import { type DataMap, jsonToRecord } from '../../../src/repo-engine/index.js'

let to: Tampering
beforeAll(async () => (to = await Tampering.start()))
afterAll(() => to.stop())

const NOW = '2026-01-02T03:04:05.678Z'
const uri = (account: ForeignAccount, path: string): string => `at://${account.did}/${path}`

/** Records of one collection that are anything but what its lexicon says, or hardly so. */
function odd(collection: string, account: ForeignAccount): DataMap[] {
  const cid = account.head.cid.toString()
  const self = { uri: uri(account, `${collection}/self`), cid }
  const nested = (depth: number): DataMap => (depth === 0 ? {} : { a: nested(depth - 1) })
  return [
    {},
    { $type: collection },
    { $type: 'com.example.other', createdAt: NOW },
    { $type: collection, createdAt: 1, subject: 1, text: 1, name: 1, list: 1, post: 1 },
    { $type: collection, createdAt: '9999-12-31T23:59:59.999Z', subject: account.did, text: '' },
    {
      $type: collection,
      createdAt: NOW,
      subject: self,
      reply: { root: self, parent: self },
      text: '\u0000\ufffd\u202e',
    },
    { $type: collection, createdAt: NOW, subject: { uri: '', cid: '' }, text: 'x'.repeat(3_000), name: '' },
    {
      $type: collection,
      createdAt: NOW,
      subject: { uri: 'at://x', cid },
      post: 'at://',
      list: 'at://x/y/z',
      name: 'x',
    },
    { $type: collection, createdAt: NOW, subject: 'did:web:localhost%3A1', handle: 'alice.test', displayName: 'x' },
    { $type: collection, createdAt: NOW, subject: account.head.cid, text: account.head.cid, embed: account.head.cid },
    { $type: collection, createdAt: NOW, text: Buffer.from('bytes'), subject: Buffer.from('bytes') },
    { $type: collection, createdAt: NOW, text: [1, null, true, { a: [] }], facets: [null], embed: [], labels: 'x' },
    { $type: collection, createdAt: NOW, text: 'deep', embed: nested(60) },
    { $type: collection, createdAt: NOW, text: 'own', ['__proto__']: { polluted: true }, constructor: 1, toString: 2 },
  ]
}

/** Every question that a reader may ask about somebody. */
async function expectReadable(account: ForeignAccount, path: string): Promise<void> {
  const viewer = await to.server.signUp(`reader${++readers}`)
  await viewer.follow(account.did)
  const actor = account.did
  const questions: [string, Record<string, string | number>][] = [
    ['app.bsky.feed.getTimeline', {}],
    ['app.bsky.feed.getAuthorFeed', { actor }],
    ['app.bsky.feed.getActorLikes', { actor }],
    ['app.bsky.feed.searchPosts', { q: 'x' }],
    ['app.bsky.feed.getPosts', { uris: uri(account, path) }],
    ['app.bsky.actor.getProfile', { actor }],
    ['app.bsky.graph.getFollowers', { actor }],
    ['app.bsky.graph.getFollows', { actor }],
    ['app.bsky.graph.getLists', { actor }],
    ['app.bsky.graph.getActorStarterPacks', { actor }],
    ['app.bsky.notification.listNotifications', {}],
    ['com.atproto.repo.describeRepo', { repo: actor }],
    ['com.atproto.repo.listRecords', { repo: actor, collection: POSTS }],
  ]
  for (const [nsid, params] of questions) {
    const { status, json } = await call(to.server, nsid, { as: viewer, params })
    if (status >= 500) throw new Error(`${nsid}: ${JSON.stringify(json)}`)
  }
}
let readers = 0

describe('35. values that cannot be', () => {
  it('in every collection that means anything here', async () => {
    const account = await to.newAccount()
    const collections = new Set(partOf(to.server, Projector).definitions.flatMap(({ collections }) => collections))
    collections.delete('*')
    for (const collection of [...collections, 'com.example.note']) {
      const values = odd(collection, account)
      const paths = values.map(() => account.path(collection))
      const changes: Changes = Object.fromEntries(paths.map((path, n) => [path, values[n]!]))
      await to.tell(eventOf(account.commit({ ...changes, [`${collection}/self`]: values[4]! })))
      await to.tell(eventOf(account.commit(Object.fromEntries(paths.map((path, n) => [path, values.at(-1 - n)!])))))
      await to.tell(eventOf(account.commit(Object.fromEntries(paths.slice(5).map((path) => [path, null])))))
    }
    await expectMirrored(to.server, account)
    await expectReadable(account, [...account.records().keys()][0]!)
    // The same as a whole repository.
    const { tree } = account.head
    const again = to.unheard()
    again.keep(
      again.draft(Object.fromEntries([...tree.entries()].map(({ key }, n) => [key, odd(POSTS, again)[n % 14]!]))),
    )
    await to.tell(eventOf(again.head))
    await expectMirrored(to.server, again)
    expect(({} as { polluted?: true }).polluted).toBeUndefined()
  })

  it.each([
    ['a collection that is no NSID', (key: string) => `x/${key}`],
    ['a collection of dots', (key: string) => `../${key}`],
    ['a key that is a dot', () => `${POSTS}/.`],
    ['a key that is two dots', () => `${POSTS}/..`],
    ['a key that is too long', (key: string) => `${POSTS}/${key.repeat(70)}`],
    ['a key that is no TID', () => `${POSTS}/~:_-.`],
    ['a like under a key that is no key', () => 'app.bsky.feed.like/..'],
    ['a follow under a key that is too long', (key: string) => `app.bsky.graph.follow/${key.repeat(70)}`],
    ['a profile that is not self', () => 'app.bsky.actor.profile/..'],
    ['a list under two dots', () => 'app.bsky.graph.list/..'],
  ])('%s', async (_, pathOf) => {
    const account = await to.newAccount()
    const path = pathOf('3kaaaaaaaaa2a')
    const subject = { uri: uri(account, [...account.records().keys()][0]!), cid: account.head.cid.toString() }
    const value = path.includes('follow')
      ? { $type: 'app.bsky.graph.follow', subject: account.did, createdAt: NOW }
      : path.includes('like')
        ? { $type: 'app.bsky.feed.like', subject, createdAt: NOW }
        : { ...post('odd x'), name: 'x', purpose: 'app.bsky.graph.defs#curatelist', $type: path.split('/')[0]! }
    await to.tell(eventOf(account.commit({ [path]: value as DataMap })))
    await expectMirrored(to.server, account)
    await expectReadable(account, path)
    await to.tell(eventOf(account.commit({ [path]: null })))
    await to.expectFollowed(account)
  })

  it.each([1, 2, 3])('by chance: %i', async (seed) => {
    const accounts = [await to.newAccount(), await to.newAccount()]
    const chance = new Chance(seed)
    const records = new RandomRecords(
      chance,
      accounts.map(({ did }) => did),
      ['a.test'],
      seed,
    )
    for (let n = 0; n < 30; n++) {
      const account = chance.of(accounts)
      const changes: Changes = {}
      for (let i = 0; i < 5; i++) {
        const path = records.path()
        changes[path] =
          account.head.tree.get(path) && chance.is(0.3) ? null : jsonToRecord(records.record(path, account.did))
      }
      to.host.emit(eventOf(account.commit(changes)))
    }
    await to.caughtUp()
    for (const account of accounts) await expectMirrored(to.server, account)
  })
})
