import { roomBefore } from '../../commit-log/frame-run.js'
import type { Batch } from '../log-tail.js'
import { writeHead } from '../web-socket-frame.js'
import type { Wanted } from './wanted.js'

/** A message as it goes out, and what it is selected by. */
export interface JsonEvent {
  seq: number
  timeUs: number
  did: string
  collection: string | null
  json: Uint8Array
}

/** Where an event stands among the bytes of all. */
interface Place extends Omit<JsonEvent, 'json'> {
  start: number
  end: number
  /** Of the message itself. */
  size: number
}

/** A run of events as Jetstream sends it: written once, one WebSocket message behind another, and selected from by all. */
export class EventBatch implements Batch {
  private constructor(
    readonly last: number,
    private readonly places: readonly Place[],
    private readonly bytes: Buffer,
  ) {}

  /** `events` are all that go out up to the position `last`, in order. */
  static of(last: number, events: readonly JsonEvent[]): EventBatch {
    const size = events.reduce((sum, { json }) => sum + roomBefore(json.length) + json.length, 0)
    const bytes = Buffer.allocUnsafe(size)
    let end = 0
    const places = events.map(({ json, ...event }): Place => {
      const start = end
      const at = writeHead(bytes, start, 'text', json.length)
      bytes.set(json, at)
      end = at + json.length
      return { ...event, start, end, size: json.length }
    })
    return new EventBatch(last, places, bytes)
  }

  get events(): number {
    return this.places.length
  }

  get size(): number {
    return this.bytes.length
  }

  /** What of it comes after a position, is not before a `time_us`, and is wanted. */
  select(after: number, from: number, wanted: Wanted): Buffer {
    const { places, bytes } = this
    const first = places.findIndex(({ seq, timeUs }) => seq > after && timeUs >= from)
    if (first < 0) return bytes.subarray(0, 0)
    if (wanted.isAll) return bytes.subarray(places[first]!.start)
    // Neighbours that are wanted are copied together.
    const runs: Buffer[] = []
    let start = places[first]!.start
    let end = start
    for (let i = first; i < places.length; i++) {
      const place = places[i]!
      if (!wanted.has(place)) continue
      if (place.start !== end) {
        runs.push(bytes.subarray(start, end))
        start = place.start
      }
      end = place.end
    }
    runs.push(bytes.subarray(start, end))
    return runs.length === 1 ? runs[0]! : Buffer.concat(runs)
  }
}
