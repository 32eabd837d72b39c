import { mintServiceJwt, verifyServiceJwt } from '../../../src/modules/auth/service-jwt.js'
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
