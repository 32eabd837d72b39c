/** The bucket, where S3 is not what it should be. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { Clock } from '../../../src/modules/config/clock.js'
import { BlobMissing } from '../../../src/modules/blob/open-blob.js'
import { S3Store } from '../../../src/modules/blob/s3-store.js'
import { Cid } from '../../../src/repo-engine/index.js'
import { eventually } from '../../support/eventually.js'

const MIB = 1024 * 1024
const cid = Cid.ofRaw(Buffer.from('a blob'))

let s3: Server
let store: S3Store
let load: (timeouts?: Parameters<typeof S3Store.load>[2]) => Promise<S3Store>
/** For a store that does not answer. */
const HURRIED = { connectionTimeout: 500, socketTimeout: 200 }
/** What the bucket is asked, `<method> <what>`, and what it does about it. */
let asked: string[]
let answer: (request: IncomingMessage, response: ServerResponse) => void
const sockets = new Set<Socket>()

beforeEach(async () => {
  asked = []
  s3 = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://s3')
    const part = searchParams.has('uploads') ? ' begin' : searchParams.has('partNumber') ? ' part' : ''
    asked.push(`${request.method} ${pathname.split('/')[2]}${part || (searchParams.has('uploadId') ? ' upload' : '')}`)
    request.on('error', () => undefined)
    answer(request, response)
  })
  s3.on('connection', (socket) => sockets.add(socket).size && socket.on('close', () => sockets.delete(socket)))
  await new Promise<void>((resolve) => s3.listen(0, '127.0.0.1', resolve))
  const endpoint = `http://127.0.0.1:${(s3.address() as AddressInfo).port}`
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' }
  const settings = {
    kind: 's3' as const,
    bucket: 'blobs',
    region: 'us-east-1',
    endpoint,
    forcePathStyle: true,
    credentials,
  }
  load = (timeouts) => S3Store.load(settings, new Clock(), timeouts)
  store = await load()
})
afterEach(async () => {
  store.onApplicationShutdown()
  s3.closeAllConnections()
  await new Promise((resolve) => s3.close(resolve))
})

/** So many pieces of a MiB; then it throws, if it should. `left` when whoever reads has left. */
function source(pieces: number, error?: Error) {
  const seen = { left: false }
  const bytes = (async function* () {
    try {
      for (let i = 0; i < pieces; i++) yield await Promise.resolve(Buffer.alloc(MIB, i))
      if (error) throw error
    } finally {
      seen.left = true
    }
  })()
  return { bytes, seen }
}

const drained = (request: IncomingMessage, then: () => void): void => void request.on('end', then).resume()
const BEGUN = '<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>'

it('that never answers is given up', async () => {
  store = await load(HURRIED)
  answer = () => undefined
  await expect(store.stat(cid)).rejects.toThrow()
  await expect(store.delete(cid)).rejects.toThrow()
  await expect((await store.open(cid, 1)).read(null)).rejects.toThrow()
  const { bytes, seen } = source(1)
  await expect(store.putTemp(bytes)).rejects.toThrow()
  expect(seen.left).toBe(true)
})

it('that stops in the middle of a blob ends the stream with an error', async () => {
  store = await load(HURRIED)
  answer = (request, response) =>
    drained(request, () => response.writeHead(200, { 'content-length': 1000 }).write('some'))
  const read = async (): Promise<void> => {
    for await (const piece of await (await store.open(cid, 1)).read(null)) void piece
  }
  await expect(read()).rejects.toThrow()
  await eventually(() => sockets.size === 0)
})

it('that has no such blob says so, and one that is broken is not taken for that', async () => {
  answer = (request, response) => drained(request, () => void response.writeHead(404).end())
  expect(await store.stat(cid)).toBeNull()
  await expect((await store.open(cid, 1)).read(null)).rejects.toThrow(BlobMissing)
  answer = (request, response) => drained(request, () => void response.writeHead(403).end())
  await expect(store.stat(cid)).rejects.toThrow()
})

it('whose client hangs up has no connection left', async () => {
  answer = (request, response) =>
    drained(request, () => void response.writeHead(200, { 'content-length': 100 * MIB }).write(Buffer.alloc(MIB)))
  for (let i = 0; i < 60; i++) {
    const stream = await (await store.open(cid, 1)).read(null)
    stream.destroy()
  }
  await eventually(() => sockets.size === 0)
})

it('24 an upload that its sender cuts off leaves no object and no parts', async () => {
  answer = (request, response) =>
    drained(
      request,
      () => void response.writeHead(200, { etag: '"1"' }).end(request.url!.includes('uploads') ? BEGUN : ''),
    )
  const { bytes } = source(13, new Error('cut off'))
  await expect(store.putTemp(bytes)).rejects.toThrow('cut off')
  expect(asked).toContain('PUT tmp part')
  expect(asked.at(-1)).toBe('DELETE tmp upload')
  expect(asked).not.toContain('POST tmp upload')
  asked.length = 0
  await expect(store.putTemp(source(2, new Error('cut off')).bytes)).rejects.toThrow('cut off')
  expect(asked).toEqual([])
})

it('24 an upload whose parts are refused leaves none, and reads no further', async () => {
  answer = (request, response) =>
    drained(request, () =>
      request.url!.includes('partNumber=2')
        ? void response.writeHead(403).end()
        : void response.writeHead(200, { etag: '"1"' }).end(request.url!.includes('uploads') ? BEGUN : ''),
    )
  const { bytes, seen } = source(100)
  await expect(store.putTemp(bytes)).rejects.toThrow()
  expect(seen.left).toBe(true)
  await eventually(() => asked.at(-1) === 'DELETE tmp upload')
})

it('24 keeps a blob whose temporary object it cannot delete yet', async () => {
  answer = (request, response) =>
    drained(request, () =>
      request.method === 'DELETE'
        ? void response.writeHead(403).end()
        : void response.writeHead(200).end('<CopyObjectResult><ETag>"1"</ETag></CopyObjectResult>'),
    )
  await store.makePermanent('one', cid)
  expect(asked).toEqual(['PUT blocks', 'DELETE tmp'])
})

it('24 sweeps parts of uploads that a crash has cut off a day ago', async () => {
  const upload = (id: string, at: Date): string =>
    `<Upload><Key>tmp/${id}</Key><UploadId>${id}</UploadId><Initiated>${at.toISOString()}</Initiated></Upload>`
  const [old, young] = [new Date(Date.now() - 25 * 60 * 60 * 1000), new Date()]
  const uploads = `<ListMultipartUploadsResult>${upload('old', old)}${upload('young', young)}</ListMultipartUploadsResult>`
  const ended: string[] = []
  answer = (request, response) =>
    drained(request, () => {
      if (request.method === 'DELETE') ended.push(request.url!.split('?')[0]!)
      response.writeHead(200).end(request.url!.includes('uploads') ? uploads : '<ListBucketResult></ListBucketResult>')
    })
  await store.sweepTemps()
  expect(ended).toEqual(['/blobs/tmp/old'])
  answer = (request, response) =>
    drained(
      request,
      () => void response.writeHead(request.url!.includes('uploads') ? 403 : 200).end('<ListBucketResult/>'),
    )
  await store.sweepTemps()
})
