import type { Histogram } from '../config/histogram.js'
import type { Figures } from './figures.js'
import { counter, gauge, histogram, type Metric, type Sample } from './metric.js'

/**
 * Every metric there is, by the conventions of Prometheus (https://prometheus.io/docs/practices/naming/): base units, `_total`
 * on what only grows. Those of the process have the names that all clients of Prometheus give them.
 */
export const METRICS: readonly Metric[] = [
  gauge('skylog_build_info', 'Always 1: which software this is.', ['version', 'node'], ({ version }) => [
    [1, { version, node: process.version }],
  ]),
  gauge('skylog_start_time_seconds', 'When the server started, since the epoch.', [], ({ startedAt }) => [
    [Date.parse(startedAt) / 1000],
  ]),
  gauge('skylog_ready', '1 while it should be sent requests, 0 while it should not.', [], ({ unready }) => [
    [unready.length === 0 ? 1 : 0],
  ]),
  ...requests(),
  ...log(),
  ...database(),
  ...streams(),
  ...peers(),
  ...owed(),
  ...backups(),
  ...stored(),
  ...ofProcess(),
]

function requests(): Metric[] {
  return [
    gauge('skylog_requests_in_flight', 'Requests that are being answered.', [], (f) => [[f.requests.inFlight]]),
    counter(
      'skylog_requests_total',
      'Requests by method (an NSID served here, another route, or other) and status (aborted: the client hung up first).',
      ['method', 'status'],
      (f) =>
        f.requests.methods.flatMap(({ method, statuses }) =>
          Object.entries(statuses).map(([status, count]): Sample => [count, { method, status }]),
        ),
    ),
    histogram(
      'skylog_request_duration_seconds',
      'From the head of a request to the last byte of its answer.',
      ['method'],
      (f) => f.requests.methods.map(({ method, seconds }) => [seconds, { method }]),
    ),
    counter('skylog_request_bytes_total', 'Bytes that came in with requests, heads included.', ['method'], (f) =>
      f.requests.methods.map(({ method, bytesIn }) => [bytesIn, { method }]),
    ),
    counter('skylog_response_bytes_total', 'Bytes that went out with answers, heads included.', ['method'], (f) =>
      f.requests.methods.map(({ method, bytesOut }) => [bytesOut, { method }]),
    ),
    counter('skylog_rate_limit_refusals_total', 'Requests that were refused by a limit.', ['limit'], (f) =>
      Object.entries(f.rateLimits ?? {}).map(([limit, count]) => [count, { limit }]),
    ),
  ]
}

function log(): Metric[] {
  return [
    gauge('skylog_log_head_seq', 'The newest number of the log.', [], (f) => [[f.log.head]]),
    counter('skylog_log_events_total', 'Events that were appended to the log.', ['kind'], (f) =>
      Object.entries(f.log.appended).map(([kind, count]) => [count, { kind }]),
    ),
    gauge('skylog_projection_position', 'Up to which number of the log it is.', ['projection'], (f) =>
      f.projections.map(({ name, position }) => [position, { projection: name }]),
    ),
    gauge('skylog_projection_lag_events', 'Numbers of the log that it is behind.', ['projection'], (f) =>
      f.projections.map(({ name, lag }) => [lag, { projection: name }]),
    ),
    gauge(
      'skylog_projection_skipped_records',
      'Records that it passed over, as they are not what their lexicon says.',
      ['projection'],
      (f) => f.projections.map(({ name, skipped }) => [skipped, { projection: name }]),
    ),
  ]
}

function database(): Metric[] {
  const writer = (f: Figures, value: (writer: NonNullable<Figures['database']['writer']>) => number): Sample[] =>
    f.database.writer ? [[value(f.database.writer)]] : []
  const spread = (f: Figures, which: 'sizes' | 'seconds'): Sample<Histogram>[] =>
    f.database.writer ? [[f.database.writer[which]]] : []
  return [
    gauge('skylog_database_size_bytes', 'Size of the database.', [], (f) => [[f.database.bytes]]),
    gauge('skylog_database_free_bytes', 'Of its size, what nothing is in.', [], (f) => [[f.database.freeBytes]]),
    gauge('skylog_database_wal_size_bytes', 'Size of the write-ahead log, which never shrinks.', [], (f) => [
      [f.database.walBytes],
    ]),
    gauge('skylog_database_wal_pending_bytes', 'Of it, what no checkpoint has copied yet.', [], (f) => [
      [f.database.walPendingBytes],
    ]),
    counter('skylog_database_wal_restarts_total', 'How often all of it was copied, and it began anew.', [], (f) => [
      [f.database.walRestarts],
    ]),
    gauge('skylog_database_cache_limit_bytes', 'What the page caches of all connections may take.', [], (f) => [
      [f.database.cacheBytes],
    ]),
    gauge('skylog_database_snapshots', 'Connections for long reads, and who waits for one.', ['state'], (f) =>
      Object.entries(f.database.snapshots).map(([state, count]) => [count, { state }]),
    ),
    gauge('skylog_writes_waiting', 'Writes that wait for their turn.', [], (f) => writer(f, ({ waiting }) => waiting)),
    gauge('skylog_writes_oldest_seconds', 'How long the first write that is not done has been waiting.', [], (f) =>
      writer(f, ({ waitingSeconds }) => waitingSeconds),
    ),
    counter('skylog_writes_undone_total', 'Writes that were undone because of themselves.', [], (f) =>
      writer(f, ({ failed }) => failed),
    ),
    counter('skylog_commits_lost_total', 'Transactions that came to nothing: the disk is full, or broken.', [], (f) =>
      writer(f, ({ lost }) => lost),
    ),
    histogram('skylog_commit_group_size', 'How many writes shared each transaction.', [], (f) => spread(f, 'sizes')),
    histogram('skylog_write_duration_seconds', 'From asking for a write to its being durable.', [], (f) =>
      spread(f, 'seconds'),
    ),
  ]
}

