import * as reference from '@atproto/crypto'
import { base58btc } from 'multiformats/bases/base58'
import { createHash, ECDH } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  formatDidKey,
  formatMultikey,
  K256_BACKEND,
  parseDidKey,
  parseMultibaseKey,
  parseMultikey,
  SigningKey,
  verifySignature,
  type Curve,
} from '../../src/repo-engine/keys.js'

const FIXTURES = join(import.meta.dirname, '../fixtures/interop/crypto')
const fixture = <T>(file: string) => JSON.parse(readFileSync(join(FIXTURES, file), 'utf8')) as T

interface SignatureFixture {
  comment: string
  messageBase64: string
  didDocSuite: string
  publicKeyDid: string
  publicKeyMultibase: string
  signatureBase64: string
  validSignature: boolean
}

const ORDERS: Record<Curve, bigint> = {
  k256: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
  p256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
}
const CURVES: Curve[] = ['k256', 'p256']
const bigint = (bytes: Uint8Array) => BigInt('0x' + Buffer.from(bytes).toString('hex'))
const bytes32 = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')

it('runs K-256 on the native library where there is one', () => {
  const prebuilt = ['linux-x64', 'darwin-arm64', 'win32-x64'].includes(`${process.platform}-${process.arch}`)
  expect(K256_BACKEND).toBe(prebuilt ? 'libsecp256k1' : 'openssl')
})

describe('interop signatures', () => {
  it.each(fixture<SignatureFixture[]>('signature-fixtures.json'))('$comment', (vector) => {
    const message = Buffer.from(vector.messageBase64, 'base64')
    const signature = Buffer.from(vector.signatureBase64, 'base64')
    expect(verifySignature(vector.publicKeyDid, message, signature)).toBe(vector.validSignature)
    const key = parseMultibaseKey(vector.didDocSuite, vector.publicKeyMultibase)
    expect(key.didKey).toBe(vector.publicKeyDid)
    expect(key.verify(message, signature)).toBe(vector.validSignature)
  })
})

describe('did:key', () => {
  const k256 = fixture<{ privateKeyBytesHex: string; publicDidKey: string }[]>('w3c_didkey_K256.json')
  const p256 = fixture<{ privateKeyBytesBase58: string; publicDidKey: string }[]>('w3c_didkey_P256.json')

  it.each(k256)('K-256 $publicDidKey', ({ privateKeyBytesHex, publicDidKey }) => {
    expect(SigningKey.fromPrivate('k256', Buffer.from(privateKeyBytesHex, 'hex')).didKey).toBe(publicDidKey)
  })

  it.each(p256)('P-256 $publicDidKey', ({ privateKeyBytesBase58, publicDidKey }) => {
    const secret = base58btc.decode(`z${privateKeyBytesBase58}`)
    expect(SigningKey.fromPrivate('p256', secret).didKey).toBe(publicDidKey)
  })
})

