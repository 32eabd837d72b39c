import { mintServiceJwt, verifyServiceJwt } from '../../../src/modules/auth/service-jwt.js'
import { createHmac } from 'node:crypto'
import { type Did, SigningKey } from '../../../src/repo-engine/index.js'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const ALICE = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa' as Did
const TARGET = { aud: 'did:web:pds.test', lxm: 'com.atproto.server.createAccount' }
const key = SigningKey.generate()
const resolveTo = (didKey: string) => () => Promise.resolve(didKey)

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A token with chosen words, rightly signed. */
function craft(header: object, claims: object, signer = key): string {
  const exp = NOW / 1000 + 60
  const message = `${encode({ typ: 'JWT', alg: 'ES256K', ...header })}.${encode({ iss: ALICE, ...TARGET, exp, ...claims })}`
  return `${message}.${signer.sign(Buffer.from(message)).toString('base64url')}`
}

const verify = (token: string, didKey = key.didKey) => verifyServiceJwt(token, TARGET, resolveTo(didKey), NOW)

it.each(['k256', 'p256'] as const)('a token minted with a %s key names its account', async (curve) => {
  const signer = SigningKey.generate(curve)
  const token = mintServiceJwt(ALICE, TARGET, signer, NOW)
  expect(await verify(token, signer.didKey)).toBe(ALICE)
  await expect(verifyServiceJwt(token, TARGET, resolveTo(signer.didKey), NOW + 61_000)).rejects.toThrow('jwt expired')
})

it.each<[string, string, string]>([
  ['another audience', craft({}, { aud: 'did:web:other.test' }), 'BadJwtAudience'],
  ['another method', craft({}, { lxm: 'com.atproto.server.deleteAccount' }), 'BadJwtLexiconMethod'],
  ['no method', craft({}, { lxm: undefined }), 'BadJwtLexiconMethod'],
  ['an end in the past', craft({}, { exp: NOW / 1000 }), 'JwtExpired'],
  ['an end in a day', craft({}, { exp: NOW / 1000 + 86_400 }), 'BadJwt'],
  ['no end', craft({}, { exp: undefined }), 'BadJwt'],
  ['an end in words', craft({}, { exp: 'never' }), 'BadJwt'],
  ['a service of the account as issuer', craft({}, { iss: `${ALICE}#atproto_labeler` }), 'BadJwtIss'],
  ['no issuer', craft({}, { iss: undefined }), 'BadJwtIss'],
  ['the type of an access token', craft({ typ: 'at+jwt' }, {}), 'BadJwtType'],
  ['alg none', craft({ alg: 'none' }, {}), 'BadJwt'],
  ['alg HS256', craft({ alg: 'HS256' }, {}), 'BadJwt'],
  ['the alg of another curve', craft({ alg: 'ES256' }, {}), 'BadJwtSignature'],
  ['the signature of another key', craft({}, {}, SigningKey.generate()), 'BadJwtSignature'],
  ['no signature', craft({}, {}).replace(/[^.]*$/, ''), 'BadJwtSignature'],
  ['four parts', `${craft({}, {})}.x`, 'BadJwt'],
  ['no JSON', 'a.b.c', 'BadJwt'],
  ['nothing', '', 'BadJwt'],
])('a token with %s is refused', async (_, token, error) => {
  await expect(verify(token)).rejects.toMatchObject({ status: 401, error })
})

it('asks once more for a key that may have changed, and not again', async () => {
  const token = mintServiceJwt(ALICE, TARGET, key, NOW)
  const asked: boolean[] = []
  const stale = SigningKey.generate().didKey
  const resolve = (_: Did, fresh: boolean) => {
    asked.push(fresh)
    return Promise.resolve(fresh ? key.didKey : stale)
  }
  expect(await verifyServiceJwt(token, TARGET, resolve, NOW)).toBe(ALICE)
  expect(asked).toEqual([false, true])

  asked.length = 0
  const forged = craft({}, {}, SigningKey.generate())
  await expect(verifyServiceJwt(forged, TARGET, resolve, NOW)).rejects.toMatchObject({ error: 'BadJwtSignature' })
  expect(asked).toEqual([false, true])
})

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Bad input 18. The order of a curve, by which a signature can be written with another s. */
const ORDERS = {
  k256: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
  p256: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
}

