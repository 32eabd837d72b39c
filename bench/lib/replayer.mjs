/**
 * A process that replays the log of a data directory into its projections, without a server: what this takes is then its
 * own. Says `ready`, waits to be told to begin, and says what came of it.
 */
import { once } from 'node:events'
import { openServer, partOf } from './inside.mjs'

/** Nobody else waits for the writer. */
const PACE = { sliceMs: 200, pauseMs: 0 }

const [dist, directory] = process.argv.slice(2)
const app = await openServer(dist, directory)
const { Database } = await partOf(dist, 'modules/database/database.js')
const { Rebuild } = await partOf(dist, 'projections/replay/rebuild.js')
const log = await app.get(Database, { strict: false }).read.get(
  `SELECT (SELECT count(*) FROM record) AS records, count(*) AS events,
       coalesce(sum(coalesce(length(frame), 0) + coalesce(length(event), 0)), 0)
       + (SELECT coalesce(sum(length(bytes)), 0) FROM commit_log_part) AS bytes FROM commit_log`,
)
process.send(log)
await once(process, 'message')
const { seconds } = await app.get(Rebuild, { strict: false }).run([], { pace: PACE })
process.send({ seconds })
await once(process, 'message')
await app.close()
process.disconnect()
