import { parseDidKey } from '../../../repo-engine/index.js'
import type { DidDocument } from '../did-document.js'
import type { PlcData } from './operation.js'

const CONTEXT = ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/multikey/v1']
const CURVE_CONTEXTS = {
  k256: 'https://w3id.org/security/suites/secp256k1-2019/v1',
  p256: 'https://w3id.org/security/suites/ecdsa-2019/v1',
}

/** The DID document of an identity, word for word as plc.directory renders it. */
export function formatDocument(data: PlcData): DidDocument {
  const keys = Object.entries(data.verificationMethods)
  return {
    '@context': [...CONTEXT, ...new Set(keys.flatMap(([, didKey]) => contextOf(didKey)))],
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

/** Empty for keys of other kinds, which have no suite here. */
function contextOf(didKey: string): string[] {
  try {
    return [CURVE_CONTEXTS[parseDidKey(didKey).curve]]
  } catch {
    return []
  }
}
