/** What the page of the firehose holds: as much of the stream as somebody can look at, and how fast it comes. */
import { useEffect, useRef, useState } from 'preact/hooks'
import type { FirehoseEvent } from '../engine/read-frame.js'
import { openStream, type StreamState } from './firehose-stream.js'

/** One line: an operation of a commit, or another event. */
export interface FeedLine {
  key: string
  event: FirehoseEvent
  /** Which of a commit's operations. */
  op: number | null
}

export interface FeedFilter {
  /** Empty: all. */
  kind: string
  /** A collection, or the beginning of one; empty: all. */
  collection: string
  /** Empty: everybody. */
  did: string
}

/** What was counted in one second. */
interface Second {
  at: number
  events: number
  operations: number
}

export interface Feed {
  /** Newest first. */
  lines: FeedLine[]
  seconds: Second[]
  state: StreamState
  /** What happened to the connection, newest first; numbered from the first on. */
  notices: { number: number; words: string }[]
  /** Events since the page was opened. */
  total: number
  lastSeq: number | null
  /** Lines that came while it was paused. */
  held: number
}

export const KEPT_LINES = 200
const KEPT_SECONDS = 300
const KEPT_NOTICES = 5
/** How often what has come is shown, in milliseconds. */
const SHOWN_EVERY = 250

const EMPTY: Feed = {
  ...{ lines: [], seconds: [], notices: [], total: 0, lastSeq: null, held: 0 },
  state: 'connecting',
}

/**
 * Follows the firehose while the page is open. `begin` is another object for each time that it shall begin anew; null: it is
 * not followed.
 */
export function useFeed(begin: { cursor: number | undefined } | null, filter: FeedFilter, isPaused: boolean): Feed {
  const [feed, setFeed] = useState(EMPTY)
  const how = useRef({ filter, isPaused })
  how.current = { filter, isPaused }
  const held = useRef<FeedLine[]>([])

  useEffect(() => {
    if (!begin) return
    held.current = []
    setFeed(EMPTY)
    let fresh: FeedLine[] = []
    let counted: Second = { at: Date.now(), events: 0, operations: 0 }
    let lastSeq: number | null = null
    let total = 0
    const end = openStream(begin.cursor, {
      onEvent(event) {
        total++
        counted.events++
        counted.operations += event.kind === 'commit' ? event.ops.length : 0
        lastSeq = event.seq
        fresh.unshift(...linesOf(event).filter((line) => isWanted(line, how.current.filter)))
        if (fresh.length > KEPT_LINES) fresh.length = KEPT_LINES
      },
      onState: (state) => setFeed((feed) => ({ ...feed, state })),
      onNotice: (words) =>
        setFeed((feed) => {
          const notice = {
            number: (feed.notices[0]?.number ?? 0) + 1,
            words: `${new Date().toLocaleTimeString('en-GB')} ${words}`,
          }
          return { ...feed, notices: [notice, ...feed.notices].slice(0, KEPT_NOTICES) }
        }),
    })
    const showing = setInterval(() => {
      if (fresh.length === 0) return
      const lines = fresh
      fresh = []
      if (how.current.isPaused) held.current = [...lines, ...held.current].slice(0, KEPT_LINES)
      setFeed((feed) => ({
        ...feed,
        lastSeq,
        total,
        held: held.current.length,
        lines: how.current.isPaused ? feed.lines : [...lines, ...feed.lines].slice(0, KEPT_LINES),
      }))
    }, SHOWN_EVERY)
    const counting = setInterval(() => {
      const second = counted
      counted = { at: Date.now(), events: 0, operations: 0 }
      setFeed((feed) => ({
        ...feed,
        lastSeq,
        total,
        seconds: [...feed.seconds, second].slice(-KEPT_SECONDS),
      }))
    }, 1_000)
    return () => {
      end()
      clearInterval(showing)
      clearInterval(counting)
    }
  }, [begin])

  useEffect(() => {
    if (isPaused || held.current.length === 0) return
    const lines = held.current
    held.current = []
    setFeed((feed) => ({ ...feed, held: 0, lines: [...lines, ...feed.lines].slice(0, KEPT_LINES) }))
  }, [isPaused])

  // What was let in under another filter goes; what was kept out does not come back.
  useEffect(() => {
    setFeed((feed) => ({ ...feed, lines: feed.lines.filter((line) => isWanted(line, filter)) }))
  }, [filter.kind, filter.collection, filter.did])
  return feed
}

function linesOf(event: FirehoseEvent): FeedLine[] {
  if (event.kind !== 'commit' || event.ops.length === 0) return [{ key: String(event.seq), event, op: null }]
  return event.ops.map((_, op) => ({ key: `${event.seq}/${op}`, event, op })).reverse()
}

function isWanted({ event, op }: FeedLine, { kind, collection, did }: FeedFilter): boolean {
  if (kind !== '' && kind !== event.kind) return false
  if (did !== '' && did !== event.did) return false
  if (collection === '') return true
  return event.kind === 'commit' && op !== null && event.ops[op]!.path.startsWith(collection)
}
