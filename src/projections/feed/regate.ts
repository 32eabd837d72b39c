import type { Tx } from '../../modules/database/database.js'
import { countPost } from '../derived/counts.js'
import { mayQuote, mayReply, threadgateOf } from './gates.js'
import { GateFlag } from './post-flags.js'
import { retell } from './post-notifications.js'
import { POST } from '../../modules/lexicon/collections.js'

interface GatedPost {
  uri: string
  did: string
  gated: number
  parent: string | null
}

/** Judges every reply under `root` anew. `touched` hears of those that are judged otherwise than before. */
export async function regateReplies(tx: Tx, root: string, touched: Set<string>): Promise<void> {
  const gate = await threadgateOf(tx, root)
  await regate(tx, await postsWhere(tx, 'reply_root', root), GateFlag.threadgate, touched, (did) =>
    mayReply(tx, root, gate, did),
  )
}

/** Judges every quote of a post anew. */
export async function regateQuotes(tx: Tx, quote: string, touched: Set<string>): Promise<void> {
  await regate(tx, await postsWhere(tx, 'quote', quote), GateFlag.postgate, touched, (did) => mayQuote(tx, quote, did))
}

async function regate(
  tx: Tx,
  posts: GatedPost[],
  flag: number,
  touched: Set<string>,
  may: (did: string) => Promise<boolean>,
): Promise<void> {
  const verdicts = new Map<string, boolean>()
  for (const { uri, did, gated, parent } of posts) {
    let verdict = verdicts.get(did)
    if (verdict === undefined) verdicts.set(did, (verdict = await may(did)))
    if (verdict === !(gated & flag)) continue
    await tx.run('UPDATE bsky_post SET gated = ? WHERE uri = ?', gated ^ flag, uri)
    touched.add(uri)
    if (flag === GateFlag.threadgate && parent) {
      await countPost(tx, parent, 'replies', verdict ? 1 : -1)
      touched.add(parent)
    }
    await retell(tx, uri, touched)
  }
}

/** The paths under which posts are filed that say so of themselves. */
const PATHS = {
  reply_root: `'${POST}:reply.root.uri'`,
  quote: `'${POST}:embed.record.uri', '${POST}:embed.record.record.uri'`,
}

async function postsWhere(tx: Tx, column: keyof typeof PATHS, target: string): Promise<GatedPost[]> {
  return tx.all<GatedPost>(
    `SELECT uri, did, gated, reply_parent AS parent FROM bsky_post WHERE uri IN (
       SELECT uri FROM bsky_backlink WHERE target = ? AND path IN (${PATHS[column]}))`,
    target,
  )
}
