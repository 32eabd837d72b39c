import { query } from '../api/call.js'
import { Paged } from '../ui/loaded.js'
import { Page, Section } from '../ui/page.js'
import { usePages } from '../ui/use-pages.js'
import { ActorLine } from './actor-line.js'
import './everyone.css'
import { GoTo } from './go-to.js'
import { type ListedRepo, type Profile, profilesOf } from './repos.js'
import { StatusBadge } from './status-badge.js'

/** As many as getProfiles takes. */
const PAGE = 25

type Line = ListedRepo & { profile: Profile | undefined }

async function fetchLines(cursor: string | undefined): Promise<{ items: Line[]; cursor?: string }> {
  const page = await query<{ repos: ListedRepo[]; cursor?: string }>('com.atproto.sync.listRepos', {
    limit: PAGE,
    cursor,
  })
  const profiles = await profilesOf(page.repos.filter(({ active }) => active !== false).map(({ did }) => did))
  return { items: page.repos.map((repo) => ({ ...repo, profile: profiles.get(repo.did) })), cursor: page.cursor }
}

/** Whose repositories are here, and the way to any one of them. */
export default function ExplorePage() {
  const lines = usePages(fetchLines, [])
  return (
    <Page title="Repositories">
      <p>
        What an account writes is in its repository: records in collections, under one signature. All of it is public,
        and can be checked by anybody.
      </p>
      <GoTo />
      <Section title="Repositories on this server">
        <Paged of={lines} empty="There are no accounts here yet.">
          {(items) => (
            <ul class="cards" aria-label="Repositories">
              {items.map(({ did, profile, active = false, status }) => (
                <li key={did} class="actor-row">
                  <ActorLine did={did} profile={profile} />
                  <StatusBadge active={active} status={status} />
                </li>
              ))}
            </ul>
          )}
        </Paged>
        <p>
          <small>
            In the order in which they came. Copies of repositories of other servers may be here besides: go to them by
            their handle or DID.
          </small>
        </p>
      </Section>
    </Page>
  )
}
