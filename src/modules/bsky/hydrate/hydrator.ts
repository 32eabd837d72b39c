import { Injectable } from '@nestjs/common'
import type { Did } from '../../../repo-engine/index.js'
import { Clock } from '../../config/clock.js'
import { Config } from '../../config/config.js'
import type { ReadContext } from '../context.js'
import type { FeedItem } from '../views/post-view.js'
import { Hydration, type KeptAuthor } from './hydration.js'
import { MediaUrls } from './media-urls.js'
import { EveryReader } from './readers.js'
import { Recent } from './recent.js'
import { References } from './references.js'
import { trustOf } from './trust.js'

/** What is to be read for an answer. */
export interface Wanted {
  /** Actors of which a view is made. */
  dids?: Iterable<string>
  /** Posts of which a full view is made, with the viewer's state, their embeds and the gate of their thread. */
  posts?: Iterable<string>
  lists?: Iterable<string>
  generators?: Iterable<string>
  starterPacks?: Iterable<string>
  /** DIDs of labelers. */
  labelers?: Iterable<string>
}

/**
 * Reads everything that the views of a page need: one statement a table and layer. Posts come with what they embed and
 * with what that embeds; everything comes with its author, the author's standing with the viewer, and the blocks between
 * authors who meet in a reply or an embed.
 */
@Injectable()
export class Hydrator {
  /** By viewer, then by actor. */
  private readonly authors = new Recent<Recent<KeptAuthor>>(MAX_VIEWERS)

