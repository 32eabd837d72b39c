/** The names in the records of app.bsky.feed that the projections tell apart. */

/** The members of a post's `embed`. */
export const EMBED = {
  images: 'app.bsky.embed.images',
  gallery: 'app.bsky.embed.gallery',
  video: 'app.bsky.embed.video',
  external: 'app.bsky.embed.external',
  record: 'app.bsky.embed.record',
  recordWithMedia: 'app.bsky.embed.recordWithMedia',
} as const

export const GALLERY_IMAGE = 'app.bsky.embed.gallery#image'

/** The features of a facet. */
export const FACET = {
  mention: 'app.bsky.richtext.facet#mention',
  link: 'app.bsky.richtext.facet#link',
  tag: 'app.bsky.richtext.facet#tag',
} as const

/** Who may reply (threadgate `allow`), and whether anyone may quote (postgate `embeddingRules`). */
export const RULE = {
  mention: 'app.bsky.feed.threadgate#mentionRule',
  follower: 'app.bsky.feed.threadgate#followerRule',
  following: 'app.bsky.feed.threadgate#followingRule',
  list: 'app.bsky.feed.threadgate#listRule',
  disable: 'app.bsky.feed.postgate#disableRule',
} as const
