/** What a post embeds, as it is shown: app.bsky.embed.*. */
import { GENERATOR, LABELER, LIST, POST, STARTER_PACK } from '../../lexicon/collections.js'
import type { AppBskyEmbedRecordView, AppBskyEmbedRecordViewRecord, Typed } from '../../lexicon/types.js'
import { GateFlag } from '../../../projections/feed/post-flags.js'
import type { Hydration } from '../hydrate/hydration.js'
import { collectionOf, didOf } from '../../../projections/at-uri.js'
import { blocks } from '../hydrate/relationships.js'
import { isoTime, labelsView } from './label-view.js'
import { type Embed, type EmbedView, mediaView } from './media-view.js'
import { profileViewBasic, viewerState } from './profile-view.js'
import { shownRecord } from './shown.js'
import { generatorView, labelerView, listView, starterPackViewBasic } from './thing-view.js'

type RecordShown = AppBskyEmbedRecordView['record']

/** A quoted post is shown with what it embeds; a post that it quotes in turn without. */
const QUOTE_DEPTH = 2

/** The view of an embed; undefined for kinds unknown here. `uri` is the post that embeds it, by `did`. */
export function embedView(
  embed: Embed | undefined,
  uri: string,
  did: string,
  h: Hydration,
  depth = 0,
): EmbedView | undefined {
  switch (embed?.$type) {
    case 'app.bsky.embed.record': {
      const record = recordView(embed.record.uri, uri, did, h, depth)
      return record && { $type: 'app.bsky.embed.record#view', record }
    }
    case 'app.bsky.embed.recordWithMedia': {
      const record = recordView(embed.record.record.uri, uri, did, h, depth)
      const media = mediaView(embed.media as Embed, did, h)
      return (
        record && media && ({ $type: 'app.bsky.embed.recordWithMedia#view', record: { record }, media } as EmbedView)
      )
    }
    default:
      return mediaView(embed, did, h)
  }
}

function recordView(target: string, uri: string, did: string, h: Hydration, depth: number): RecordShown | undefined {
  switch (collectionOf(target)) {
    case POST:
      return depth < QUOTE_DEPTH ? quotedPost(target, uri, did, h, depth) : undefined
    case GENERATOR:
      return typed('app.bsky.feed.defs#generatorView', generatorView(target, h)) ?? notFound(target)
    case LIST:
      return typed('app.bsky.graph.defs#listView', listView(target, h)) ?? notFound(target)
    case LABELER:
      return typed('app.bsky.labeler.defs#labelerView', labelerView(target, h)) ?? notFound(target)
    case STARTER_PACK:
      return typed('app.bsky.graph.defs#starterPackViewBasic', starterPackViewBasic(target, h)) ?? notFound(target)
    default:
      return notFound(target)
  }
}

function quotedPost(target: string, uri: string, did: string, h: Hydration, depth: number): RecordShown {
  const post = shownRecord(h.posts.get(target), h)
  if (!post) return notFound(target)
  // A block between the viewer and the quoted, or between the two who meet here.
  if (blocks(h.relationships.get(post.did)) || h.areBlocked(did, post.did)) return blocked(target, h)
  const isUnwanted = (h.posts.get(uri)!.gated & GateFlag.postgate) !== 0
  if (isUnwanted || post.postgate?.value.detachedEmbeddingUris?.includes(uri))
    return { $type: 'app.bsky.embed.record#viewDetached', uri: target, detached: true }
  const inner = depth === 0 ? embedView(post.value.embed, target, post.did, h, 1) : undefined
  const view: Typed<AppBskyEmbedRecordViewRecord> = {
    $type: 'app.bsky.embed.record#viewRecord',
    uri: target,
    cid: post.cid,
    author: profileViewBasic(post.did, h)!,
    value: post.value as unknown as Record<string, unknown>,
    labels: labelsView(post.labels, h, post, post.did),
    likeCount: post.likes,
    replyCount: post.replies,
    repostCount: post.reposts,
    quoteCount: post.quotes,
    indexedAt: isoTime(post.indexedAt),
    ...(depth === 0 && { embeds: inner ? [inner] : [] }),
  }
  return view
}

function notFound(uri: string): RecordShown {
  return { $type: 'app.bsky.embed.record#viewNotFound', uri, notFound: true }
}

function blocked(uri: string, h: Hydration): RecordShown {
  const did = didOf(uri)!
  const viewer = viewerState(did, h)
  return {
    $type: 'app.bsky.embed.record#viewBlocked',
    uri,
    blocked: true,
    author: {
      did,
      ...(viewer && { viewer: { blockedBy: viewer.blockedBy, ...(viewer.blocking && { blocking: viewer.blocking }) } }),
    },
  }
}

function typed<View extends object, Type extends string>(
  $type: Type,
  view: View | undefined,
): (View & { $type: Type }) | undefined {
  return view && { ...view, $type }
}
