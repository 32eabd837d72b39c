import type { AppBskyActorDefs, AppBskyFeedDefs } from '@atproto/api'
import { useLocation } from 'preact-iso'
import { account } from '../api/account.js'
import { agent } from '../api/session.js'
import { Paged } from '../ui/loaded.js'
import { usePages } from '../ui/use-pages.js'
import { ClientPage } from './client-page.js'
import { People } from './people/person.js'
import { Feed } from './post/feed.js'
import { SearchBox } from './search-box.js'

const TABS = { people: 'People', posts: 'Posts' }

/** Finds people and posts. What is looked for stands in the address, so that it can be kept and passed on. */
export default function SearchPage() {
  const { query, route } = useLocation()
  const q = (query.q ?? '').trim()
  const tab = query.tab === 'posts' ? 'posts' : 'people'
  const address = (tab: string, q: string): string => `/search?${new URLSearchParams({ tab, ...(q && { q }) })}`
  return (
    <ClientPage title="Search">
      <SearchBox key={q} query={q} onSearch={(q) => route(address(tab, q))} />
      <nav class="subnav" aria-label="What to look for">
        {Object.entries(TABS).map(([key, label]) => (
          <a key={key} href={address(key, q)} aria-current={key === tab ? 'page' : undefined}>
            {label}
          </a>
        ))}
      </nav>
      {tab === 'posts' ? <Posts q={q} /> : <FoundPeople q={q} />}
    </ClientPage>
  )
}

function FoundPeople({ q }: { q: string }) {
  const pages = usePages<AppBskyActorDefs.ProfileView>(
    async (cursor) => {
      // Before anything is looked for: who else is here.
      const { data } = q
        ? await agent.searchActors({ q, limit: 30, cursor })
        : await agent.getSuggestions({ limit: 30, cursor })
      return { items: data.actors, cursor: data.cursor }
    },
    [q, account.value?.did],
    'people',
  )
  return (
    <Paged of={pages} empty={q ? 'Nobody of that name.' : 'Type a name or a handle.'}>
      {(people) => (
        <>
          {q ? null : <p class="empty">People whom you do not follow yet:</p>}
          <People of={people} />
        </>
      )}
    </Paged>
  )
}

function Posts({ q }: { q: string }) {
  const pages = usePages<AppBskyFeedDefs.FeedViewPost>(
    async (cursor) => {
      if (!q) return { items: [] }
      const { data } = await agent.app.bsky.feed.searchPosts({ q, limit: 30, cursor })
      return { items: data.posts.map((post) => ({ post })), cursor: data.cursor }
    },
    [q, account.value?.did],
    'posts',
  )
  return (
    <>
      <p class="hint">
        <small>
          Words, <code>"words in this order"</code>, <code>#tag</code>, <code>from:alice.example</code>,{' '}
          <code>lang:en</code>, <code>since:2026-01-01</code>; <code>-word</code> leaves out.
        </small>
      </p>
      <Paged of={pages} empty={q ? 'No post has that.' : 'Type what it should be about.'}>
        {(items) => <Feed of={items} />}
      </Paged>
    </>
  )
}
