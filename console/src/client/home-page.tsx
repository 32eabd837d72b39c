import type { AppBskyFeedDefs } from '@atproto/api'
import { useLocation } from 'preact-iso'
import { useEffect, useRef } from 'preact/hooks'
import { Paged } from '../ui/loaded.js'
import { Member } from '../ui/member.js'
import { useLoad } from '../ui/use-load.js'
import { usePages } from '../ui/use-pages.js'
import { ClientPage } from './client-page.js'
import { Composer } from './compose/composer.js'
import { published } from './compose/composing.js'
import { Fresh } from './fresh.js'
import { fetchFeedPage, fetchPinnedFeeds, type PinnedFeed } from './feeds.js'
import { Feed } from './post/feed.js'
import { useNewPosts } from './use-new-posts.js'

/** What those whom one follows have written, and the feeds that one has pinned. */
export default function HomePage() {
  return (
    <ClientPage title="Home">
      <Member>
        <Home />
      </Member>
    </ClientPage>
  )
}

function Home() {
  const { query } = useLocation()
  const pinned = useLoad(fetchPinnedFeeds, [])
  const feeds: PinnedFeed[] = pinned.value ?? []
  const chosen = feeds.find(({ uri }) => uri === query.feed)
  return (
    <>
      <Composer occasion={{}} label="What is there to tell?" submit="Post" />
      {feeds.length > 0 ? (
        <nav class="subnav" aria-label="Feeds">
          <a href="/home" aria-current={chosen ? undefined : 'page'}>
            Following
          </a>
          {feeds.map(({ uri, name }) => (
            <a
              key={uri}
              href={`/home?feed=${encodeURIComponent(uri)}`}
              aria-current={uri === chosen?.uri ? 'page' : undefined}
            >
              <bdi>{name}</bdi>
            </a>
          ))}
        </nav>
      ) : null}
      <Timeline key={chosen?.uri} feed={chosen} />
    </>
  )
}

function Timeline({ feed }: { feed: PinnedFeed | undefined }) {
  const top = useRef<HTMLDivElement>(null)
  const fetchPage = (cursor?: string) => fetchFeedPage(feed, cursor)
  const pages = usePages<AppBskyFeedDefs.FeedViewPost>(fetchPage, [feed?.uri], 'timeline')
  const fresh = useNewPosts(pages, fetchPage)
  const posted = published.value
  const seen = useRef(posted)
  useEffect(() => {
    if (posted === seen.current) return
    seen.current = posted
    void fresh.take()
  }, [posted])
  const show = async (): Promise<void> => {
    await fresh.take()
    top.current?.focus()
    top.current?.scrollIntoView({ block: 'nearest' })
  }
  return (
    <div ref={top} tabIndex={-1} class="timeline" role="region" aria-label={feed ? feed.name : 'Following'}>
      <Fresh count={fresh.count} isMore={fresh.isMore} what="post" onShow={() => void show()} />
      <Paged of={pages} empty="Nothing here yet. People to follow are under Search.">
        {(items) => <Feed of={items} />}
      </Paged>
    </div>
  )
}
