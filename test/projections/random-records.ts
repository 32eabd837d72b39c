/** Records of every kind that is projected, and of some that are not, by chance but the same for the same seed. */
import { Cid, encodeCbor } from '../../src/repo-engine/index.js'

/** Chance that can be had again: mulberry32. */
export class Chance {
  constructor(private state: number) {}

  /** At least 0, less than 1. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0
    let t = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }

  below(n: number): number {
    return Math.floor(this.next() * n)
  }

  is(probability: number): boolean {
    return this.next() < probability
  }

  of<T>(all: readonly T[]): T {
    return all[this.below(all.length)]!
  }

  /** Up to `most` of them, some perhaps twice. */
  some<T>(all: readonly T[], most: number): T[] {
    return Array.from({ length: this.below(most + 1) }, () => this.of(all))
  }
}

type Json = Record<string, unknown>

const CID = Cid.ofCbor(encodeCbor({})).toString()
const BLOB = {
  $type: 'blob',
  ref: { $link: 'bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku' },
  mimeType: 'image/png',
  size: 100,
}
/** Few, so that records meet: what is replied to, liked, gated or listed is often there, often gone, often comes later. */
const KEYS = ['3kaaaaaaaaa2a', '3kaaaaaaaab2b', '3kaaaaaaaac2c', '3kaaaaaaaad2d']
const WORDS = [
  'quokka',
  'Größe',
  'naïve',
  'running',
  '日本',
  'ß',
  'Hello',
  'hello',
  '🎈',
  '\u0000',
  '#tag',
  'https://example.com/a',
]
const TAGS = ['atproto', 'Größe', 'x']
const LANGS = ['en', 'de-AT', 'ja']

/** Everything that stands under such a key, more often what others depend on. */
const ALL = [
  ...['feed.post', 'feed.post', 'feed.post', 'feed.post', 'feed.post', 'feed.like', 'feed.like', 'feed.repost'],
  ...['feed.repost', 'feed.threadgate', 'feed.threadgate', 'feed.postgate', 'feed.generator', 'graph.follow'],
  ...['graph.follow', 'graph.block', 'graph.listblock', 'graph.list', 'graph.listitem', 'graph.listitem'],
  ...['graph.starterpack', 'graph.verification', 'graph.referencelistoptout', 'note'],
]
/** What has to do with each other: one history in five is about everything, the others about one of these alone. */
const THEMES = [
  [
    'feed.post',
    'feed.post',
    'feed.post',
    'feed.threadgate',
    'feed.threadgate',
    'graph.follow',
    'graph.listitem',
    'graph.list',
  ],
  ['feed.post', 'feed.post', 'feed.like', 'feed.repost', 'feed.postgate', 'feed.generator', 'graph.list'],
  ['graph.list', 'graph.listitem', 'graph.listblock', 'graph.starterpack', 'graph.block', 'graph.follow'],
  ['graph.verification', 'graph.verification', 'graph.follow', 'note'],
]
const SELVES = [
  ...['app.bsky.actor.profile', 'app.bsky.actor.profile', 'app.bsky.actor.status', 'app.bsky.labeler.service'],
  ...[
    'app.bsky.notification.declaration',
    'chat.bsky.actor.declaration',
    'app.bsky.actor.contentVisibilityDeclaration',
  ],
]

/** Writes records about each other for some actors, a few of whom may be nowhere. */
export class RandomRecords {
  private readonly collections: readonly string[]
  private readonly keys: readonly string[]

  constructor(
    private readonly chance: Chance,
    private readonly dids: readonly string[],
    private readonly handles: readonly string[],
    seed: number,
  ) {
    this.collections = [ALL, ...THEMES][seed % (THEMES.length + 1)]!
    this.keys = this.collections === ALL ? KEYS : KEYS.slice(0, 2)
  }

  /** Where a record may stand. */
  path(): string {
    const { chance } = this
    if (chance.is(0.15)) return `${chance.of(SELVES)}/self`
    const name = chance.of(this.collections)
    return `${name === 'note' ? 'com.example.note' : `app.bsky.${name}`}/${chance.of(this.keys)}`
  }

  /** A record for that place in somebody's repository; one in twenty is not what its lexicon says. */
  record(path: string, did: string): Json {
    const [collection, rkey] = path.split('/') as [string, string]
    const made = { $type: collection, createdAt: this.time(), ...this.fields(collection, rkey, did) }
    return this.chance.is(0.05) ? { ...made, createdAt: 'yesterday', text: 7, subject: 7 } : made
  }

  private fields(collection: string, rkey: string, did: string): Json {
    const { chance } = this
    const name = collection.split('.').at(-1)!
    switch (name) {
      case 'post':
        return this.post()
      case 'like':
      case 'repost':
        return { subject: this.likeable(), ...(chance.is(0.3) && { via: this.ref('app.bsky.feed.repost') }) }
      case 'follow':
      case 'block':
        return { subject: this.did() }
      case 'listblock':
        return { subject: this.uri('app.bsky.graph.list') }
      case 'list': {
        const purpose = `app.bsky.graph.defs#${chance.of(['modlist', 'curatelist', 'referencelist'])}`
        return { name: this.words(2) || 'list', purpose, description: this.words(4) }
      }
      case 'listitem':
        return { subject: this.did(), list: this.uri('app.bsky.graph.list', chance.is(0.8) ? did : undefined) }
      case 'starterpack':
        return { name: 'pack', list: this.uri('app.bsky.graph.list'), description: this.words(3) }
      case 'generator':
        return { did: this.did(), displayName: this.words(2) || 'feed', description: this.words(3) }
      case 'threadgate':
        return this.threadgate(rkey, did)
      case 'postgate':
        return this.postgate(rkey, did)
      case 'verification':
        return { subject: this.did(), handle: chance.of(this.handles), displayName: this.words(1) }
      case 'profile':
        return this.profile()
      case 'status':
        return { status: 'app.bsky.actor.status#live', durationMinutes: 1 + chance.below(100) }
      case 'service':
        return { policies: { labelValues: chance.some(['spam', 'rude'], 2) } }
      case 'declaration':
        return collection.startsWith('chat')
          ? { allowIncoming: chance.of(['all', 'none', 'following']) }
          : { allowSubscriptions: chance.of(['followers', 'mutuals', 'none']) }
      case 'contentVisibilityDeclaration':
        return { hideFromAlgorithmicRecommendations: chance.is(0.5) }
      case 'referencelistoptout':
        return { subject: this.uri('app.bsky.graph.list') }
      default:
        return { text: this.words(2), about: this.uri('app.bsky.feed.post'), who: [this.did(), { to: this.did() }] }
    }
  }

