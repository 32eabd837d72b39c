import { useLocation } from 'preact-iso'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { count } from '../ui/amounts.js'
import { Choice, Field, Form, textOf } from '../ui/form.js'
import { FaultNotice, Notice } from '../ui/notice.js'
import { Page, Section } from '../ui/page.js'
import { Plot } from '../ui/plot.js'
import { useAction } from '../ui/use-action.js'
import './everyone.css'
import { type Feed, type FeedFilter, KEPT_LINES, useFeed } from './firehose-feed.js'
import { FirehoseLine } from './firehose-line.js'
import { didOf } from './repos.js'
import { useHandles } from './use-handles.js'

const EVERYTHING: FeedFilter = { kind: '', collection: '', did: '' }
/** How often screen readers are told how it stands, in milliseconds. */
const SAID_EVERY = 20_000

/** The log of this server, as it is told to anybody: com.atproto.sync.subscribeRepos. */
export default function FirehosePage() {
  const { query } = useLocation()
  const [begin, setBegin] = useState<{ cursor: number | undefined } | null>({ cursor: cursorOf(query.cursor ?? '') })
  const [filter, setFilter] = useState(EVERYTHING)
  const [isPaused, setPaused] = useState(false)
  const feed = useFeed(begin, filter, isPaused)
  const handles = useHandles(feed.lines.map(({ event }) => event.did))
  const isEnded = begin === null || feed.state === 'ended'
  return (
    <Page title="Firehose">
      <p>
        Everything that happens to the repositories that this server tells of, event by event, as relays and other
        servers hear it. Each event has a number; a reader who names one goes on after it.
      </p>
      <Standing feed={feed} isEnded={isEnded} />
      <p class="row">
        <button type="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)} disabled={isEnded}>
          {isPaused ? `Go on${feed.held > 0 ? ` (${feed.held} waiting)` : ''}` : 'Pause'}
        </button>
        <button type="button" onClick={() => setBegin(isEnded ? { cursor: feed.lastSeq ?? undefined } : null)}>
          {isEnded ? 'Connect' : 'Disconnect'}
        </button>
      </p>
      <Beginning onBegin={(cursor) => setBegin({ cursor })} />
      <Section title="How fast">
        <Rate feed={feed} />
      </Section>
      <Section title="Events">
        <Filters onFilter={setFilter} />
        {feed.lines.length === 0 ? (
          <p class="empty">
            {filter === EVERYTHING
              ? 'Nothing yet. Events appear here as they come.'
              : 'Nothing that fits has come yet.'}
          </p>
        ) : (
          <ol class="cards record-list" aria-label="Events, newest first">
            {feed.lines.map((line) => (
              <FirehoseLine key={line.key} line={line} handle={handles.get(line.event.did) ?? null} />
            ))}
          </ol>
        )}
        <p>
          <small>The newest {KEPT_LINES} are kept.</small>
        </p>
      </Section>
    </Page>
  )
}

function Standing({ feed, isEnded }: { feed: Feed; isEnded: boolean }) {
  const { state, total, lastSeq, notices } = feed
  const words = isEnded
    ? 'Not connected'
    : { connecting: 'Connecting …', open: 'Connected', waiting: 'The connection is lost', ended: '' }[state]
  return (
    <>
      <p class="about">
        <span class={`badge ${!isEnded && state === 'open' ? 'good' : 'bad'}`}>{words}</span> {count(total)}{' '}
        {total === 1 ? 'event' : 'events'} so far
        {lastSeq !== null ? `, the last of them number ${lastSeq}` : ''}
      </p>
      <Spoken words={words} feed={feed} />
      {notices.length > 0 ? (
        <ul class="plain-list" aria-label="What happened to the connection">
          {notices.map(({ number, words }) => (
            <li key={number}>
              <Notice kind="note">{words}</Notice>
            </li>
          ))}
        </ul>
      ) : null}
    </>
  )
}

/** For screen readers: each change of the connection, and now and then how much has come; never single events. */
function Spoken({ words, feed }: { words: string; feed: Feed }) {
  const latest = useRef(feed)
  latest.current = feed
  const [said, setSaid] = useState(words)
  useEffect(() => {
    setSaid(words)
    const timer = setInterval(() => {
      const { total } = latest.current
      setSaid(`${words}. ${count(total)} events so far.`)
    }, SAID_EVERY)
    return () => clearInterval(timer)
  }, [words])
  return (
    <p class="unseen" role="status">
      {said}
    </p>
  )
}

function Beginning({ onBegin }: { onBegin: (cursor: number | undefined) => void }) {
  const action = useAction(async (form: FormData) => {
    const text = textOf(form, 'cursor')
    const cursor = cursorOf(text)
    if (text !== '' && cursor === undefined) throw new Error('That is not the number of an event')
    onBegin(cursor)
  })
  return (
    <Form action={action} submit="Begin there">
      <Field
        label="Begin after event"
        name="cursor"
        inputMode="numeric"
        autocomplete="off"
        hint="0 tells the whole history that is kept; empty begins at this moment"
      />
    </Form>
  )
}

function Rate({ feed: { seconds } }: { feed: Feed }) {
  const drawn = useMemo(
    () => ({
      times: seconds.map(({ at }) => at),
      series: [
        { label: 'Events a second', values: seconds.map(({ events }) => events) },
        { label: 'Records written or deleted', values: seconds.map(({ operations }) => operations) },
      ],
    }),
    [seconds],
  )
  return <Plot label="The last five minutes" {...drawn} />
}

function Filters({ onFilter }: { onFilter: (filter: FeedFilter) => void }) {
  const action = useAction(async (form: FormData) => {
    const who = textOf(form, 'actor').replace(/^@/, '')
    onFilter({
      kind: textOf(form, 'kind'),
      collection: textOf(form, 'collection').replace(/\*$/, ''),
      did: who === '' ? '' : await didOf(who),
    })
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void action.run(new FormData(event.currentTarget))
      }}
    >
      <div class="row">
        <Choice label="Kind" name="kind">
          <option value="">all</option>
          <option value="commit">commit: records</option>
          <option value="identity">identity: handles and keys</option>
          <option value="account">account: coming and going</option>
          <option value="sync">sync: beginning anew</option>
        </Choice>
        <Field
          label="Collection"
          name="collection"
          placeholder="app.bsky.feed.*"
          autocomplete="off"
          spellcheck={false}
        />
        <Field label="Account" name="actor" placeholder="handle or DID" autocomplete="off" spellcheck={false} />
      </div>
      <FaultNotice fault={action.fault} />
      <p>
        <button type="submit" aria-disabled={action.isRunning}>
          Show only these
        </button>
      </p>
    </form>
  )
}

function cursorOf(text: string): number | undefined {
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined
}
