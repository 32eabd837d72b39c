/** What somebody looks for among actors, in the words of the full-text index `bsky_actor_search`. */
export interface ActorQuery {
  /** What a handle may begin with; empty for what no handle can. */
  handle: string
  /** How well each expression matches, the best first; none when there is no word. */
  matches: [way: number, expression: string][]
}

const MAX_LENGTH = 200
const MAX_WORDS = 8
/** Letters and digits of any script, which are what the index is of; anything else alone is no word. */
const INDEXED = /[\p{L}\p{N}\p{Co}]/u
const HANDLE = /^[a-z0-9.-]+$/

/**
 * Reads a query as it is typed. Each word is quoted, so that nothing in it is understood as the language of the index,
 * and may be the beginning of a longer one.
 */
export function parseActorQuery(text: string): ActorQuery {
  const typed = text.slice(0, MAX_LENGTH).replaceAll('\0', ' ').trim()
  const handle = typed.replace(/^@/, '').toLowerCase()
  const words = typed
    .split(/\s+/)
    .filter((word) => INDEXED.test(word))
    .slice(0, MAX_WORDS)
  if (words.length === 0) return { handle: HANDLE.test(handle) ? handle : '', matches: [] }
  const all = words.map(beginning).join(' AND ')
  return {
    handle: HANDLE.test(handle) ? handle : '',
    matches: [
      [3, `name : ^ ${beginning(words.join(' '))}`],
      [2, `{handle name} : (${all})`],
      [1, all],
    ],
  }
}

/** The words that begin with this, or the phrases whose last word does. */
const beginning = (text: string): string => `"${text.replaceAll('"', '""')}" *`
