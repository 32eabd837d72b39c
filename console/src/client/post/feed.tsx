import { AppBskyFeedDefs } from '@atproto/api'
import { account } from '../../api/account.js'
import { judgePost } from '../judge.js'
import { nameOf } from '../people/person.js'
import { profilePath } from '../links.js'
import { PostCard } from './post-card.js'
import { deleted } from './use-post.js'

/** An item of a feed, apart from all others: a post may come as itself and as somebody's repost. */
export function keyOf({ post, reason }: AppBskyFeedDefs.FeedViewPost): string {
  return AppBskyFeedDefs.isReasonRepost(reason) ? `${post.uri} ${reason.by.did}` : post.uri
}

/** Whether it is shown at all: not what was deleted here, nor what the reader wants to be spared. */
export function isShown({ post }: Pick<AppBskyFeedDefs.FeedViewPost, 'post'>): boolean {
  return !deleted.value.has(post.uri) && !judgePost(post).ui('contentList').filter
}

/** Posts one below the other, each with how it came here; what the reader does not want to see is only counted. */
export function Feed({ of: items }: { of: AppBskyFeedDefs.FeedViewPost[] }) {
  const here = items.filter(({ post }) => !deleted.value.has(post.uri))
  const shown = here.filter(isShown)
  const spared = here.length - shown.length
  return (
    <>
      <ol class="cards posts">
        {shown.map((item) => (
          <li key={keyOf(item)}>
            <PostCard post={item.post} above={<Above of={item} />} />
          </li>
        ))}
      </ol>
      {spared > 0 ? (
        <p class="empty">
          {spared === 1 ? 'One post is' : `${spared} posts are`} not shown, because of labels or of what you have muted.{' '}
          {account.value ? <a href="/settings/seeing">What you see</a> : null}
        </p>
      ) : null}
    </>
  )
}

function Above({ of: { reason, reply } }: { of: AppBskyFeedDefs.FeedViewPost }) {
  if (AppBskyFeedDefs.isReasonRepost(reason))
    return (
      <p class="above">
        Reposted by{' '}
        <a href={profilePath(reason.by)}>
          <bdi>{reason.by.did === account.value?.did ? 'you' : nameOf(reason.by)}</bdi>
        </a>
      </p>
    )
  if (AppBskyFeedDefs.isReasonPin(reason)) return <p class="above">Pinned</p>
  if (!reply) return null
  if (!AppBskyFeedDefs.isPostView(reply.parent)) return <p class="above">Reply to a post that is not shown</p>
  const { author } = reply.parent
  return (
    <p class="above">
      Reply to{' '}
      <a href={profilePath(author)}>
        <bdi>{author.did === account.value?.did ? 'you' : nameOf(author)}</bdi>
      </a>
    </p>
  )
}
