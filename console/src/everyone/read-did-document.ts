/** A DID document, as far as it is looked at here. Somebody else wrote it, so it is read before anything is believed of it. */
export interface DidDocument {
  /** Null: there is no document. */
  id: string | null
  alsoKnownAs: string[]
  verificationMethod: { id: string; type: string; publicKeyMultibase: string }[]
  service: { id: string; type: string; serviceEndpoint: string }[]
}

/** As many of each thing as are shown. */
const MOST = 50
const LENGTH = 500

/** Takes JSON for a document. Whatever in it is not of its kind is left out. */
export function readDidDocument(value: unknown): DidDocument {
  const { id, alsoKnownAs, verificationMethod, service } = fieldsOf(value)
  return {
    id: typeof id === 'string' ? textOf(id) : null,
    alsoKnownAs: listOf(alsoKnownAs).map(textOf).filter(Boolean),
    verificationMethod: listOf(verificationMethod)
      .map(fieldsOf)
      .map(({ id, type, publicKeyMultibase: key }) => ({
        id: textOf(id),
        type: textOf(type),
        publicKeyMultibase: textOf(key),
      }))
      .filter(({ id, publicKeyMultibase }) => id && publicKeyMultibase),
    service: listOf(service)
      .map(fieldsOf)
      .map(({ id, type, serviceEndpoint: url }) => ({
        id: textOf(id),
        type: textOf(type),
        serviceEndpoint: textOf(url),
      }))
      .filter(({ id, serviceEndpoint }) => id && serviceEndpoint),
  }
}

/** Where the document says that the repository lives, or null. */
export function hostOf({ id, service }: DidDocument): string | null {
  const entry = service.find((entry) => entry.id === '#atproto_pds' || entry.id === `${id}#atproto_pds`)
  return entry?.serviceEndpoint ?? null
}

/** The handle that the document claims, or null. */
export function claimedHandleOf({ alsoKnownAs }: DidDocument): string | null {
  return alsoKnownAs.find((name) => name.startsWith('at://'))?.slice('at://'.length) ?? null
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value.slice(0, MOST) : []
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, LENGTH) : ''
}
