import type { Tx } from '../../modules/database/database.js'
import { POST } from '../../modules/lexicon/collections.js'
import type { AppBskyFeedPost } from '../../modules/lexicon/types.js'
import { didOf } from '../at-uri.js'
import { FOUND_BY_URI, type NotificationReason, notify } from '../derived/notifications.js'
import { type Threadgate, threadgateOf } from './gates.js'
import { facetTargets } from './post-content.js'
import { GateFlag } from './post-flags.js'

/** A row of bsky_post, as far as it says whom the post tells. */
export interface PostRow {
  uri: string
  cid: string
  did: string
  json: string
  reply_root: string | null
  reply_parent: string | null
  quote: string | null
  gated: number
  sort_at: number
  indexed_at: number
}

/** Authors of posts further above a reply are not told of it. */
const REPLY_DEPTH = 5
const PARENT_PATH = `${POST}:reply.parent.uri`

/**
 * Tells whom a post that stands concerns: who it mentions, whom it quotes, and the authors of the posts above it; each
 * once, for the first of these reasons. `touched` hears of everyone told.
 */
export async function tell(
  tx: Tx,
  post: Omit<PostRow, 'json'>,
  mentions: readonly string[],
  gate: Threadgate | undefined,
  touched: Set<string>,
): Promise<void> {
  const { uri, cid, did: author, quote, reply_parent: parent, gated, sort_at: sortAt, indexed_at: indexedAt } = post
  const told = new Set([author])
  const once = async (did: string | null, reason: NotificationReason, subject: string | null): Promise<void> => {
    if (!did || told.has(did)) return
    told.add(did)
    touched.add(did)
    await notify(tx, { did, author, uri, cid, reason, subject, sortAt, indexedAt })
  }
  for (const did of mentions) await once(did, 'mention', null)
  if (quote && !(gated & GateFlag.postgate)) await once(didOf(quote), 'quote', quote)
  if (!parent || gated & GateFlag.threadgate) return
  for (const ancestor of await ancestorsOf(tx, parent)) {
    await once(didOf(ancestor), 'reply', ancestor)
    // What goes on under a hidden reply concerns nobody above it.
    if (gate?.hiddenReplies.includes(ancestor)) return
  }
}

/** Takes back all that a post has told. `touched` hears of everyone it had told. */
export async function untell(tx: Tx, uri: string, touched: Set<string>): Promise<void> {
  const told = await tx.all<{ did: string }>(
    `DELETE FROM bsky_notification WHERE uri = ? AND ${FOUND_BY_URI} RETURNING did`,
    uri,
  )
  for (const { did } of told) touched.add(did)
}

/** Takes back what a post that stands has told, and tells it as things are now. */
export async function retell(tx: Tx, uri: string, touched: Set<string>): Promise<void> {
  await untell(tx, uri, touched)
  const post = await tx.get<PostRow>(
    `SELECT uri, cid, did, json, reply_root, reply_parent, quote, gated, sort_at, indexed_at FROM bsky_post WHERE uri = ?`,
    uri,
  )
  if (!post) return
  const { mentions } = facetTargets(JSON.parse(post.json) as AppBskyFeedPost)
  await tell(tx, post, mentions, post.reply_root ? await threadgateOf(tx, post.reply_root) : undefined, touched)
}

/** Lets the replies below a post that has come, gone or been hidden tell anew who is above them. */
export async function retellBelow(tx: Tx, uri: string, touched: Set<string>): Promise<void> {
  // The depth ends cycles.
  const below = await tx.all<{ uri: string }>(
    `WITH RECURSIVE below (uri, depth) AS (
       SELECT uri, 1 FROM bsky_backlink WHERE target = ? AND path = '${PARENT_PATH}'
       UNION SELECT reply.uri, below.depth + 1 FROM below CROSS JOIN bsky_backlink AS reply
         ON reply.target = below.uri AND reply.path = '${PARENT_PATH}' WHERE below.depth < ${REPLY_DEPTH})
     SELECT DISTINCT uri FROM below`,
    uri,
  )
  for (const reply of below) await retell(tx, reply.uri, touched)
}

/** The posts above a reply to `parent` that stand, nearest first; up to the first that does not. */
async function ancestorsOf(tx: Tx, parent: string): Promise<string[]> {
  const ancestors: string[] = []
  for (let uri: string | null = parent; uri && ancestors.length < REPLY_DEPTH && !ancestors.includes(uri);) {
    const above: { parent: string | null } | undefined = await tx.get(
      'SELECT reply_parent AS parent FROM bsky_post WHERE uri = ?',
      uri,
    )
    if (!above) break
    ancestors.push(uri)
    uri = above.parent
  }
  return ancestors
}
