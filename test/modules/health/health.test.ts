import { once } from 'node:events'
import { connect } from 'node:net'
import type { INestApplication } from '@nestjs/common'
import type { Server } from 'node:http'
import { Database } from '../../../src/modules/database/database.js'
import { Readiness } from '../../../src/modules/health/readiness.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'

let server: TestServer
beforeAll(async () => {
  server = await startTestServer({ PDS_VERSION: '9.9.9' })
})
afterAll(() => stopTestServer(server))

async function ask(path: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(`${server.url}${path}`)
  return { status: response.status, body: await response.json() }
}

/** Asks until it is otherwise: an answer stands for a second. */
async function ready(status: number): Promise<unknown> {
  for (;;) {
    const answer = await ask('/readyz')
    if (answer.status === status) return answer.body
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

it('a server that is well', async () => {
  expect(await ask('/xrpc/_health')).toEqual({ status: 200, body: { version: '9.9.9' } })
  expect(await ask('/livez')).toEqual({ status: 200, body: { live: true } })
  expect(await ask('/readyz')).toEqual({ status: 200, body: { ready: true, reasons: [] } })
})

it('is not ready while app.bsky is behind the log', async () => {
  await server.signUp('alice')
  const database = server.app.get(Database)
  const move = (by: number): Promise<number> =>
    database.write(async (tx) => tx.run('UPDATE projection_position SET seq = seq + ?', by))
  await move(-2)
  const reasons = [{ check: 'projections', message: 'app.bsky is 2 events behind the log' }]
  expect(await ready(503)).toEqual({ ready: false, reasons })
  await move(2)
  await ready(200)
})

it('is not ready while a disk is nearly full', async () => {
  const readiness = server.app.get(Readiness)
  const { reserve } = readiness
  readiness.reserve = Number.MAX_SAFE_INTEGER
  const message = expect.stringMatching(/^\d+ MiB are left on the disk of data$/) as string
  expect(await ready(503)).toEqual({ ready: false, reasons: [{ check: 'disk', message }] })
  readiness.reserve = reserve
  await ready(200)
})

it('writes to find out whether it can', async () => {
  const database = server.app.get(Database)
  const written = (): number => database.writerFigures()!.seconds.count
  const before = written()
  await database.tryWrite()
  await database.tryWrite()
  expect(written()).toBe(before + 2)
})

it('is not ready while a write does not end, and says so all the same', async () => {
  const database = server.app.get(Database)
  let finish = (): void => {}
  const held = new Promise<void>((resolve) => (finish = resolve))
  const write = database.write(async (tx) => {
    await tx.run('UPDATE projection_position SET seq = seq')
    await held
  })
  const behind = database.tryWrite()
  const reasons = [
    { check: 'database', message: expect.stringMatching(/^a write has been waiting for \d+ s$/) as string },
  ]
  expect(await ready(503)).toEqual({ ready: false, reasons })
  expect(await ask('/livez')).toMatchObject({ status: 200 })
  expect(database.writerFigures()!.waiting).toBeLessThanOrEqual(2)
  finish()
  await Promise.all([write, behind])
  await ready(200)
})

it('is not ready while it stops, and answers as long as it can', async () => {
  const other = await startTestServer()
  const { port } = (other.app as INestApplication<Server>).getHttpServer().address() as { port: number }
  // Somebody who does not listen to the good-bye keeps the server for a moment.
  const silent = connect(port, '127.0.0.1')
  silent.write(
    'GET /xrpc/com.atproto.sync.subscribeRepos HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  await once(silent, 'data')
  silent.on('error', () => {})
  const stopped = stopTestServer(other)
  const response = await fetch(`${other.url}/readyz`)
  expect(response.status).toBe(503)
  expect(await response.json()).toEqual({
    ready: false,
    reasons: [{ check: 'stopping', message: 'the server stops' }],
  })
  silent.destroy()
  await stopped
})
