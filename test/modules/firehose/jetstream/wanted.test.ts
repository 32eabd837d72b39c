/** What a subscriber asks for in a request or in a message, and which events that is. */
import { Wanted } from '../../../../src/modules/firehose/jetstream/wanted.js'

const POST = 'app.bsky.feed.post'
const ALICE = 'did:plc:alice'

const EVENTS = {
  'a post of alice': { did: ALICE, collection: POST, size: 300 },
  'a like of alice': { did: ALICE, collection: 'app.bsky.feed.like', size: 200 },
  'the handle of alice': { did: ALICE, collection: null, size: 100 },
  'a post of bob': { did: 'did:web:bob.test', collection: POST, size: 200 },
  'a follow of bob': { did: 'did:web:bob.test', collection: 'app.bsky.graph.follow', size: 200 },
}
const ALL = Object.keys(EVENTS)
const selected = (wanted: Wanted | null): string[] =>
  Object.entries(EVENTS).flatMap(([name, event]) => (wanted!.has(event) ? name : []))
const message = (payload: unknown): string => JSON.stringify({ type: 'options_update', payload })

it.each([
  [{}, ALL],
  [{ wantedCollections: [], wantedDids: [], maxMessageSizeBytes: 0 }, ALL],
  [{ wantedCollections: [POST] }, ['a post of alice', 'the handle of alice', 'a post of bob']],
  [{ wantedCollections: ['app.bsky.graph.*'] }, ['the handle of alice', 'a follow of bob']],
  [{ wantedCollections: ['app.bsky.feed.like', 'app.*'] }, ALL],
  [{ wantedCollections: ['app.bsky.fee.*'] }, ['the handle of alice']],
  [{ wantedDids: ['did:web:bob.test', 'did:web:bob.test'] }, ['a post of bob', 'a follow of bob']],
  [{ wantedDids: [ALICE], wantedCollections: [POST] }, ['a post of alice', 'the handle of alice']],
  [{ maxMessageSizeBytes: 200 }, ALL.slice(1)],
  [{ maxMessageSizeBytes: -1 }, ALL],
])('%j is the same in a request and in a message', (options, expected) => {
  expect(selected(Wanted.ofMessage(message(options)))).toEqual(expected)
  const { maxMessageSizeBytes: size, ...lists } = { maxMessageSizeBytes: 0, ...options }
  expect(selected(Wanted.ofQuery({ ...lists, maxMessageSizeBytes: String(size) }))).toEqual(expected)
})

it('one value of a request stands for a list, and a size that is none for no limit', () => {
  expect(selected(Wanted.ofQuery({ wantedDids: ALICE, maxMessageSizeBytes: 'large' }))).toEqual(ALL.slice(0, 3))
})

it('as many as Jetstream takes, each counted once', () => {
  const nsids = Array.from({ length: 100 }, (_, i) => `com.example.c${i}`)
  const dids = Array.from({ length: 10_000 }, (_, i) => `did:plc:${i}`)
  expect(selected(Wanted.ofMessage(message({ wantedDids: [...dids, ...dids], wantedCollections: nsids })))).toEqual([])
  expect(() => Wanted.ofMessage(message({ wantedDids: [...dids, ALICE] }))).toThrow(/more than 10,000/)
  expect(() => Wanted.ofQuery({ wantedCollections: [...nsids, POST] })).toThrow(/more than 100/)
})

it.each([
  ['{', /not JSON/],
  ['[]', /not an object/],
  ['null', /not an object/],
  [JSON.stringify({ type: 'options_update' }), /payload/],
  [message([]), /payload/],
  [message({ wantedDids: ALICE }), /wantedDids is not a list/],
  [message({ wantedDids: ['alice.test'] }), /wantedDids: not valid: "alice.test"/],
  [message({ wantedDids: [null] }), /not valid: null/],
  [message({ wantedCollections: ['app.bsky.fe*'] }), /wantedCollections: not valid/],
  [message({ wantedCollections: ['.*'] }), /wantedCollections: not valid/],
  [message({ wantedCollections: ['*'] }), /wantedCollections: not valid/],
  [message({ wantedCollections: ['post'] }), /wantedCollections: not valid/],
  [message({ maxMessageSizeBytes: '100' }), /not an integer/],
  [message({ maxMessageSizeBytes: 1.5 }), /not an integer/],
])('%s is refused', (text, reason) => {
  expect(() => Wanted.ofMessage(text)).toThrow(reason)
})

it('a message of another type means nothing here', () => {
  expect(Wanted.ofMessage('{"type":"hello","payload":1}')).toBeNull()
})
