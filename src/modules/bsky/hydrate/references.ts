import { collectionOf, didOf } from '../../../projections/at-uri.js'
import { GENERATOR, LABELER, LIST, POST, STARTER_PACK } from '../../lexicon/collections.js'
import type { AppBskyFeedPost } from '../../lexicon/types.js'
import type { Wanted } from './hydrator.js'
import type { Post } from './posts.js'

/** What a post embeds by reference: none or one at-uri today, whatever its collection. */
function embedsOf({ embed }: Pick<AppBskyFeedPost, 'embed'>): string[] {
  if (embed?.$type === 'app.bsky.embed.record') return [embed.record.uri]
  if (embed?.$type === 'app.bsky.embed.recordWithMedia') return [embed.record.record.uri]
  return []
}

/** What is found on the way through the posts of an answer, to be read next. */
export class References {
  readonly lists: Set<string>
  readonly generators: Set<string>
  readonly starterPacks: Set<string>
  /** At-uris of labelers' service records. */
  readonly labelers: Set<string>
  /** Lists that threadgates name; among `lists`, too. */
  readonly gateLists = new Set<string>()
  /** Authors of posts that are answered, whether these are here or not. */
  readonly answered = new Set<string>()
  /** Pairs of authors of whom one answers or embeds the other; whom several meet comes first. */
  readonly meetings: [string, string][] = []

  constructor({ lists, generators, starterPacks, labelers }: Omit<Wanted, 'posts' | 'dids'>) {
    this.lists = new Set(lists)
    this.generators = new Set(generators)
    this.starterPacks = new Set(starterPacks)
    this.labelers = new Set([...(labelers ?? [])].map((did) => `at://${did}/${LABELER}/self`))
  }

  /** Notes whom a reply answers. */
  addAnswered({ did, replyParent, replyRoot }: Post): void {
    for (const uri of [replyParent, replyRoot]) {
      const author = uri && didOf(uri)
      if (!author) continue
      this.meetings.push([author, did])
      this.answered.add(author)
    }
  }

  /** Notes what a post embeds; gives the posts among it. */
  addEmbedded(post: Post): string[] {
    const posts: string[] = []
    for (const uri of embedsOf(post.value)) {
      const author = didOf(uri)
      if (author) this.meetings.push([author, post.did])
      const collection = collectionOf(uri)
      if (collection === POST) posts.push(uri)
      else if (collection === LIST) this.lists.add(uri)
      else if (collection === GENERATOR) this.generators.add(uri)
      else if (collection === STARTER_PACK) this.starterPacks.add(uri)
      else if (collection === LABELER) this.labelers.add(uri)
    }
    return posts
  }

  /** Notes the lists that the gate of a thread names. */
  addGate(root: Post | undefined): void {
    for (const rule of root?.threadgate?.value.allow ?? [])
      if (rule.$type === 'app.bsky.feed.threadgate#listRule') {
        this.gateLists.add(rule.list)
        this.lists.add(rule.list)
      }
  }
}
