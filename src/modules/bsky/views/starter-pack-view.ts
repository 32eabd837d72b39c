/** Members of lists, and starter packs in full: app.bsky.graph.defs. Undefined for what is not shown. */
import type { AppBskyGraphDefsListItemView, AppBskyGraphDefsStarterPackView } from '../../lexicon/types.js'
import type { Hydration } from '../hydrate/hydration.js'
import { profileView } from './profile-view.js'
import { listViewBasic } from './list-view.js'
import { generatorView, starterPackViewBasic } from './thing-view.js'

/** That an actor is on a list. */
export interface ListItem {
  uri: string
  did: string
  /** It does not want to be; for the creator of the list to know. */
  optedOut?: boolean
}

/** How many members are shown with a starter pack. */
export const SAMPLE = 12

/** app.bsky.graph.defs#listItemView. */
export function listItemView({ uri, did, optedOut }: ListItem, h: Hydration): AppBskyGraphDefsListItemView | undefined {
  const subject = profileView(did, h)
  return subject && { uri, subject, ...(optedOut && { subjectOptedOut: true }) }
}

/** app.bsky.graph.defs#starterPackView, with the first of `members` who are shown. */
export function starterPackView(
  uri: string,
  members: readonly ListItem[],
  h: Hydration,
): AppBskyGraphDefsStarterPackView | undefined {
  const basic = starterPackViewBasic(uri, h)
  if (!basic) return undefined
  const { listItemCount: _, ...rest } = basic
  const { value } = h.starterPacks.get(uri)!
  const list = listViewBasic(value.list, h)
  return {
    ...rest,
    ...(list && { list }),
    listItemsSample: members.flatMap((member) => listItemView(member, h) ?? []).slice(0, SAMPLE),
    feeds: (value.feeds ?? []).flatMap((feed) => generatorView(feed.uri, h) ?? []),
  } as AppBskyGraphDefsStarterPackView
}
