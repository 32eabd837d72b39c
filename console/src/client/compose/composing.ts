import type { AppBskyFeedDefs } from '@atproto/api'
import { signal } from '@preact/signals'
import { ownDid } from '../../api/account.js'

/** What a new post is about: it answers a post, or quotes one, or stands for itself. */
export interface Occasion {
  replyTo?: AppBskyFeedDefs.PostView
  quote?: AppBskyFeedDefs.PostView
}

/** Tells an occasion from all others. */
export function nameOfOccasion({ replyTo, quote }: Occasion): string {
  return `${replyTo?.uri ?? ''} ${quote?.uri ?? ''}`
}

/** What is being written in the dialog: on which page it was opened (a path with its query), and by whom. */
export const composing = signal<{ occasion: Occasion; url: string; did: string } | null>(null)

/** The last post of this window: pages that show it look again. */
export const published = signal<{ uri: string } | null>(null)

/** Opens the dialog to write. */
export function compose(occasion: Occasion): void {
  composing.value = { occasion, url: location.pathname + location.search, did: ownDid() }
}
