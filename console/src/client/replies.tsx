import { AppBskyFeedDefs } from '@atproto/api'
import { postPath } from './links.js'
import { PostCard } from './post/post-card.js'
import { deleted } from './post/use-post.js'

type Node = NonNullable<AppBskyFeedDefs.ThreadViewPost['parent']>

/** As deep as replies are moved to the right; what is deeper stands below. */
const DEEPEST = 4

/** Replies, each with those to itself. */
export function Replies({ of: nodes, depth = 0 }: { of: Node[]; depth?: number }) {
  return (
    <ol class={depth === 0 ? 'cards posts replies' : 'posts replies'}>
      {nodes.map((node, index) => (
        <li key={AppBskyFeedDefs.isThreadViewPost(node) ? node.post.uri : index}>
          <Reply of={node} depth={depth} />
        </li>
      ))}
    </ol>
  )
}

function Reply({ of: node, depth }: { of: Node; depth: number }) {
  if (!AppBskyFeedDefs.isThreadViewPost(node)) return <Stub of={node} />
  const { post, replies = [] } = node
  const more = (post.replyCount ?? 0) > 0 && replies.length === 0
  return (
    <>
      {deleted.value.has(post.uri) ? <p class="stub">This post is deleted.</p> : <PostCard post={post} />}
      {more ? (
        <p class="further">
          <a href={postPath(post.uri, post.author.handle)}>More replies</a>
        </p>
      ) : null}
      {replies.length > 0 ? (
        <div class={depth < DEEPEST ? 'deeper' : ''}>
          <Replies of={replies} depth={depth + 1} />
        </div>
      ) : null}
    </>
  )
}

/** What stands where a post cannot be shown. */
export function Stub({ of: node }: { of: Node }) {
  if (AppBskyFeedDefs.isBlockedPost(node))
    return (
      <p class="stub">
        {node.author.viewer?.blocking ? 'A post of somebody whom you block.' : 'A post that is blocked.'}
      </p>
    )
  if (AppBskyFeedDefs.isNotFoundPost(node)) return <p class="stub">A post that is not there any more.</p>
  return <p class="stub">Something that this page cannot show.</p>
}
