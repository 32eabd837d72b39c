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
  /** Puts it in place; what was there is brought up to date. */
  take(): Promise<void>
}

interface Fresh {
  news: Item[]
  isMore: boolean
}

const EVERY_MS = 20_000

/** Looks every 20 seconds whether the first page has something new; it is put in place when that is asked for. */
export function useNewPosts(pages: Pages<Item>, fetchPage: () => Promise<{ items: Item[] }>): NewPosts {
  const [fresh, setFresh] = useState<Fresh>({ news: [], isMore: false })
  const look = async (): Promise<Fresh & { items: Item[] }> => {
    const known = new Set(pages.items.map(keyOf))
    const { items } = await fetchPage()
    const news = items.filter((item) => !known.has(keyOf(item)))
    return { items, news, isMore: news.length > 0 && news.length === items.length && known.size > 0 }
  }
  usePoll(pages.isLoading ? null : async () => setFresh(await look()), EVERY_MS)
  return {
    count: fresh.news.filter(isShown).length,
    isMore: fresh.isMore,
    async take() {
      setFresh({ news: [], isMore: false })
      const looked = await look().catch(() => null)
      if (!looked || looked.isMore) return pages.reload()
      const { news, items } = looked
      const current = new Map(items.map((item) => [keyOf(item), item]))
      pages.change((before) => {
        const known = new Set(before.map(keyOf))
        const isNew = (item: Item): boolean => !known.has(keyOf(item))
        return [...news.filter(isNew), ...before.map((item) => current.get(keyOf(item)) ?? item)]
      })
    },
  }
}
