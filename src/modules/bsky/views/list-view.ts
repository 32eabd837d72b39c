import type { AppBskyGraphDefsListViewBasic, AppBskyGraphDefsListViewerState, LexBlob } from '../../lexicon/types.js'
import type { Hydration } from '../hydrate/hydration.js'
import { isoTime, labelsView } from './label-view.js'
import { shownRecord } from './shown.js'

/** app.bsky.graph.defs#listViewBasic. */
export function listViewBasic(uri: string, h: Hydration): AppBskyGraphDefsListViewBasic | undefined {
  const list = shownRecord(h.lists.get(uri), h)
  if (!list) return undefined
  const { cid, did, value, labels, indexedAt, count } = list
  return {
    uri,
    cid,
    name: value.name,
    purpose: value.purpose,
    ...avatar(did, value.avatar, h),
    listItemCount: count,
    labels: labelsView(labels, h, list, did),
    ...listViewer(uri, h),
    indexedAt: isoTime(indexedAt),
  }
}

function listViewer(uri: string, h: Hydration): { viewer?: AppBskyGraphDefsListViewerState } {
  if (h.context.viewer === null) return {}
  const blocked = h.listBlocks.get(uri)
  return { viewer: { muted: h.listMutes.has(uri), ...(blocked !== undefined && { blocked }) } }
}

/** The picture of something that is no actor, as a property to be spread. */
export function avatar(did: string, blob: LexBlob | undefined, h: Hydration): { avatar?: string } {
  return blob ? { avatar: h.urls.image('avatar', did, blob) } : {}
}
