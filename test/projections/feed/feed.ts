/** What the specifications of posts and gates speak of. */
import type { Changes } from '../../../src/modules/database/changes.js'
import { LikeProjection } from '../../../src/projections/feed/like.projection.js'
import { PostProjection } from '../../../src/projections/feed/post.projection.js'
import { PostgateProjection } from '../../../src/projections/feed/postgate.projection.js'
import { RepostProjection } from '../../../src/projections/feed/repost.projection.js'
import { ThreadgateProjection } from '../../../src/projections/feed/threadgate.projection.js'
import { FollowProjection } from '../../../src/projections/graph/follow.projection.js'
import { ListItemProjection } from '../../../src/projections/graph/list-item.projection.js'
import { put, ref, type Story, story, type Told } from '../given.js'

type Json = Record<string, unknown>

export const feedStory = (): Promise<Story> =>
  story((changes: Changes) => [
    new LikeProjection(),
    new RepostProjection(),
    new PostProjection(changes),
    new ThreadgateProjection(changes),
    new PostgateProjection(changes),
    new FollowProjection(),
    new ListItemProjection(),
  ])

export const postUri = (did: string, rkey: string): string => `at://${did}/app.bsky.feed.post/${rkey}`
export const gateUri = (did: string, rkey: string): string => `at://${did}/app.bsky.feed.threadgate/${rkey}`
export const postgateUri = (did: string, rkey: string): string => `at://${did}/app.bsky.feed.postgate/${rkey}`

export const post = (did: string, rkey: string, more: Json = {}): Told =>
  put(postUri(did, rkey), { text: `${rkey} of ${did}`, ...more })

/** `parent` and `root` are uris; a reply to the root when there is no other. */
export const reply = (did: string, rkey: string, parent: string, root = parent, more: Json = {}): Told =>
  post(did, rkey, { reply: { root: ref(root), parent: ref(parent) }, ...more })

export const quoting = (uri: string): Json => ({ embed: { $type: 'app.bsky.embed.record', record: ref(uri) } })

export const mentioning = (...dids: string[]): Json => ({
  facets: dids.map((did) => facet({ $type: 'app.bsky.richtext.facet#mention', did })),
})

export const facet = (feature: Json): Json => ({ index: { byteStart: 0, byteEnd: 9 }, features: [feature] })

export const threadgate = (did: string, rkey: string, more: Json): Told =>
  put(gateUri(did, rkey), { post: postUri(did, rkey), ...more })

export const rule = (name: string, more: Json = {}): Json => ({
  $type: `app.bsky.feed.threadgate#${name}Rule`,
  ...more,
})

export const postgate = (did: string, rkey: string, isClosed = true): Told =>
  put(postgateUri(did, rkey), {
    post: postUri(did, rkey),
    embeddingRules: isClosed ? [{ $type: 'app.bsky.feed.postgate#disableRule' }] : [],
  })

export const follow = (did: string, subject: string, rkey = 'f1'): Told =>
  put(`at://${did}/app.bsky.graph.follow/${rkey}`, { subject })

export const listed = (did: string, list: string, subject: string, rkey = 'i1'): Told =>
  put(`at://${did}/app.bsky.graph.listitem/${rkey}`, { list, subject })
