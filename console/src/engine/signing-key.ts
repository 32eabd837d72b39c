import { parseMultibaseKey } from '../../../src/repo-engine/index.js'

/** As much of a DID document as is needed to find the key that signs commits. */
export interface KeyDocument {
  verificationMethod?: { id: string; type: string; publicKeyMultibase?: string }[]
}

/** The did:key that a DID document names for commits (`#atproto`), or null. @throws RepoError InvalidKey */
export function signingKeyOf({ verificationMethod = [] }: KeyDocument): string | null {
  const method = verificationMethod.find(({ id }) => id.endsWith('#atproto'))
  return method?.publicKeyMultibase ? parseMultibaseKey(method.type, method.publicKeyMultibase).didKey : null
}
