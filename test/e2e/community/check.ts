/** Facts about answers: what is asked, what of the answer matters, and what each viewer is to see. */
import { expect } from '@jest/globals'
import type { Answer, Cast, Values, Viewer } from './cast.js'

export interface Check {
  nsid: string
  /** As of the method; names stand for what they name. */
  params?: Values
  headers?: Record<string, string>
  /** The key of a list that comes in pages: it is read page by page as well, which must give the same. */
  list?: string
  /** What of the answer matters. */
  facts: (answer: Answer) => unknown
  /** What it is for each viewer, or the refusal; `everyone` is whoever is not named. */
  sees: Partial<Record<Viewer | 'everyone', unknown>>
}

/** The refusal of what is for accounts only. */
export const SIGN_IN = '401 AuthMissing'

const MOST: Record<string, number> = { 'app.bsky.unspecced.getTrends': 25 }
const MANY = 100
const MAX_PAGES = 100

/** Names one after another: `lines('alice, bob')`. */
export function lines(text: string): string[] {
  return text
    .split(',')
    .map((line) => line.trim())
    .filter(Boolean)
}

/** Asks as a viewer and holds the answer against what that viewer is to see. Gives the whole answer. */
export async function verify(cast: Cast, check: Check, viewer: Viewer): Promise<Answer> {
  const { nsid, facts, sees } = check
  const answer = await whole(cast, check, viewer)
  const found: unknown = typeof answer === 'string' ? answer : facts(answer)
  try {
    expect(found).toEqual(viewer in sees ? sees[viewer] : sees.everyone)
  } catch (error) {
    throw new Error(`${title(check)} as ${viewer}: ${(error as Error).message}`, { cause: error })
  }
  if (check.list !== undefined && typeof answer !== 'string') await verifyPages(cast, check, viewer, answer)
  void nsid
  return answer
}

/** The answer to a check, in one page. */
export function whole(cast: Cast, { nsid, params, list, headers }: Check, viewer: Viewer): Promise<Answer> {
  const limit = list !== undefined && params?.limit === undefined ? { limit: MOST[nsid] ?? MANY } : {}
  return cast.ask(viewer, nsid, { ...params, ...limit }, headers)
}

/** The name of a check: its method, and what it is asked. */
export function title({ nsid, params, headers }: Check): string {
  return [nsid, ...[params, headers].filter(Boolean).map((values) => JSON.stringify(values))].join(' ')
}

/** Pages of one and of two give what one large page gives, and after the last there is no cursor. */
async function verifyPages(cast: Cast, check: Check, viewer: Viewer, answer: Answer): Promise<void> {
  const { nsid, params, list, headers } = check
  expect({ nsid, cursor: answer.cursor }).toEqual({ nsid, cursor: undefined })
  for (const limit of [1, 2]) {
    const found: unknown[] = []
    let cursor: string | undefined
    for (let page = 0; page < MAX_PAGES; page++) {
      const next = await cast.ask(viewer, nsid, { ...params, limit, ...(cursor !== undefined && { cursor }) }, headers)
      const items = next[list!] as unknown[]
      expect(items.length).toBeLessThanOrEqual(limit)
      found.push(...items)
      cursor = next.cursor as string | undefined
      if (cursor === undefined) break
      // Pages are full as long as there is more.
      expect({ nsid, items: items.length }).toEqual({ nsid, items: limit })
    }
    expect({ nsid, limit, cursor, found }).toEqual({ nsid, limit, cursor: undefined, found: answer[list!] })
  }
  const malformed = await cast.ask(viewer, nsid, { ...params, cursor: 'nonsense' }, headers)
  expect({ nsid, malformed }).toEqual({ nsid, malformed: '400 InvalidRequest' })
}
