import type { SqlValue } from '../../database/database.js'
import { searchTerm, searchText } from '../../../projections/feed/post-search.js'

/** The columns of the search index that hold whole values. */
export type ValueColumn = 'tags' | 'langs' | 'links' | 'mentions' | 'author'

/**
 * What posts are looked for, as the search index and the table of posts are asked: every text of a user becomes one
 * quoted phrase, so that nothing in it is taken for the index's own language.
 */
export class PostMatches {
  private readonly wanted: string[] = []
  private readonly unwanted: string[] = []
  private readonly conditions: string[] = []
  private readonly values: SqlValue[] = []
  private impossible = false

  /** A word or a phrase, in the text, the alt texts or the tags. One without letters or numbers is nowhere. */
  words(text: string, negated = false): void {
    const phrase = searchText(text)
    this.add(HAS_WORD.test(phrase) ? [`{text alt tags} : ${quoted(phrase)}`] : [], negated)
  }

  /** Any of the values in a column. */
  anyOf(column: ValueColumn, values: readonly string[], negated = false): void {
    this.add(
      values.filter((value) => value !== '').map((value) => `${column} : ${quoted(searchTerm(value))}`),
      negated,
    )
  }

  /** A condition on the row `p` of bsky_post. */
  where(condition: string, ...values: SqlValue[]): void {
    this.conditions.push(condition)
    this.values.push(...values)
  }

  private add(expressions: string[], negated: boolean): void {
    const either = expressions.join(' OR ')
    if (negated) {
      if (either) this.unwanted.push(either)
    } else if (either) this.wanted.push(`(${either})`)
    else this.impossible = true
  }

  /** Whether nothing is asked for. */
  get isEmpty(): boolean {
    return !this.impossible && this.wanted.length + this.unwanted.length + this.conditions.length === 0
  }

  /** Whether no post can match. */
  get isImpossible(): boolean {
    return this.impossible
  }

  /**
   * A FROM and WHERE over the posts `p` that match, newest row first when ordered by `row`; `score` is the index's judgement
   * of how well one does (more is better).
   */
  select(): { from: string; where: string; row: string; score: string; values: SqlValue[] } {
    const where = [...this.conditions]
    const values = [...this.values]
    const unwanted = this.unwanted.join(' OR ')
    if (this.wanted.length === 0) {
      if (unwanted) {
        where.push(`p.id NOT IN (SELECT rowid FROM ${INDEX} WHERE ${INDEX} MATCH ?)`)
        values.push(unwanted)
      }
      return { from: 'bsky_post p', where: where.join(' AND ') || 'TRUE', row: 'p.id', score: '1', values }
    }
    const wanted = this.wanted.join(' AND ')
    return {
      from: `${INDEX} CROSS JOIN bsky_post p ON p.id = ${INDEX}.rowid`,
      where: [`${INDEX} MATCH ?`, ...where].join(' AND '),
      row: `${INDEX}.rowid`,
      score: `-bm25(${INDEX})`,
      values: [unwanted ? `(${wanted}) NOT (${unwanted})` : wanted, ...values],
    }
  }
}

const INDEX = 'bsky_post_search'
const HAS_WORD = /[\p{L}\p{N}\p{Co}]/u

function quoted(phrase: string): string {
  return `"${phrase.replaceAll('\0', ' ').replaceAll('"', '""')}"`
}
