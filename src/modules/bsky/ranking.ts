import type { Place } from './page.js'

/** An actor in a ranking; the place is its rank: the more speaks for it, the greater `at`. */
export interface RankedActor {
  did: string
  place: Place
}

/** The best first. */
export function byRank({ place: a }: RankedActor, { place: b }: RankedActor): number {
  return b.at - a.at || (a.key < b.key ? 1 : -1)
}

/** Up to `count` lines of a ranking, the best first, that come after a place. */
export function rankedAfter<Line extends { place: Place }>(
  ranking: readonly Line[],
  after: Place,
  count: number,
): Line[] {
  const from = ranking.findIndex(({ place: { at, key } }) => at < after.at || (at === after.at && key < after.key))
  return from < 0 ? [] : ranking.slice(from, from + count)
}
