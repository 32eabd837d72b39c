import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { formatDocument } from '../../src/modules/identity/plc/document.js'
import { dataOf, type IndexedOperation, validateAppend } from '../../src/modules/identity/plc/log.js'
import { cidOfOperation, type PlcOperation } from '../../src/modules/identity/plc/operation.js'
import type { PlcError } from '../../src/modules/identity/plc/plc-error.js'

/**
 * How the directory answers an operation: takes it · takes it, and the answer is lost · loses the operation ·
 * refuses it · takes it, and never answers · takes it, and is down from then on.
 */
export type Mood = 'good' | 'lose-answer' | 'lose-operation' | 'refuse' | 'hang' | 'fall-silent'

/** A PLC directory outside, whose moods a test decides. */
export class PlcStub {
  mood: Mood = 'good'
  /** True: the network to it is down, for reading too. */
  down = false
  /** Operations that have arrived, whatever became of them. */
  submissions = 0
  /** How often it was asked for something. */
  reads = 0
  readonly logs = new Map<string, IndexedOperation[]>()

  private constructor(private readonly server: Server) {}

  static async start(): Promise<PlcStub> {
    const server = createServer()
    const stub = new PlcStub(server)
    server.on('request', (request, response) => void stub.answer(request, response))
    await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
    return stub
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((closed) => this.server.close(closed))
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    if (this.down) return void response.destroy()
    const [did, ...path] = decodeURIComponent(request.url!).slice(1).split('/')
    if (request.method === 'POST')
      return this.take(did!, JSON.parse(Buffer.concat(chunks).toString()) as PlcOperation, response)
    this.reads++
    const log = this.logs.get(did!)
    if (!log) return send(response, 404, { message: `DID not registered: ${did}` })
    const operations = log.map(({ operation }) => operation)
    const last = operations.at(-1)!
    if (path.join('/') === 'log/last') return send(response, 200, last)
    if (path.join('/') === 'log') return send(response, 200, operations)
    const data = dataOf(did!, last)!
    return send(response, 200, path.join('/') === 'data' ? data : formatDocument(data))
  }

  private take(did: string, operation: PlcOperation, response: ServerResponse): void {
    this.submissions++
    if (this.mood === 'lose-operation') return void response.destroy()
    if (this.mood === 'refuse') return send(response, 400, { message: 'not today' })
    const log = this.logs.get(did) ?? []
    try {
      validateAppend(did, log, operation, new Date())
    } catch (error) {
      return send(response, (error as PlcError).statusCode, { message: (error as Error).message })
    }
    const cid = cidOfOperation(operation)
    this.logs.set(did, [...log, { did, operation, cid, nullified: false, createdAt: new Date().toISOString() }])
    if (this.mood === 'hang') return
    this.down = this.mood === 'fall-silent'
    if (this.down || this.mood === 'lose-answer') return void response.destroy()
    send(response, 200, {})
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
