import { Agent, request } from 'node:http'

/** Calls XRPC methods of one server over connections that are kept. Throws on every answer that is not a success. */
export class Client {
  constructor(url, token = null, agent = new Agent({ keepAlive: true, maxFreeSockets: 64, scheduling: 'lifo' })) {
    this.url = url.replace(/\/+$/, '')
    this.token = token
    this.agent = agent
  }

  /** The same client, signed in. */
  as(token) {
    return new Client(this.url, token, this.agent)
  }

  /** A query with a JSON answer. */
  async query(nsid, params = {}) {
    return JSON.parse((await this.bytes(nsid, params)).toString('utf8'))
  }

  /** The answer to a query as it came. */
  bytes(nsid, params) {
    return this.send('GET', nsid, { params })
  }

  /** A query whose answer is only counted. Gives its bytes, and the milliseconds to the first of them. */
  async download(nsid, params) {
    const start = performance.now()
    let bytes = 0
    let firstMs
    await this.send('GET', nsid, {
      params,
      onChunk: (chunk) => {
        firstMs ??= performance.now() - start
        bytes += chunk.length
      },
    })
    return { bytes, firstMs }
  }

  /** A procedure with a JSON input, or none. */
  async procedure(nsid, input) {
    const body = input === undefined ? {} : { type: 'application/json', body: Buffer.from(JSON.stringify(input)) }
    const answer = await this.send('POST', nsid, body)
    return answer.length === 0 ? undefined : JSON.parse(answer.toString('utf8'))
  }

  /** A procedure whose input is bytes. */
  async upload(nsid, type, body) {
    await this.send('POST', nsid, { type, body })
  }

  close() {
    this.agent.destroy()
  }

  send(method, nsid, { params, type, body, onChunk }) {
    const search = params ? `?${searchOf(params)}` : ''
    const headers = {}
    if (this.token) headers.authorization = `Bearer ${this.token}`
    if (body) Object.assign(headers, { 'content-type': type, 'content-length': body.length })
    return new Promise((resolve, reject) => {
      const call = request(`${this.url}/xrpc/${nsid}${search}`, { method, headers, agent: this.agent }, (answer) => {
        const good = answer.statusCode === 200
        const chunks = []
        answer.on('data', good && onChunk ? onChunk : (chunk) => chunks.push(chunk))
        answer.on('error', reject)
        answer.on('end', () => {
          const bytes = Buffer.concat(chunks)
          if (good) resolve(bytes)
          else reject(new Error(`${nsid}: ${answer.statusCode} ${bytes.toString('utf8').slice(0, 300)}`))
        })
      })
      call.on('error', reject)
      call.end(body)
    })
  }
}

/** A list is one parameter several times. */
function searchOf(params) {
  return new URLSearchParams(
    Object.entries(params).flatMap(([name, value]) => [value].flat().map((one) => [name, one])),
  )
}
