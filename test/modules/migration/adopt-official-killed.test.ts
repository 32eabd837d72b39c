/** `adopt-official` by the command line, killed at any moment and started again. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Database } from '../../../src/modules/database/database.js'
import { project, skylog } from '../../cli/run-cli.js'
import { checkInvariants } from '../../support/invariants.js'
import { facts } from '../../support/official-fixture.js'
import { Takeover } from './official.js'

/** Whether it has opened what it takes over. */
function isReading(directory: string): boolean {
  const scratch = join(directory, 'tmp')
  return existsSync(scratch) && readdirSync(scratch).some((name) => name.endsWith('.sqlite'))
}

/** So many times; each lets it live a little longer, until it is done. */
const ROUNDS = Number(process.env.SKYLOG_KILL_ROUNDS ?? 12)

it('whatever it was at when it was killed, another run goes on, and everything is there once', async () => {
  await skylog(['--version'])
  const takeover = await Takeover.prepare()
  const { official, directory, plc } = takeover
  const args = ['adopt-official', official.data, '--env', official.env, '--data', directory, '--json']
  const env = { PATH: process.env.PATH, PDS_DID_PLC_URL: plc.url }
  let killed = 0
  for (let round = 1; round <= ROUNDS; round++) {
    // What the run before has left there would be taken for this one's.
    rmSync(join(directory, 'tmp'), { recursive: true, force: true })
    const child = spawn(process.execPath, [resolve(project, 'bin/skylog.mjs'), ...args], { env, stdio: 'ignore' })
    const ended = once(child, 'exit')
    while (child.exitCode === null && !isReading(directory)) await delay(5)
    await Promise.race([ended, delay(20 * (round - 1))])
    if (child.exitCode !== null) break
    child.kill('SIGKILL')
    killed++
    await ended
  }
  expect(killed).toBeGreaterThan(0)
  const last = await skylog(args, { PDS_DID_PLC_URL: plc.url })
  expect(last).toMatchObject({ code: 0, stderr: '' })
  const { accounts } = last.json()
  expect(accounts.map(({ handle }: { handle: string }) => handle)).toEqual([
    'alice.test',
    'bob.test',
    'carla.test',
    'dan.test',
  ])
  expect(accounts.filter(({ outcome }: { outcome: string }) => outcome === 'failed')).toEqual([])

  const server = await takeover.start()
  const { read } = server.get(Database)
  await checkInvariants(read, 'outside')
  for (const [table, rows] of [
    ['account', 4],
    ['app_password', 2],
    ['invite_code', 2],
    ['invite_code_use', 1],
  ] as const)
    expect(await read.get(`SELECT count(*) AS n FROM ${table}`)).toEqual({ n: rows })
  for (const { did, head, rev, handle, password } of [facts.people.alice, facts.people.dan]) {
    expect((await server.query('com.atproto.sync.getLatestCommit', { params: `?did=${did}` })).body).toEqual({
      cid: head,
      rev,
    })
    const session = { identifier: handle, password }
    expect((await server.post('com.atproto.server.createSession', { body: session })).status).toBe(200)
  }
  await server.close()
  await takeover.dispose()
})