describe.each(CURVES)('%s', (curve) => {
  const key = SigningKey.generate(curve)
  const message = Buffer.from('a commit')

  it('signs what it verifies, always with low S', () => {
    for (let i = 0; i < 32; i++) {
      const each = Buffer.from(`commit ${i}`)
      const signature = key.sign(each)
      expect(signature.length).toBe(64)
      expect(bigint(signature.subarray(32)) <= ORDERS[curve] / 2n).toBe(true)
      expect(verifySignature(key.didKey, each, signature)).toBe(true)
      expect(verifySignature(key.didKey, message, signature)).toBe(false)
      expect(verifySignature(SigningKey.generate(curve).didKey, each, signature)).toBe(false)
    }
  })

  it('is understood by the reference, and understands it', async () => {
    expect(await reference.verifySignature(key.didKey, message, key.sign(message))).toBe(true)
    const Keypair = curve === 'k256' ? reference.Secp256k1Keypair : reference.P256Keypair
    const other = await Keypair.import(key.exportPrivate())
    expect(other.did()).toBe(key.didKey)
    const signature = await other.sign(message)
    expect(verifySignature(key.didKey, message, signature)).toBe(true)
    // RFC 6979 gives one signature for a key and a message; OpenSSL draws a nonce.
    if (curve === 'k256' && K256_BACKEND === 'libsecp256k1') expect(key.sign(message).equals(signature)).toBe(true)
  })

  it('refuses every other spelling of a good signature', () => {
    const good = key.sign(message)
    const [r, s] = [good.subarray(0, 32), good.subarray(32)]
    const highS = bytes32(ORDERS[curve] - bigint(s))
    const refused = [
      Buffer.concat([r, highS]),
      Buffer.concat([r, Buffer.alloc(32)]),
      Buffer.concat([Buffer.alloc(32), s]),
      Buffer.alloc(64),
      Buffer.alloc(64, 0xff),
      Buffer.concat([bytes32(ORDERS[curve]), s]),
      Buffer.concat([good, Buffer.alloc(1)]),
      good.subarray(0, 63),
      Buffer.alloc(0),
    ]
    for (const signature of refused) expect(verifySignature(key.didKey, message, signature)).toBe(false)
    expect(verifySignature(key.didKey, message, new Uint8Array(good))).toBe(true)
  })

  it('notices every flipped bit', () => {
    const good = key.sign(message)
    for (let bit = 0; bit < 512; bit += 7) {
      const bad = Buffer.from(good)
      bad[bit >> 3]! ^= 1 << (bit & 7)
      expect(verifySignature(key.didKey, message, bad)).toBe(false)
    }
  })

  it('takes scalars from 1 to the order minus 1', () => {
    for (const value of [0n, ORDERS[curve], 2n ** 256n - 1n])
      expect(() => SigningKey.fromPrivate(curve, bytes32(value))).toThrow(
        expect.objectContaining({ code: 'InvalidKey' }),
      )
    expect(() => SigningKey.fromPrivate(curve, Buffer.alloc(31, 1))).toThrow(
      expect.objectContaining({ code: 'InvalidKey' }),
    )
    for (const value of [1n, ORDERS[curve] - 1n]) {
      const edge = SigningKey.fromPrivate(curve, bytes32(value))
      expect(edge.exportPrivate()).toEqual(bytes32(value))
      expect(verifySignature(edge.didKey, message, edge.sign(message))).toBe(true)
    }
  })

  it('hands out copies of the private bytes', () => {
    const didKey = key.didKey
    key.exportPrivate().fill(1)
    expect(SigningKey.fromPrivate(curve, key.exportPrivate()).didKey).toBe(didKey)
  })

  it('reads and writes its key texts', () => {
    const point = key.publicKey.compressed
    const multikey = formatMultikey(curve, point)
    expect(formatDidKey(curve, point)).toBe(key.didKey)
    expect(key.didKey).toBe(`did:key:${multikey}`)
    expect(parseDidKey(key.didKey)).toMatchObject({ curve, compressed: point, didKey: key.didKey })
    expect(parseMultikey(multikey).didKey).toBe(key.didKey)
    expect(parseMultibaseKey('Multikey', multikey).didKey).toBe(key.didKey)
    const legacy = { k256: 'EcdsaSecp256k1VerificationKey2019', p256: 'EcdsaSecp256r1VerificationKey2019' }[curve]
    const name = { k256: 'secp256k1', p256: 'prime256v1' }[curve]
    const forms = { compressed: true, uncompressed: true, hybrid: false } as const
    for (const [form, taken] of Object.entries(forms)) {
      const text = base58btc.encode(
        ECDH.convertKey(point, name, undefined, undefined, form as keyof typeof forms) as Buffer,
      )
      if (taken) expect(parseMultibaseKey(legacy, text).didKey).toBe(key.didKey)
      else expect(() => parseMultibaseKey(legacy, text)).toThrow(expect.objectContaining({ code: 'InvalidKey' }))
    }
  })

  it('refuses points that are not on the curve', () => {
    let refused = 0
    for (let i = 0; i < 16; i++) {
      const x = createHash('sha256').update(`${curve} ${i}`).digest()
      try {
        parseDidKey(formatDidKey(curve, Buffer.concat([Buffer.from([2]), x])))
      } catch (error) {
        expect(error).toMatchObject({ code: 'InvalidKey' })
        refused++
      }
    }
    // Half of all x have no point.
    expect(refused).toBeGreaterThan(0)
    expect(refused).toBeLessThan(16)
  })
})

it.each([
  '',
  'did:key:',
  'did:key:z',
  'did:plc:abc',
  'zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme',
  'did:key:mQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme',
  'did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBm0',
  'did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBmee',
  'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK',
  'did:key:z' + '2'.repeat(100_000),
])('%.60s is no key', (didKey) => {
  expect(() => verifySignature(didKey, Buffer.alloc(1), Buffer.alloc(64))).toThrow(
    expect.objectContaining({ code: 'InvalidKey' }),
  )
})

it('knows only the types of atproto', () => {
  expect(() =>
    parseMultibaseKey('Ed25519VerificationKey2020', 'z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'),
  ).toThrow(expect.objectContaining({ code: 'InvalidKey' }))
})
