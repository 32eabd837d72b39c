import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
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
  const ended = new Promise<number | null>((done) => child.on('close', done))
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
  // Somebody who stays connected and says nothing holds nothing up.
  const silent = connect(Number(new URL(url).port), 'localhost').on('error', () => undefined)
  await once(silent, 'connect')
  child.kill('SIGTERM')
  expect(await ended).toBe(0)
  silent.destroy()
})
