/**
 * Who is signed in. The session is kept in this browser (localStorage), as other clients keep theirs, renewed when it runs
 * out, and forgotten when the server does not know it any more.
 */
import { AtpAgent, type AtpSessionData, type AtpSessionEvent } from '@atproto/api'
import { signal } from '@preact/signals'
import { fetchAt } from './fetch-at.js'

const KEPT = 'skylog.session'

/** The account that is signed in, or null. */
export const account = signal<AtpSessionData | null>(kept())

/** A session that was here has ended on the server, without a word of its owner in this window. */
export const hasEnded = signal(false)

// Whose labels count is said by this server and by the preferences of the account; the library would ask for those of bsky.app.
AtpAgent.configure({ appLabelers: [] })

/** The client, signed in while {@link account} is there. */
export const agent = new AtpAgent({ service: location.origin, fetch: fetchAt(location.origin), persistSession: keep })

// The renewal of what was kept is begun at once; calls wait for it.
if (account.value) void agent.resumeSession(account.value).catch(() => undefined)

// Another window of this browser has renewed the session, or ended it: what this one has is not good any more.
addEventListener('storage', ({ key }) => {
  if (key !== KEPT) return
  const session = kept()
  agent.sessionManager.session = session ?? undefined
  account.value = session
})

/** The DID of the account that is signed in. @throws Error when nobody is: a page that needs one stands behind `Member` */
export function ownDid(): string {
  if (!account.value) throw new Error('Nobody is signed in')
  return account.value.did
}

/** Begins a session. `code` is what a second factor asks for. @throws XRPCError AuthFactorTokenRequired when it does */
export async function signIn(identifier: string, password: string, code?: string): Promise<void> {
  hasEnded.value = false
  await agent.login({ identifier, password, authFactorToken: code || undefined, allowTakendown: true })
}

/** Ends the session here and on the server. */
export async function signOut(): Promise<void> {
  forget()
  await agent.logout().catch(() => undefined)
}

/** Forgets the session without a word to the server: it has ended there. */
export function forget(): void {
  store(undefined)
}

/** Takes up what has changed of the account (its handle, its address, its state). */
export async function refreshAccount(): Promise<void> {
  const { data } = await agent.com.atproto.server.getSession()
  if (account.value) account.value = { ...account.value, ...data }
}

function keep(event: AtpSessionEvent, session: AtpSessionData | undefined): void {
  // What failed for want of a connection may be good yet.
  if (event === 'network-error') return
  if (event === 'expired' && account.value) hasEnded.value = true
  store(session)
}

function store(session: AtpSessionData | undefined): void {
  if (session) localStorage.setItem(KEPT, JSON.stringify(session))
  else localStorage.removeItem(KEPT)
  account.value = session ?? null
}

function kept(): AtpSessionData | null {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? 'null') as AtpSessionData | null
  } catch {
    return null
  }
}
