import { Injectable } from '@nestjs/common'
import { type Did, TidClock } from '../../repo-engine/index.js'
import { Clock } from '../config/clock.js'
import { Database } from '../database/database.js'
import type { AppBskyDraftDefsDraft, AppBskyDraftDefsDraftView } from '../lexicon/types.js'
import { invalidRequest } from '../xrpc/xrpc-error.js'
import { newestFirst, type Place } from './newest-first.js'

type Draft = AppBskyDraftDefsDraft

const MAX_DRAFTS = 500
/** A thread of 100 posts as long as posts can be, with room for what the lexicon does not bound. */
const MAX_DRAFT_BYTES = 512 * 1024

/** Posts not yet written to the end. */
@Injectable()
export class Drafts {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly tids: TidClock,
  ) {}

  /** Its id. @throws XrpcError 400 DraftLimitReached at 500 drafts, InvalidRequest. */
  async create(viewer: Did, draft: Draft): Promise<string> {
    const json = jsonOf(draft)
    const id = this.tids.next()
    const now = this.clock.now()
    await this.database.write(async (tx) => {
      const created = await tx.run(
        `INSERT INTO draft (did, id, json, created_at, updated_at)
         SELECT ?, ?, ?, ?, ? WHERE (SELECT count(*) FROM draft WHERE did = ?) < ?`,
        viewer,
        id,
        json,
        now,
        now,
        viewer,
        MAX_DRAFTS,
      )
      if (created === 0) throw invalidRequest('Drafts limit reached', 'DraftLimitReached')
    })
    return id
  }

  /** Nothing when there is no such draft: another device may have posted or deleted it. @throws XrpcError 400 InvalidRequest. */
  async update(viewer: Did, id: string, draft: Draft): Promise<void> {
    const json = jsonOf(draft)
    const now = this.clock.now()
    await this.database.write(async (tx) => {
      await tx.run('UPDATE draft SET json = ?, updated_at = ? WHERE did = ? AND id = ?', json, now, viewer, id)
    })
  }

  /** Nothing when there is no such draft. */
  async delete(viewer: Did, id: string): Promise<void> {
    await this.database.write(async (tx) => {
      await tx.run('DELETE FROM draft WHERE did = ? AND id = ?', viewer, id)
    })
  }

  /** Newest update first; `place.key` is the id. */
  async list(viewer: Did, after: Place, count: number): Promise<{ view: AppBskyDraftDefsDraftView; place: Place }[]> {
    const listing = { table: 'draft', key: 'id', at: 'updated_at', columns: ['json', 'created_at'] }
    const rows = await newestFirst<{ json: string; created_at: number }>(
      this.database.read,
      listing,
      viewer,
      after,
      count,
    )
    return rows.map(({ json, created_at, place }) => ({
      view: {
        id: place.key,
        draft: JSON.parse(json) as Draft,
        createdAt: new Date(created_at).toISOString(),
        updatedAt: new Date(place.at).toISOString(),
      },
      place,
    }))
  }
}

function jsonOf(draft: Draft): string {
  const json = JSON.stringify(draft)
  if (Buffer.byteLength(json) > MAX_DRAFT_BYTES) throw invalidRequest(`Draft is larger than ${MAX_DRAFT_BYTES} bytes`)
  return json
}
