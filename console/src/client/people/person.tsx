import type { AppBskyActorDefs } from '@atproto/api'
import { profilePath } from '../links.js'

type Basic = Pick<AppBskyActorDefs.ProfileViewBasic, 'did' | 'handle' | 'displayName' | 'avatar'>

/** What somebody is called: the name that was chosen, else the handle. */
export function nameOf({ displayName, handle }: Basic): string {
  return displayName?.trim() || handle
}

/** Somebody's picture; an empty disc where there is none. It is a decoration: the name stands beside it. */
export function Avatar({ of: { avatar }, isVeiled = false }: { of: Basic; isVeiled?: boolean }) {
  return avatar && !isVeiled ? <img class="avatar" src={avatar} alt="" loading="lazy" /> : <span class="avatar" />
}

/** Who it is: name and handle, which leads to the profile. Names are kept apart from what stands around them. */
export function Byline({ of: person }: { of: Basic }) {
  return (
    <a class="byline" href={profilePath(person)}>
      <bdi class="name">{nameOf(person)}</bdi> <bdi class="handle">@{person.handle}</bdi>
    </a>
  )
}
