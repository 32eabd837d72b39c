/**
 * Work in a data directory that a server may be running on: then that server does it, told over its admin API; else it
 * is done here, by a server that does not listen.
 */
import type { INestApplicationContext } from '@nestjs/common'
import { type Config, DataDirectoryInUse } from '../config/config.js'
import { Secrets } from '../config/secrets.js'
import { offline } from './offline.js'

/** The server that is running on the data directory, as its operator. */
export class RunningServer {
  private readonly authorization: string

  constructor(
    private readonly url: string,
    config: Config,
  ) {
    const { adminPassword } = Secrets.load(config)
    this.authorization = `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`
  }

  /** A procedure, or another request of the operator's. @throws Error with what the server says against it */
  post(path: string, body: object): Promise<Response> {
    return this.request(path, { method: 'POST', body: JSON.stringify(body) })
  }

  /** What the server tells its operator. @throws as {@link post} */
  get(path: string): Promise<Response> {
    return this.request(path, {})
  }

  /** As {@link post}, for work that takes long; the server tells how far it has come, then what came out. */
  async work<Result>(path: string, body: object, onProgress: (done: number, total: number) => void): Promise<Result> {
    const response = await this.post(path, body)
    let rest = ''
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split('\n')
      rest = lines.pop()!
      for (const line of lines) {
        const told = JSON.parse(line) as { done?: number; total?: number; result?: Result; error?: string }
        if (told.error !== undefined) throw new Error(told.error)
        if (told.result !== undefined) return told.result
        onProgress(told.done!, told.total!)
      }
    }
    throw new Error('the server ended before the work did; what is done is kept, and doing it again goes on from there')
  }

  private async request(path: string, init: RequestInit): Promise<Response> {
    const headers = { authorization: this.authorization, 'content-type': 'application/json' }
    let response: Response
    try {
      response = await fetch(`${this.url}${path}`, { ...init, headers })
    } catch {
      throw new Error(
        `a server uses this data directory, but none answers at ${this.url}: set PDS_PORT to the port that it listens on`,
      )
    }
    if (response.ok) return response
    const { message } = (await response.json().catch(() => ({}))) as { message?: string }
    throw new Error(`the server at ${this.url} says ${response.status}${message ? `: ${message}` : ''}`)
  }
}

/** Has the work done by the server that runs on the data directory, or does it here where none does. */
export async function online<T>(
  config: Config,
  there: (server: RunningServer) => Promise<T>,
  here: (app: INestApplicationContext) => Promise<T>,
): Promise<T> {
  try {
    return await offline(config, here)
  } catch (error) {
    if (!(error instanceof DataDirectoryInUse)) throw error
    return there(new RunningServer(`http://localhost:${config.port}`, config))
  }
}
