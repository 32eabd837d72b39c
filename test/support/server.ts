import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AtpAgent } from '@atproto/api'
import { type RunningServer, startServer } from '../../src/app.module.js'
import { Config } from '../../src/modules/config/config.js'

export interface TestServer extends RunningServer {
  directory: string
  /** A client that is not signed in. */
  agent(): AtpAgent
  /** Creates `<name>.test` and gives a client signed in as it. */
  signUp(name: string): Promise<AtpAgent & { assertDid: string }>
  /** Stops the server and starts another on the same data. */
  restart(): Promise<TestServer>
}

/** A whole server in this process, on a port and a data directory of its own. */
export async function startTestServer(env: Record<string, string> = {}, directory?: string): Promise<TestServer> {
  const data = directory ?? mkdtempSync(join(tmpdir(), 'skylog-'))
  const server = await startServer(
    Config.fromEnv({ PDS_PORT: '0', PDS_DATA_DIRECTORY: data, LOG_LEVEL: 'error', ...env }),
  )
  const agent = (): AtpAgent => new AtpAgent({ service: server.url })
  return {
    ...server,
    directory: data,
    agent,
    async signUp(name) {
      const client = agent()
      await client.createAccount({ handle: `${name}.test`, email: `${name}@example.com`, password: `${name}-password` })
      return client as AtpAgent & { assertDid: string }
    },
    async restart() {
      await server.close()
      return startTestServer(env, data)
    },
  }
}

/** Stops a server and deletes its data. */
export async function stopTestServer(server: TestServer): Promise<void> {
  await server.close()
  rmSync(server.directory, { recursive: true, force: true })
}
