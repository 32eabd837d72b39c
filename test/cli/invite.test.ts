import { startTestServer } from '../support/server.js'
import { dataDirectory, skylog } from './run-cli.js'

const directory = dataDirectory()
const env = { PDS_DATA_DIRECTORY: directory, PDS_INVITE_REQUIRED: 'true' }

it('makes codes without a server, and lists them', async () => {
  await skylog(['account', 'create', '--handle', 'alice.test', '--email', 'alice@example.com'], env)
  const plain = await skylog(['invite', 'create'], env)
  expect(plain.code).toBe(0)
  expect(plain.stdout).toMatch(/^localhost-[a-z2-7]{5}-[a-z2-7]{5}\n$/)
  const more = await skylog(['invite', 'create', '--uses', '3', '--for', 'alice.test', '--json'], env)
  expect(more.json()).toMatchObject({ uses: 3, forAccount: expect.stringMatching(/^did:plc:/) as string })
  const [json, text] = await Promise.all([skylog(['invite', 'list', '--json'], env), skylog(['invite', 'list'], env)])
  expect(json.json()).toMatchObject([
    { for: 'alice.test', available: 3, used: 0, disabled: false },
    { code: plain.stdout.trim(), for: 'admin', available: 1, used: 0 },
  ])
  expect(text.stdout).toMatch(/^2 codes +for +used +of +is +created$/m)
  expect(text.stdout).toMatch(/alice\.test +0 +3 +good/)
})

it('has the running server make one, and somebody comes by it', async () => {
  const server = await startTestServer({ PDS_INVITE_REQUIRED: 'true' }, directory)
  try {
    const port = new URL(server.url).port
    const { code, stdout } = await skylog(['invite', 'create'], { ...env, PDS_PORT: port })
    expect(code).toBe(0)
    const person = { handle: 'bob.test', email: 'bob@example.com', password: 'bob-password' }
    await server.agent().createAccount({ ...person, inviteCode: stdout.trim() })
    const { stdout: list } = await skylog(['invite', 'list'], env)
    expect(list).toMatch(new RegExp(`${stdout.trim()} +admin +1 +1 +used up`))
  } finally {
    await server.close()
  }
})

it('says so when there is no such account', async () => {
  const { code, stderr } = await skylog(['invite', 'create', '--for', 'nobody.test'], env)
  expect(code).toBe(1)
  expect(stderr).toContain('there is no account nobody.test')
})
