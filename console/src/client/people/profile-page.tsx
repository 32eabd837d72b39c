import type { AppBskyActorDefs } from '@atproto/api'
import { useRoute } from 'preact-iso'
import { useEffect, useRef } from 'preact/hooks'
import { account } from '../../api/account.js'
import { agent } from '../../api/session.js'
import { Loaded, Paged } from '../../ui/loaded.js'
import { useLoad } from '../../ui/use-load.js'
import { usePages } from '../../ui/use-pages.js'
import { ClientPage } from '../client-page.js'
import { published } from '../compose/composing.js'
import { profilePath } from '../links.js'
import { Feed } from '../post/feed.js'
import { People } from './person.js'
import { ProfileHead } from './profile-head.js'
import { fetchTab, OWN_TABS, type Tab, type TabItem, TABS } from './profile-tabs.js'

/** Somebody's page: for everybody, signed in or not. */
export default function ProfilePage() {
  const { actor = '', tab = 'posts' } = useRoute().params
  const profile = useLoad(async () => (await agent.getProfile({ actor })).data, [actor, account.value?.did])
  return (
    <ClientPage title={profile.value ? `@${profile.value.handle}` : 'Profile'}>
      <Loaded of={profile}>
        {(person) => (
          <>
            <ProfileHead of={person} onChanged={() => void profile.reload()} />
            <Tabs of={person} tab={tab} />
            {tabsOf(person).some(([key]) => key === tab) ? (
              <TabView key={`${person.did} ${tab}`} of={person} tab={tab as Tab} />
            ) : (
              <p>There is no such page.</p>
            )}
          </>
        )}
      </Loaded>
      {profile.fault && !profile.fault.mayPass ? (
        <p>The account may be gone or resting, or its name may have changed.</p>
      ) : null}
    </ClientPage>
  )
}

function Tabs({ of: person, tab }: { of: AppBskyActorDefs.ProfileViewDetailed; tab: string }) {
  const path = profilePath(person)
  return (
    <nav class="subnav" aria-label="Parts of this profile">
      {tabsOf(person).map(([key, label]) => (
        <a key={key} href={key === 'posts' ? path : `${path}/${key}`} aria-current={key === tab ? 'page' : undefined}>
          {label}
        </a>
      ))}
    </nav>
  )
}

function tabsOf({ did }: AppBskyActorDefs.ProfileViewDetailed): [key: string, label: string][] {
  const isOwn = did === account.value?.did
  return Object.entries(TABS).filter(([key]) => isOwn || !OWN_TABS.has(key))
}

const EMPTY: Record<Tab, string> = {
  posts: 'No posts yet.',
  replies: 'Nothing yet.',
  media: 'No pictures or videos yet.',
  likes: 'You have not liked anything yet.',
  bookmarks: 'You have not bookmarked anything yet.',
  followers: 'Nobody yet.',
  follows: 'Nobody yet.',
}

function TabView({ of: person, tab }: { of: AppBskyActorDefs.ProfileViewDetailed; tab: Tab }) {
  const { did, viewer } = person
  const isBlocked = Boolean(viewer?.blocking ?? viewer?.blockedBy)
  const pages = usePages<TabItem>(
    async (cursor) => (isBlocked ? { items: [] } : fetchTab(tab, did, cursor)),
    [did, tab, isBlocked],
    'profile',
  )
  const posted = published.value
  const seen = useRef(posted)
  useEffect(() => {
    if (posted !== seen.current) void pages.reload()
    seen.current = posted
  }, [posted])
  if (isBlocked) return <p class="empty">What this account has is not shown to you.</p>
  return (
    <Paged of={pages} empty={EMPTY[tab]}>
      {(items) => (
        <>
          <Feed of={items.filter((item) => 'post' in item)} />
          <People of={items.filter((item) => 'did' in item)} />
        </>
      )}
    </Paged>
  )
}
