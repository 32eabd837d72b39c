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
  /** What it is for each viewer, or the refusal (`401 AuthMissing`); `everyone` is whoever is not named. */
  sees: Partial<Record<Viewer | 'everyone', unknown>>
}

/** The refusal of what is for accounts alone. */
export const SIGN_IN = '401 AuthMissing'

const ONE_PAGE = 100
const MAX_PAGES = 100

/** Names as they are written one after another: `lines('alice, bob')`. */
export function lines(text: string): string[] {
  return text
    .split(',')
    .map((line) => line.trim())
    .filter(Boolean)
}

/** One check for each value of a parameter. */
export function each(values: Record<string, Check['sees']>, check: (value: string) => Omit<Check, 'sees'>): Check[] {
  return Object.entries(values).map(([value, sees]) => ({ ...check(value), sees }))
}

/** The name of a check: its method, and what it is asked. */
export function title({ nsid, params, headers }: Check): string {
  return [nsid, ...[params, headers].filter(Boolean).map((values) => JSON.stringify(values))].join(' ')
}

/** The answer to a check, in one page. */
export function answerTo(cast: Cast, { nsid, params, list, headers }: Check, viewer: Viewer): Promise<Answer> {
  return cast.ask(viewer, nsid, list === undefined ? params : { ...params, limit: ONE_PAGE }, headers)
}

/** Holds the answer that a viewer gets against what that viewer is to see, also page by page. Gives it. */
export async function verify(cast: Cast, check: Check, viewer: Viewer): Promise<Answer> {
  const { facts, sees, list } = check
  const answer = await answerTo(cast, check, viewer)
  const isRefusal = typeof answer === 'string'
  expect({ viewer, sees: isRefusal ? answer : facts(answer) }).toEqual({
    viewer,
    sees: viewer in sees ? sees[viewer] : sees.everyone,
  })
  if (list !== undefined && !isRefusal) {
    expect(answer.cursor).toBeUndefined()
    for (const limit of [1, 2]) expect(await pages(cast, check, viewer, limit)).toEqual(answer[list])
    expect(await cast.ask(viewer, check.nsid, { ...check.params, cursor: 'x' }, check.headers)).toBe(
      '400 InvalidRequest',
    )
  }
  return answer
}

/** What pages of one size give together. Each is full but the last, after which there is no cursor. */
async function pages(
  cast: Cast,
  { nsid, params, list, headers }: Check,
  viewer: Viewer,
  limit: number,
): Promise<unknown[]> {
  const found: unknown[] = []
  let cursor: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await cast.ask(viewer, nsid, { ...params, limit, ...(cursor !== undefined && { cursor }) }, headers)
    const items = answer[list!] as unknown[]
    found.push(...items)
    cursor = answer.cursor as string | undefined
    if (cursor === undefined) return found
    expect(items).toHaveLength(limit)
  }
  throw new Error(`${nsid} has no last page`)
}
