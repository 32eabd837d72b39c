import { explorePath } from './places.js'
import type { Profile } from './repos.js'

/** Somebody, in a line that leads to the repository. Without a profile there is only the DID. */
export function ActorLine({
  did,
  profile,
}: {
  did: string
  profile: Pick<Profile, 'handle' | 'displayName' | 'avatar'> | undefined
}) {
  return (
    <span class="actor-line">
      {profile?.avatar ? (
        <img class="avatar small" src={profile.avatar} alt="" loading="lazy" />
      ) : (
        <span class="avatar small" aria-hidden="true" />
      )}
      <span class="actor-names">
        <a href={explorePath(did)}>{profile ? profile.displayName || `@${profile.handle}` : <code>{did}</code>}</a>
        {profile?.displayName ? <small>@{profile.handle}</small> : null}
        {profile ? <small class="did">{did}</small> : null}
      </span>
    </span>
  )
}
