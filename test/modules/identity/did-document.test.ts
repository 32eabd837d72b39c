import { SigningKey } from '../../../src/repo-engine/index.js'
import {
  handleOf,
  pdsEndpointOf,
  readDocument,
  serviceEndpointOf,
  signingKeyOf,
  type DidDocument,
} from '../../../src/modules/identity/did-document.js'

const id = 'did:web:alice.test'
const key = SigningKey.generate('k256')
const method = {
  id: '#atproto',
  type: 'Multikey',
  controller: id,
  publicKeyMultibase: key.didKey.slice('did:key:'.length),
}

/** The two types from before Multikey: the old entry of the public @bsky.app account, and a key of the interop vectors. */
const legacyK256 = {
  type: 'EcdsaSecp256k1VerificationKey2019',
  publicKeyMultibase: 'zQYEBzXeuTM9UR3rfvNag6L3RNAs5pQZyYPsomTsgQhsxLdEgCrPTLgFna8yqCnxPpNT7DBk6Ym3dgPKNu86vt9GR',
  didKey: 'did:key:zQ3shXjHeiBuRCKmM36cuYnm7YEMzhGnCmCyW92sRJ9pribSF',
}
const legacyP256 = {
  type: 'EcdsaSecp256r1VerificationKey2019',
  publicKeyMultibase: 'zxdM8dSstjrpZaRUwBmDvjGXweKuEMVN95A9oJBFjkWMh',
  didKey: 'did:key:zDnaembgSGUhZULN2Caob4HLJPaxBh92N7rtH21TErzqf8HQo',
}

function document(changes: object): DidDocument {
  return readDocument({ id, ...changes }, id)!
}

describe('a DID document', () => {
  it.each([null, 'did:web:alice.test', [], {}, { id: 'did:web:bob.test' }])('is not %j', (value) => {
    expect(readDocument(value, id)).toBeNull()
  })

  it.each<[string, unknown, string | null]>([
    ['a Multikey', [method], key.didKey],
    ['a full id', [{ ...method, id: `${id}#atproto` }], key.didKey],
    ['a K-256 key of the old type', [{ ...method, ...legacyK256 }], legacyK256.didKey],
    ['a P-256 key of the old type', [{ ...method, ...legacyP256 }], legacyP256.didKey],
    ['another first', [{ ...method, id: '#other' }, method], key.didKey],
    ['a key of another name', [{ ...method, id: '#other' }], null],
    ['a key of another DID', [{ ...method, id: 'did:web:bob.test#atproto' }], null],
    ['another type', [{ ...method, type: 'Ed25519VerificationKey2020' }], null],
    ['no key in it', [{ ...method, publicKeyMultibase: undefined }], null],
    ['nonsense for a key', [{ ...method, publicKeyMultibase: 'znonsense0' }], null],
    ['null for a method', [null], null],
    ['no array', { 0: method }, null],
    ['nothing', undefined, null],
  ])('with %s has its signing key', (_, verificationMethod, expected) => {
    expect(signingKeyOf(document({ verificationMethod }))).toBe(expected)
  })

  it.each<[unknown, string | null]>([
    [['at://alice.test'], 'alice.test'],
    [['https://alice.test', 'at://Alice.TEST', 'at://bob.test'], 'alice.test'],
    [['at://not a handle', 'at://bob.test'], null],
    [['at://alice.test/path'], null],
    [['at://'], null],
    [[1, null], null],
    ['at://alice.test', null],
    [undefined, null],
  ])('with the aliases %j has the handle %j', (alsoKnownAs, expected) => {
    expect(handleOf(document({ alsoKnownAs }))).toBe(expected)
  })

  const service = { id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: 'https://pds.example.com' }
  it.each<[unknown, string | null]>([
    [[service], 'https://pds.example.com'],
    [[{ ...service, id: `${id}#atproto_pds`, serviceEndpoint: 'https://pds.example.com/' }], 'https://pds.example.com'],
    [[{ ...service, serviceEndpoint: 'http://localhost:2583' }], 'http://localhost:2583'],
    [[{ ...service, type: 'Other' }], null],
    [[{ ...service, serviceEndpoint: 'ftp://pds.example.com' }], null],
    [[{ ...service, serviceEndpoint: 'https://a:b@pds.example.com' }], null],
    [[{ ...service, serviceEndpoint: { url: 'https://pds.example.com' } }], null],
    [[{ ...service, id: 1 }], null],
    [undefined, null],
  ])('with the services %j has the PDS %j', (services, expected) => {
    expect(pdsEndpointOf(document({ service: services }))).toBe(expected)
  })

  it('has services of other kinds', () => {
    const generator = { id: '#bsky_fg', type: 'BskyFeedGenerator', serviceEndpoint: 'https://feed.example.com' }
    expect(serviceEndpointOf(document({ service: [service, generator] }), 'bsky_fg')).toBe('https://feed.example.com')
    expect(serviceEndpointOf(document({ service: [service] }), 'bsky_fg')).toBeNull()
  })
})
