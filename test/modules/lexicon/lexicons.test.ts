import { Test } from '@nestjs/testing'
import { readDocuments } from '../../../src/modules/lexicon/document.js'
import { LexiconModule } from '../../../src/modules/lexicon/lexicon.module.js'
import { Lexicons } from '../../../src/modules/lexicon/lexicons.js'
import { XrpcError } from '../../../src/modules/xrpc/xrpc-error.js'

const DID = 'did:plc:z72i7hdynmk6r22z27h6tvur'
const TID = '3kznmn7xqxl22'
const NOW = '2026-01-02T03:04:05.678Z'

const lexicons = new Lexicons()

/** Runs a check that may refuse: the message of its 400 InvalidRequest, or null. Other errors pass through. */
function refusal(run: () => unknown): string | null {
  try {
    run()
    return null
  } catch (error) {
    if (!(error instanceof XrpcError)) throw error
    expect([error.status, error.error]).toEqual([400, 'InvalidRequest'])
    return error.message
  }
}

describe('methods', () => {
  it('is what the module provides', async () => {
    const module = await Test.createTestingModule({ imports: [LexiconModule] }).compile()
    expect(module.get(Lexicons).isRecord('app.bsky.feed.post')).toBe(true)
  })

  it.each([
    ['app.bsky.feed.getTimeline', { type: 'query', outputEncoding: 'application/json' }],
    [
      'com.atproto.repo.createRecord',
      { type: 'procedure', inputEncoding: 'application/json', outputEncoding: 'application/json' },
    ],
    ['com.atproto.repo.uploadBlob', { type: 'procedure', inputEncoding: '*/*', outputEncoding: 'application/json' }],
    ['com.atproto.sync.getRepo', { type: 'query', outputEncoding: 'application/vnd.ipld.car' }],
    ['com.atproto.server.deleteSession', { type: 'procedure' }],
    ['com.atproto.sync.subscribeRepos', { type: 'subscription' }],
  ])('%s', (nsid, expected) => {
    expect(lexicons.method(nsid)).toEqual(expected)
  })

  it.each(['app.bsky.feed.post', 'app.bsky.feed.nothing', 'constructor', ''])('no method %p', (nsid) => {
    expect(lexicons.method(nsid)).toBeNull()
    expect(() => lexicons.parseParams(nsid, {})).toThrow(`no lexicon of a method ${nsid}`)
  })

  it('lists every method once, sorted', () => {
    const methods = lexicons.methods()
    expect(methods).toEqual([...new Set(methods)].sort())
    expect(methods).toContain('com.atproto.identity.resolveHandle')
    expect(methods.length).toBeGreaterThan(190)
  })

  it('compiles every method', () => {
    for (const nsid of lexicons.methods()) {
      const { parameters } = readDocuments().find(({ id }) => id === nsid)!.defs.main as {
        parameters?: { required?: [] }
      }
      const message = refusal(() => lexicons.parseParams(nsid, {}))
      expect(message).toEqual(parameters?.required?.length ? expect.stringContaining('Params must have') : null)
      refusal(() => lexicons.checkInput(nsid, {}))
    }
  })
})

