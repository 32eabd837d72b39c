import type { AppBskyFeedDefs } from '@atproto/api'
import { agent } from '../../api/session.js'
import { isPost, type Notification } from './groups.js'

/** A notification and the post that it is about, if that is there to see. */
export interface Told {
  notification: Notification
  post: AppBskyFeedDefs.PostView | undefined
}

const SPOKEN = ['reply', 'mention', 'quote']
/** As many as one call takes. */
const POSTS = 25

/** A page of notifications; `isMentions`: of what others have said to one. */
export async function fetchNotifications(
  isMentions: boolean,
  cursor?: string,
): Promise<{ items: Told[]; cursor?: string }> {
  const { data } = await agent.listNotifications({ limit: 40, cursor, ...(isMentions && { reasons: SPOKEN }) })
  const uris = [...new Set(data.notifications.flatMap((told) => postOf(told) ?? []))]
  const asked: Promise<AppBskyFeedDefs.PostView[]>[] = []
  for (let from = 0; from < uris.length; from += POSTS)
    asked.push(agent.getPosts({ uris: uris.slice(from, from + POSTS) }).then(({ data }) => data.posts))
  const posts = new Map((await Promise.all(asked)).flat().map((post) => [post.uri, post]))
  return {
    items: data.notifications.map((notification) => ({ notification, post: posts.get(postOf(notification) ?? '') })),
    cursor: data.cursor,
  }
}

/** The post that it is about: what was said, or what was liked or reposted. */
function postOf({ reason, uri, record, reasonSubject }: Notification): string | undefined {
  if (isPost(reason)) return uri
  const { subject } = record as { subject?: { uri?: unknown } }
  const about = typeof subject?.uri === 'string' ? subject.uri : reasonSubject
  return about?.includes('/app.bsky.feed.post/') ? about : undefined
}
