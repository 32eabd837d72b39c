import type { AppBskyFeedDefs } from '@atproto/api'
import { useState } from 'preact/hooks'
import { usePoll } from '../ui/use-poll.js'
import type { Pages } from '../ui/use-pages.js'
import { isShown, keyOf } from './post/feed.js'

type Item = AppBskyFeedDefs.FeedViewPost

/** What has come to the front of a feed since it was fetched. */
export interface NewPosts {
  count: number
  /** There is more than one page of it. */
  isMore: boolean
  /** Puts it in place. */
  take(): Promise<void>
}

const EVERY_MS = 20_000

/** Looks every 20 seconds whether the first page has something new; it is put in place when that is asked for. */
export function useNewPosts(pages: Pages<Item>, fetchPage: () => Promise<{ items: Item[] }>): NewPosts {
  const [fresh, setFresh] = useState<{ items: Item[]; isMore: boolean }>({ items: [], isMore: false })
  const look = async (): Promise<typeof fresh> => {
    const known = new Set(pages.items.map(keyOf))
    const { items } = await fetchPage()
    const news = items.filter((item) => !known.has(keyOf(item)))
    return { items: news, isMore: news.length > 0 && news.length === items.length && known.size > 0 }
  }
  usePoll(pages.isLoading ? null : async () => setFresh(await look()), EVERY_MS)
  return {
    count: fresh.items.filter(isShown).length,
    isMore: fresh.isMore,
    async take() {
      setFresh({ items: [], isMore: false })
      const { items, isMore } = await look().catch(() => ({ items: [], isMore: true }))
      if (isMore) pages.reload()
      else pages.change((before) => [...items, ...before])
    },
  }
}