describe('params', () => {
  const TIMELINE = 'app.bsky.feed.getTimeline'
  const SEARCH = 'app.bsky.feed.searchPosts'
  const PROFILES = 'app.bsky.actor.getProfiles'
  const FEED = 'app.bsky.feed.getAuthorFeed'

  it.each<[string, Record<string, unknown>, object]>([
    [TIMELINE, {}, { limit: 50 }],
    [TIMELINE, { limit: '30', cursor: 'abc' }, { limit: 30, cursor: 'abc' }],
    [TIMELINE, { limit: ['30'] }, { limit: 30 }],
    [TIMELINE, { limit: '', cursor: '' }, { limit: 50 }],
    [TIMELINE, { limit: '1', page: '7', __proto__: { limit: '9' } }, { limit: 1 }],
    [PROFILES, { actors: DID }, { actors: [DID] }],
    [PROFILES, { actors: [DID, '', 'alice.test'] }, { actors: [DID, 'alice.test'] }],
    [FEED, { actor: DID }, { actor: DID, limit: 50, filter: 'posts_with_replies', includePins: false }],
    [
      FEED,
      { actor: DID, includePins: 'true', filter: 'new_filter' },
      { actor: DID, limit: 50, filter: 'new_filter', includePins: true },
    ],
    ['com.atproto.server.describeServer', { a: '1' }, {}],
  ])('%s %j', (nsid, query, expected) => {
    expect(lexicons.parseParams(nsid, query)).toEqual(expected)
  })

  it.each<[string, Record<string, unknown>, string]>([
    [TIMELINE, { limit: '0' }, 'limit can not be less than 1'],
    [TIMELINE, { limit: '101' }, 'limit can not be greater than 100'],
    [TIMELINE, { limit: '1.5' }, 'limit must be an integer'],
    [TIMELINE, { limit: 'ten' }, 'limit must be an integer'],
    [TIMELINE, { limit: '1e1' }, 'limit must be an integer'],
    [TIMELINE, { limit: '99999999999999999999' }, 'limit must be an integer'],
    [TIMELINE, { limit: ['1', '2'] }, 'limit must be given only once'],
    [SEARCH, {}, 'Params must have the property "q"'],
    [SEARCH, { q: '' }, 'Params must have the property "q"'],
    [PROFILES, {}, 'Params must have the property "actors"'],
    [PROFILES, { actors: [DID, 'not an actor'] }, 'actors/1 must be a valid did or a handle'],
    [PROFILES, { actors: Array(26).fill(DID) }, 'actors must not have more than 25 elements'],
    [FEED, { actor: DID, includePins: '1' }, 'includePins must be a boolean'],
    [FEED, { actor: DID, includePins: { a: 1 } }, 'includePins must be a boolean'],
  ])('%s %j', (nsid, query, expected) => {
    expect(refusal(() => lexicons.parseParams(nsid, query))).toBe(expected)
  })

  it('does not share what it gives', () => {
    const first = lexicons.parseParams(TIMELINE, {})
    first.limit = 1
    expect(lexicons.parseParams(TIMELINE, {})).toEqual({ limit: 50 })
  })
})

describe('inputs', () => {
  const CREATE = 'com.atproto.repo.createRecord'
  const input = { repo: DID, collection: 'app.bsky.feed.post', record: {} }

  it.each<[string, unknown, string | null]>([
    [CREATE, input, null],
    [CREATE, { ...input, extra: 1 }, null],
    [CREATE, { ...input, record: { text: 1.5 } }, null],
    [CREATE, { ...input, rkey: 'a/b' }, 'Input/rkey must be a valid Record Key'],
    [CREATE, { ...input, validate: null }, 'Input/validate must be a boolean'],
    [CREATE, { ...input, record: [] }, 'Input/record must be an object'],
    [CREATE, { ...input, repo: undefined }, 'Input must have the property "repo"'],
    [CREATE, [], 'Input must be an object'],
    [CREATE, undefined, 'A request body is expected but none was provided'],
    [CREATE, null, 'A request body is expected but none was provided'],
    ['com.atproto.server.deleteSession', undefined, null],
    ['com.atproto.server.deleteSession', {}, 'A request body was provided when none was expected'],
    ['app.bsky.feed.getTimeline', {}, 'A request body was provided when none was expected'],
    ['com.atproto.repo.uploadBlob', Buffer.from('any'), null],
    [
      'com.atproto.repo.applyWrites',
      { repo: DID, writes: [{ $type: 'com.atproto.repo.applyWrites#delete', collection: 'a', rkey: TID }] },
      'Input/writes/0/collection must be a valid nsid',
    ],
    [
      'com.atproto.repo.applyWrites',
      { repo: DID, writes: [{ $type: 'com.atproto.repo.applyWrites#move' }] },
      'Input/writes/0 $type must be one of com.atproto.repo.applyWrites#create, ' +
        'com.atproto.repo.applyWrites#update, com.atproto.repo.applyWrites#delete',
    ],
  ])('%s %j', (nsid, body, expected) => {
    expect(refusal(() => lexicons.checkInput(nsid, body))).toBe(expected)
  })

  it('fills in defaults', () => {
    const body = {}
    lexicons.checkInput('com.atproto.server.createInviteCodes', Object.assign(body, { useCount: 1 }))
    expect(body).toEqual({ useCount: 1, codeCount: 1 })
  })
})

describe('outputs', () => {
  it('throws what no client caused', () => {
    lexicons.checkOutput('com.atproto.identity.resolveHandle', { did: DID })
    lexicons.checkOutput('com.atproto.server.deleteSession', undefined)
    expect(() => lexicons.checkOutput('com.atproto.identity.resolveHandle', { did: 'alice' })).toThrow(
      new Error('com.atproto.identity.resolveHandle: Output/did must be a valid did'),
    )
  })
})

