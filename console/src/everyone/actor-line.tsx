import { explorePath } from './places.js'
import { handleOf, type Profile } from './repos.js'

/** Somebody, in a line that leads to the repository. Where there is neither a name nor a handle, there is the DID. */
export function ActorLine({
  did,
  profile,
}: {
  did: string
  profile: Pick<Profile, 'handle' | 'displayName' | 'avatar'> | undefined
}) {
  const handle = handleOf(profile)
  const name = profile?.displayName || (handle && `@${handle}`)
  return (
    <span class="actor-line">
      {profile?.avatar ? (
        <img class="avatar small" src={profile.avatar} alt="" loading="lazy" />
      ) : (
        <span class="avatar small" aria-hidden="true" />
      )}
      <span class="actor-names">
        <a href={explorePath(did)}>{name ? <bdi>{name}</bdi> : <code>{did}</code>}</a>
        {handle && profile?.displayName ? <small>@{handle}</small> : null}
        {name ? <small class="did">{did}</small> : null}
      </span>
    </span>
  )
}
