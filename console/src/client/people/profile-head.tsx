import type { AppBskyActorDefs } from '@atproto/api'
import { useState } from 'preact/hooks'
import { account } from '../../api/account.js'
import { count } from '../../ui/amounts.js'
import { Ask } from '../../ui/ask.js'
import { Icon } from '../../ui/icons.js'
import { Menu, MenuItem } from '../../ui/menu.js'
import { FaultNotice } from '../../ui/notice.js'
import { CopyLink } from '../copy-link.js'
import { judgeProfile } from '../judge.js'
import { profilePath } from '../links.js'
import { LinkedText } from '../post/facets.js'
import { Marks, Veil } from '../post/veil.js'
import { ReportDialog } from '../report-dialog.js'
import { EditProfile } from './edit-profile.js'
import { Avatar, FollowButton, nameOf } from './person.js'
import { type LivePerson, usePerson } from './use-person.js'

type Profile = AppBskyActorDefs.ProfileViewDetailed

/** Who it is, and how one stands to them. `onChanged`: what others may see of it is not the same any more. */
export function ProfileHead({ of: seen, onChanged }: { of: Profile; onChanged: () => void }) {
  const live = usePerson(seen)
  const { person, follow, mute, block } = live
  const [isEditing, setEditing] = useState(false)
  const judged = judgeProfile(person)
  const isOwn = person.did === account.value?.did
  const path = profilePath(person)
  return (
    <section class="profile" aria-label="Profile">
      {person.banner && !judged.ui('banner').blur ? <img class="banner" src={person.banner} alt="" /> : null}
      <div class="profile-top">
        <Avatar of={person} isVeiled={judged.ui('avatar').blur} />
        <div class="row">
          {isOwn ? (
            <button type="button" onClick={() => setEditing(true)}>
              Edit profile
            </button>
          ) : null}
          {person.viewer?.blocking ? (
            <button type="button" onClick={() => void block.run().then(onChanged)}>
              Unblock
            </button>
          ) : (
            <FollowButton of={person} follow={follow} />
          )}
          <MoreOfProfile of={live} isOwn={isOwn} onChanged={onChanged} />
        </div>
      </div>
      <h2>
        <bdi>{nameOf(person)}</bdi>
      </h2>
      <p class="handle">
        @{person.handle} {person.viewer?.followedBy ? <span class="badge">Follows you</span> : null}
      </p>
      <Marks ui={judged.ui('profileView')} />
      <Veil ui={judged.ui('profileView')} what="Profile">
        <p class="text" dir="auto">
          {person.description ? <LinkedText text={person.description} /> : null}
        </p>
      </Veil>
      <p class="row counts">
        <a href={`${path}/followers`}>
          <strong>{count(person.followersCount ?? 0)}</strong> {person.followersCount === 1 ? 'follower' : 'followers'}
        </a>
        <a href={`${path}/follows`}>
          <strong>{count(person.followsCount ?? 0)}</strong> following
        </a>
        <span>
          <strong>{count(person.postsCount ?? 0)}</strong> {person.postsCount === 1 ? 'post' : 'posts'}
        </span>
      </p>
      <FaultNotice fault={follow.fault ?? mute.fault ?? block.fault} />
      {isEditing ? (
        <EditProfile
          of={person}
          onClose={() => setEditing(false)}
          onSaved={() => {
            setEditing(false)
            onChanged()
          }}
        />
      ) : null}
    </section>
  )
}

function MoreOfProfile({
  of: { person, mute, block },
  isOwn,
  onChanged,
}: {
  of: LivePerson<Profile>
  isOwn: boolean
  onChanged: () => void
}) {
  const [dialog, setDialog] = useState<'block' | 'report'>()
  const close = (): void => setDialog(undefined)
  const { did, viewer = {} } = person
  return (
    <>
      <Menu label="More" sign={<Icon name="more" />}>
        <CopyLink path={profilePath(person)} />
        <li>
          <a href={`/explore/${did}`}>Show the repository</a>
        </li>
        {account.value && !isOwn ? (
          <>
            <MenuItem onChoose={() => void mute.run()}>{viewer.muted ? 'Unmute' : 'Mute'}</MenuItem>
            {viewer.blocking ? null : <MenuItem onChoose={() => setDialog('block')}>Block</MenuItem>}
            <MenuItem onChoose={() => setDialog('report')}>Report</MenuItem>
          </>
        ) : null}
      </Menu>
      {dialog === 'block' ? (
        <Ask
          title={`Block @${person.handle}?`}
          confirm="Block"
          action={block}
          onClose={() => {
            close()
            if (block.isDone) onChanged()
          }}
        >
          You will not see each other’s posts any more, and cannot reply to each other. Blocks are public: they are
          records of your repository.
        </Ask>
      ) : null}
      {dialog === 'report' ? (
        <ReportDialog
          title={`Report @${person.handle}`}
          subject={{ $type: 'com.atproto.admin.defs#repoRef', did }}
          onClose={close}
        />
      ) : null}
    </>
  )
}
