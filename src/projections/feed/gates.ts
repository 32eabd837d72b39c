import type { Tx } from '../../modules/database/database.js'
import type { AppBskyFeedPost, AppBskyFeedPostgate, AppBskyFeedThreadgate } from '../../modules/lexicon/types.js'
import { didOf } from '../at-uri.js'
import { RULE } from './names.js'
import { facetTargets } from './post-content.js'

/** What the author of a thread's root wishes of it. Only gates in the repository of their post are kept. */
export interface Threadgate {
  did: string
  /** Absent: everyone may reply. Empty: nobody but the author of the root. */
  allow: AppBskyFeedThreadgate['allow']
  hiddenReplies: readonly string[]
}

/** The gate of the thread under `root`. */
export async function threadgateOf(tx: Tx, root: string): Promise<Threadgate | undefined> {
  const row = await tx.get<{ did: string; json: string }>('SELECT did, json FROM bsky_threadgate WHERE post = ?', root)
  if (!row) return undefined
  const { allow, hiddenReplies } = JSON.parse(row.json) as AppBskyFeedThreadgate
  return { did: row.did, allow, hiddenReplies: hiddenReplies ?? [] }
}

/** Whether `did` may reply under `root`, as things are now: follows and lists of later change nothing. */
export async function mayReply(tx: Tx, root: string, gate: Threadgate | undefined, did: string): Promise<boolean> {
  if (!gate?.allow || gate.did === did) return true
  for (const rule of gate.allow) {
    if (rule.$type === RULE.mention && (await mentions(tx, root, did))) return true
    if (rule.$type === RULE.follower && (await follows(tx, did, gate.did))) return true
    if (rule.$type === RULE.following && (await follows(tx, gate.did, did))) return true
    if (rule.$type === RULE.list && (await lists(tx, gate.did, rule.list, did))) return true
  }
  return false
}

/** Whether `did` may quote the post `quote`. The postgate alone decides, so this holds at any time. */
export async function mayQuote(tx: Tx, quote: string, did: string): Promise<boolean> {
  if (didOf(quote) === did) return true
  const row = await tx.get<{ json: string }>('SELECT json FROM bsky_postgate WHERE post = ?', quote)
  if (!row) return true
  const { embeddingRules } = JSON.parse(row.json) as AppBskyFeedPostgate
  return !embeddingRules?.some(({ $type }) => $type === RULE.disable)
}

async function mentions(tx: Tx, post: string, did: string): Promise<boolean> {
  const row = await tx.get<{ json: string }>('SELECT json FROM bsky_post WHERE uri = ?', post)
  return row !== undefined && facetTargets(JSON.parse(row.json) as AppBskyFeedPost).mentions.includes(did)
}

async function follows(tx: Tx, did: string, subject: string): Promise<boolean> {
  const sql = 'SELECT 1 FROM bsky_follow WHERE did = ? AND subject = ? LIMIT 1'
  return (await tx.get(sql, did, subject)) !== undefined
}

/** Lists of others count for nothing, nor does what others put on one. */
async function lists(tx: Tx, owner: string, list: string, did: string): Promise<boolean> {
  const sql = 'SELECT 1 FROM bsky_list_item WHERE list = ? AND subject = ? AND did = ? LIMIT 1'
  return didOf(list) === owner && (await tx.get(sql, list, did, owner)) !== undefined
}
