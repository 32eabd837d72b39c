import type { DidDocument } from '../did-document.js'
import type { PlcData } from './operation.js'

const CONTEXT = ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1']
/** By how a key begins: the codec in its first bytes makes all did:keys of a curve begin alike. Other kinds have no suite. */
const SUITES = [
  { prefix: 'did:key:zQ3s', context: 'https://w3id.org/security/suites/secp256k1-2019/v1' },
  { prefix: 'did:key:zDn', context: 'https://w3id.org/security/suites/ecdsa-2019/v1' },
]

/** The DID document of an identity, word for word as plc.directory renders it. */
export function formatDocument(data: PlcData): DidDocument {
  const keys = Object.entries(data.verificationMethods)
  return {
    '@context': [...CONTEXT, ...new Set(keys.flatMap(([, didKey]) => contextsOf(didKey)))],
    id: data.did,
    alsoKnownAs: data.alsoKnownAs,
    verificationMethod: keys.map(([id, didKey]) => ({
      id: `${data.did}#${id}`,
      type: 'Multikey',
      controller: data.did,
      publicKeyMultibase: didKey.slice('did:key:'.length),
    })),
    service: Object.entries(data.services).map(([id, { type, endpoint }]) => ({
      id: `#${id}`,
      type,
      serviceEndpoint: endpoint,
    })),
  }
}

function contextsOf(didKey: string): string[] {
  return SUITES.filter(({ prefix }) => didKey.startsWith(prefix)).map(({ context }) => context)
}
