/** Longest line that is kept of what went wrong. */
const MAX_LENGTH = 500

/** What others may have said, as one line that can be logged and shown on a terminal, whatever it holds. */
export function oneLine(text: string): string {
  return text.slice(0, MAX_LENGTH).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
}
