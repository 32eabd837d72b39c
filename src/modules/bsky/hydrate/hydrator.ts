import { Injectable } from '@nestjs/common'
import { Clock } from '../../config/clock.js'
import { Config } from '../../config/config.js'
import type { ReadContext } from '../context.js'
import type { FeedItem } from '../views/post-view.js'
import { Hydration } from './hydration.js'
import { MediaUrls } from './media-urls.js'
import { EveryReader } from './readers.js'
import { collectionOf, didOf, embedsOf } from './references.js'

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
  constructor(
    private readonly readers: EveryReader,
    private readonly urls: MediaUrls,
    private readonly config: Config,
    private readonly clock: Clock,
  ) {}

  /** An empty hydration, to be filled. */
  begin(context: ReadContext): Hydration {
    const labelers = new Set<string>([this.config.serviceDid, ...this.config.labelers, ...(context.labelers ?? [])])
    return new Hydration(context, this.urls, {
      labelers,
      verifiers: this.config.trustedVerifiers,
      now: this.clock.now(),
    })
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
  async add(hydration: Hydration, wanted: Wanted): Promise<void> {
    const { actors, posts, relationships, lists, generators, starterPacks, labelers } = hydration
    const { viewer } = hydration.context
    const { readers } = this
    const layer = [...(wanted.posts ?? [])]
    await readers.posts.fill(posts, layer)
    const meetings: [string, string][] = []
    const references = {
      posts: new Set<string>(),
      lists: new Set(wanted.lists),
      generators: new Set(wanted.generators),
    }
    const packs = new Set(wanted.starterPacks)
    const labelerUris = new Set([...(wanted.labelers ?? [])].map(labelerUri))
    // What posts embed, and what that embeds. The root of a thread comes along for its gate.
    let embedding = layer
    for (let depth = 0; depth < EMBED_DEPTH && embedding.length > 0; depth++) {
      const next: string[] = []
      for (const uri of embedding) {
        const post = posts.get(uri)
        if (!post) continue
        if (depth === 0 && post.replyRoot) references.posts.add(post.replyRoot)
        for (const target of embedsOf(post.value)) {
          const author = didOf(target)
          if (author) meetings.push([author, post.did])
          const collection = collectionOf(target)
          if (collection === 'app.bsky.feed.post') next.push(target)
          else if (collection === 'app.bsky.graph.list') references.lists.add(target)
          else if (collection === 'app.bsky.feed.generator') references.generators.add(target)
          else if (collection === 'app.bsky.graph.starterpack') packs.add(target)
          else if (collection === 'app.bsky.labeler.service') labelerUris.add(target)
        }
      }
      await readers.posts.fill(posts, depth === 0 ? [...next, ...references.posts] : next)
      embedding = next
    }
    // The lists that a thread's gate names are shown with it.
    const gateLists = new Set<string>()
    for (const uri of [...layer, ...references.posts])
      for (const rule of posts.get(uri)?.threadgate?.value.allow ?? [])
        if (rule.$type === 'app.bsky.feed.threadgate#listRule') gateLists.add(rule.list)
    for (const uri of gateLists) references.lists.add(uri)
    await readers.things.fillStarterPacks(starterPacks, [...packs], hydration.trust.now)
    for (const uri of packs) {
      const pack = starterPacks.get(uri)
      if (!pack) continue
      references.lists.add(pack.value.list)
      for (const feed of pack.value.feeds ?? []) references.generators.add(feed.uri)
    }
    await readers.things.fillLists(lists, [...references.lists])
    await readers.things.fillGenerators(generators, [...references.generators])
    await readers.things.fillLabelers(labelers, [...labelerUris])

    const dids = new Set<string>(wanted.dids)
    for (const { did } of posts.values()) dids.add(did)
    for (const kind of [lists, generators, starterPacks, labelers]) for (const { did } of kind.values()) dids.add(did)
    for (const uri of layer) {
      const post = posts.get(uri)
      if (!post) continue
      for (const other of [post.replyParent, post.replyRoot]) {
        const author = other && didOf(other)
        if (author) {
          meetings.push([author, post.did])
          dids.add(author)
        }
      }
    }
    await readers.actors.fill(actors, dids)
    const issuers = [...dids].flatMap((did) => actors.get(did)?.verifications.map(({ issuer }) => issuer) ?? [])
    await readers.actors.fill(
      actors,
      issuers.filter((issuer) => hydration.trust.verifiers.has(issuer)),
    )
    await readers.relationships.fillBlocks(hydration.blocks, meetings)
    if (viewer === null) return
    await readers.relationships.fill(relationships, viewer, dids)
    // The lists that stand between the viewer and an actor are shown with the actor.
    const between = [...relationships.values()].flatMap(({ blockingByList, mutedByList }) =>
      [blockingByList, mutedByList].filter((uri) => uri !== null),
    )
    await readers.things.fillLists(lists, [...new Set(between)])
    await readers.actors.fill(
      actors,
      between.flatMap((uri) => lists.get(uri)?.did ?? []),
    )
    const shown = layer.flatMap((uri) => posts.get(uri) ?? [])
    await readers.postViewers.fill(hydration.postViewers, viewer, shown)
    const liked = [...generators.keys(), ...labelers.keys()]
    for (const [subject, uri] of await readers.postViewers.pointing('bsky_like', viewer, liked))
      hydration.likes.set(subject, uri)
    for (const [subject, uri] of await readers.postViewers.pointing('bsky_list_block', viewer, [...lists.keys()]))
      hydration.listBlocks.set(subject, uri)
    for (const uri of await readers.relationships.listsWith(viewer, [...gateLists])) hydration.memberOf.add(uri)
    if (lists.size > 0) for (const uri of await readers.relationships.mutedLists(viewer)) hydration.listMutes.add(uri)
  }
}

/** A quoted post is shown with what it embeds, and no deeper. */
const EMBED_DEPTH = 2

const labelerUri = (did: string): string => `at://${did}/app.bsky.labeler.service/self`
