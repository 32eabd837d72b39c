/** com.atproto.sync.getBlob of accounts that are hosted here: who hangs up, and what is in a type. */
import { connect } from 'node:net'
import { Database } from '../../../src/modules/database/database.js'
import { TestServer } from '../../support/account-app.js'
import { getBlob, hangUp, MIB, openFiles, signUp, upload, withImage } from './hosted.js'
import { png } from './other-pds.js'
import { eventually } from '../../support/eventually.js'

let server: TestServer
let alice: Awaited<ReturnType<typeof signUp>>
let path: string
beforeAll(async () => {
  server = await TestServer.start()
  alice = await signUp(server, 'alice')
  const bytes = Buffer.concat([Buffer.from('\x00\x00\x00\x18ftypisom', 'latin1'), png(20 * MIB)])
  const video = await upload(alice, bytes, 'video/mp4')
  const embed = { $type: 'app.bsky.embed.video', video } as never
  await alice.post({ text: '', createdAt: '2026-01-01T00:00:00.000Z', embed })
  path = `did=${alice.assertDid}&cid=${video.ref.toString()}`
})
afterAll(() => server.close())

it('24 clients that hang up half-way leave no file open', async () => {
  const { port } = new URL(server.url)
  const slow = connect(Number(port), '127.0.0.1').pause()
  slow.write(`GET /xrpc/com.atproto.sync.getBlob?${path} HTTP/1.1\r\nhost: here\r\n\r\n`)
  await eventually(() => openFiles().length === 1)
  for (const method of ['GET', 'HEAD'])
    for (let round = 0; round < 4; round++)
      await Promise.all(
        Array.from({ length: 80 }, (_, i) =>
          hangUp(server, `${method} /xrpc/com.atproto.sync.getBlob?${path} HTTP/1.1\r\nhost: here\r\n\r\n`, i % 20),
        ),
      )
  await eventually(() => openFiles().length === 1)
  slow.destroy()
  await eventually(() => openFiles().length === 0)
})

it('a type that another server has kept and that is none is answered as one that is', async () => {
  const blob = await upload(alice, png(5000))
  await alice.post(withImage(blob))
  const typeOf = async (stored: string): Promise<unknown> => {
    await server.get(Database).write(async (tx) => tx.run('UPDATE blob SET mime_type = ? WHERE size = 5000', stored))
    const { status, headers } = await getBlob(server, alice.assertDid, blob.ref.toString())
    return [status, headers.get('content-type'), headers.get('x-more')]
  }
  for (const type of ['text/html\r\nx-more: 1', 'image/\u20ac', '*/*', '', `${'x'.repeat(100_000)}/y`])
    expect(await typeOf(type)).toEqual([200, 'application/octet-stream', null])
  expect(await typeOf('text/html; charset=utf-8')).toEqual([200, 'text/html', null])
})
