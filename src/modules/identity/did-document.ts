/** Reading and making DID documents, as far as atproto looks at them (https://atproto.com/specs/did#did-documents). */
import { formatDidKey, isHandle, parseMultibaseKey, type Handle } from '../../repo-engine/index.js'

export interface VerificationMethod {
  id: string
  type: string
  controller: string
  publicKeyMultibase?: string
}

export interface DidService {
  id: string
  type: string
  serviceEndpoint: string
}

/** A DID document. Only `id` is certain in one from outside: the readers below trust nothing else. */
export interface DidDocument {
  '@context'?: string[]
  id: string
  alsoKnownAs?: string[]
  verificationMethod?: VerificationMethod[]
  service?: DidService[]
}

/** Takes parsed JSON for the document of a DID; null when it is not an object with this `id`. */
export function readDocument(value: unknown, did: string): DidDocument | null {
  return typeof value === 'object' && value !== null && (value as { id?: unknown }).id === did
    ? (value as DidDocument)
    : null
}

/** did:key of the account's signing key (`#atproto`), or of another, the two types from before Multikey included; null without one. */
export function signingKeyOf(document: DidDocument, id = 'atproto'): string | null {
  const method = findById(document, document.verificationMethod, id)
  if (typeof method?.type !== 'string' || typeof method.publicKeyMultibase !== 'string') return null
  try {
    const { curve, compressed } = parseMultibaseKey(method.type, method.publicKeyMultibase)
    return formatDidKey(curve, compressed)
  } catch {
    return null
  }
}

/** The handle that the document claims, in lower case: its first `at://` alias. Whether it agrees is for the handle to say. */
export function handleOf(document: DidDocument): Handle | null {
  for (const alias of arrayOf(document.alsoKnownAs)) {
    if (typeof alias !== 'string' || !alias.startsWith('at://')) continue
    const handle = alias.slice('at://'.length).toLowerCase()
    return isHandle(handle) ? handle : null
  }
  return null
}

/** URL of the account's PDS, without a slash at its end; null without one. */
export function pdsEndpointOf(document: DidDocument): string | null {
  return serviceEndpointOf(document, 'atproto_pds', 'AtprotoPersonalDataServer')
}

/** URL of a service by its fragment (`bsky_fg`), and by its type where one is given; null without one. */
export function serviceEndpointOf(document: DidDocument, id: string, type?: string): string | null {
  const service = findById(document, document.service, id)
  if (!service || (type !== undefined && service.type !== type) || typeof service.serviceEndpoint !== 'string')
    return null
  const url = URL.parse(service.serviceEndpoint)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password) return null
  return service.serviceEndpoint.replace(/\/+$/, '')
}

/** Ids stand in documents as `#name` or in full. */
function findById<Entry extends { id: string }>(
  document: DidDocument,
  entries: readonly Entry[] | undefined,
  fragment: string,
): Entry | undefined {
  return arrayOf(entries).find((entry) => entry?.id === `#${fragment}` || entry?.id === `${document.id}#${fragment}`)
}

function arrayOf<T>(value: readonly T[] | undefined): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : []
}
