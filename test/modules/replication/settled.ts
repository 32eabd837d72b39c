import { Peers } from '../../../src/modules/replication/peers.js'
import type { TestServer } from '../../support/server.js'
import { eventually } from '../../support/eventually.js'

/** The repository of a DID as a server gives it out; null when it does not. */
export async function repoOf({ url }: Pick<TestServer, 'url'>, did: string): Promise<Buffer | null> {
  const response = await fetch(`${url}/xrpc/com.atproto.sync.getRepo?did=${did}`)
  const bytes = Buffer.from(await response.arrayBuffer())
  return response.status === 200 ? bytes : null
}

/** Resolves when all servers give out the same bytes for each of some repositories. Fails with what their peers say. */
export async function settled(servers: readonly TestServer[], dids: readonly string[]): Promise<void> {
  let odd: string | undefined
  const isSo = async (): Promise<boolean> => {
    odd = undefined
    for (const did of dids) {
      const [first, ...others] = await Promise.all(servers.map((server) => repoOf(server, did)))
      if (!first || others.some((other) => !other?.equals(first))) odd = did
      if (odd) break
    }
    return !odd
  }
  await eventually(isSo).catch(async () => {
    const peers = await Promise.all(servers.map(({ app }) => app.get(Peers, { strict: false }).listWithUsage()))
    throw new Error(`${odd} is not the same everywhere: ${JSON.stringify(peers)}`)
  })
}
