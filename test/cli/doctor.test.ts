/** The doctor, from a shell: beside a server that is well, and where none runs. */
import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startTestServer, stopTestServer, type TestServer } from '../support/server.js'
import { dataDirectory, skylog } from './run-cli.js'

interface Diagnosis {
  running: boolean
  findings: { area: string; severity: string; text: string; advice: string | null }[]
  counts: Record<string, number>
}

describe('with a server', () => {
  let server: TestServer
  let env: Record<string, string>
  beforeAll(async () => {
    server = await startTestServer()
    env = { PDS_DATA_DIRECTORY: server.directory, PDS_PORT: new URL(server.url).port }
    await server.signUp('alice')
  })
  afterAll(() => stopTestServer(server))

  it('that is well: 0, and nothing to do', async () => {
    const [json, text] = await Promise.all([skylog(['doctor', '--json'], env), skylog(['doctor'], env)])
    const { running, counts, findings } = json.json() as Diagnosis
    expect(json).toMatchObject({ code: 0, stderr: '' })
    // The disk is that of whoever runs this.
    const warnings = findings.filter(({ area, severity }) => severity === 'warning' && area !== 'disk')
    expect({ running, problems: counts.problem, warnings }).toEqual({ running: true, problems: 0, warnings: [] })
    expect(findings).toContainEqual({
      area: 'log',
      severity: 'ok',
      text: 'heads and last events agree, of the one repository',
      advice: null,
    })
    expect(text.code).toBe(0)
    expect(text.stdout).toMatch(/^ok {7}config +the settings fit together$/m)
    expect(text.stdout).toMatch(/^As the running server sees it: 0 problems, \d+ warnings?, \d+ notes, \d+ fine\n$/m)
  })

  it('that does not answer where it is looked for: what lies there is looked at', async () => {
    const { code, json } = await skylog(['doctor', '--json', '--only', 'log'], { ...env, PDS_PORT: '1' })
    const { running, findings } = json() as Diagnosis
    expect({ code, running, areas: findings.map(({ area }) => area) }).toEqual({
      code: 1,
      running: false,
      areas: ['config', 'log', 'log'],
    })
    expect(findings[0]).toMatchObject({
      severity: 'problem',
      text: expect.stringContaining('none answers at http://localhost:1'),
    })
  })
})

const directory = dataDirectory()

it('without a server: what there is, and a problem is 1', async () => {
  const env = { PDS_DATA_DIRECTORY: directory }
  expect(await skylog(['doctor', '--offline'], env)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('No server was asked'),
  })
  writeFileSync(join(directory, 'secrets.json'), '{}')
  chmodSync(join(directory, 'secrets.json'), 0o644)
  const { code, stdout } = await skylog(['doctor', '--only', 'disk'], env)
  expect(code).toBe(1)
  expect(stdout).toMatch(
    /^problem {2}disk {2}others on this machine may read .*secrets\.json\n +→ chmod 600 .*secrets\.json$/m,
  )
})

it('settings that cannot be used are a finding', async () => {
  const { code, json, stderr } = await skylog(['doctor', '--json'], { PDS_PORT: 'high' })
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
  expect((json() as Diagnosis).findings).toMatchObject([
    { area: 'config', severity: 'problem', text: expect.stringContaining('PDS_PORT') },
  ])
})
