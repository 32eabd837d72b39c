/** Lists, feed generators, starter packs and labelers, as they are shown. Undefined for what is not. */
import type {
  AppBskyFeedDefsGeneratorView,
  AppBskyGraphDefsListView,
  AppBskyGraphDefsStarterPackViewBasic,
  AppBskyLabelerDefsLabelerView,
  AppBskyLabelerDefsLabelerViewDetailed,
} from '../../lexicon/types.js'
import type { Hydration } from '../hydrate/hydration.js'
import { isoTime, labelsView } from './label-view.js'
import { avatar, listViewBasic } from './list-view.js'
import { profileView, profileViewBasic } from './profile-view.js'
import { shownRecord } from './shown.js'

/** app.bsky.graph.defs#listView. */
export function listView(uri: string, h: Hydration): AppBskyGraphDefsListView | undefined {
  const basic = listViewBasic(uri, h)
  if (!basic) return undefined
  const { value, did } = h.lists.get(uri)!
  return {
    ...basic,
    creator: profileView(did, h)!,
    ...(value.description !== undefined && { description: value.description }),
    ...(value.descriptionFacets && { descriptionFacets: value.descriptionFacets }),
    indexedAt: basic.indexedAt!,
  } as AppBskyGraphDefsListView
}

/** app.bsky.feed.defs#generatorView. */
export function generatorView(uri: string, h: Hydration): AppBskyFeedDefsGeneratorView | undefined {
  const generator = shownRecord(h.generators.get(uri), h)
  const creator = generator && profileView(generator.did, h)
  if (!creator) return undefined
  const { cid, did, value, labels, indexedAt, count } = generator
  const like = h.likes.get(uri)
  return {
    uri,
    cid,
    did: value.did,
    creator,
    displayName: value.displayName,
    ...(value.description !== undefined && { description: value.description }),
    ...(value.descriptionFacets && { descriptionFacets: value.descriptionFacets }),
    ...avatar(did, value.avatar, h),
    likeCount: count,
    ...(value.acceptsInteractions !== undefined && { acceptsInteractions: value.acceptsInteractions }),
    labels: labelsView(labels, h, generator, did),
    ...(h.context.viewer !== null && { viewer: like === undefined ? {} : { like } }),
    ...(value.contentMode !== undefined && { contentMode: value.contentMode }),
    indexedAt: isoTime(indexedAt),
  }
}

/** app.bsky.graph.defs#starterPackViewBasic. */
export function starterPackViewBasic(uri: string, h: Hydration): AppBskyGraphDefsStarterPackViewBasic | undefined {
  const pack = shownRecord(h.starterPacks.get(uri), h)
  const creator = pack && profileViewBasic(pack.did, h)
  if (!creator) return undefined
  const { cid, did, value, labels, indexedAt, count, weekCount } = pack
  return {
    uri,
    cid,
    record: value as unknown as Record<string, unknown>,
    creator,
    listItemCount: h.lists.get(value.list)?.count ?? 0,
    joinedWeekCount: weekCount,
    joinedAllTimeCount: count,
    labels: labelsView(labels, h, pack, did),
    indexedAt: isoTime(indexedAt),
  }
}

/** app.bsky.labeler.defs#labelerView, under the at-uri of the labeler's service record. */
export function labelerView(uri: string, h: Hydration): AppBskyLabelerDefsLabelerView | undefined {
  const labeler = shownRecord(h.labelers.get(uri), h)
  const creator = labeler && profileView(labeler.did, h)
  if (!creator) return undefined
  const { cid, did, labels, indexedAt, count } = labeler
  const like = h.likes.get(uri)
  return {
    uri,
    cid,
    creator,
    likeCount: count,
    ...(h.context.viewer !== null && { viewer: like === undefined ? {} : { like } }),
    indexedAt: isoTime(indexedAt),
    labels: labelsView(labels, h, labeler, did),
  }
}

/** app.bsky.labeler.defs#labelerViewDetailed. */
export function labelerViewDetailed(uri: string, h: Hydration): AppBskyLabelerDefsLabelerViewDetailed | undefined {
  const view = labelerView(uri, h)
  if (!view) return undefined
  const { value } = h.labelers.get(uri)!
  return {
    ...view,
    policies: value.policies,
    ...(value.reasonTypes && { reasonTypes: value.reasonTypes }),
    ...(value.subjectTypes && { subjectTypes: value.subjectTypes }),
    ...(value.subjectCollections && { subjectCollections: value.subjectCollections }),
  } as AppBskyLabelerDefsLabelerViewDetailed
}
