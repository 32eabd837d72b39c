import { memo } from 'preact/compat'
import { type CommitEvent, recordIn } from '../engine/read-frame.js'
import type { FeedLine } from './firehose-feed.js'
import { explorePath } from './places.js'
import { type RecordValue, summaryOf } from './summary.js'

const WORDS: Record<string, string> = { create: 'new', update: 'changed', delete: 'deleted' }

/** One thing that happened. But for the handle a line never changes, so it is not made anew with each that comes. */
export const FirehoseLine = memo(function FirehoseLine({
  line: { event, op },
  handle,
}: {
  line: FeedLine
  handle: string | null
}) {
  return (
    <li>
      <p class="about">
        <small>{event.seq}</small>
        <span class="badge">{event.kind}</span>
        <a href={explorePath(event.did)}>{handle === null ? event.did : `@${handle}`}</a>
        <small>{clockTime(event.time)}</small>
      </p>
      {event.kind === 'commit' ? <Operation event={event} op={op} /> : <p>{event.said}</p>}
    </li>
  )
})

function Operation({ event, op }: { event: CommitEvent; op: number | null }) {
  if (op === null) return <p>A commit that changes nothing</p>
  const { action, path, cid } = event.ops[op]!
  const [collection = '', rkey = ''] = path.split('/')
  return (
    <>
      {cid ? <p dir="auto">{summaryIn(event, cid, collection)}</p> : null}
      <p class="about">
        {WORDS[action] ?? action}{' '}
        {action === 'delete' ? <span>{path}</span> : <a href={explorePath(event.did, collection, rkey)}>{path}</a>}
      </p>
    </>
  )
}

function summaryIn({ blocks }: CommitEvent, cid: Parameters<typeof recordIn>[1], collection: string): string {
  try {
    const record = recordIn(blocks, cid)
    return record === null ? 'The record did not come with it' : summaryOf(collection, record as RecordValue)
  } catch {
    return 'The record cannot be read'
  }
}

function clockTime(time: string): string {
  const at = new Date(time)
  return Number.isNaN(at.getTime()) ? time.slice(0, 40) : at.toLocaleTimeString('en-GB')
}
