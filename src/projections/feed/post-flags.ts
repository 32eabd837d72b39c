/** What a post or feed item is: the bits of `flags` in bsky_post and bsky_feed_item. */
export const PostFlag = {
  reply: 1,
  /** Images, a gallery or a video, also beside a quote. */
  media: 2,
  video: 4,
  /** A reply in a thread of the author's own, to a post of the author's own. */
  authorThread: 8,
  /** Embeds another post, whoever's it is. */
  quote: 16,
  /** A feed item alone: somebody's repost of the post. */
  repost: 32,
} as const

/** Whose wish a post goes against: the bits of `gated` in bsky_post. */
export const GateFlag = {
  /** A reply that the root's author did not want from this account. */
  threadgate: 1,
  /** A quote of a post that was not to be quoted. */
  postgate: 2,
} as const
