import type { BackupFigures } from '../backup/backup-status.js'
import type { EventKind } from '../commit-log/commit-log.js'
import type { Histogram } from '../config/histogram.js'
import type { DatabaseFigures } from '../database/database.js'
import type { StreamFigures } from '../firehose/stream-server.js'
import type { DiskSpace } from '../health/disk-space.js'
import type { Unready } from '../health/readiness.js'
import type { OutboxFigures } from '../outbox/outbox.js'
import type { Connection } from '../replication/peer-states.js'
import type { Direction } from '../replication/peers.js'

/** How the server does: what its rooms count, at one moment. Counts are since the start, sizes in bytes. Plain data, as JSON has it. */
export interface Figures {
  /** RFC 3339. */
  at: string
  startedAt: string
  version: string
  /** Why it should not be sent requests; nothing where it is ready. */
  unready: Unready[]
  log: LogFigures
  projections: ProjectionFigures[]
  database: DatabaseFigures
  repos: RepoFigures[]
  blobs: BlobFigures
  disks: DiskSpace[]
  outbox: OutboxFigures[]
  mail: MailFigures
  backup: BackupFigures
  streams: StreamFigures[]
  peers: PeerFigures[]
  requests: RequestFigures
  /** How many requests each limit has refused, by its name; null where nothing is limited. */
  rateLimits: Record<string, number> | null
  process: ProcessFigures
}

export interface LogFigures {
  /** The newest number of the log. */
  head: number
  /** Events that were appended, by kind. */
  appended: Partial<Record<EventKind, number>>
}

/** How far the tables of app.bsky are, and rebuilds of them. */
export interface ProjectionFigures {
  /** `inline`: the tables that are read from; or a rebuild. */
  name: string
  position: number
  /** Numbers of the log that it is behind. */
  lag: number
  /** Records that were passed over, because they are not what their lexicon says; since its beginning. */
  skipped: number
}

/** Repositories that are here. Counted now and then. */
export interface RepoFigures {
  /** `hosted`, `mirrored`, `archived`. */
  hosting: string
  /** `active`, or what keeps it from being that. */
  status: string
  count: number
}

/** What accounts hosted here have uploaded, each for itself (counted now and then), and what is kept of others. */
export interface BlobFigures {
  count: number
  bytes: number
  /** Those that no record refers to. */
  loose: number
  cachedFiles: number
  cachedBytes: number
}

export interface MailFigures {
  /** There is a mail server. */
  available: boolean
  /** Mails that are to be sent. */
  waiting: number
}

export interface PeerFigures {
  url: string
  direction: Direction
  connection: Connection
  /** Seconds that it has been so. */
  connectionSeconds: number
  position: number | null
  /** Events that are yet to be sent; null where that is not known, as of those that are followed. */
  lag: number | null
  events: number
  errors: number
  lastError: string | null
  /** Counted now and then. */
  accounts: number
  bytes: number
  wanted: number
}

export interface RequestFigures {
  inFlight: number
  methods: MethodFigures[]
}

export interface MethodFigures {
  /** An NSID that is served here, the pattern of another route, or `other`. */
  method: string
  /** By status; `aborted` where the client hung up first. */
  statuses: Record<string, number>
  seconds: Histogram
  bytesIn: number
  bytesOut: number
}

/** The process that the server runs in. */
export interface ProcessFigures {
  /** Of all that is kept in memory, and of what JavaScript has. */
  memory: { resident: number; heapUsed: number; heapTotal: number; external: number }
  /** Seconds of all cores. */
  cpu: { user: number; system: number }
  eventLoop: EventLoopFigures
  /** Collections by kind (`minor`, `major`, `incremental`, `weakcb`). */
  gc: { kind: string; count: number; seconds: number }[]
}

export interface EventLoopFigures {
  /** How much later than asked for a timer was served in the last seconds. */
  delay: { mean: number; p50: number; p99: number; max: number }
  /** Which part of the last seconds it was busy, 0 to 1; and seconds since the start. */
  utilization: number
  activeSeconds: number
  idleSeconds: number
}
