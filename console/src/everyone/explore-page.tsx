import { useLocation } from 'preact-iso'
import { query } from '../api/call.js'
import { Paged } from '../ui/loaded.js'
import { Page, Section } from '../ui/page.js'
import { usePages } from '../ui/use-pages.js'
import { ActorLine } from './actor-line.js'
import { CopyBadge } from './copy-badge.js'
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

async function fetchFound(q: string, cursor: string | undefined): Promise<{ items: Profile[]; cursor?: string }> {
  const params = { q, limit: PAGE, cursor }
  const page = await query<{ actors: Profile[]; cursor?: string }>('app.bsky.actor.searchActors', params)
  return { items: page.actors, cursor: page.cursor }
}

/** Whose repositories are here, and the way to any one of them. `?q=` looks for people instead of listing all. */
export default function ExplorePage() {
  const { q = '' } = useLocation().query
  return (
    <Page title="Repositories">
      <p>
        What an account writes is in its repository: records in collections, under one signature. All of it is public,
        and can be checked by anybody.
      </p>
      <GoTo key={q} words={q} />
      {q ? <Found q={q} /> : <All />}
    </Page>
  )
}

function Found({ q }: { q: string }) {
  const people = usePages((cursor) => fetchFound(q, cursor), [q], 'found')
  return (
    <Section title="Found">
      <Paged of={people} empty="Nobody who is known here is called so.">
        {(items) => (
          <ul class="cards" aria-label="Found">
            {items.map((profile) => (
              <li key={profile.did} class="actor-row">
                <ActorLine did={profile.did} profile={profile} />
                <CopyBadge did={profile.did} />
              </li>
            ))}
          </ul>
        )}
      </Paged>
      <p>
        <a href="/explore">All repositories on this server</a>
      </p>
    </Section>
  )
}

function All() {
  const lines = usePages(fetchLines, [], 'repositories')
  return (
    <Section title="Repositories on this server">
      <Paged of={lines} empty="There are no accounts here yet.">
        {(items) => (
          <ul class="cards" aria-label="Repositories">
            {items.map(({ did, profile, active = false, status }) => (
              <li key={did} class="actor-row">
                <ActorLine did={did} profile={profile} />
                <span class="marks">
                  <CopyBadge did={did} />
                  <StatusBadge active={active} status={status} />
                </span>
              </li>
            ))}
          </ul>
        )}
      </Paged>
      <p>
        <small>
          In the order in which they came: those that the firehose of this server tells of. Copies of other repositories
          may be here besides, which are found by their names.
        </small>
      </p>
    </Section>
  )
}
