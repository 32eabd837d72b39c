import { Injectable } from '@nestjs/common'
import { Database } from '../../database/database.js'
import { readIn } from '../../database/in-list.js'
import { Bookmarks } from '../../private-state/bookmarks.js'
import { Mutes } from '../../private-state/mutes.js'
import type { Post } from './posts.js'

/** What a viewer has done with a post. */
export interface PostViewer {
  like: string | null
  repost: string | null
  bookmarked: boolean
  threadMuted: boolean
}

/** Reads what a viewer has done with posts, many at a time. */
@Injectable()
export class PostViewers {
  constructor(
    private readonly database: Database,
    private readonly bookmarks: Bookmarks,
    private readonly mutes: Mutes,
  ) {}

  /** Adds what the viewer has done with each of the posts. */
  async fill(into: Map<string, PostViewer>, viewer: string, posts: readonly Post[]): Promise<void> {
    const missing = posts.filter(({ uri }) => !into.has(uri))
    if (missing.length === 0) return
    const uris = missing.map(({ uri }) => uri)
    const likes = await this.pointing('bsky_like', viewer, uris)
    const reposts = await this.pointing('bsky_repost', viewer, uris)
    const bookmarked = await this.bookmarks.of(viewer, uris)
    const muted = await this.mutes.threadMutes(viewer, [...new Set(missing.map(threadOf))])
    for (const post of missing)
      into.set(post.uri, {
        like: likes.get(post.uri) ?? null,
        repost: reposts.get(post.uri) ?? null,
        bookmarked: bookmarked.has(post.uri),
        threadMuted: muted.has(threadOf(post)),
      })
  }

  /** The viewer's own records of a kind, by what they point at. */
  async pointing(
    table: 'bsky_like' | 'bsky_repost' | 'bsky_list_block',
    viewer: string,
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
}

const threadOf = ({ uri, replyRoot }: Post): string => replyRoot ?? uri
