/** Where things are in this console. */

/** The address of a person: by the handle where there is a good one, for people read that. */
export function profilePath({ did, handle }: { did: string; handle: string }): string {
  // A did:web may have a port, and its colon is written with a percent sign.
  return `/profile/${handle === '' || handle === 'handle.invalid' ? did.replaceAll('%', '%25') : handle}`
}

/** The parts of an AT URI; what is no such thing has empty parts. */
export function partsOf(uri: string): { did: string; collection: string; rkey: string } {
  const [, did = '', collection = '', rkey = ''] = /^at:\/\/([^/]+)\/([^/]+)\/([^/]+)$/.exec(uri) ?? []
  return { did, collection, rkey }
}

/** Where a post can be read with its thread. */
export function postPath(uri: string, handle?: string): string {
  const { did, rkey } = partsOf(uri)
  return `${profilePath({ did, handle: handle ?? '' })}/post/${rkey}`
}

/** The record behind it, in the repository explorer. */
export function recordPath(uri: string): string {
  const { did, collection, rkey } = partsOf(uri)
  return `/explore/${did.replaceAll('%', '%25')}/${collection}/${rkey}`
}

/** An address of others that may be followed: http and https alone. */
export function safeUrl(text: string): URL | null {
  const url = URL.parse(text)
  return url && (url.protocol === 'https:' || url.protocol === 'http:') ? url : null
}
