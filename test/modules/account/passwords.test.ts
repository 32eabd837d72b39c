import { Config } from '../../../src/modules/config/config.js'
import { checkNewPassword, Passwords } from '../../../src/modules/account/password/passwords.js'

const passwords = new Passwords(Config.fromEnv({}))

it('stores Argon2id in the PHC form, under a salt of its own', async () => {
  const [first, second] = await Promise.all([passwords.hash('correct horse'), passwords.hash('correct horse')])
  expect(first).toMatch(/^\$argon2id\$v=19\$m=9216,t=4,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
  expect(second).not.toBe(first)
  expect(await passwords.verify('correct horse', first)).toBe(true)
  expect(await passwords.verify('correct horsf', first)).toBe(false)
  expect(await passwords.verify('', first)).toBe(false)
})

it('verifies hashes of other parameters than its own', async () => {
  // A vector of the reference implementation's own tests (P-H-C/phc-winner-argon2, src/test.c).
  const stored = '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4'
  expect(await passwords.verify('password', stored)).toBe(true)
  expect(await passwords.verify('Password', stored)).toBe(false)
})

it('is never right without an account, and says so when a row is damaged', async () => {
  expect(await passwords.verify('anything', null)).toBe(false)
  await expect(passwords.verify('anything', 'plain')).rejects.toThrow('damaged')
})

it('knows the lengths', async () => {
  expect(() => checkNewPassword('12345678')).not.toThrow()
  expect(() => checkNewPassword('x'.repeat(256))).not.toThrow()
  expect(() => checkNewPassword('1234567')).toThrow(expect.objectContaining({ error: 'InvalidPassword' }))
  expect(() => checkNewPassword('x'.repeat(257))).toThrow(expect.objectContaining({ error: 'InvalidPassword' }))
  await expect(passwords.verify('x'.repeat(513), null)).rejects.toMatchObject({ status: 401 })
})

it('hashes two at once, lets a hundred wait and turns away the rest', async () => {
  const flood = Array.from({ length: 110 }, () => passwords.verify('guess', null))
  const results = await Promise.allSettled(flood)
  const refused = results.filter(({ status }) => status === 'rejected') as PromiseRejectedResult[]
  expect(refused).toHaveLength(8)
  expect(refused[0]!.reason).toMatchObject({ status: 503, error: 'NotEnoughResources' })
  expect(await passwords.verify('guess', null)).toBe(false)
})
