import type { AppBskyFeedDefs } from '@atproto/api'
import { signal } from '@preact/signals'

/** What a new post is about: it answers a post, or quotes one, or stands for itself. */
export interface Occasion {
  replyTo?: AppBskyFeedDefs.PostView
  quote?: AppBskyFeedDefs.PostView
}

/** What is being written in the dialog, if it is open. */
export const composing = signal<Occasion | null>(null)

/** The last post of this window: pages that show it look again. */
export const published = signal<{ uri: string } | null>(null)

/** Opens the dialog to write. */
export function compose(occasion: Occasion): void {
  composing.value = occasion
}
