/** The client of the account that is signed in. Its session is renewed when it runs out, and forgotten when the server does not know it any more. */
import { AtpAgent, type AtpSessionData, type AtpSessionEvent } from '@atproto/api'
import { effect } from '@preact/signals'
import { account, hasEnded, keepSession, keptSession } from './account.js'
import { fetchAt } from './fetch-at.js'

// Whose labels count is said by this server and by the preferences of the account; the library would ask for those of bsky.app.
AtpAgent.configure({ appLabelers: [] })

const fetchAtHome = fetchAt(location.origin)

/** The client, signed in while `account` is there. */
export const agent = new AtpAgent({ service: location.origin, fetch: fetchOrTakeUp, persistSession: keep })

// The renewal of what was kept is begun at once; calls wait for it.
if (account.value) void agent.resumeSession(account.value).catch(() => undefined)

// What another window has done with the session.
effect(() => {
  const { sessionManager } = agent
  if (account.value?.refreshJwt !== sessionManager.session?.refreshJwt)
    sessionManager.session = account.value ?? undefined
})

/** Begins a session. `code` is what a second factor asks for. @throws XRPCError AuthFactorTokenRequired when it does */
export async function signIn(identifier: string, password: string, code?: string): Promise<void> {
  hasEnded.value = false
  await agent.login({ identifier, password, authFactorToken: code || undefined, allowTakendown: true })
}

/** Ends the session here and on the server. */
export async function signOut(): Promise<void> {
  const authorization = `Bearer ${account.value?.refreshJwt}`
  keepSession(undefined)
  await agent.com.atproto.server.deleteSession(undefined, { headers: { authorization } }).catch(() => undefined)
}

/** Takes up what has changed of the account (its handle, its address, its state). */
export async function refreshAccount(): Promise<void> {
  const { data } = await agent.com.atproto.server.getSession()
  if (account.value) keepSession({ ...account.value, ...data })
}

/** Where another window has renewed the session, and this one has slept meanwhile, the renewal is what that one has got. */
async function fetchOrTakeUp(...args: Parameters<typeof fetch>): Promise<Response> {
  const request = new Request(...args)
  if (request.url.endsWith('/xrpc/com.atproto.server.refreshSession')) {
    const kept = keptSession()
    if (kept && kept.did === account.value?.did && kept.refreshJwt !== account.value.refreshJwt)
      return Response.json(kept)
  }
  return fetchAtHome(request)
}

function keep(event: AtpSessionEvent, session: AtpSessionData | undefined): void {
  // What failed for want of a connection may be good yet.
  if (event === 'network-error') return
  if (event === 'expired' && account.value) hasEnded.value = true
  keepSession(session)
}
