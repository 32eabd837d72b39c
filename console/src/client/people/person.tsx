import type { AppBskyActorDefs } from '@atproto/api'
import { account } from '../../api/account.js'
import { FaultNotice } from '../../ui/notice.js'
import type { Action } from '../../ui/use-action.js'
import { judgeProfile } from '../judge.js'
import { profilePath } from '../links.js'
import { usePerson } from './use-person.js'

type Basic = Pick<AppBskyActorDefs.ProfileViewBasic, 'did' | 'handle' | 'displayName' | 'avatar'>

/** What somebody is called: the name that was chosen, else the handle. */
export function nameOf({ displayName, handle }: Basic): string {
  return displayName?.trim() || handle
}

/** Somebody's picture, or a letter where there is none. It is a decoration: the name stands beside it. */
export function Avatar({ of: person, isVeiled = false }: { of: Basic; isVeiled?: boolean }) {
  if (person.avatar && !isVeiled) return <img class="avatar" src={person.avatar} alt="" loading="lazy" />
  return (
    <span class="avatar letter" aria-hidden="true">
      {[...nameOf(person).toUpperCase()][0]}
    </span>
  )
}

/** Who it is: name and handle, which leads to the profile. Names are kept apart from what stands around them. */
export function Byline({ of: person }: { of: Basic }) {
  return (
    <a class="byline" href={profilePath(person)}>
      <bdi class="name">{nameOf(person)}</bdi> <bdi class="handle">@{person.handle}</bdi>
    </a>
  )
}

/** Follows, or does not any more. Not there for oneself, nor for whoever is not signed in. */
export function FollowButton({
  of: { did, viewer = {} },
  follow,
}: {
  of: Pick<AppBskyActorDefs.ProfileView, 'did' | 'viewer'>
  follow: Action<[]>
}) {
  const isClosed = viewer.blockedBy && !viewer.following
  if (!account.value || account.value.did === did || isClosed) return null
  return (
    <button
      type="button"
      class={viewer.following ? '' : 'primary'}
      aria-pressed={Boolean(viewer.following)}
      onClick={() => void follow.run()}
    >
      {viewer.following ? 'Following' : viewer.followedBy ? 'Follow back' : 'Follow'}
    </button>
  )
}

/** People one below the other. */
export function People({ of: people }: { of: AppBskyActorDefs.ProfileView[] }) {
  return (
    <ul class="cards people">
      {people
        .filter(
          (person) => !judgeProfile(person).ui('profileList').filter || person.viewer?.muted || person.viewer?.blocking,
        )
        .map((person) => (
          <li key={person.did}>
            <PersonRow of={person} />
          </li>
        ))}
    </ul>
  )
}

function PersonRow({ of: seen }: { of: AppBskyActorDefs.ProfileView }) {
  const { person, follow } = usePerson(seen)
  return (
    <div class="person">
      <Avatar of={person} isVeiled={judgeProfile(person).ui('avatar').blur} />
      <div>
        <Byline of={person} />
        <p class="about" dir="auto">
          {person.description}
        </p>
        <FaultNotice fault={follow.fault} />
      </div>
      <FollowButton of={person} follow={follow} />
    </div>
  )
}
