import type { AppBskyFeedDefs } from '@atproto/api'
import type { ComponentChildren } from 'preact'
import { useLocation } from 'preact-iso'
import { account } from '../../api/account.js'
import { FaultNotice } from '../../ui/notice.js'
import { Time } from '../../ui/time.js'
import { judgePost } from '../judge.js'
import { postPath } from '../links.js'
import { Avatar, Byline, nameOf } from '../people/person.js'
import { Counts } from './counts.js'
import { EmbedView } from './embed.js'
import { FacetText } from './facets.js'
import { PostActions } from './post-actions.js'
import { postOf } from './post-record.js'
import { usePost } from './use-post.js'
import { Marks, Veil } from './veil.js'

/** What belongs to itself when the card is clicked. */
const OWN = 'a, button, dialog, video, input, select, textarea, label, .veil'

/**
 * A post and what can be done with it. `above` says how it came here (who reposted it, whom it answers); `isMain` is the post
 * that a page is about.
 */
export function PostCard({
  post: view,
  above,
  isMain = false,
}: {
  post: AppBskyFeedDefs.PostView
  above?: ComponentChildren
  isMain?: boolean
}) {
  const { route } = useLocation()
  const live = usePost(view)
  const { post } = live
  const { author } = post
  const record = postOf(post.record)
  const judged = judgePost(post)
  const path = postPath(post.uri, author.handle)
  const open = (event: MouseEvent): void => {
    // The time is the link; a click anywhere else is a short way to it for whoever uses a mouse.
    if ((event.target as Element).closest(OWN) || getSelection()?.toString()) return
    route(path)
  }
  const faults = [live.like, live.repost, live.bookmark, live.muteThread, live.remove].map(({ fault }) => fault)
  return (
    <article
      class={isMain ? 'post main' : 'post'}
      aria-label={`Post of ${nameOf(author)}`}
      onClick={isMain ? undefined : open}
    >
      <Avatar of={author} isVeiled={judged.ui('avatar').blur} />
      <div class="post-body">
        {above}
        <p class="post-head">
          <Byline of={author} />
          <a class="when" href={path}>
            <Time at={post.indexedAt} />
          </a>
        </p>
        <Marks ui={judged.ui('contentView')} />
        <Veil ui={judged.ui(isMain ? 'contentView' : 'contentList')} what="Post">
          {record ? (
            <p class="text" dir="auto" lang={record.langs?.[0]}>
              <FacetText text={record.text} facets={record.facets} />
            </p>
          ) : (
            <p class="stub">This post cannot be read.</p>
          )}
          <EmbedView of={post.embed} did={author.did} judged={judged} />
        </Veil>
        {isMain || !account.value ? <Counts of={post} /> : null}
        {account.value ? <PostActions of={live} /> : null}
        <FaultNotice fault={faults.find((fault) => fault !== undefined)} />
      </div>
    </article>
  )
}
