/** `skylog backup` and `skylog restore` of backups: beside a server and without one. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startTestServer, stopTestServer, type TestServer } from '../support/server.js'
import { dataDirectory, skylog } from './run-cli.js'
import type { Manifest } from '../../src/modules/backup/manifest.js'

const scratch = dataDirectory()
const target = join(scratch, 'backup')
let server: TestServer
beforeAll(async () => {
  server = await startTestServer()
  const alice = await server.signUp('alice')
  await alice.post({ text: 'kept' })
})
afterAll(() => stopTestServer(server))

const beside = (): Record<string, string> => ({ PDS_PORT: new URL(server.url).port })

it('has a running server do it, and checks it', async () => {
  const made = await skylog(['backup', target, '--data', server.directory, '--json'], beside())
  expect(made).toMatchObject({ code: 0 })
  expect(made.json()).toMatchObject({ target, blobs: { count: 0 } })
  const again = await skylog(['backup', target, '--data', server.directory, '--keep', '1'], beside())
  expect(again.stdout).toMatch(/Backed up[^]*database .* new: 0 chunks[^]*deleted +1 old snapshot/)

  const checked = await skylog(['backup', target, '--verify'])
  expect(checked).toMatchObject({ code: 0 })
  expect(checked.stdout).toMatch(/Verified: nothing is wrong[^]*1 snapshot[^]*checked +1 repository/)
})

it('restores it into a new directory, which passes every check', async () => {
  const place = join(scratch, 'restored')
  const restored = await skylog(['restore', target, '--data', place])
  expect(restored.code).toBe(0)
  expect(restored.stdout).toMatch(/Restored[^]*told anew +1, as nobody knows what was written last/)
  const did = (await skylog(['account', 'list', '--data', place, '--json'])).json()[0].did as string
  expect((await skylog(['verify', did, '--data', place])).code).toBe(0)
  expect((await skylog(['rebuild', '--verify', '--data', place])).code).toBe(0)
  const actions = (await skylog(['action', 'list', '--data', place, '--json'])).json()
  expect(JSON.stringify(actions)).toContain(`from ${target}`)

  const taken = await skylog(['restore', target, '--data', place])
  expect(taken).toMatchObject({ code: 1 })
  expect(taken.stderr).toMatch(/is not empty/)
})

it('finds what is damaged, with exit code 1', async () => {
  // One of the database: others are read more than once.
  const [name] = readdirSync(join(target, 'manifests'))
  const { manifest } = JSON.parse(readFileSync(join(target, 'manifests', name!), 'utf8')) as { manifest: Manifest }
  const chunk = manifest.database.chunks[0]!
  const found = readdirSync(join(target, 'chunks'), { recursive: true, encoding: 'utf8' })
  const file = join(
    target,
    'chunks',
    found.find((path) => path.endsWith(chunk))!,
  )
  const bytes = readFileSync(file)
  writeFileSync(file, bytes.subarray(1))
  const { code, json } = await skylog(['backup', target, '--verify', '--json'])
  expect(code).toBe(1)
  expect(json()).toMatchObject({ repos: null, problems: { count: 1 } })
  writeFileSync(file, bytes)
})

it('does it without a server, too', async () => {
  await server.close()
  const { code, json } = await skylog(['backup', target, '--data', server.directory, '--json'])
  expect(code).toBe(0)
  expect(json().target).toBe(target)
  server = await startTestServer({}, server.directory)
})

it('encrypts for an identity of its own making, without which nothing can be read', async () => {
  const [identity, sealed] = [join(scratch, 'backup.age'), join(scratch, 'sealed')]
  const made = await skylog(['backup', '--new-identity', identity, '--data', server.directory])
  expect(made.stdout).toMatch(/Made an identity[^]*recipient +age1[^]*Keep a copy/)
  expect(made.stdout).not.toMatch(/AGE-SECRET-KEY/)
  expect((await skylog(['backup', '--new-identity', identity])).stderr).toMatch(/is there already/)
  const inside = join(server.directory, 'backup.age')
  const refused = await skylog(['backup', '--new-identity', inside, '--data', server.directory])
  expect(refused.stderr).toMatch(/is in the data directory/)

  const key = ['--identity-file', identity]
  const backup = await skylog(['backup', sealed, ...key, '--data', server.directory], beside())
  expect(backup.stdout).toMatch(/Backed up[^]*target .*sealed, encrypted/)
  expect((await skylog(['backup', sealed, '--verify', ...key])).code).toBe(0)
  const place = join(scratch, 'unsealed')
  const blind = await skylog(['restore', sealed, '--data', place])
  expect(blind).toMatchObject({ code: 1 })
  expect(blind.stderr).toMatch(/is encrypted: name the identity/)
  expect((await skylog(['restore', sealed, '--data', place], { BACKUP_IDENTITY_FILE: identity })).code).toBe(0)
})

it.each([
  [['backup'], /no target is given, nor set/, 2],
  [['backup', '--verify'], /no target is given, nor set/, 2],
  [['backup', 'x', '--keep', '0'], /--keep: neither a number/, 2],
  [['backup', 'x', '--endpoint', 'here'], /--endpoint: not a URL/, 2],
  [['backup', 'x', '--new-identity', 'y'], /--new-identity makes a file, and no backup/, 2],
  [['backup', 'x', '--verify', '--identity-file', '/nowhere'], /identity of backups cannot be read/, 1],
  [['restore', 'alice.test', '--at', '2h', '--identity-file', 'x'], /--identity-file is not for alice.test/, 2],
  [['backup', 's3://UPPER/x', '--verify'], /a bucket is written/, 1],
  [['restore', 'nothing'], /neither an at-uri, nor a DID or a handle, nor a backup/, 2],
  [['restore', './x', '--dry-run'], /--dry-run is not for \.\/x/, 2],
  [['restore', 'alice.test', '--at', '2h', '--move-aside'], /--move-aside is not for alice.test/, 2],
  [['restore', './x', '--at', 'yesterday'], /--at: not a duration/, 2],
  [['restore', './x'], /there is no backup in/, 1],
])('%j is refused', async (args, message, code) => {
  const ran = await skylog([...args, '--data', join(scratch, 'none')])
  expect(ran.stderr).toMatch(message)
  expect(ran.code).toBe(code)
})
