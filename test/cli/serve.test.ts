import { spawn } from 'node:child_process'
import { resolve } from 'node:path'
import { dataDirectory, project } from './run-cli.js'

const directory = dataDirectory()

it('serves until it is told to stop', async () => {
  const child = spawn(
    process.execPath,
    [resolve(project, 'bin/skylog.mjs'), 'serve', '--port', '0', '--data', directory],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const ended = new Promise<{ code: number | null; at: number }>((done) =>
    child.on('close', (code) => done({ code, at: performance.now() })),
  )
  let text = ''
  const url = await new Promise<string>((found) =>
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const [, address] = /Ready at (http:\/\/localhost:\d+)/.exec(text) ?? []
      if (address) found(address)
    }),
  )
  const health = await fetch(`${url}/xrpc/_health`)
  expect(await health.json()).toEqual({ version: '0.1.0' })
  const told = performance.now()
  child.kill('SIGTERM')
  const { code, at } = await ended
  expect(code).toBe(0)
  expect(at - told).toBeLessThan(3_000)
})
