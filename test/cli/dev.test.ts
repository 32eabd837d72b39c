import { spawn } from 'node:child_process'
import { type AddressInfo, createServer } from 'node:net'
import { resolve } from 'node:path'
import { project, skylog } from './run-cli.js'

it('shows addresses and passwords, then mail, until Ctrl-C', async () => {
  await skylog(['--version'])
  const child = spawn(process.execPath, [resolve(project, 'bin/skylog.mjs'), 'dev', '--port', '0', '--people', '2'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<number | null>((done) => child.on('close', done))
  let text = ''
  const said = async (what: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = what.exec(text)
      if (found) return found
      await new Promise((done) => child.stdout.once('data', done))
    }
  }
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()))
  await said(/Ctrl-C ends it/)
  const [, url] = await said(/^(http:\/\/localhost:\d+)\n {2}handles +\*\.test$/m)
  await said(/^ {2}admin password +[0-9a-f]{32}$/m)
  await said(/^ {2}alice\.test +alice\.test-password +did:plc:\w{24} +http:\/\/localhost:\d+$/m)
  const { status } = await fetch(`${url}/xrpc/com.atproto.server.requestPasswordReset`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'alice.test@example.com' }),
  })
  expect(status).toBe(200)
  await said(/^mail to alice\.test@example\.com \(reset_password\): .+, code [A-Z2-7]{5}-[A-Z2-7]{5}$/m)
  child.kill('SIGINT')
  expect(await ended).toBe(0)
})

it.each([
  [['--pds', '0'], '--pds: not a whole number from 1 to 20: 0'],
  [['--people', 'many'], '--people: not a whole number from 0 to 2000: many'],
  [['--port', '-1'], '--port'],
])('refuses %j', async (options, message) => {
  const { code, stderr } = await skylog(['dev', ...options])
  expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(message) })
})

it('says which port is taken', async () => {
  const taken = createServer()
  await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done))
  const { port } = taken.address() as AddressInfo
  const { code, stderr } = await skylog(['dev', '--port', String(port)])
  taken.close()
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('EADDRINUSE') })
  expect(stderr).toContain(String(port))
})
