import { useState } from 'preact/hooks'
import { query } from '../api/call.js'
import { Paged } from '../ui/loaded.js'
import { Section } from '../ui/page.js'
import { usePages } from '../ui/use-pages.js'
import { ActorLine } from './actor-line.js'
import { pathOfUri } from './places.js'
import type { Profile } from './repos.js'
import { summaryOf } from './summary.js'

const PAGE = 25

/** Somebody, or a post. */
type Reference = { actor: Profile } | { post: { uri: string; record: Record<string, unknown>; author: Profile } }
type FetchPage = (
  uri: string,
  did: string,
  cursor: string | undefined,
) => Promise<{ items: Reference[]; cursor?: string }>

/** What refers to a record, by its collection: as much of it as the API of app.bsky has an answer for. */
const KINDS: Record<string, { label: string; fetch: FetchPage }[]> = {
  'app.bsky.feed.post': [
    { label: 'Likes', fetch: actors('app.bsky.feed.getLikes', 'uri', 'likes') },
    { label: 'Reposts', fetch: actors('app.bsky.feed.getRepostedBy', 'uri', 'repostedBy') },
    {
      label: 'Quotes',
      async fetch(uri, _, cursor) {
        const page = await query<{ posts: Extract<Reference, { post: unknown }>['post'][]; cursor?: string }>(
          'app.bsky.feed.getQuotes',
          { uri, cursor, limit: PAGE },
        )
        return { items: page.posts.map((post) => ({ post })), cursor: page.cursor }
      },
    },
    {
      label: 'Replies',
      async fetch(uri) {
        const { thread } = await query<{
          thread: { replies?: { post?: Extract<Reference, { post: unknown }>['post'] }[] }
        }>('app.bsky.feed.getPostThread', { uri, depth: 1, parentHeight: 0 })
        return { items: (thread.replies ?? []).flatMap(({ post }) => (post ? [{ post }] : [])) }
      },
    },
  ],
  'app.bsky.feed.generator': [{ label: 'Likes', fetch: actors('app.bsky.feed.getLikes', 'uri', 'likes') }],
  'app.bsky.labeler.service': [{ label: 'Likes', fetch: actors('app.bsky.feed.getLikes', 'uri', 'likes') }],
  'app.bsky.graph.list': [
    {
      label: 'Members',
      async fetch(list, _, cursor) {
        const page = await query<{ items: { subject: Profile }[]; cursor?: string }>('app.bsky.graph.getList', {
          list,
          cursor,
          limit: PAGE,
        })
        return { items: page.items.map(({ subject }) => ({ actor: subject })), cursor: page.cursor }
      },
    },
  ],
  'app.bsky.actor.profile': [
    {
      label: 'Followers',
      fetch: (_, did, cursor) => actors('app.bsky.graph.getFollowers', 'actor', 'followers')(did, did, cursor),
    },
  ],
}

/** A call that lists actors, under `list`, as they are or as `actor` of something. */
function actors(nsid: string, parameter: string, list: string): FetchPage {
  return async (subject, _, cursor) => {
    const page = await query<Record<string, (Profile | { actor: Profile })[]> & { cursor?: string }>(nsid, {
      [parameter]: subject,
      cursor,
      limit: PAGE,
    })
    return {
      items: (page[list] ?? []).map((one) => ({ actor: 'actor' in one ? one.actor : one })),
      cursor: page.cursor,
    }
  }
}

/** Who refers to a record, asked for when one wants to see it. */
export function References({ uri, did, collection }: { uri: string; did: string; collection: string }) {
  const kinds = Object.hasOwn(KINDS, collection) ? KINDS[collection] : undefined
  if (!kinds) return null
  return (
    <Section title="What refers to it">
      {kinds.map(({ label, fetch }) => (
        <Kind key={label} label={label} fetchPage={(cursor) => fetch(uri, did, cursor)} />
      ))}
    </Section>
  )
}

interface KindProps {
  label: string
  fetchPage: (cursor: string | undefined) => Promise<{ items: Reference[]; cursor?: string }>
}

function Kind({ label, fetchPage }: KindProps) {
  const [isOpen, setOpen] = useState(false)
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{label}</summary>
      {isOpen ? <KindList label={label} fetchPage={fetchPage} /> : null}
    </details>
  )
}

function KindList({ label, fetchPage }: KindProps) {
  const pages = usePages(fetchPage, [])
  return (
    <Paged of={pages} empty="None that are known here.">
      {(items) => (
        <ul class="cards" aria-label={label}>
          {items.map((item) =>
            'actor' in item ? (
              <li key={item.actor.did}>
                <ActorLine did={item.actor.did} profile={item.actor} />
              </li>
            ) : (
              <li key={item.post.uri}>
                <ActorLine did={item.post.author.did} profile={item.post.author} />
                <p dir="auto">
                  <a href={pathOfUri(item.post.uri) ?? undefined}>
                    {summaryOf('app.bsky.feed.post', item.post.record)}
                  </a>
                </p>
              </li>
            ),
          )}
        </ul>
      )}
    </Paged>
  )
}
