/** What a whole run says: nothing that nobody else may know. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ask, Refused, signIn, signUp, Writer } from '../../durability/load.js'
import { buildServer, ChildServer, scratchDirectory } from '../../support/crash.js'
import { eventually } from '../../support/eventually.js'

let build: Awaited<ReturnType<typeof buildServer>>
let directory: string
let server: ChildServer | undefined

beforeAll(async () => (build = await buildServer()))
afterAll(() => build.remove())
beforeEach(() => (directory = scratchDirectory()))
afterEach(async () => {
  await server?.kill()
  rmSync(directory, { recursive: true, force: true })
})

it('no secret, password or token is ever logged; the new admin password once', async () => {
  server = await ChildServer.start(build.main, directory)
  const { url } = server
  const alice = (await signUp(url, 'alice')) as Awaited<ReturnType<typeof signUp>> & { refreshJwt: string }
  const session = await signIn(url, 'alice')
  const writer = new Writer(alice, 'w', Math.random)
  await writer.run(url, () => writer.acknowledged >= 3)
  const wrong: [string, unknown, string?][] = [
    ['com.atproto.server.createSession', { identifier: 'alice.test', password: 'wrong-password' }],
    ['com.atproto.server.createAccount', { handle: 'alice.test', email: 'x@example.com', password: 'other-password' }],
    ['com.atproto.repo.createRecord', { repo: alice.did }, 'not-a-token'],
    ['com.atproto.repo.importRepo', new Uint8Array([1, 2, 3]), session.accessJwt],
    ['com.atproto.server.refreshSession', {}, session.accessJwt],
  ]
  for (const [nsid, body, token] of wrong) await expect(ask(url, nsid, body, token)).rejects.toBeInstanceOf(Refused)
  await server.stop()

  const secrets = JSON.parse(readFileSync(join(directory, 'secrets.json'), 'utf8')) as Record<string, string>
  const { adminPassword, ...others } = secrets
  const { output } = server
  expect(output.split(adminPassword!)).toHaveLength(2)
  const silent = [
    ...Object.values(others),
    'alice-password',
    'wrong-password',
    'other-password',
    alice.accessJwt,
    alice.refreshJwt,
    session.accessJwt,
    'not-a-token',
  ]
  for (const secret of silent) expect(output).not.toContain(secret)

  server = await ChildServer.start(build.main, directory)
  expect(server.output).not.toContain(adminPassword)
})

it('secrets of the environment are not logged, and unknown settings are', async () => {
  const env = {
    PDS_ADMIN_PASSWORD: 'my-own-admin-password',
    PDS_JWT_SECRET: 'my-own-jwt-secret-16',
    PDS_HCAPTCHA_SITE_KEY: '/x',
  }
  server = await ChildServer.start(build.main, directory, { env })
  await eventually(() => server!.output.includes('PDS_HCAPTCHA'))
  expect(server.output).toMatch(/"warn".*PDS_HCAPTCHA_SITE_KEY is set, but this server knows no such setting/)
  expect(server.output).not.toContain(env.PDS_ADMIN_PASSWORD)
  expect(server.output).not.toContain(env.PDS_JWT_SECRET)
})

it.each([
  [{ PDS_PORT: 'x' }, /PDS_PORT/],
  [{ PDS_JWT_SECRET: 'short' }, /PDS_JWT_SECRET/],
])('a setting that cannot be used ends the start with one line: %j', async (env, message) => {
  const error = (await ChildServer.start(build.main, directory, { env }).catch((thrown: unknown) => thrown)) as Error
  expect(error.message).toMatch(/ended \(1\)/)
  expect(error.message).toMatch(message)
  expect(error.message.trim().split('\n')).toHaveLength(1)
})

it('damaged secrets end the start with one line', async () => {
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'secrets.json'), '{')
  const error = (await ChildServer.start(build.main, directory).catch((thrown: unknown) => thrown)) as Error
  expect(error.message).toMatch(/secrets\.json cannot be read/)
  expect(error.message.trim().split('\n')).toHaveLength(1)
})
