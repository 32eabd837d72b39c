import { parseMultibaseKey } from '../../../src/repo-engine/index.js'

/** As much of a DID document as is needed to find the key that signs commits. */
export interface KeyDocument {
  id: string | null
  verificationMethod: { id: string; type: string; publicKeyMultibase: string }[]
}

/** The did:key that a DID document names for commits (`#atproto`), or null. @throws RepoError InvalidKey */
export function signingKeyOf({ id, verificationMethod }: KeyDocument): string | null {
  const method = verificationMethod.find((method) => method.id === '#atproto' || method.id === `${id}#atproto`)
  return method ? parseMultibaseKey(method.type, method.publicKeyMultibase).didKey : null
}
