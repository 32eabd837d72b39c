import { Injectable } from '@nestjs/common'
import type { Tx } from '../../modules/database/database.js'
import { LIST_ITEM } from '../../modules/lexicon/collections.js'
import type { AppBskyGraphListitem } from '../../modules/lexicon/types.js'
import { collectionOf, didOf } from '../at-uri.js'
import { addBacklinks, type Link, removeBacklinks } from '../derived/backlinks.js'
import { type IndexedRecord, Projection, type RecordProjection } from '../projection.js'

/**
 * Who is on which list; the list itself need not be here. Somebody may be on it by several items: all are kept, and the
 * one with the least uri is the one to show. Only the owner of a list puts people on it.
 */
@Injectable()
@Projection({
  name: 'list-item',
  version: 1,
  collections: [LIST_ITEM],
  tables: ['bsky_list_item', 'bsky_backlink'],
})
export class ListItemProjection implements RecordProjection<AppBskyGraphListitem> {
  async insert(record: IndexedRecord<AppBskyGraphListitem>, tx: Tx): Promise<void> {
    const { uri, cid, did, value, sortAt, indexedAt } = record
    if (didOf(value.list) !== did) return
    await tx.run(
      'INSERT INTO bsky_list_item (uri, cid, did, list, subject, sort_at, indexed_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      uri,
      cid,
      did,
      value.list,
      value.subject,
      sortAt,
      indexedAt,
    )
    await addBacklinks(tx, record, linksOf(value))
  }

  async remove(uri: string, tx: Tx): Promise<void> {
    const gone = await tx.get<{ list: string; subject: string; sort_at: number }>(
      'DELETE FROM bsky_list_item WHERE uri = ? RETURNING list, subject, sort_at',
      uri,
    )
    if (gone) await removeBacklinks(tx, { uri, collection: collectionOf(uri), sortAt: gone.sort_at }, linksOf(gone))
  }
}

const linksOf = ({ list, subject }: Pick<AppBskyGraphListitem, 'list' | 'subject'>): Link[] => [
  { target: list, path: 'list' },
  { target: subject, path: 'subject' },
]
