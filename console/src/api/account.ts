/**
 * Who is signed in. The session is kept in this browser (localStorage), as other clients keep theirs. The client that acts for
 * the account is in session.ts, and is fetched by the pages that need it.
 */
import type { AtpSessionData } from '@atproto/api'
import { signal } from '@preact/signals'

const KEPT = 'skylog.session'

/** The account that is signed in, or null. */
export const account = signal<AtpSessionData | null>(keptSession())

/** A session that was here has ended on the server, without a word of its owner in this window. */
export const hasEnded = signal(false)

addEventListener('storage', ({ key }) => {
  if (key === KEPT) takeUp()
})
// A page that comes back out of the browser's memory has heard nothing meanwhile.
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) takeUp()
})

/** The DID of the account that is signed in. @throws Error when nobody is: a page that needs one stands behind `Member` */
export function ownDid(): string {
  if (!account.value) throw new Error('Nobody is signed in')
  return account.value.did
}

/** Keeps a session; undefined: there is none any more. */
export function keepSession(session: AtpSessionData | undefined): void {
  if (session) localStorage.setItem(KEPT, JSON.stringify(session))
  else localStorage.removeItem(KEPT)
  account.value = session ?? null
}

/** The session as this browser keeps it, which another window may have renewed. */
export function keptSession(): AtpSessionData | null {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? 'null') as AtpSessionData | null
  } catch {
    return null
  }
}

/** Another window of this browser has renewed the session, or ended it: what this one has is not good any more. */
function takeUp(): void {
  const session = keptSession()
  // What is shown here is for the eyes of somebody else.
  if (session && account.value && session.did !== account.value.did) return location.reload()
  account.value = session
}
