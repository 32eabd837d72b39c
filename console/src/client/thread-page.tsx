import { AppBskyFeedDefs } from '@atproto/api'
import { useLocation, useRoute } from 'preact-iso'
import { useEffect, useRef } from 'preact/hooks'
import { signInPath } from '../app/way-back.js'
import { account } from '../api/account.js'
import { agent } from '../api/session.js'
import { Loaded } from '../ui/loaded.js'
import { Section } from '../ui/page.js'
import { useLoad } from '../ui/use-load.js'
import { ClientPage } from './client-page.js'
import { Composer } from './compose/composer.js'
import { published } from './compose/composing.js'
import { nameOf } from './people/person.js'
import { PostCard } from './post/post-card.js'
import { deleted } from './post/use-post.js'
import { Replies, Stub } from './replies.js'

type Node = AppBskyFeedDefs.ThreadViewPost['parent']

/** A post with what it answers, and with the answers to it: for everybody, signed in or not. */
export default function ThreadPage() {
  const { actor = '', rkey = '' } = useRoute().params
  const uri = `at://${actor}/app.bsky.feed.post/${rkey}`
  const thread = useLoad(async () => {
    const { data } = await agent.getPostThread({ uri, depth: 10, parentHeight: 80 })
    return data.thread
  }, [uri, account.value?.did])
  const posted = published.value
  const seen = useRef(posted)
  useEffect(() => {
    if (posted !== seen.current) void thread.reload()
    seen.current = posted
  }, [posted])
  const title = AppBskyFeedDefs.isThreadViewPost(thread.value) ? `Post of ${nameOf(thread.value.post.author)}` : 'Post'
  return (
    <ClientPage title={title}>
      {thread.fault?.error === 'NotFound' ? (
        <p class="stub">This post is not there: it was deleted, or never was.</p>
      ) : (
        <Loaded of={thread}>
          {(node) => (AppBskyFeedDefs.isThreadViewPost(node) ? <Thread of={node} /> : <Stub of={node} />)}
        </Loaded>
      )}
    </ClientPage>
  )
}

function Thread({ of: node }: { of: AppBskyFeedDefs.ThreadViewPost }) {
  const { post, replies = [] } = node
  const parents = parentsOf(node)
  const place = useRef<HTMLDivElement>(null)
  // What it answers is above; one comes for the post itself.
  useEffect(() => {
    if (parents.length > 0) place.current?.scrollIntoView({ block: 'center' })
  }, [post.uri])
  return (
    <>
      {parents.length > 0 ? (
        <ol class="cards posts parents" aria-label="What it answers">
          {parents.map((parent, index) => (
            <li key={index}>
              {AppBskyFeedDefs.isThreadViewPost(parent) ? <PostCard post={parent.post} /> : <Stub of={parent} />}
            </li>
          ))}
        </ol>
      ) : null}
      <div ref={place}>
        {deleted.value.has(post.uri) ? <p class="stub">This post is deleted.</p> : <PostCard post={post} isMain />}
      </div>
      <Section title="Replies">
        <ReplyBox to={post} />
        {replies.length > 0 ? <Replies of={replies} /> : <p class="empty">No replies yet.</p>}
      </Section>
    </>
  )
}

function ReplyBox({ to: post }: { to: AppBskyFeedDefs.PostView }) {
  const { url } = useLocation()
  if (!account.value)
    return (
      <p>
        <a href={signInPath(url)}>Sign in</a> to reply.
      </p>
    )
  if (post.viewer?.replyDisabled)
    return <p class="empty">Who started this thread has closed it to you: you cannot reply.</p>
  if (deleted.value.has(post.uri)) return null
  return <Composer key={post.uri} occasion={{ replyTo: post }} label="Your reply" submit="Reply" />
}

/** The posts above, the first of the thread first. */
function parentsOf(node: AppBskyFeedDefs.ThreadViewPost): NonNullable<Node>[] {
  const parents: NonNullable<Node>[] = []
  for (let parent = node.parent; parent; parent = AppBskyFeedDefs.isThreadViewPost(parent) ? parent.parent : undefined)
    parents.unshift(parent)
  return parents
}
