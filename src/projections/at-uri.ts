import type { Did } from '../repo-engine/index.js'

/** The repository that an at-uri (of a DID) is in; null when it names none. */
export function didOf(uri: string): Did | null {
  if (!uri.startsWith('at://did:')) return null
  const slash = uri.indexOf('/', 5)
  return (slash < 0 ? uri.slice(5) : uri.slice(5, slash)) as Did
}

/** The collection that an at-uri names a record of; empty when it names none. */
export function collectionOf(uri: string): string {
  return uri.split('/')[3] ?? ''
}
