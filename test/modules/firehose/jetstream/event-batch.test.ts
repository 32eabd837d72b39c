/** One run of messages, from which everybody takes what it wants. */
import { EventBatch, type JsonEvent } from '../../../../src/modules/firehose/jetstream/event-batch.js'
import { Wanted } from '../../../../src/modules/firehose/jetstream/wanted.js'
import { Chance } from '../../../projections/random-records.js'
import { messages } from './messages.js'

const COLLECTIONS = ['app.bsky.feed.post', 'app.bsky.feed.like', 'app.bsky.graph.follow', null]
const DIDS = ['did:plc:alice', 'did:plc:bob', 'did:plc:carla']

it('what is selected is what is wanted, in order, whatever the sizes of the messages', () => {
  const chance = new Chance(1)
  const events = Array.from({ length: 200 }, (_, i): JsonEvent => {
    // Lengths on both sides of those at which the head of a WebSocket message grows.
    const length = chance.of([1, 125, 126, 1_000, 65_535, 65_536])
    const json = Buffer.from(`${i} `.padEnd(length, 'x'))
    return { seq: i >> 2, timeUs: 1_000 + i, did: chance.of(DIDS), collection: chance.of(COLLECTIONS), json }
  })
  const batch = EventBatch.of(100, events)
  expect({ events: batch.events, last: batch.last }).toEqual({ events: 200, last: 100 })
  for (const wanted of [
    Wanted.ofQuery({}),
    Wanted.ofQuery({ wantedDids: 'did:plc:alice' }),
    Wanted.ofQuery({ wantedCollections: 'app.bsky.feed.*', maxMessageSizeBytes: '1000' }),
    Wanted.ofQuery({ wantedDids: 'did:plc:dan' }),
  ])
    for (const [after, from] of [
      [-1, 0],
      [10, 0],
      [10, 1_100],
      [48, 1_199],
      [49, 0],
    ] as const) {
      const expected = events.filter(
        (event) => event.seq > after && event.timeUs >= from && wanted.has({ ...event, size: event.json.length }),
      )
      expect(messages(batch.select(after, from, wanted))).toEqual(expected.map(({ json }) => json.toString()))
    }
})
