import { Injectable } from '@nestjs/common'
import { Recent } from './recent.js'
import type { Did } from '../../../repo-engine/index.js'
import { Database } from '../../database/database.js'
import { readIn } from '../../database/in-list.js'
import { Bookmarks } from '../../private-state/bookmarks.js'
import { Mutes } from '../../private-state/mutes.js'
import type { Post } from './posts.js'
import { Freshness } from './read-cache.js'

/** What a viewer has done with a post. */
export interface PostViewer {
  like: string | null
  repost: string | null
  bookmarked: boolean
  threadMuted: boolean
}

interface Kept {
  value: PostViewer
  at: number
}

const MAX_VIEWERS = 200
const MAX_POSTS = 2_000

/**
 * Reads what a viewer has done with posts, many at a time, and keeps it until anybody does something with the post or
 * its thread.
 */
@Injectable()
export class PostViewers {
  private readonly viewers = new Recent<Recent<Kept>>(MAX_VIEWERS)

  constructor(
    private readonly database: Database,
    private readonly bookmarks: Bookmarks,
    private readonly mutes: Mutes,
    private readonly freshness: Freshness,
  ) {}

  /** Adds what the viewer has done with each of the posts. */
  async fill(into: Map<string, PostViewer>, viewer: Did, posts: readonly Post[]): Promise<void> {
    const { freshness } = this
    let kept = this.viewers.get(viewer)
    if (!kept) this.viewers.set(viewer, (kept = new Recent<Kept>(MAX_POSTS)))
    const missing: Post[] = []
    for (const post of posts) {
      const { uri } = post
      if (into.has(uri)) continue
      const found = kept.get(uri)
      if (found && freshness.holds(uri, found.at) && freshness.holds(threadOf(post), found.at))
        into.set(uri, found.value)
      else missing.push(post)
    }
    if (missing.length === 0) return
    const at = freshness.now()
    for (const [uri, value] of await this.read(viewer, missing)) {
      kept.set(uri, { value, at })
      into.set(uri, value)
    }
  }

  /** The viewer's own records of a kind, by what they point at. */
  async pointing(
    table: 'bsky_like' | 'bsky_repost' | 'bsky_list_block',
    viewer: Did,
    subjects: readonly string[],
  ): Promise<Map<string, string>> {
    const rows = await readIn<{ subject: string; uri: string }>(
      this.database.read,
      (marks) =>
        `SELECT subject, min(uri) AS uri FROM ${table} WHERE did = ? AND subject IN (${marks}) GROUP BY subject`,
      subjects,
      viewer,
    )
    return new Map(rows.map(({ subject, uri }) => [subject, uri]))
  }

  private async read(viewer: Did, posts: readonly Post[]): Promise<[string, PostViewer][]> {
    const uris = posts.map(({ uri }) => uri)
    const likes = await this.pointing('bsky_like', viewer, uris)
    const reposts = await this.pointing('bsky_repost', viewer, uris)
    const bookmarked = await this.bookmarks.of(viewer, uris)
    const muted = await this.mutes.threadMutes(viewer, [...new Set(posts.map(threadOf))])
    return posts.map((post) => [
      post.uri,
      {
        like: likes.get(post.uri) ?? null,
        repost: reposts.get(post.uri) ?? null,
        bookmarked: bookmarked.has(post.uri),
        threadMuted: muted.has(threadOf(post)),
      },
    ])
  }
}

const threadOf = ({ uri, replyRoot }: Post): string => replyRoot ?? uri
