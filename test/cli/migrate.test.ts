/** `migrate`, as an owner would run it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { EmailCodes } from '../../src/modules/account/email-codes.js'
import { accountWithHistory, expectArrived } from '../support/moving.js'
import { PlcStub } from '../support/plc-stub.js'
import { startTestServer, stopTestServer, type TestServer } from '../support/server.js'
import { dataDirectory, project, skylog } from './run-cli.js'

const directory = dataDirectory()
const state = join(directory, 'move.json')
let plc: PlcStub
let from: TestServer
let to: TestServer
beforeAll(async () => {
  plc = await PlcStub.start()
  from = await startTestServer({ PDS_DID_PLC_URL: plc.url, PDS_SERVICE_HANDLE_DOMAINS: '.test' })
  to = await startTestServer({ PDS_DID_PLC_URL: plc.url, PDS_SERVICE_HANDLE_DOMAINS: '.new.test' })
})
afterAll(async () => {
  await stopTestServer(from)
  await stopTestServer(to)
  await plc.close()
})

const argsFor = (name: string): string[] => [
  ...['migrate', '--from', from.url, '--to', to.url, '--handle', `${name}.test`, '--plc', plc.url],
  ...['--state', state, '--json'],
]
async function mailed(did: string): Promise<string> {
  const codes = await from.app.get(EmailCodes, { strict: false }).living(did as never)
  return codes.find(({ purpose }) => purpose === 'plc_operation')!.code
}

it('says what it waits for with exit code 3, keeps how far it has come to itself, and goes on with what it is given', async () => {
  const agent = await from.signUp('alice')
  const history = await accountWithHistory(agent)
  expect(await skylog(argsFor('alice'))).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/the password of alice.test/),
  })

  writeFileSync(join(directory, 'old'), 'alice-password\n')
  const args = [...argsFor('alice'), '--password-file', join(directory, 'old')]
  const waits = await skylog(args)
  expect(waits).toMatchObject({ code: 3, stdout: '' })
  expect(waits.stderr).toMatch(/blobs …[^]*the move waits: the code for the change of identity/)
  const password = /shown this once: (\S+)/.exec(waits.stderr)![1]!
  expect(statSync(state).mode & 0o777).toBe(0o600)
  expect(readFileSync(state, 'utf8')).not.toContain('alice-password')

  expect(await skylog(argsFor('bob'))).toMatchObject({ code: 2, stderr: expect.stringMatching(/a move of alice.test/) })

  const moved = await skylog(args, { SKYLOG_CODE: await mailed(history.did) })
  expect(moved).toMatchObject({ code: 0 })
  expect(moved.json()).toMatchObject({ did: history.did, handle: 'alice.new.test', lost: [] })
  expect(existsSync(state)).toBe(false)
  await expectArrived(history, { from, to, plc, password, handle: 'alice.new.test' })
})

it('killed at any moment, it goes on when it is started again', async () => {
  const agent = await from.signUp('bob')
  const history = await accountWithHistory(agent)
  const secrets = { SKYLOG_PASSWORD: 'bob-password', SKYLOG_NEW_PASSWORD: 'bob-new-password' }
  let killed = 0
  for (let round = 1; ; round++) {
    const env = {
      PATH: process.env.PATH,
      ...secrets,
      ...(killed > 0 && { SKYLOG_CODE: await mailed(history.did).catch(() => '') }),
    }
    const child = spawn(process.execPath, [resolve(project, 'bin/skylog.mjs'), ...argsFor('bob')], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let told = ''
    child.stderr.on('data', (text: Buffer) => (told += text.toString()))
    const ended = once(child, 'exit')
    while (child.exitCode === null && !told.includes('sign-in')) await delay(5)
    await Promise.race([ended, delay(40 * round)])
    if (child.exitCode === null && child.kill('SIGKILL')) killed++
    await ended
    if (child.exitCode === 0) break
    expect(round).toBeLessThan(100)
  }
  expect(killed).toBeGreaterThan(0)
  await expectArrived(history, { from, to, plc, password: 'bob-new-password', handle: 'bob.new.test' })
  expect(readdirSync(directory).filter((name) => name.startsWith('move.json.'))).toEqual([])
})

it('does not mix two moves up, and says when a server does not answer', async () => {
  const secrets = { SKYLOG_PASSWORD: 'carla-password', SKYLOG_NEW_PASSWORD: 'carla-new-password' }
  await from.signUp('carla')
  expect(await skylog(argsFor('carla'), secrets)).toMatchObject({ code: 3 })
  const other = argsFor('carla').map((arg) => (arg === to.url ? 'http://localhost:65530' : arg))
  expect(await skylog(other, secrets)).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/is a move from .* finish that one/),
  })
  const elsewhere = other.map((arg) => (arg === state ? join(directory, 'other.json') : arg))
  expect(await skylog(elsewhere, secrets)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/http:\/\/localhost:65530 does not answer as it should \(ECONNREFUSED\)/),
  })
})
