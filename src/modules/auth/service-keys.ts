import type { Did } from '../../repo-engine/index.js'
import type { ServiceKeyId } from './service-jwt.js'

/**
 * The keys by which service tokens are known. Declared here for whoever can read DID documents to provide, because
 * reading them must not need to know who is asking.
 */
export abstract class ServiceKeys {
  /** The did:key of an account's signing key, or another one; `fresh` asks past every cache. @throws XrpcError 401 where there is none. */
  abstract resolve(did: Did, fresh: boolean, id?: ServiceKeyId): Promise<string>
}
