import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CommandBus } from '@nestjs/cqrs'
import { ImportRepo } from '../../../src/modules/repo/import-repo.js'
import type { Hosting } from '../../../src/modules/repo/repo-row.js'
import {
  buildTree,
  type CarBlock,
  Cid,
  type DataValue,
  type Did,
  encodeCar,
  encodeCbor,
  signCommit,
  SigningKey,
  TidClock,
} from '../../../src/repo-engine/index.js'

/** Another server, which has an account under a did:web of localhost, and its blobs. */
export class OtherPds {
  /** The CIDs that were asked for, in order. */
  readonly asked: string[] = []
  readonly blobs = new Map<string, Buffer>()
  /** Where the DID document says that the account lives; null: nowhere. */
  endpoint: string | null
  /** Answers in place of what it would do. */
  respond: ((response: ServerResponse, request: IncomingMessage) => void) | null = null

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {
    this.endpoint = `http://localhost:${port}`
  }

  static async start(): Promise<OtherPds> {
    const server = createServer()
    await new Promise<void>((ready) => server.listen(0, 'localhost', ready))
    const stub = new OtherPds(server, (server.address() as AddressInfo).port)
    server.on('request', (request, response) => stub.answer(request, response))
    return stub
  }

  get did(): Did {
    return `did:web:localhost%3A${this.port}` as Did
  }

  /** Keeps a blob, and gives its CID. */
  add(bytes: Buffer): Cid {
    const cid = Cid.ofRaw(bytes)
    this.blobs.set(cid.toString(), bytes)
    return cid
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((closed) => this.server.close(closed))
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname, searchParams } = new URL(request.url!, 'http://localhost')
    if (pathname === '/.well-known/did.json') {
      const pds = { id: '#atproto_pds', type: 'AtprotoPersonalDataServer', serviceEndpoint: this.endpoint }
      return void response.end(JSON.stringify({ id: this.did, service: this.endpoint === null ? [] : [pds] }))
    }
    const cid = searchParams.get('cid')!
    this.asked.push(cid)
    if (this.respond) return this.respond(response, request)
    const blob = searchParams.get('did') === this.did ? this.blobs.get(cid) : undefined
    // What it says of the type is not to be believed.
    if (blob) response.writeHead(200, { 'content-type': 'text/html' }).end(blob)
    else response.writeHead(400).end('{"error":"BlobNotFound"}')
  }
}

/** A blob as records refer to it. */
export function blobRef(cid: Cid, size = 1): DataValue {
  return { $type: 'blob', ref: cid, mimeType: 'image/png', size }
}

/** A post with images. */
export function postOf(...images: Cid[]): DataValue {
  const embed = { $type: 'app.bsky.embed.images', images: images.map((cid) => ({ alt: '', image: blobRef(cid) })) }
  return { $type: 'app.bsky.feed.post', text: 'look', createdAt: '2026-01-01T00:00:00.000Z', embed }
}

export function profileOf(avatar: Cid): DataValue {
  return { $type: 'app.bsky.actor.profile', displayName: 'Carla', avatar: blobRef(avatar) }
}

/** Puts a repository of these records, by path, in the place of the one that the DID has on a server. */
export async function mirror(
  server: { get<T>(type: Function & { prototype: T }): T },
  did: Did,
  records: Record<string, DataValue>,
  hosting: Hosting = 'archived',
): Promise<void> {
  async function* car(): AsyncGenerator<Uint8Array> {
    yield carOf(did, records)
  }
  await server.get(CommandBus).execute(new ImportRepo(car(), { did, hosting, key: null }))
}

function carOf(did: Did, records: Record<string, DataValue>): Buffer {
  const blocks: CarBlock[] = []
  const entries = Object.entries(records)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, record]): [string, Cid] => {
      const bytes = encodeCbor(record)
      const cid = Cid.ofCbor(bytes)
      blocks.push({ cid, bytes })
      return [path, cid]
    })
  const { root } = buildTree(entries, (node) => blocks.push(node))
  const rev = new TidClock(() => Date.now()).next()
  const bytes = signCommit({ did, version: 3, data: root, rev, prev: null }, SigningKey.generate())
  const head = Cid.ofCbor(bytes)
  return encodeCar(head, [{ cid: head, bytes }, ...blocks])
}

let made = 0

/** Bytes that are a PNG as far as anybody looks: `size` of them, 12 at least, and never the same. */
export function png(size: number): Buffer {
  const bytes = Buffer.alloc(size)
  Buffer.from('\x89PNG\r\n\x1a\n', 'latin1').copy(bytes)
  bytes.writeUInt32BE(++made, 8)
  return bytes
}
