import { useLocation } from 'preact-iso'
import { account } from '../../api/account.js'
import { agent } from '../../api/session.js'
import { Paged } from '../../ui/loaded.js'
import { Member } from '../../ui/member.js'
import { usePages } from '../../ui/use-pages.js'
import { ClientPage } from '../client-page.js'
import { Fresh } from '../fresh.js'
import { unread } from '../unread.js'
import { fetchNotifications, type Told } from './fetch-notifications.js'
import { GroupCard } from './group-card.js'
import { groupsOf } from './groups.js'

const FILTERS = { all: 'All', mentions: 'Mentions and replies' }

/** What others have done that concerns one. To open the page is to have seen it. */
export default function NotificationsPage() {
  const { query } = useLocation()
  const filter = query.only === 'mentions' ? 'mentions' : 'all'
  return (
    <ClientPage title="Notifications">
      <Member>
        <nav class="subnav" aria-label="Which">
          {Object.entries(FILTERS).map(([key, label]) => (
            <a
              key={key}
              href={key === 'all' ? '/notifications' : `/notifications?only=${key}`}
              aria-current={key === filter ? 'page' : undefined}
            >
              {label}
            </a>
          ))}
        </nav>
        <Notifications key={filter} isMentions={filter === 'mentions'} />
      </Member>
    </ClientPage>
  )
}

function Notifications({ isMentions }: { isMentions: boolean }) {
  const pages = usePages<Told>(
    async (cursor) => {
      const page = await fetchNotifications(isMentions, cursor)
      // What has come since, or is not shown here, has not been seen.
      if (cursor === undefined && !isMentions) await see(page.items)
      return page
    },
    [isMentions, account.value?.did],
    'notifications',
  )
  return (
    <>
      {isMentions || pages.isLoading ? null : (
        <Fresh count={unread.value} what="notification" onShow={() => void pages.reload()} />
      )}
      <Paged of={pages} empty={isMentions ? 'Nobody has spoken to you yet.' : 'Nothing yet.'}>
        {(items) => (
          <ol class="cards notifications">
            {groupsOf(items).map((group) => (
              <li key={group.key}>
                <GroupCard of={group} />
              </li>
            ))}
          </ol>
        )}
      </Paged>
    </>
  )
}

async function see(items: Told[]): Promise<void> {
  const newest = items
    .map(({ notification }) => notification.indexedAt)
    .sort()
    .at(-1)
  if (newest) await agent.updateSeenNotifications(newest)
  unread.value = 0
}