  private post(): Json {
    const { chance } = this
    const root = this.ref('app.bsky.feed.post')
    const facet = (feature: Json): Json => ({
      index: { byteStart: chance.below(4), byteEnd: chance.below(400) },
      features: [feature],
    })
    return {
      text: this.words(6),
      ...(chance.is(0.6) && { reply: { root, parent: chance.is(0.5) ? root : this.ref('app.bsky.feed.post') } }),
      ...(chance.is(0.5) && { embed: this.embed() }),
      ...(chance.is(0.4) && {
        facets: [
          facet({ $type: 'app.bsky.richtext.facet#mention', did: this.did() }),
          facet({ $type: 'app.bsky.richtext.facet#tag', tag: chance.of(TAGS) }),
          facet({ $type: 'app.bsky.richtext.facet#link', uri: 'https://example.com/b' }),
        ].slice(chance.below(3)),
      }),
      ...(chance.is(0.3) && { tags: chance.some(TAGS, 3) }),
      ...(chance.is(0.5) && { langs: chance.some(LANGS, 3) }),
      ...(chance.is(0.2) && {
        labels: { $type: 'com.atproto.label.defs#selfLabels', values: [{ val: 'porn' }] },
      }),
    }
  }

  private embed(): Json {
    const { chance } = this
    const media = chance.of<Json>([
      { $type: 'app.bsky.embed.images', images: [{ image: BLOB, alt: this.words(2) }] },
      {
        $type: 'app.bsky.embed.external',
        external: { uri: 'https://example.com/c', title: this.words(2), description: this.words(2) },
      },
    ])
    const quoted = chance.of([
      'app.bsky.feed.post',
      'app.bsky.feed.post',
      'app.bsky.graph.list',
      'app.bsky.feed.generator',
    ])
    const record = { $type: 'app.bsky.embed.record', record: this.ref(quoted) }
    return chance.of<Json>([media, record, record, { $type: 'app.bsky.embed.recordWithMedia', record, media }])
  }

  private threadgate(rkey: string, did: string): Json {
    const { chance } = this
    const rules: Json[] = [
      { $type: 'app.bsky.feed.threadgate#mentionRule' },
      { $type: 'app.bsky.feed.threadgate#followingRule' },
      { $type: 'app.bsky.feed.threadgate#followerRule' },
      { $type: 'app.bsky.feed.threadgate#listRule', list: this.uri('app.bsky.graph.list', did) },
    ]
    const hiddenReplies = chance.some(this.dids, 2).map((by) => this.uri('app.bsky.feed.post', by))
    return {
      post: chance.is(0.95) ? `at://${did}/app.bsky.feed.post/${rkey}` : this.uri('app.bsky.feed.post'),
      ...(chance.is(0.8) && { allow: chance.some(rules, 2) }),
      ...(chance.is(0.5) && { hiddenReplies }),
    }
  }

  private postgate(rkey: string, did: string): Json {
    const { chance } = this
    return {
      post: chance.is(0.95) ? `at://${did}/app.bsky.feed.post/${rkey}` : this.uri('app.bsky.feed.post'),
      ...(chance.is(0.5) && { embeddingRules: [{ $type: 'app.bsky.feed.postgate#disableRule' }] }),
      ...(chance.is(0.5) && {
        detachedEmbeddingUris: chance.some(this.dids, 2).map((by) => this.uri('app.bsky.feed.post', by)),
      }),
    }
  }

  private profile(): Json {
    const { chance } = this
    return {
      displayName: this.words(2),
      description: this.words(5),
      ...(chance.is(0.4) && { joinedViaStarterPack: this.ref('app.bsky.graph.starterpack') }),
      ...(chance.is(0.4) && { pinnedPost: this.ref('app.bsky.feed.post') }),
    }
  }

  /** Mostly something of these actors, now and then of nobody's. */
  private likeable(): Json {
    return this.ref(this.chance.of(['app.bsky.feed.post', 'app.bsky.feed.post', 'app.bsky.feed.generator']))
  }

  private ref(collection: string): Json {
    return { uri: this.uri(collection), cid: CID }
  }

  private uri(collection: string, did = this.did()): string {
    return `at://${did}/${collection}/${this.chance.of(this.keys)}`
  }

  private did(): string {
    return this.chance.is(0.05) ? 'did:web:nobody.test' : this.chance.of(this.dids)
  }

  private words(most: number): string {
    return this.chance.some(WORDS, most).join(' ')
  }

  /** Any time that a record may claim, most of them in the days of the test. */
  private time(): string {
    const { chance } = this
    if (chance.is(0.1))
      return chance.of(['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z', '1985-04-12T23:20:50.12345Z'])
    return new Date(Date.UTC(2026, 0, 1) + chance.below(1_000_000_000)).toISOString()
  }
}
