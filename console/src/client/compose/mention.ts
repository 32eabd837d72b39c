/** The mention that somebody is about to write: where its handle stands in the text. */
export interface Mention {
  start: number
  end: number
  /** What there is of the handle, or of a name, up to the caret. */
  q: string
}

/** As the library finds them: an @ at the beginning, after a space or a bracket. A name may have any letters. */
const BEGUN = /(?:^|[\s(])@([\p{L}\p{M}\p{N}._-]{1,253})$/u
const REST = /^[a-zA-Z0-9.-]*/

/** What is being written at the caret, if that is a mention; a handle in which the caret stands is one up to its end. */
export function mentionAt(text: string, caret: number): Mention | null {
  const q = BEGUN.exec(text.slice(Math.max(0, caret - 256), caret))?.[1]
  if (q === undefined) return null
  return { start: caret - q.length, end: caret + REST.exec(text.slice(caret))![0].length, q }
}