  constructor(
    private readonly readers: EveryReader,
    private readonly urls: MediaUrls,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** An empty hydration, to be filled. */
  begin(context: ReadContext): Hydration {
    const trust = trustOf(context, this.config, this.clock.now())
    const viewer = context.viewer ?? ''
    let authors = this.authors.get(viewer)
    if (!authors) this.authors.set(viewer, (authors = new Recent<KeptAuthor>(MAX_AUTHORS)))
    return new Hydration(context, this.urls, trust, authors)
  }

  /** A hydration with everything that is wanted. */
  async hydrate(context: ReadContext, wanted: Wanted): Promise<Hydration> {
    const hydration = this.begin(context)
    await this.add(hydration, wanted)
    return hydration
  }

  /** A hydration for lines of a feed: the posts with what they answer, and the reposts that bring them. */
  async hydrateFeed(context: ReadContext, items: readonly FeedItem[]): Promise<Hydration> {
    const hydration = this.begin(context)
    const { posts, reposts } = hydration
    const wanted = new Set(items.map(({ post }) => post))
    await this.readers.posts.fill(posts, wanted)
    for (const { post } of items) {
      const found = posts.get(post)
      if (!found?.replyParent || !found.replyRoot) continue
      wanted.add(found.replyParent)
      wanted.add(found.replyRoot)
    }
    await this.readers.things.fillReposts(
      reposts,
      items.flatMap(({ repost }) => repost ?? []),
    )
    await this.add(hydration, { posts: wanted, dids: [...reposts.values()].map(({ did }) => did) })
    return hydration
  }

  /** Adds to a hydration what is wanted and not there yet. */
  async add(h: Hydration, wanted: Wanted): Promise<void> {
    const shown = [...(wanted.posts ?? [])]
    const references = new References(wanted)
    await this.addPosts(h, shown, references)
    await this.addThings(h, references)
    const dids = new Set<string>(wanted.dids)
    for (const kind of [h.posts, h.lists, h.generators, h.starterPacks, h.labelers])
      for (const { did } of kind.values()) dids.add(did)
    for (const did of references.answered) dids.add(did)
    await this.addActors(h, dids)
    await this.readers.relationships.fillBlocks(h.blocks, references.meetings)
    if (h.context.viewer !== null) await this.addStanding(h, h.context.viewer, dids, shown, references)
  }

  /** The posts, what they embed, and what that embeds. The root of a thread comes along for its gate. */
  private async addPosts({ posts }: Hydration, shown: readonly string[], references: References): Promise<void> {
    const { readers } = this
    await readers.posts.fill(posts, shown)
    const roots = new Set<string>()
    for (const uri of shown) {
      const post = posts.get(uri)
      if (!post) continue
      references.addAnswered(post)
      if (post.replyRoot) roots.add(post.replyRoot)
    }
    let embedding = shown
    for (let depth = 0; depth < EMBED_DEPTH && embedding.length > 0; depth++) {
      const quoted: string[] = []
      for (const uri of embedding) {
        const post = posts.get(uri)
        if (post) quoted.push(...references.addEmbedded(post))
      }
      await readers.posts.fill(posts, depth === 0 ? [...quoted, ...roots] : quoted)
      embedding = quoted
    }
    for (const uri of [...shown, ...roots]) references.addGate(posts.get(uri))
  }

  /** What else is referred to, and what that refers to. */
  private async addThings(h: Hydration, { lists, generators, starterPacks, labelers }: References): Promise<void> {
    const { things } = this.readers
    await things.fillStarterPacks(h.starterPacks, [...starterPacks], h.trust.now)
    for (const uri of starterPacks) {
      const pack = h.starterPacks.get(uri)?.value
      if (!pack) continue
      lists.add(pack.list)
      for (const feed of pack.feeds ?? []) generators.add(feed.uri)
    }
    await things.fillLists(h.lists, [...lists])
    await things.fillGenerators(h.generators, [...generators])
    await things.fillLabelers(h.labelers, [...labelers])
  }

  /** The actors, those who label them, and those who vouch for them. */
  private async addActors({ actors, trust }: Hydration, dids: ReadonlySet<string>): Promise<void> {
    await this.readers.actors.fill(actors, trust.accepted.length === 0 ? dids : [...dids, ...trust.accepted])
    if (trust.verifiers.size === 0) return
    const issuers = [...dids].flatMap((did) => actors.get(did)?.verifications.map(({ issuer }) => issuer) ?? [])
    await this.readers.actors.fill(
      actors,
      issuers.filter((issuer) => trust.verifiers.has(issuer)),
    )
  }

  /** How the viewer stands to everything that is shown. */
  private async addStanding(
    h: Hydration,
    viewer: Did,
    dids: ReadonlySet<string>,
    shown: readonly string[],
    { gateLists }: References,
  ): Promise<void> {
    const { relationships, things, actors, postViewers } = this.readers
    await relationships.fill(h.relationships, viewer, dids)
    // The lists that stand between the viewer and an actor are shown with the actor.
    const between = new Set<string>()
    for (const { blockingByList, mutedByList } of h.relationships.values())
      for (const uri of [blockingByList, mutedByList]) if (uri !== null) between.add(uri)
    await things.fillLists(h.lists, [...between])
    await actors.fill(
      h.actors,
      [...between].flatMap((uri) => h.lists.get(uri)?.did ?? []),
    )
    await postViewers.fill(
      h.postViewers,
      viewer,
      shown.flatMap((uri) => h.posts.get(uri) ?? []),
    )
    const liked = [...h.generators.keys(), ...h.labelers.keys()]
    for (const [subject, uri] of await postViewers.pointing('bsky_like', viewer, liked)) h.likes.set(subject, uri)
    for (const uri of await relationships.listsWith(viewer, [...gateLists])) h.memberOf.add(uri)
    if (h.lists.size === 0) return
    const blocked = await postViewers.pointing('bsky_list_block', viewer, [...h.lists.keys()])
    for (const [list, uri] of blocked) h.listBlocks.set(list, uri)
    for (const uri of await relationships.mutedLists(viewer)) h.listMutes.add(uri)
  }
}

/** Views of a kilobyte, kept for each of so many viewers. */
const MAX_AUTHORS = 200
const MAX_VIEWERS = 100
/** A quoted post is shown with what it embeds, and no deeper. */
const EMBED_DEPTH = 2
