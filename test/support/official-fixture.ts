import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PlcOperation } from '../../src/modules/identity/plc/operation.js'

const FIXTURE = join(dirname(fileURLToPath(import.meta.url)), '..', 'fixtures', 'official-pds')

/** Somebody on the official PDS of the fixture, as they know themselves. */
export interface Person {
  did: string
  handle: string
  email: string
  password: string
  head: string
  rev: string
  /** Of their identity. */
  operation: PlcOperation
}

/** What test/fixtures/official-pds/facts.json says. */
export interface Facts {
  /** DID of the server. */
  service: string
  people: {
    alice: Person & {
      appPasswords: Record<'phone' | 'chat', { password: string; privileged: boolean; refreshJwt: string }>
      preferences: { $type: string }[]
      /** Traded for `refreshJwt`, within the grace. */
      usedRefreshJwt: string
      refreshJwt: string
      accessJwt: string
    }
    bob: Person
    carla: Person
    dan: Person & { refreshJwt: string }
  }
  invites: { admin: string; dan: string }
  taken: { account: string; record: string; blob: string }
  posts: { boats: string; withBlobs: string }
  seq: number
  madeAt: string
}

export const facts = JSON.parse(readFileSync(join(FIXTURE, 'facts.json'), 'utf8')) as Facts

/** A copy of the data directory that an official PDS has left, and of its settings. */
export function officialData(): { root: string; data: string; env: string } {
  const root = mkdtempSync(join(tmpdir(), 'official-'))
  cpSync(FIXTURE, root, { recursive: true })
  const data = join(root, 'pds')
  for (const path of readdirSync(data, { recursive: true, encoding: 'utf8' }))
    if (/(^|\/)did_plc_[a-z2-7]+$/.test(path)) renameSync(join(data, path), join(data, path.replaceAll('_', ':')))
  return { root, data, env: join(root, 'pds.env') }
}
