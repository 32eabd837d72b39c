/** Where things of repositories are shown: addresses of pages here, and what people type to get to them. */

/** The page of a repository, of a collection, or of a record. `actor` is a handle or a DID. */
export function explorePath(actor: string, collection?: string, rkey?: string): string {
  return ['/explore', actor, collection, rkey]
    .filter((part) => part !== undefined)
    .map((part, i) => (i === 0 ? part : encodeURIComponent(part).replaceAll('%3A', ':')))
    .join('/')
}

const AT_URI = /^at:\/\/([^/#?]+)(?:\/([^/#?]+)(?:\/([^/#?]+))?)?$/
const ACTOR = /^(did:[a-z]+:[a-zA-Z0-9._:%-]+|[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+)$/

/** The page of what an at-uri names, or null for what is none. */
export function pathOfUri(uri: string): string | null {
  const [, actor, collection, rkey] = AT_URI.exec(uri) ?? []
  return actor && ACTOR.test(actor) && !isDots(collection) && !isDots(rkey)
    ? explorePath(actor, collection, rkey)
    : null
}

/** What a browser takes for the way up. */
function isDots(part: string | undefined): boolean {
  return part === '.' || part === '..'
}

/** The page that somebody means by a handle (also with an @), a DID, an at-uri, or the address of a page of the app. */
export function pathOfWords(words: string): string | null {
  const text = words.trim()
  const post = /^https?:\/\/[^/]+\/profile\/([^/?#]+)\/post\/([^/?#]+)/.exec(text)
  if (post) return pathOfUri(`at://${post[1]}/app.bsky.feed.post/${post[2]}`)
  const profile = /^https?:\/\/[^/]+\/profile\/([^/?#]+)/.exec(text)
  const actor = (profile?.[1] ?? text).replace(/^@/, '')
  return ACTOR.test(actor) ? explorePath(actor) : pathOfUri(text)
}

/** The page for people of a record that has one. */
export function clientPath(did: string, collection: string, rkey: string): string | null {
  if (collection === 'app.bsky.feed.post') return `/profile/${did}/post/${encodeURIComponent(rkey)}`
  if (collection === 'app.bsky.actor.profile' && rkey === 'self') return `/profile/${did}`
  return null
}

/** Where the operator takes something down: an account, a record by its at-uri, or a file (DID and CID). */
export function takedownPath(subject: string): string {
  return `/operator/takedown?subject=${encodeURIComponent(subject)}`
}
