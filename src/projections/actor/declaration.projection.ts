import { Injectable } from '@nestjs/common'
import type { Tx } from '../../modules/database/database.js'
import {
  CHAT_DECLARATION,
  GERM_DECLARATION,
  NOTIFICATION_DECLARATION,
  OPT_OUT,
  VISIBILITY_DECLARATION,
} from '../../modules/lexicon/collections.js'
import { collectionOf } from '../at-uri.js'
import { addBacklinks, type Link, removeBacklinks } from '../derived/backlinks.js'
import { type IndexedRecord, Projection, type RecordProjection } from '../projection.js'

/**
 * What actors ask of others: who may be told of their posts, who may write to them, whether strangers see them; one of
 * each kind. And which lists they do not want to be shown on: any number, found by the backlinks of the list.
 */
@Injectable()
@Projection({
  name: 'declaration',
  version: 1,
  collections: [VISIBILITY_DECLARATION, NOTIFICATION_DECLARATION, CHAT_DECLARATION, GERM_DECLARATION, OPT_OUT],
  tables: ['bsky_declaration', 'bsky_backlink'],
})
export class DeclarationProjection implements RecordProjection {
  async insert(record: IndexedRecord, tx: Tx): Promise<void> {
    const { uri, cid, did, collection, rkey, value, sortAt, indexedAt } = record
    if (collection !== OPT_OUT && rkey !== 'self') return
    await tx.run(
      `INSERT INTO bsky_declaration (uri, cid, did, collection, json, sort_at, indexed_at)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      uri,
      cid,
      did,
      collection,
      JSON.stringify(value),
      sortAt,
      indexedAt,
    )
    await addBacklinks(tx, record, linksOf(collection, value))
  }

  async remove(uri: string, tx: Tx): Promise<void> {
    const gone = await tx.get<{ json: string; sort_at: number }>(
      'DELETE FROM bsky_declaration WHERE uri = ? RETURNING json, sort_at',
      uri,
    )
    if (!gone) return
    const collection = collectionOf(uri)
    const links = linksOf(collection, JSON.parse(gone.json) as object)
    await removeBacklinks(tx, { uri, collection, sortAt: gone.sort_at }, links)
  }
}

/** No lexicon of this collection is known here, so nothing has looked at the record before. */
function linksOf(collection: string, value: object): Link[] {
  const { subject } = value as { subject?: unknown }
  return collection === OPT_OUT && typeof subject === 'string' ? [{ target: subject, path: 'subject' }] : []
}
