import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AtpAgent } from '@atproto/api'
import { type RunningServer, startServer } from '../../src/app.module.js'
import { Config } from '../../src/modules/config/config.js'

/** A client that is signed in. */
export type Member = AtpAgent & { assertDid: string }

export interface TestServer extends RunningServer {
  directory: string
  /** A client that is not signed in. */
  agent(): AtpAgent
  /** Creates `<name>.test` and gives a client signed in as it. */
  signUp(name: string): Promise<Member>
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
      return client as Member
    },
    async restart() {
      await server.close()
      return startTestServer(env, data)
    },
  }
}

/** A whole server for the tests of a file; people on it by their names, signed in, and `nobody`, who is not. */
export async function startCommunity<Name extends string>(
  names: Name[],
  env: Record<string, string> = {},
): Promise<Record<Name, Member> & { server: TestServer; nobody: AtpAgent }> {
  const server = await startTestServer(env)
  const people = {} as Record<Name, Member>
  for (const name of names) people[name] = await server.signUp(name)
  return { server, nobody: server.agent(), ...people }
}

/** Stops a server and deletes its data. */
export async function stopTestServer(server: TestServer): Promise<void> {
  await server.close()
  rmSync(server.directory, { recursive: true, force: true })
}
