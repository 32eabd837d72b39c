/** DID documents as strangers may write them: what is no such thing is left out, and nothing throws. */
import { claimedHandleOf, hostOf, readDidDocument } from '../../../console/src/everyone/read-did-document.js'
import { signingKeyOf } from '../../../console/src/engine/signing-key.js'

const did = 'did:web:a.example'
const NOTHING = { alsoKnownAs: [], verificationMethod: [], service: [] }

it.each<[unknown, string | null]>([
  ...[undefined, null, 'text', 7, [], { id: 5 }].map((value): [unknown, null] => [value, null]),
  [{ id: did, alsoKnownAs: 'at://a.example', verificationMethod: {}, service: 'none' }, did],
  [{ id: did, alsoKnownAs: [null, 1, {}] }, did],
])('%j says nothing', (value, id) => {
  const document = readDidDocument(value)
  expect(document).toEqual({ id, ...NOTHING })
  expect([hostOf(document), claimedHandleOf(document), signingKeyOf(document)]).toEqual([null, null, null])
})

it('entries that are none do not hide those that are', () => {
  const document = readDidDocument({
    id: did,
    alsoKnownAs: [1, 'https://a.example', 'at://a.example'],
    verificationMethod: [null, { id: ['#atproto'] }],
    service: [
      { id: '#atproto_pds', serviceEndpoint: { uri: 'https://no.example' } },
      { id: `${did}#atproto_pds`, type: 'AtprotoPersonalDataServer', serviceEndpoint: 'https://pds.example' },
    ],
  })
  expect(claimedHandleOf(document)).toBe('a.example')
  expect(hostOf(document)).toBe('https://pds.example')
  expect(signingKeyOf(document)).toBeNull()
})

it('the key and the host of somebody else are not its own', () => {
  const document = readDidDocument({
    id: did,
    verificationMethod: [{ id: 'did:web:b.example#atproto', type: 'Multikey', publicKeyMultibase: 'zQ3sh' }],
    service: [{ id: 'did:web:b.example#atproto_pds', serviceEndpoint: 'https://b.example' }],
  })
  expect([hostOf(document), signingKeyOf(document)]).toEqual([null, null])
})

it('what is endless is cut', () => {
  const document = readDidDocument({ id: did, alsoKnownAs: Array(1_000).fill('x'.repeat(10_000)) })
  expect(document.alsoKnownAs).toHaveLength(50)
  expect(document.alsoKnownAs[0]).toHaveLength(500)
})
