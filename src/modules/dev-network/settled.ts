import { setTimeout as delay } from 'node:timers/promises'
import type { Database, Reader } from '../database/database.js'

/** What a network is given to come to rest in, and how often it is looked at meanwhile; on the wall clock. */
const PATIENCE_MS = 20_000
const LOOK_MS = 5

/**
 * Resolves when nothing that is due is left to do on any of some servers, and each has every repository of the others as
 * it is there: head, status and handle. @throws Error naming one that is not
 */
export function settled(servers: readonly Database[], now: () => number): Promise<void> {
  return rest(async () => (await unfinished(servers, now())) ?? (await missing(servers)))
}

/** Resolves when nothing that is due is left to do on any of some servers. @throws Error naming what is */
export function idle(servers: readonly Database[], now: () => number): Promise<void> {
  return rest(() => unfinished(servers, now()))
}

/** `look` gives what is still on its way, or null. */
async function rest(look: () => Promise<string | null>): Promise<void> {
  let underWay: string | null = null
  for (let looks = PATIENCE_MS / LOOK_MS; looks > 0; looks--) {
    underWay = await look()
    if (underWay === null) return
    await delay(LOOK_MS)
  }
  throw new Error(`the network does not come to rest: ${underWay}`)
}

async function unfinished(servers: readonly Database[], now: number): Promise<string | null> {
  for (const [i, { read }] of servers.entries()) {
    const work = await read.get<{ kind: string }>('SELECT kind FROM outbox WHERE due_at <= ? LIMIT 1', now)
    if (work) return `${work.kind} is in the outbox of server ${i}`
    const plan = await read.get<{ did: string }>(
      `SELECT p.did FROM planned_deletion p JOIN repo r ON r.did = p.did AND r.status = 'deactivated'
       WHERE p.due_at <= ? LIMIT 1`,
      now,
    )
    if (plan) return `${plan.did} is to be deleted on server ${i}`
  }
  return null
}

async function missing(servers: readonly Database[]): Promise<string | null> {
  const hosted = await Promise.all(servers.map(({ read }) => heads(read, HOSTED)))
  const mirrored = await Promise.all(servers.map(({ read }) => heads(read, MIRRORED)))
  for (const [i, here] of mirrored.entries()) {
    const elsewhere = new Map(hosted.flatMap((repos, j) => (j === i ? [] : [...repos])))
    for (const [did, head] of elsewhere)
      if (here.get(did) !== head) return `server ${i} has ${did} as ${here.get(did)} and not as ${head}`
    for (const did of here.keys()) if (!elsewhere.has(did)) return `server ${i} has ${did}, who is nowhere else`
  }
  return null
}

const HOSTED = `SELECT r.did, r.rev, r.status, a.handle FROM repo r JOIN account a ON a.did = r.did
  WHERE r.hosting = 'hosted'`
const MIRRORED = `SELECT r.did, r.rev, r.status, m.handle FROM repo r JOIN mirror m ON m.did = r.did
  WHERE r.hosting = 'mirrored'`

/** What a repository is at a glance, by its DID. */
async function heads(read: Reader, sql: string): Promise<Map<string, string>> {
  const rows = await read.all<{ did: string; rev: string; status: string | null; handle: string }>(sql)
  return new Map(rows.map(({ did, rev, status, handle }) => [did, `${rev} (${handle}, ${status ?? 'active'})`]))
}
