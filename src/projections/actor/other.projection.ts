import { Injectable } from '@nestjs/common'
import type { Tx } from '../../modules/database/database.js'
import { collectionOf } from '../at-uri.js'
import { addBacklinks, removeBacklinks } from '../derived/backlinks.js'
import { type IndexedRecord, Projection, type RecordProjection } from '../projection.js'
import { linksIn } from './links-in.js'

/** Records of every collection that app.bsky knows nothing of, as far as they point at something. */
@Injectable()
@Projection({ name: 'other', version: 1, collections: ['*'], tables: ['bsky_other', 'bsky_backlink'] })
export class OtherProjection implements RecordProjection {
  async insert(record: IndexedRecord, tx: Tx): Promise<void> {
    const { uri, cid, did, value, sortAt, indexedAt } = record
    const links = linksIn(value)
    if (links.length === 0) return
    await tx.run(
      'INSERT INTO bsky_other (uri, cid, did, links, sort_at, indexed_at) VALUES (?, ?, ?, ?, ?, ?)',
      uri,
      cid,
      did,
      JSON.stringify(links.map(({ target, path }) => [target, path])),
      sortAt,
      indexedAt,
    )
    await addBacklinks(tx, record, links)
  }

  async remove(uri: string, tx: Tx): Promise<void> {
    const gone = await tx.get<{ links: string; sort_at: number }>(
      'DELETE FROM bsky_other WHERE uri = ? RETURNING links, sort_at',
      uri,
    )
    if (!gone) return
    const links = (JSON.parse(gone.links) as [string, string][]).map(([target, path]) => ({ target, path }))
    await removeBacklinks(tx, { uri, collection: collectionOf(uri), sortAt: gone.sort_at }, links)
  }
}
