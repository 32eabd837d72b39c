/** What stands for Node in the browser, held against what it stands for. */
import * as node from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { base58btc } from 'multiformats/bases/base58'
import { hash } from '../../../console/src/engine/crypto.js'
import * as twin from '../../../console/src/engine/keys.js'
import * as engine from '../../../src/repo-engine/keys.js'

const FIXTURES = join(import.meta.dirname, '../../fixtures/interop/crypto')
const fixture = <T>(file: string): T => JSON.parse(readFileSync(join(FIXTURES, file), 'utf8')) as T

const CURVES = ['k256', 'p256'] as const
const NAMES = { k256: 'secp256k1', p256: 'prime256v1' }
const LEGACY = { k256: 'EcdsaSecp256k1VerificationKey2019', p256: 'EcdsaSecp256r1VerificationKey2019' }
const ORDERS = {
  k256: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
  p256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
}
const bytes32 = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')

/** What comes of something: its value, or the code of its error. */
function outcome(of: () => unknown): unknown {
  try {
    return of()
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('SHA-256', () => {
  it.each([0, 1, 55, 56, 63, 64, 65, 1_000, 100_000])('of %i bytes, in every form', (length) => {
    const data = node.randomBytes(length)
    expect(hash('sha256', data, 'binary')).toBe(node.hash('sha256', data, 'binary'))
    expect(Buffer.from(hash('sha256', data, 'buffer'))).toEqual(node.hash('sha256', data, 'buffer'))
    expect(hash('sha256', data)).toBe(node.hash('sha256', data))
  })

  it('of text', () => {
    expect(hash('sha256', 'app.bsky.feed.post/ß', 'binary')).toBe(node.hash('sha256', 'app.bsky.feed.post/ß', 'binary'))
  })
})

describe('signatures', () => {
  it.each(
    fixture<
      Record<
        'comment' | 'messageBase64' | 'didDocSuite' | 'publicKeyDid' | 'publicKeyMultibase' | 'signatureBase64',
        string
      >[]
    >('signature-fixtures.json'),
  )('interop: $comment', (vector) => {
    const message = Buffer.from(vector.messageBase64, 'base64')
    const signature = Buffer.from(vector.signatureBase64, 'base64')
    const { validSignature } = vector as unknown as { validSignature: boolean }
    expect(twin.verifySignature(vector.publicKeyDid, message, signature)).toBe(validSignature)
    const key = twin.parseMultibaseKey(vector.didDocSuite, vector.publicKeyMultibase)
    expect(key.didKey).toBe(vector.publicKeyDid)
    expect(key.verify(message, signature)).toBe(validSignature)
  })

  it.each(CURVES)('%s: of every spelling of a signature, one counts', (curve) => {
    const key = engine.SigningKey.generate(curve)
    const message = Buffer.from('a commit')
    const good = key.sign(message)
    const [r, s] = [good.subarray(0, 32), good.subarray(32)]
    const order = ORDERS[curve]
    const highS = bytes32(order - BigInt(`0x${s.toString('hex')}`))
    const spellings = [
      good,
      Buffer.concat([r, highS]),
      Buffer.concat([r, Buffer.alloc(32)]),
      Buffer.concat([Buffer.alloc(32), s]),
      Buffer.concat([bytes32(order), s]),
      Buffer.concat([r, bytes32(order / 2n)]),
      ...[Buffer.alloc(64), Buffer.alloc(64, 0xff), Buffer.concat([good, Buffer.alloc(1)]), good.subarray(0, 63)],
      Buffer.alloc(0),
      ...Array.from({ length: 64 }, (_, i) => {
        const bad = Buffer.from(good)
        bad[i]! ^= 1 << (i % 8)
        return bad
      }),
    ]
    const verdicts = (keys: { verifySignature: typeof twin.verifySignature }): boolean[] =>
      spellings.map((signature) => keys.verifySignature(key.didKey, message, signature))
    expect(verdicts(twin)).toEqual(verdicts(engine))
    expect(verdicts(twin).filter(Boolean)).toEqual([true])
    expect(twin.verifySignature(key.didKey, Buffer.from('another'), good)).toBe(false)
  })
})

describe('keys', () => {
  it.each([
    ...fixture<{ publicDidKey: string }[]>('w3c_didkey_K256.json'),
    ...fixture<{ publicDidKey: string }[]>('w3c_didkey_P256.json'),
  ])('$publicDidKey', ({ publicDidKey }) => {
    const key = twin.parseDidKey(publicDidKey)
    expect(key.didKey).toBe(publicDidKey)
    expect(Buffer.from(key.compressed)).toEqual(Buffer.from(engine.parseDidKey(publicDidKey).compressed))
  })

  it.each([
    ...['', 'did:key:', 'did:key:z', 'did:plc:abc', 'zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme'],
    'did:key:mQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme',
    'did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBm0',
    'did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBmee',
    'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK',
    'did:key:z' + '2'.repeat(100_000),
  ])('%.60s is none', (text) => {
    expect(() => twin.parseDidKey(text)).toThrow(expect.objectContaining({ code: 'InvalidKey' }))
  })

  it.each(CURVES)('%s: the forms of a point are taken as the engine takes them', (curve) => {
    const { compressed } = engine.SigningKey.generate(curve).publicKey
    for (const form of ['compressed', 'uncompressed', 'hybrid'] as const) {
      const point = node.ECDH.convertKey(compressed, NAMES[curve], undefined, undefined, form) as Buffer
      for (const type of [LEGACY[curve], 'Multikey', 'Ed25519VerificationKey2020']) {
        const taken = (keys: { parseMultibaseKey: (type: string, text: string) => { didKey: string } }): unknown =>
          outcome(() => keys.parseMultibaseKey(type, base58btc.encode(point)).didKey)
        expect(taken(twin)).toBe(taken(engine))
      }
    }
  })

  it.each(CURVES)('%s: points that are not on the curve are refused', (curve) => {
    for (let i = 0; i < 32; i++) {
      const x = node.createHash('sha256').update(`${curve} ${i}`).digest()
      const didKey = engine.formatDidKey(curve, Buffer.concat([Buffer.from([2 + (i % 2)]), x]))
      expect(outcome(() => twin.parseDidKey(didKey).didKey)).toBe(outcome(() => engine.parseDidKey(didKey).didKey))
    }
  })
})
