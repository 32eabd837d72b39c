/** `account delete` and `log compact`: by themselves, or by the server that runs on the data directory. */
import { AtpAgent } from '@atproto/api'
import { signUp } from '../durability/load.js'
import { startTestServer, type TestServer } from '../support/server.js'
import { dataDirectory, skylog } from './run-cli.js'

const directory = dataDirectory()
const offline = { PDS_DATA_DIRECTORY: directory }

/** Starts a server, and gives the settings with which a command finds it. */
async function serve(): Promise<[TestServer, Record<string, string>]> {
  const server = await startTestServer({}, directory)
  return [server, { ...offline, PDS_PORT: new URL(server.url).port }]
}

async function writeTwice(url: string, name: string): Promise<void> {
  const agent = new AtpAgent({ service: url })
  await agent.login({ identifier: `${name}.test`, password: `${name}-password` })
  for (const displayName of ['before', 'after']) await agent.upsertProfile(() => ({ displayName }))
}

it('delete an account with a server running, and without one', async () => {
  const [server, online] = await serve()
  const [alice, bob] = [await signUp(server.url, 'alice'), await signUp(server.url, 'bob')]
  const unasked = await skylog(['account', 'delete', 'alice.test'], online)
  expect(unasked).toMatchObject({ code: 2, stdout: '' })
  expect(unasked.stderr).toContain('--yes')
  const deleted = await skylog(['account', 'delete', 'Alice.test', '--yes', '--json'], online)
  expect(deleted.code).toBe(0)
  expect(deleted.json()).toEqual({ did: alice.did, handle: 'alice.test', records: 0, erased: false })
  const again = await skylog(['account', 'delete', alice.did, '--yes'], online)
  expect(again).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^skylog: there is no account [^\n]+\n$/) as string,
  })
  const lost = await skylog(['account', 'delete', 'bob.test', '--yes'], { ...offline, PDS_PORT: '1' })
  expect(lost).toMatchObject({ code: 1, stderr: expect.stringContaining('set PDS_PORT') as string })
  await server.close()
  const offlined = await skylog(['account', 'delete', bob.did, '--yes'], offline)
  expect(offlined).toMatchObject({ code: 0, stdout: `Deleted bob.test (${bob.did})\n` })
  expect((await skylog(['account', 'list', '--json'], offline)).json()).toEqual([])
  expect((await skylog(['verify', bob.did], offline)).stderr).toContain('has no repository')
})

it('compact the log with a server running, and without one', async () => {
  const [server, online] = await serve()
  const { did } = await signUp(server.url, 'carla')
  await writeTwice(server.url, 'carla')
  const there = await skylog(['log', 'compact', '--before', '0d', '--json'], online)
  expect(there.code).toBe(0)
  expect(there.json()).toMatchObject({ events: 3, parts: 0, freed: expect.any(Number) as number })
  await writeTwice(server.url, 'carla')
  await server.close()
  const here = await skylog(['log', 'compact', '--before', 'PT0S'], offline)
  expect(here).toMatchObject({ code: 0, stderr: '' })
  expect(here.stdout).toMatch(/^Compacted the log before .*\n {2}up to +event \d+\n {2}smaller +\d commits, 0 pieces/)
  expect(here.stdout).toContain('VACUUM')
  expect((await skylog(['log', 'compact', '--before', '30d'], offline)).stdout).toContain('no event is that old')
  expect(await skylog(['verify', did], offline)).toMatchObject({ code: 0 })
})

it.each(['', '30', 'd', 'P', 'PT', '1.5d', '-1d', 'P1S', '9999999999d', 'soon'])('%j is no duration', async (text) => {
  const { parseDuration } = await import('../../src/modules/cli/duration.js')
  expect(() => parseDuration('--before', text)).toThrow('--before: not a duration')
})

it.each([
  ['30d', 30 * 86_400],
  ['12h', 12 * 3_600],
  ['2w', 14 * 86_400],
  ['90m', 5_400],
  ['P30D', 30 * 86_400],
  ['PT12H', 12 * 3_600],
  ['P1Y2M3W4DT5H6M7S', ((365 + 60 + 21 + 4) * 24 + 5) * 3_600 + 367],
])('%s are %d seconds', async (text, seconds) => {
  const { parseDuration } = await import('../../src/modules/cli/duration.js')
  expect(parseDuration('--before', text)).toBe(seconds * 1000)
})
