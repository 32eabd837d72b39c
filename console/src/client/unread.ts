import { signal } from '@preact/signals'
import { account } from '../api/account.js'
import { usePoll } from '../ui/use-poll.js'
import { useEffect } from 'preact/hooks'

/** How many notifications have not been seen; `30` at most is counted one by one. */
export const unread = signal(0)

/** Keeps {@link unread} up to date for as long as somebody is signed in. */
export function useUnread(): number {
  const did = account.value?.did
  const count = async (): Promise<void> => {
    // Whoever is not signed in needs no client, and everybody would get it with the frame.
    const { agent } = await import('../api/session.js')
    const { data } = await agent.app.bsky.notification.getUnreadCount()
    unread.value = data.count
  }
  useEffect(() => {
    unread.value = 0
    if (did) void count().catch(() => undefined)
  }, [did])
  usePoll(did ? count : null, 20_000)
  return did ? unread.value : 0
}