function streams(): Metric[] {
  return [
    gauge('skylog_stream_subscribers', 'Who is connected.', ['stream'], (f) =>
      f.streams.map(({ path, subscribers }) => [subscribers.length, { stream: streamOf(path) }]),
    ),
    gauge('skylog_stream_lag_events', 'How far the last of them is behind.', ['stream'], (f) =>
      f.streams.map(({ path, subscribers }) => [
        subscribers.reduce((most, { lag }) => Math.max(most, lag ?? 0), 0),
        { stream: streamOf(path) },
      ]),
    ),
    counter('skylog_stream_subscriptions_total', 'Who has ever connected.', ['stream'], (f) =>
      f.streams.map(({ path, accepted }) => [accepted, { stream: streamOf(path) }]),
    ),
    counter('skylog_stream_sent_bytes_total', 'Bytes that subscribers were sent.', ['stream'], (f) =>
      f.streams.map(({ path, sent }) => [sent, { stream: streamOf(path) }]),
    ),
  ]
}

function peers(): Metric[] {
  const each = (value: (peer: Figures['peers'][number]) => number | null) => (f: Figures) =>
    f.peers.flatMap((peer): Sample[] => {
      const number = value(peer)
      return number === null ? [] : [[number, { peer: peer.url, direction: peer.direction }]]
    })
  const labels = ['peer', 'direction']
  return [
    gauge('skylog_peer_state', '1 for the state that it is in.', [...labels, 'state'], (f) =>
      f.peers.map(({ url, direction, connection }) => [1, { peer: url, direction, state: connection }]),
    ),
    gauge(
      'skylog_peer_state_seconds',
      'How long it has been so.',
      labels,
      each((peer) => peer.connectionSeconds),
    ),
    gauge(
      'skylog_peer_lag_events',
      'Events that are yet to be sent to it; how many there are to be had of one that is followed, nobody says.',
      labels,
      each((peer) => peer.lag),
    ),
    counter(
      'skylog_peer_events_total',
      'Events that were brought.',
      labels,
      each((peer) => peer.events),
    ),
    counter(
      'skylog_peer_errors_total',
      'What went wrong.',
      labels,
      each((peer) => peer.errors),
    ),
    gauge(
      'skylog_peer_repos',
      'Repositories that are had from it.',
      labels,
      each((peer) => peer.accounts),
    ),
    gauge(
      'skylog_peer_wanted_repos',
      'Repositories that are yet to be fetched.',
      labels,
      each((peer) => peer.wanted),
    ),
    gauge(
      'skylog_peer_repo_bytes',
      'What was taken in for them.',
      labels,
      each((peer) => peer.bytes),
    ),
  ]
}

function owed(): Metric[] {
  const each = (value: (figures: Figures['outbox'][number]) => number) => (f: Figures) =>
    f.outbox.map((figures): Sample => [value(figures), { kind: figures.kind }])
  return [
    gauge(
      'skylog_outbox_waiting',
      'Work that is owed to the outside.',
      ['kind'],
      each(({ waiting }) => waiting),
    ),
    gauge(
      'skylog_outbox_failing',
      'Of it, what was tried in vain.',
      ['kind'],
      each(({ failing }) => failing),
    ),
    gauge(
      'skylog_outbox_oldest_seconds',
      'How long that has been due which was due first.',
      ['kind'],
      each(({ oldestSeconds }) => oldestSeconds),
    ),
    counter(
      'skylog_outbox_done_total',
      'Work that was done.',
      ['kind'],
      each(({ done }) => done),
    ),
    counter(
      'skylog_outbox_failures_total',
      'Attempts that came to nothing.',
      ['kind'],
      each(({ failed }) => failed),
    ),
    counter(
      'skylog_outbox_given_up_total',
      'Work that was given up.',
      ['kind'],
      each(({ givenUp }) => givenUp),
    ),
    gauge('skylog_mail_waiting', 'Mails that are to be sent.', [], (f) => [[f.mail.waiting]]),
  ]
}

