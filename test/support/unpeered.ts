import { Pulls } from '../../src/modules/replication/pulls.js'
import { Pushes } from '../../src/modules/replication/pushes.js'
import type { TestServer } from './server.js'

/** From now on the server goes to none of its peers: what is noted of them is the test's alone. */
export async function leavePeersAlone({ app }: Pick<TestServer, 'app'>): Promise<void> {
  for (const runs of [app.get(Pulls, { strict: false }), app.get(Pushes, { strict: false })])
    await runs.beforeApplicationShutdown()
}
