import { Injectable } from '@nestjs/common'
import { Changes } from '../../modules/database/changes.js'
import type { Tx } from '../../modules/database/database.js'
import { FOLLOW, LIST_ITEM, POST } from '../../modules/lexicon/collections.js'
import type { AppBskyFeedPost } from '../../modules/lexicon/types.js'
import { addBacklinks, hasBacklinks, removeBacklinks } from '../derived/backlinks.js'
import { countActor, countPost } from '../derived/counts.js'
import { type IndexedRecord, Projection, type RecordProjection } from '../projection.js'
import { mayQuote, mayReply, threadgateOf } from './gates.js'
import { facetTargets, flagsOf, linksOf, quoteOf } from './post-content.js'
import { GateFlag } from './post-flags.js'
import { type PostRow, retellBelow, tell, untell } from './post-notifications.js'
import { addToSearch, removeFromSearch, searchColumns } from './post-search.js'
import { regateReplies } from './regate.js'

/** Posts, with everything that follows from them: feed items, counts, search index, links, and who is told. */
@Injectable()
@Projection({
  name: 'post',
  version: 1,
  collections: [POST],
  tables: [
    ...['bsky_post', 'bsky_post_search', 'bsky_feed_item', 'bsky_post_stat', 'bsky_actor_stat'],
    ...['bsky_notification', 'bsky_backlink', 'bsky_threadgate', 'bsky_postgate', 'bsky_follow', 'bsky_list_item'],
  ],
  history: [FOLLOW, LIST_ITEM],
})
export class PostProjection implements RecordProjection<AppBskyFeedPost> {
  constructor(private readonly changes: Changes) {}

  async insert(record: IndexedRecord<AppBskyFeedPost>, tx: Tx): Promise<void> {
    const { uri, cid, did, value, sortAt, indexedAt } = record
    const facets = facetTargets(value)
    const quote = quoteOf(value)
    const flags = flagsOf(did, value, quote)
    const root = value.reply?.root.uri ?? null
    const parent = value.reply?.parent.uri ?? null
    const gate = root ? await threadgateOf(tx, root) : undefined
    const gated =
      (root && !(await mayReply(tx, root, gate, did)) ? GateFlag.threadgate : 0) |
      (quote && !(await mayQuote(tx, quote, did)) ? GateFlag.postgate : 0)

    await tx.run(
      `INSERT INTO bsky_post (uri, cid, did, json, reply_root, reply_parent, quote, flags, gated, sort_at, indexed_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[uri, cid, did, JSON.stringify(value), root, parent, quote, flags, gated, sortAt, indexedAt],
    )
    const { id } = (await tx.get<{ id: number }>('SELECT id FROM bsky_post WHERE uri = ?', uri))!
    addToSearch(tx, id, searchColumns(did, value, facets))
    await tx.run(
      'INSERT INTO bsky_feed_item (did, sort_at, uri, post, flags) VALUES (?, ?, ?, ?, ?)',
      ...[did, sortAt, uri, uri, flags],
    )
    await countActor(tx, did, 'posts', 1)
    if (parent && !(gated & GateFlag.threadgate)) await countPost(tx, parent, 'replies', 1)
    if (quote) await countPost(tx, quote, 'quotes', 1)
    await addBacklinks(tx, record, linksOf(value, facets))

    const touched = new Set<string>()
    const post = {
      uri,
      cid,
      did,
      reply_root: root,
      reply_parent: parent,
      quote,
      gated,
      sort_at: sortAt,
      indexed_at: indexedAt,
    }
    await tell(tx, post, facets.mentions, gate, touched)
    await this.reconsider(tx, uri, touched)
    this.changes.touch(tx, touched)
  }

  async remove(uri: string, tx: Tx): Promise<void> {
    const post = await tx.get<PostRow & { id: number }>('SELECT * FROM bsky_post WHERE uri = ?', uri)
    const touched = new Set<string>()
    if (post) await this.take(post, tx, touched)
    // Also where it is not known any more that the post has been here: its going is when its gate is looked at again.
    await this.reconsider(tx, uri, touched)
    this.changes.touch(tx, touched)
  }

  private async take(post: PostRow & { id: number }, tx: Tx, touched: Set<string>): Promise<void> {
    const { id, uri, did, json, quote, reply_parent: parent, gated, sort_at: sortAt } = post
    const value = JSON.parse(json) as AppBskyFeedPost
    await tx.run('DELETE FROM bsky_post WHERE uri = ?', uri)
    removeFromSearch(tx, id)
    await tx.run('DELETE FROM bsky_feed_item WHERE did = ? AND sort_at = ? AND uri = ?', did, sortAt, uri)
    await countActor(tx, did, 'posts', -1)
    if (parent && !(gated & GateFlag.threadgate)) await countPost(tx, parent, 'replies', -1)
    if (quote) await countPost(tx, quote, 'quotes', -1)
    await removeBacklinks(tx, { uri, collection: POST, sortAt }, linksOf(value, facetTargets(value)))
    await untell(tx, uri, touched)
  }

  /** What came before the post it speaks of, or stays after it, now means something else. Ordinary posts have no such thing. */
  private async reconsider(tx: Tx, uri: string, touched: Set<string>): Promise<void> {
    if (!(await hasBacklinks(tx, uri))) return
    if (await threadgateOf(tx, uri)) await regateReplies(tx, uri, touched)
    await retellBelow(tx, uri, touched)
  }
}