function backups(): Metric[] {
  const shipping = (value: (backup: Figures['backup'], f: Figures) => number | null) => (f: Figures) => {
    const number = f.backup.target === null ? null : value(f.backup, f)
    return number === null ? [] : [[number] as Sample]
  }
  return [
    gauge(
      'skylog_backup_lag_seconds',
      'For how long what was written is not known to be in the backup; until it has all, since the start.',
      [],
      shipping(({ lagMs }, { at, startedAt }) => (lagMs ?? Date.parse(at) - Date.parse(startedAt)) / 1000),
    ),
    gauge(
      'skylog_backup_shipped_seq',
      'The number of the last event of the log that is in the backup.',
      [],
      shipping(({ shippedSeq }) => shippedSeq),
    ),
    counter(
      'skylog_backup_shipped_bytes_total',
      'Bytes of what was committed that were shipped.',
      [],
      shipping(({ shippedBytes }) => shippedBytes),
    ),
    counter(
      'skylog_backup_failures_total',
      'Tries that came to nothing.',
      [],
      shipping(({ failures }) => failures),
    ),
    gauge(
      'skylog_backup_snapshot_timestamp_seconds',
      'The moment that the newest snapshot since the start shows, wherever it is, since the epoch.',
      [],
      ({ backup: { snapshot } }) => (snapshot ? [[Date.parse(snapshot.time) / 1000]] : []),
    ),
  ]
}

function stored(): Metric[] {
  return [
    gauge('skylog_repos', 'Repositories that are here; those hosted are the accounts.', ['hosting', 'status'], (f) =>
      f.repos.map(({ hosting, status, count }) => [count, { hosting, status }]),
    ),
    gauge('skylog_blobs', 'Blobs of accounts hosted here.', [], (f) => [[f.blobs.count]]),
    gauge('skylog_blob_bytes', 'What they take.', [], (f) => [[f.blobs.bytes]]),
    gauge('skylog_blobs_loose', 'Of them, those that no record refers to.', [], (f) => [[f.blobs.loose]]),
    gauge('skylog_blob_cache_files', 'Copies of blobs of others, and images made of blobs.', [], (f) => [
      [f.blobs.cachedFiles],
    ]),
    gauge('skylog_blob_cache_bytes', 'What they take.', [], (f) => [[f.blobs.cachedBytes]]),
    gauge('skylog_disk_free_bytes', 'What is left on the disk.', ['disk'], (f) =>
      f.disks.map(({ holds, free }) => [free, { disk: holds }]),
    ),
    gauge('skylog_disk_size_bytes', 'Size of the disk.', ['disk'], (f) =>
      f.disks.map(({ holds, size }) => [size, { disk: holds }]),
    ),
  ]
}

function ofProcess(): Metric[] {
  return [
    gauge('process_start_time_seconds', 'When the process started, since the epoch.', [], ({ at }) => [
      [Math.round(Date.parse(at) / 1000 - process.uptime())],
    ]),
    gauge('process_resident_memory_bytes', 'Memory of the process.', [], (f) => [[f.process.memory.resident]]),
    counter('process_cpu_seconds_total', 'Time of all cores that it has taken.', [], (f) => [
      [f.process.cpu.user + f.process.cpu.system],
    ]),
    gauge('skylog_heap_bytes', 'Memory of JavaScript.', ['part'], (f) => [
      [f.process.memory.heapUsed, { part: 'used' }],
      [f.process.memory.heapTotal, { part: 'reserved' }],
      [f.process.memory.external, { part: 'external' }],
    ]),
    gauge(
      'skylog_event_loop_delay_seconds',
      'How much later than asked for a timer was served in the last ten seconds.',
      ['statistic'],
      (f) => Object.entries(f.process.eventLoop.delay).map(([statistic, value]) => [value, { statistic }]),
    ),
    gauge('skylog_event_loop_utilization', 'Which part of the last ten seconds it was busy, 0 to 1.', [], (f) => [
      [f.process.eventLoop.utilization],
    ]),
    counter('skylog_event_loop_active_seconds_total', 'How long it was busy.', [], (f) => [
      [f.process.eventLoop.activeSeconds],
    ]),
    counter('skylog_gc_seconds_total', 'What garbage collection took.', ['kind'], (f) =>
      f.process.gc.map(({ kind, seconds }) => [seconds, { kind }]),
    ),
    counter('skylog_gc_total', 'How often it ran.', ['kind'], (f) =>
      f.process.gc.map(({ kind, count }) => [count, { kind }]),
    ),
  ]
}

/** A stream by its NSID, or by its path where it has none. */
function streamOf(path: string): string {
  return path.replace(/^\/xrpc\//, '')
}
