import type { AppBskyFeedDefs } from '@atproto/api'
import { signal } from '@preact/signals'
import { leave } from '../../app/announcer.js'
import { ownDid } from '../../api/account.js'
import { agent } from '../../api/session.js'
import { partsOf } from '../links.js'
import { shownAtOnce } from '../shown-at-once.js'
import { useLatest } from '../use-latest.js'
import { postOf } from './post-record.js'
import { type Action, useAction } from '../../ui/use-action.js'

type PostView = AppBskyFeedDefs.PostView
type ViewerState = AppBskyFeedDefs.ViewerState
type Counted = 'likeCount' | 'repostCount'

/** Posts that were deleted in this window: what shows them leaves them out. */
export const deleted = signal<ReadonlySet<string>>(new Set())

/** A post as it is for the viewer, and what the viewer does to it. What the server refuses is taken back. */
export interface LivePost {
  post: PostView
  like: Action<[]>
  repost: Action<[]>
  bookmark: Action<[]>
  muteThread: Action<[]>
  remove: Action<[]>
}

/** What stands for the address of a record that is being made. */
const COMING = 'at://coming'

export function usePost(view: PostView): LivePost {
  const [post, setPost] = useLatest(view.uri, view)
  const { uri, cid, viewer = {} } = post

  const setViewer = (patch: ViewerState): void => setPost((now) => ({ viewer: { ...now.viewer, ...patch } }))
  const change = <Result>(patch: ViewerState, act: () => Promise<Result>): Promise<Result> =>
    shownAtOnce<ViewerState, Result>(viewer, patch, setViewer, act)
  /** The same of something that is counted. */
  const count = async <Result>(of: Counted, by: number, act: () => Promise<Result>): Promise<Result> => {
    const add = (by: number): void => setPost((now) => ({ [of]: (now[of] ?? 0) + by }))
    add(by)
    try {
      return await act()
    } catch (error) {
      add(-by)
      throw error
    }
  }

  return {
    post,
    like: useAction(async () => {
      const { like } = viewer
      if (like) return count('likeCount', -1, () => change({ like: undefined }, () => agent.deleteLike(like)))
      const made = await count('likeCount', 1, () => change({ like: COMING }, () => agent.like(uri, cid)))
      setViewer({ like: made.uri })
    }),
    repost: useAction(async () => {
      const { repost } = viewer
      if (repost) return count('repostCount', -1, () => change({ repost: undefined }, () => agent.deleteRepost(repost)))
      const made = await count('repostCount', 1, () => change({ repost: COMING }, () => agent.repost(uri, cid)))
      setViewer({ repost: made.uri })
    }),
    bookmark: useAction(() => {
      const { bookmark } = agent.app.bsky
      return change({ bookmarked: !viewer.bookmarked }, () =>
        viewer.bookmarked ? bookmark.deleteBookmark({ uri }) : bookmark.createBookmark({ uri, cid }),
      )
    }),
    muteThread: useAction(() => {
      const { graph } = agent.app.bsky
      const root = postOf(post.record)?.reply?.root.uri ?? uri
      return change({ threadMuted: !viewer.threadMuted }, () =>
        viewer.threadMuted ? graph.unmuteThread({ root }) : graph.muteThread({ root }),
      )
    }),
    remove: useAction(async () => {
      await agent.com.atproto.repo.applyWrites({
        repo: ownDid(),
        writes: [uri, post.threadgate?.uri].flatMap(deletion),
      })
      deleted.value = new Set([...deleted.value, uri])
      leave('The post is deleted')
    }),
  }
}

/** Who may reply is a record beside the post, and goes with it. */
function deletion(
  uri: string | undefined,
): { $type: 'com.atproto.repo.applyWrites#delete'; collection: string; rkey: string }[] {
  if (!uri) return []
  const { collection, rkey } = partsOf(uri)
  return [{ $type: 'com.atproto.repo.applyWrites#delete', collection, rkey }]
}