describe.each(['k256', 'p256'] as const)('the signature of a %s key has one form', (curve) => {
  const signer = SigningKey.generate(curve)
  const token = mintServiceJwt(ALICE, TARGET, signer, NOW)
  const [head, payload, text] = token.split('.') as [string, string, string]
  const signature = Buffer.from(text, 'base64url')
  const [r, s] = [signature.subarray(0, 32), BigInt(`0x${signature.subarray(32).toString('hex')}`)]
  const bytes32 = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, '0'), 'hex')
  const integer = (bytes: Uint8Array): Buffer => {
    const trimmed = Buffer.from(bytes).subarray(bytes.findIndex((byte) => byte !== 0))
    const body = trimmed[0]! >= 0x80 ? Buffer.concat([Buffer.of(0), trimmed]) : trimmed
    return Buffer.concat([Buffer.of(2, body.length), body])
  }
  const der = Buffer.concat([integer(r), integer(signature.subarray(32))])

  it.each<[string, string]>([
    ['high-S', Buffer.concat([r, bytes32(ORDERS[curve] - s)]).toString('base64url')],
    ['DER', Buffer.concat([Buffer.of(0x30, der.length), der]).toString('base64url')],
    ['65 bytes', Buffer.concat([signature, Buffer.of(0)]).toString('base64url')],
    ['63 bytes', signature.subarray(0, 63).toString('base64url')],
    ['nothing but zeros', Buffer.alloc(64).toString('base64url')],
    ['padding', `${text}==`],
    ['another alphabet', `${text}+/`],
    ['a blank in it', `${text.slice(0, 9)} ${text.slice(9)}`],
    // 64 bytes are 86 letters, of which the last has four bits to spare.
    ['bits that mean nothing', text.slice(0, -1) + ALPHABET[ALPHABET.indexOf(text.at(-1)!) | 1]],
  ])('not %s', async (_, other) => {
    expect(other).not.toBe(text)
    await expect(verify(`${head}.${payload}.${other}`, signer.didKey)).rejects.toMatchObject({
      error: 'BadJwtSignature',
    })
  })

  it('and is of that curve: the key decides, not the token', async () => {
    const other = curve === 'k256' ? 'ES256' : 'ES256K'
    const claimed = craft({ alg: other }, {}, signer)
    await expect(verify(claimed, signer.didKey)).rejects.toMatchObject({ error: 'BadJwtSignature' })
  })

  it('and no MAC under the public key, which everybody knows', async () => {
    for (const alg of ['HS256', 'ES256K', 'ES256']) {
      const message = `${encode({ typ: 'JWT', alg })}.${payload}`
      const mac = createHmac('sha256', signer.didKey).update(message).digest()
      for (const forged of [mac, Buffer.concat([mac, mac])])
        await expect(verify(`${message}.${forged.toString('base64url')}`, signer.didKey)).rejects.toMatchObject({
          status: 401,
        })
    }
  })
})

it.each<[string, object]>([
  ['a time that is no number of seconds', { exp: [NOW / 1000 + 60] }],
  ['an end as a text', { exp: `${NOW / 1000 + 60}` }],
  ['a list of audiences', { aud: [TARGET.aud, 'did:web:other.test'] }],
  ['an audience with a slash', { aud: `${TARGET.aud}/` }],
  ['an audience in capitals', { aud: TARGET.aud.toUpperCase() }],
  ['a service of the audience', { aud: `${TARGET.aud}#atproto_pds` }],
  ['a list of methods', { lxm: [TARGET.lxm] }],
  ['every method', { lxm: '*' }],
  ['a method of the same beginning', { lxm: `${TARGET.lxm}s` }],
  ['no method', { lxm: null }],
  ['an issuer with a fragment', { iss: `${ALICE}#` }],
  ['a list of issuers', { iss: [ALICE] }],
])('a token with %s is refused', async (_, claims) => {
  await expect(verify(craft({}, claims))).rejects.toMatchObject({ status: 401 })
})

it('a token whose end is infinite is refused', async () => {
  const message = `${encode({ typ: 'JWT', alg: 'ES256K' })}.${Buffer.from(`{"iss":"${ALICE}","aud":"${TARGET.aud}","lxm":"${TARGET.lxm}","exp":1e999}`).toString('base64url')}`
  const token = `${message}.${key.sign(Buffer.from(message)).toString('base64url')}`
  await expect(verify(token)).rejects.toMatchObject({ status: 401, error: 'BadJwt' })
})

it('a token is minted for as long as was asked, and without a method where none was named', () => {
  const token = mintServiceJwt(ALICE, { aud: TARGET.aud }, key, NOW, NOW / 1000 + 30)
  const claims = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as object
  expect(claims).toEqual({
    iat: NOW / 1000,
    iss: ALICE,
    aud: TARGET.aud,
    exp: NOW / 1000 + 30,
    jti: expect.any(String) as string,
  })
})
