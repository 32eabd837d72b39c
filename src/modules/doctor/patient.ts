import type { Clock } from '../config/clock.js'
import type { BackupStatus } from '../backup/backup-status.js'
import type { Config } from '../config/config.js'
import type { Secrets } from '../config/secrets.js'
import type { Database } from '../database/database.js'
import type { SafeFetch } from '../identity/safe-fetch.js'
import type { ServerAddress } from '../identity/server-address.js'
import type { PeerStates } from '../replication/peer-states.js'
import type { Arrivals } from './arrivals.js'

/** A server as it is examined: from the inside while it runs, or what lies in its data directory while it does not. */
export abstract class Patient {
  abstract readonly config: Config
  abstract readonly clock: Clock
  abstract readonly fetch: SafeFetch
  /** Null where they cannot be read, or have not been made yet. */
  abstract readonly secrets: Secrets | null
  /** To be read from only. Null where there is none that can be read. */
  abstract readonly database: Database | null
  /** Null where no server runs. */
  abstract readonly running: RunningParts | null
}

/** What only a running server has. */
export interface RunningParts {
  /** Where clients reach it. */
  address: Pick<ServerAddress, 'url'>
  peers: PeerStates
  arrivals: Arrivals
  backups: Pick<BackupStatus, 'figures'>
}
