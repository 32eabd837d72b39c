import { Sessions } from '../../../src/modules/auth/sessions.js'
import type { AccessScope } from '../../../src/modules/auth/tokens.js'
import { Changes } from '../../../src/modules/database/changes.js'
import { Lexicons } from '../../../src/modules/lexicon/lexicons.js'
import type { Did } from '../../../src/repo-engine/index.js'
import type { Answer, TestServer } from '../../support/account-app.js'

export interface Caller {
  did: Did
  /** A query, whose answer must be what its lexicon says. */
  get(nsid: string, params?: Record<string, string | number>): Promise<Answer>
  post(nsid: string, body: unknown): Promise<Answer>
}

/** Whom to call as. */
export function callerAs(server: TestServer, { did, accessJwt }: { did: string; accessJwt: string }): Caller {
  const lexicons = server.get(Lexicons)
  const checked = (nsid: string, answer: Answer): Answer => {
    if (answer.status === 200 && lexicons.method(nsid)?.outputEncoding) lexicons.checkOutput(nsid, answer.body)
    return answer
  }
  return {
    did: did as Did,
    async get(nsid, params = {}) {
      const query = new URLSearchParams(Object.entries(params).map(([name, value]) => [name, String(value)]))
      return checked(nsid, await server.query(nsid, { auth: accessJwt, params: `?${query.toString()}` }))
    },
    async post(nsid, body) {
      return checked(nsid, await server.post(nsid, { auth: accessJwt, body }))
    },
  }
}

/** A new account, signed in. */
export async function signUp(server: TestServer, name: string): Promise<Caller> {
  return callerAs(server, await server.createAccount(name))
}

/** The same account with another kind of session. */
export async function withScope(server: TestServer, { did }: Caller, scope: AccessScope): Promise<Caller> {
  const session = { did, scope, shown: null, client: { userAgent: null, address: null } }
  return callerAs(server, { did, ...(await server.get(Sessions).start(session)) })
}

/** What the writes of `fn` have said they touch. */
export async function touchedBy(server: TestServer, fn: () => Promise<unknown>): Promise<string[]> {
  const touched = new Set<string>()
  let listening = true
  server.get(Changes).subscribe((keys) => {
    if (listening) for (const key of keys ?? []) touched.add(key)
  })
  await fn()
  listening = false
  return [...touched].sort()
}

/** Ahead of everything, as a listing is read from its start. */
export const FIRST = { at: Number.MAX_SAFE_INTEGER, key: '\u{10ffff}' }
