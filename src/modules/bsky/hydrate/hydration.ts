import type { AppBskyActorDefsProfileViewBasic, AppBskyFeedDefsPostView, Typed } from '../../lexicon/types.js'
import type { ReadContext } from '../context.js'
import type { Actor } from './actors.js'
import type { MediaUrls } from './media-urls.js'
import type { PostViewer } from './post-viewers.js'
import type { Post } from './posts.js'
import type { Recent } from './recent.js'
import { pairKey, type Relationship } from './relationships.js'
import type { Trust } from './trust.js'
import type { Generator, Labeler, List, StarterPack } from './things.js'

/** A repost, as a feed tells of it. */
export interface Repost {
  uri: string
  cid: string
  did: string
  subject: string
  indexedAt: number
}

/** Whom of those that the viewer follows follow an actor, too. */
export interface KnownFollowers {
  count: number
  dids: readonly string[]
}

/**
 * Everything that the views of one answer are made of, read beforehand. What is not in it is not there. Views are pure
 * functions of it.
 */
export class Hydration {
  readonly actors = new Map<string, Actor>()
  /** How the viewer stands to actors; empty when nobody is looking. */
  readonly relationships = new Map<string, Relationship>()
  /** Pairs of actors with a block between them (`pairKey`). */
  readonly blocks = new Set<string>()
  readonly posts = new Map<string, Post>()
  readonly postViewers = new Map<string, PostViewer>()
  readonly reposts = new Map<string, Repost>()
  readonly lists = new Map<string, List>()
  readonly generators = new Map<string, Generator>()
  readonly starterPacks = new Map<string, StarterPack>()
  readonly labelers = new Map<string, Labeler>()
  /** The viewer's own likes of generators and labelers, by what they like. */
  readonly likes = new Map<string, string>()
  /** The viewer's list blocks, by list, and the lists that it mutes. */
  readonly listBlocks = new Map<string, string>()
  readonly listMutes = new Set<string>()
  /** Lists named by threadgates that the viewer is on. */
  readonly memberOf = new Set<string>()
  readonly knownFollowers = new Map<string, KnownFollowers>()
  readonly counts = new Map<string, ActorCounts>()

  /** Views that many others have in them, made once. */
  readonly made = {
    authors: new Map<string, AppBskyActorDefsProfileViewBasic | undefined>(),
    posts: new Map<string, AppBskyFeedDefsPostView | undefined>(),
    typedPosts: new Map<string, Typed<AppBskyFeedDefsPostView>>(),
  }

  constructor(
    readonly context: ReadContext,
    readonly urls: MediaUrls,
    readonly trust: Trust,
    /** Views of actors from earlier answers to this viewer, with what they were made of. */
    readonly authors: Recent<KeptAuthor>,
  ) {}

  /** Whether there is a block between two actors who meet on the page. */
  areBlocked(a: string, b: string): boolean {
    return this.blocks.size > 0 && this.blocks.has(pairKey(a, b))
  }
}

export interface KeptAuthor {
  actor: Actor
  standing: Relationship
  view: AppBskyActorDefsProfileViewBasic
}

/** What an actor has, counted. */
export interface ActorCounts {
  followers: number
  follows: number
  posts: number
  lists: number
  generators: number
  starterPacks: number
}
