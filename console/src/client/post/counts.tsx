import type { AppBskyFeedDefs } from '@atproto/api'
import { count } from '../../ui/amounts.js'
import { postPath } from '../links.js'

/** What has been done with a post, and where one sees by whom. */
export function Counts({ of: post }: { of: AppBskyFeedDefs.PostView }) {
  const { replyCount = 0, repostCount = 0, quoteCount = 0, likeCount = 0 } = post
  const path = postPath(post.uri, post.author.handle)
  return (
    <p class="counts">
      <a href={path}>{amount(replyCount, 'reply', 'replies')}</a> ·{' '}
      <a href={`${path}/reposts`}>{amount(repostCount, 'repost')}</a> ·{' '}
      <a href={`${path}/quotes`}>{amount(quoteCount, 'quote')}</a> ·{' '}
      <a href={`${path}/likes`}>{amount(likeCount, 'like')}</a>
    </p>
  )
}

function amount(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`
}
