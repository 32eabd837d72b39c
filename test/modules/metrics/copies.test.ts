/** Figures of what is kept twice: repositories of a peer, followed from another server, and the backup of the one that is followed. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { addPeer } from '../replication/mirroring.js'
import { parseExposition, type Scrape } from './exposition.js'
import { eventually } from '../../support/eventually.js'

const TOKEN = 'a-token-of-the-scraper'
const folder = mkdtempSync(join(tmpdir(), 'skylog-copies-'))
let origin: TestServer
let mirror: TestServer
beforeAll(async () => {
  const backup = { BACKUP_TARGET: join(folder, 'backup'), BACKUP_INTERVAL: '100' }
  origin = await startTestServer({ METRICS_TOKEN: TOKEN, PDS_DEV_MODE: 'true', ...backup })
  const env = { METRICS_TOKEN: TOKEN, PDS_DEV_MODE: 'true', PDS_DID_PLC_URL: origin.url }
  mirror = await startTestServer({ ...env, PDS_SERVICE_HANDLE_DOMAINS: '.mirror.test' })
})
afterAll(async () => {
  await stopTestServer(mirror)
  await stopTestServer(origin)
  rmSync(folder, { recursive: true })
})

async function scrape(server: TestServer): Promise<Scrape> {
  const response = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${TOKEN}` } })
  return parseExposition(await response.text())
}

/** Scrapes until what is measured is so. */
async function until(server: TestServer, isSo: (scrape: Scrape) => boolean): Promise<Scrape> {
  let last = await scrape(server)
  await eventually(async () => isSo((last = await scrape(server))))
  return last
}

it('a peer that is followed: its state, and what has come of it', async () => {
  const alice = await origin.signUp('alice')
  await addPeer(mirror, { who: origin.url })
  const of = { peer: origin.url, direction: 'pull' }
  const isConnected = ({ find }: Scrape): boolean => find('skylog_peer_state', { ...of, state: 'connected' }) === 1
  const before = await until(
    mirror,
    (now) =>
      isConnected(now) && now.find('skylog_peer_repos', of) === 1 && (now.find('skylog_peer_repo_bytes', of) ?? 0) > 0,
  )
  expect(before.value('skylog_repos', { hosting: 'mirrored', status: 'active' })).toBe(1)
  expect(before.value('skylog_peer_errors_total', of)).toBe(0)
  // A stream does not say how far it goes.
  expect(before.find('skylog_peer_lag_events', of)).toBeUndefined()
  const events = before.value('skylog_peer_events_total', of)
  await alice.post({ text: 'to be mirrored' })
  await until(mirror, ({ value }) => value('skylog_peer_events_total', of) > events)
  const { value } = await scrape(origin)
  expect(value('skylog_stream_subscribers', { stream: 'com.atproto.sync.subscribeRepos' })).toBe(1)
})

it('a backup that is shipped as it is written', async () => {
  const head = (await scrape(origin)).value('skylog_log_head_seq')
  const { find, value } = await until(origin, (now) => now.find('skylog_backup_shipped_seq') === head)
  expect(value('skylog_backup_lag_seconds')).toBeLessThan(60)
  expect(value('skylog_backup_failures_total')).toBe(0)
  expect(value('skylog_backup_snapshot_timestamp_seconds')).toBeGreaterThan(1.7e9)
  expect(find('skylog_backup_shipped_bytes_total')).toBeGreaterThan(0)
  expect((await scrape(mirror)).find('skylog_backup_lag_seconds')).toBeUndefined()
})
