import { XrpcError } from '../../xrpc/xrpc-error.js'
import { readDocument, type DidDocument } from '../did-document.js'
import type { Fetched, SafeFetch } from '../safe-fetch.js'
import type { IndexedOperation } from './log.js'
import { cidOfOperation, isPlcDid, type PlcData, type PlcOperation } from './operation.js'
import { PlcDirectory } from './plc-directory.js'
import { PlcError } from './plc-error.js'
import { checkShape } from './shape.js'

/** Logs of identities that changed every week for years are this long. */
const MAX_BYTES = 1 << 20
const TIMEOUT_MS = 10_000

/** Client of a directory outside. What comes back is checked for its shape; the directory is trusted for the rest. */
export class HttpPlc extends PlcDirectory {
  readonly isEmbedded = false

  constructor(
    private readonly url: string,
    private readonly fetch: SafeFetch,
  ) {
    super()
  }

  async submit(did: string, op: PlcOperation): Promise<void> {
    const refusal = await this.post(did, op)
    // The answer to an earlier try may have been lost: what counts is what the directory has.
    if (refusal && !(await this.isNewest(did, op))) throw refusal
  }

  async data(did: string): Promise<PlcData | null> {
    const data = (await this.get(did, '/data')) as PlcData | null
    // The shape of data is that of an operation without its frame.
    if (data) checked({ ...data, type: 'plc_operation', prev: null, sig: '' })
    return data
  }

  async document(did: string): Promise<DidDocument | null> {
    return readDocument(await this.get(did, ''), did)
  }

  async lastOperation(did: string): Promise<PlcOperation | null> {
    const operation = await this.get(did, '/log/last')
    return operation === null ? null : checked(operation)
  }

  async log(did: string): Promise<PlcOperation[]> {
    return arrayOf(await this.get(did, '/log')).map(checked)
  }

  async audit(did: string): Promise<IndexedOperation[]> {
    return arrayOf(await this.get(did, '/log/audit')).map((entry) => {
      const { operation, cid, nullified, createdAt } = (entry ?? {}) as Partial<IndexedOperation>
      if (typeof cid !== 'string' || typeof nullified !== 'boolean' || typeof createdAt !== 'string') throw garbled()
      return { did, operation: checked(operation), cid, nullified, createdAt }
    })
  }

  /** What keeps the operation from being registered, or null. */
  private async post(did: string, op: PlcOperation): Promise<Error | null> {
    try {
      const answer = await this.request(did, '', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(op),
      })
      if (answer.status < 300) return null
      return answer.status < 500 ? new PlcError(`PLC directory: ${messageOf(answer)}`) : failedWith(answer)
    } catch (error) {
      return error as Error
    }
  }

  private async isNewest(did: string, op: PlcOperation): Promise<boolean> {
    try {
      const last = await this.lastOperation(did)
      return last !== null && cidOfOperation(last) === cidOfOperation(op)
    } catch {
      return false
    }
  }

  /** Parsed JSON; null where the directory has nothing, or nothing any more. */
  private async get(did: string, path: string): Promise<unknown> {
    if (!isPlcDid(did)) return null
    const answer = await this.request(did, path)
    if (answer.status === 404 || answer.status === 410) return null
    if (answer.status !== 200) throw failedWith(answer)
    return parse(answer)
  }

  private async request(did: string, path: string, options: Parameters<SafeFetch['fetch']>[1] = {}): Promise<Fetched> {
    try {
      const url = `${this.url}/${did}${path}`
      return await this.fetch.fetch(url, { ...options, trusted: true, maxBytes: MAX_BYTES, timeoutMs: TIMEOUT_MS })
    } catch (error) {
      throw unavailable(`cannot be reached: ${(error as Error).message}`)
    }
  }
}

function parse({ body }: Fetched): unknown {
  try {
    return JSON.parse(body.toString())
  } catch {
    throw garbled()
  }
}

function messageOf(answer: Fetched): string {
  try {
    const { message } = JSON.parse(answer.body.toString()) as { message?: unknown }
    if (typeof message === 'string') return message.slice(0, 500)
  } catch {
    // An error page; its status says enough.
  }
  return `status ${answer.status}`
}

function checked(operation: unknown): PlcOperation {
  try {
    checkShape(operation)
    return operation
  } catch {
    throw garbled()
  }
}

function arrayOf(value: unknown): unknown[] {
  if (value === null) return []
  if (!Array.isArray(value)) throw garbled()
  return value
}

function failedWith({ status }: Fetched): XrpcError {
  return unavailable(`answered with status ${status}`)
}

function garbled(): XrpcError {
  return unavailable('gave an answer that makes no sense')
}

function unavailable(what: string): XrpcError {
  return new XrpcError(502, 'UpstreamFailure', `The PLC directory ${what}`)
}
