import { Injectable } from '@nestjs/common'
import type { Tx } from '../../modules/database/database.js'
import { LIST } from '../../modules/lexicon/collections.js'
import type { AppBskyGraphList } from '../../modules/lexicon/types.js'
import { countActor } from '../derived/counts.js'
import { type IndexedRecord, Projection, type RecordProjection } from '../projection.js'

/** Lists: for moderation, curation or reference. Who is on them is told by their items. */
@Injectable()
@Projection({
  name: 'list',
  version: 1,
  collections: [LIST],
  tables: ['bsky_list', 'bsky_actor_stat'],
})
export class ListProjection implements RecordProjection<AppBskyGraphList> {
  async insert({ uri, cid, did, value, sortAt, indexedAt }: IndexedRecord<AppBskyGraphList>, tx: Tx): Promise<void> {
    await tx.run(
      'INSERT INTO bsky_list (uri, cid, did, purpose, json, sort_at, indexed_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
      uri,
      cid,
      did,
      value.purpose,
      JSON.stringify(value),
      sortAt,
      indexedAt,
    )
    await countActor(tx, did, 'lists', 1)
  }

  async remove(uri: string, tx: Tx): Promise<void> {
    const gone = await tx.get<{ did: string }>('DELETE FROM bsky_list WHERE uri = ? RETURNING did', uri)
    if (gone) await countActor(tx, gone.did, 'lists', -1)
  }
}
