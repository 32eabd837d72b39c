import { useState } from 'preact/hooks'
import { account } from '../../api/account.js'
import { count } from '../../ui/amounts.js'
import { Ask } from '../../ui/ask.js'
import { Icon, type IconName } from '../../ui/icons.js'
import { Menu, MenuItem } from '../../ui/menu.js'
import { compose } from '../compose/composing.js'
import { CopyLink } from '../copy-link.js'
import { postPath, recordPath } from '../links.js'
import { ReportDialog } from '../report-dialog.js'
import type { LivePost } from './use-post.js'

/** What somebody who is signed in can do with a post. */
export function PostActions({ of: live }: { of: LivePost }) {
  const { post, like, repost, bookmark } = live
  const { viewer = {}, replyCount = 0, repostCount = 0, quoteCount = 0, likeCount = 0 } = post
  return (
    <div class="actions">
      <Act
        icon="reply"
        label={viewer.replyDisabled ? 'Replies are closed' : 'Reply'}
        count={replyCount}
        isOff={viewer.replyDisabled}
        onAct={() => compose({ replyTo: post })}
      />
      <Act icon="repost" label="Repost" count={repostCount} isOn={Boolean(viewer.repost)} onAct={repost.run} />
      <Act
        icon="quote"
        label={viewer.embeddingDisabled ? 'Quotes are closed' : 'Quote'}
        count={quoteCount}
        isOff={viewer.embeddingDisabled}
        onAct={() => compose({ quote: post })}
      />
      <Act icon="like" label="Like" count={likeCount} isOn={Boolean(viewer.like)} onAct={like.run} />
      <Act icon="bookmark" label="Bookmark" isOn={Boolean(viewer.bookmarked)} onAct={bookmark.run} />
      <MoreActions of={live} />
    </div>
  )
}

function MoreActions({ of: { post, muteThread, remove } }: { of: LivePost }) {
  const [dialog, setDialog] = useState<'delete' | 'report'>()
  const close = (): void => setDialog(undefined)
  const isOwn = post.author.did === account.value!.did
  return (
    <>
      <Menu label="More" sign={<Icon name="more" />}>
        <CopyLink path={postPath(post.uri, post.author.handle)} />
        <MenuItem onChoose={() => void muteThread.run()}>
          {post.viewer?.threadMuted ? 'Unmute thread' : 'Mute thread'}
        </MenuItem>
        <li>
          <a href={recordPath(post.uri)}>Show the record</a>
        </li>
        {isOwn ? (
          <MenuItem onChoose={() => setDialog('delete')}>Delete</MenuItem>
        ) : (
          <MenuItem onChoose={() => setDialog('report')}>Report</MenuItem>
        )}
      </Menu>
      {dialog === 'delete' ? (
        <Ask title="Delete this post?" confirm="Delete" action={remove} onClose={close}>
          It is taken out of your repository, and out of every timeline here. Other servers are told; what somebody has
          kept of it stays with them.
        </Ask>
      ) : null}
      {dialog === 'report' ? (
        <ReportDialog
          title="Report this post"
          subject={{ $type: 'com.atproto.repo.strongRef', uri: post.uri, cid: post.cid }}
          onClose={close}
        />
      ) : null}
    </>
  )
}

function Act({
  icon,
  label,
  count: amount,
  isOn,
  isOff = false,
  onAct,
}: {
  icon: IconName
  label: string
  count?: number
  /** Pressed or not; undefined for what is no switch. */
  isOn?: boolean
  isOff?: boolean
  onAct: () => unknown
}) {
  return (
    <button
      type="button"
      class="quiet act"
      title={label}
      aria-pressed={isOn}
      disabled={isOff}
      onClick={() => void onAct()}
    >
      <Icon name={icon} isOn={isOn} />
      <span class="unseen">{label}</span>
      {amount ? <span> {count(amount)}</span> : null}
    </button>
  )
}