describe('records', () => {
  const POST = 'app.bsky.feed.post'
  const OTHER = 'com.example.record'
  const post = { $type: POST, text: 'hello', createdAt: NOW }
  const other = { $type: OTHER, anything: 1 }

  it.each<[string, object, boolean | undefined, 'valid' | 'unknown' | undefined]>([
    [POST, post, undefined, 'valid'],
    [POST, post, true, 'valid'],
    [POST, post, false, undefined],
    [POST, { $type: POST }, false, undefined],
    [POST, { ...post, extra: { a: 1 } }, true, 'valid'],
    [OTHER, other, undefined, 'unknown'],
    [OTHER, other, false, undefined],
    ['app.bsky.graph.referencelistoptout', { $type: 'app.bsky.graph.referencelistoptout' }, undefined, 'unknown'],
  ])('%s %j with validate %p is %p', (collection, record, validate, expected) => {
    expect(lexicons.checkRecord(collection, record, validate)).toBe(expected)
  })

  it.each<[string, unknown, boolean | undefined, string]>([
    [POST, { $type: POST, text: 'a' }, undefined, `Invalid ${POST} record: Record must have the property "createdAt"`],
    [POST, { ...post, createdAt: 'today' }, true, `Invalid ${POST} record: Record/createdAt must be a valid`],
    [POST, { ...post, createdAt: '2026-01-02T03:04:05' }, true, `Invalid ${POST} record: Record/createdAt must be`],
    [POST, { ...post, text: 'a'.repeat(301) }, undefined, 'Record/text must not be longer than 300 graphemes'],
    [OTHER, other, true, `Lexicon not found: lex:${OTHER}`],
    [POST, other, false, `Invalid $type: expected ${POST}, got ${OTHER}`],
    [OTHER, { a: 1 }, undefined, `Invalid $type: expected ${OTHER}, got undefined`],
    [OTHER, [], false, 'Record must be an object'],
    [OTHER, null, undefined, 'Record must be an object'],
    [OTHER, 'text', undefined, 'Record must be an object'],
    [OTHER, { $link: 'x' }, undefined, 'Record must be an object'],
  ])('%s %j with validate %p is refused', (collection, record, validate, expected) => {
    expect(refusal(() => lexicons.checkRecord(collection, record, validate))).toContain(expected)
  })

  it('does not add the defaults of a lexicon to a record', () => {
    const record = Object.freeze({ $type: 'chat.bsky.actor.declaration', allowIncoming: 'all' })
    expect(lexicons.checkRecord(record.$type, record, true)).toBe('valid')
  })

  it('names the type of a record that has none', () => {
    const bare = { text: 'a' }
    expect(lexicons.withType(POST, bare)).toEqual({ $type: POST, text: 'a' })
    expect(bare).toEqual({ text: 'a' })
    expect(lexicons.withType(POST, other)).toBe(other)
    expect(refusal(() => lexicons.withType(POST, [bare]))).toBe('Record must be an object')
  })

  it('knows twenty collections, and compiles them', () => {
    const known = readDocuments()
      .map(({ id }) => id)
      .filter((id) => lexicons.isRecord(id))
    expect(known).toHaveLength(20)
    for (const id of known) refusal(() => lexicons.checkRecord(id, { $type: id }, true))
    expect(lexicons.isRecord(OTHER)).toBe(false)
    expect(lexicons.isRecord('app.bsky.feed.getTimeline')).toBe(false)
  })
})

describe('record keys', () => {
  it.each([
    ['app.bsky.feed.post', TID],
    ['app.bsky.actor.profile', 'self'],
    ['app.bsky.feed.generator', 'whats-hot'],
    ['com.atproto.lexicon.schema', 'com.example.record'],
    ['com.example.record', 'any:key~1'],
  ])('%s takes %s', (collection, rkey) => {
    expect(refusal(() => lexicons.checkRecordKey(collection, rkey))).toBeNull()
  })

  it.each([
    ['app.bsky.feed.post', 'self', 'Invalid record key for app.bsky.feed.post: expected tid, got self'],
    ['app.bsky.actor.profile', TID, `Invalid record key for app.bsky.actor.profile: expected literal:self, got ${TID}`],
    ['com.atproto.lexicon.schema', 'a', 'Invalid record key for com.atproto.lexicon.schema: expected nsid, got a'],
    ['com.example.record', '..', 'Invalid record key: ..'],
    ['com.example.record', 'a/b', 'Invalid record key: a/b'],
    ['com.example.record', '', 'Invalid record key: '],
  ])('%s refuses %p', (collection, rkey, expected) => {
    expect(refusal(() => lexicons.checkRecordKey(collection, rkey))).toBe(expected)
  })
})
