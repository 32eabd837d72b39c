/** What happens in the community, chapter by chapter. Every record has a name, by which the checks know it. */
import { expect } from '@jest/globals'
import { Database } from '../../../src/modules/database/database.js'
import { Labels, type NewLabel } from '../../../src/modules/moderation/labels.js'
import type { Cast, Person } from './cast.js'
import { Records } from './records.js'

const SITE = 'https://cats.example/'
const FACET = 'app.bsky.richtext.facet'
const THREADGATE = 'app.bsky.feed.threadgate'

/** An image or video that nobody has uploaded: records may come before their blobs. */
function blob(mimeType: string): object {
  const $link = 'bafkreibjfgx2gprinfvicegelk5kosd6y2frmqpqzwqkg7usac74l3t2v4'
  return { $type: 'blob', ref: { $link }, mimeType, size: 1234 }
}

const image = (alt: string): object => ({ image: blob('image/jpeg'), alt, aspectRatio: { width: 4, height: 3 } })
const images = (...alts: string[]): object => ({ $type: 'app.bsky.embed.images', images: alts.map(image) })
const external = { $type: 'app.bsky.embed.external', external: { uri: SITE, title: 'Cats', description: 'All of them' } }

/** A facet over the first place of some words. */
function facet(text: string, words: string, feature: object): object {
  const byteStart = Buffer.from(text.slice(0, text.indexOf(words))).length
  return { index: { byteStart, byteEnd: byteStart + Buffer.from(words).length }, features: [feature] }
}

export class Story {
  readonly records: Records

  constructor(private readonly cast: Cast) {
    this.records = new Records(cast)
  }

  async tell(): Promise<void> {
    await this.people()
    await this.threads()
    await this.lists()
    await this.embeds()
    await this.reactions()
    await this.threadgates()
    await this.postgates()
    await this.conflicts()
    await this.labels()
    await this.standing()
    await this.privately()
    await this.changes()
    await this.lastWords()
  }

  /** Profiles, and who follows whom. Erin has no profile. */
  private async people(): Promise<void> {
    const { records } = this
    const profile = (person: Person, displayName: string, description: string, more = {}): Promise<unknown> =>
      records.put(person, 'profile', 'app.bsky.actor.profile', 'self', { displayName, description, ...more })
    await profile('alice', 'Alice', 'Writes about cats', { avatar: blob('image/png'), banner: blob('image/png') })
    await profile('bob', 'Bob', 'Makes feeds')
    const labels = { $type: 'com.atproto.label.defs#selfLabels', values: [{ val: '!no-unauthenticated' }] }
    await profile('carla', 'Carla Ärmel', 'Schreibt über Katzen', { labels })
    await profile('dan', 'Dan', 'Makes noise')
    await records.follow('alice', 'bob')
    await records.follow('alice', 'carla')
    await records.follow('bob', 'alice')
    await records.follow('bob', 'dan')
    await records.follow('carla', 'alice')
    await records.follow('carla', 'bob')
    await records.follow('dan', 'alice')
    await records.follow('erin', 'alice')
    await records.follow('erin', 'bob')
  }

  /** alice/hello ← bob/hi ← carla/hi ← alice/thanks; and beside bob's alice/more, dan/noise, erin/wave. */
  private async threads(): Promise<void> {
    const { records, cast } = this
    const text = 'Hello @bob.test, see cats.example #cats'
    await records.post('alice', 'hello', text, {
      facets: [
        facet(text, '@bob.test', { $type: `${FACET}#mention`, did: cast.did('bob') }),
        facet(text, 'cats.example', { $type: `${FACET}#link`, uri: SITE }),
        facet(text, '#cats', { $type: `${FACET}#tag`, tag: 'cats' }),
      ],
    })
    await records.reply('bob', 'hi', 'Hi to alice', 'alice/hello')
    await records.reply('carla', 'hi', 'Hi to bob', 'bob/hi', 'alice/hello')
    await records.reply('alice', 'thanks', 'Thanks carla', 'carla/hi', 'alice/hello')
    await records.reply('alice', 'more', 'More about cats', 'alice/hello')
    await records.reply('dan', 'noise', 'Noise below', 'alice/hello')
    await records.reply('erin', 'wave', 'Waving', 'alice/hello')
  }

  /** Lists of each kind, a feed generator, a starter pack, a labeler. */
  private async lists(): Promise<void> {
    const { records, cast } = this
    const list = (author: Person, label: string, purpose: string): Promise<unknown> =>
      records.create(author, label, 'app.bsky.graph.list', { name: label, purpose: `app.bsky.graph.defs#${purpose}` })
    await list('alice', 'friends', 'curatelist')
    await records.addTo('alice/friends', 'bob', 'carla', 'dan')
    await list('alice', 'noisy', 'modlist')
    await records.addTo('alice/noisy', 'dan')
    await list('bob', 'newcomers', 'referencelist')
    await records.addTo('bob/newcomers', 'alice', 'carla', 'dan')
    await records.create('bob', 'cats', 'app.bsky.feed.generator', {
      did: cast.generator.did,
      displayName: 'Cats',
      description: 'Only cats',
    })
    await records.create('bob', 'start', 'app.bsky.graph.starterpack', {
      name: 'Start with cats',
      list: 'bob/newcomers',
      feeds: [{ uri: 'bob/cats' }],
    })
    await records.put('carla', 'labeler', 'app.bsky.labeler.service', 'self', {
      policies: { labelValues: ['spam', 'cat'] },
    })
  }

  /** Every kind of embed, and quotes of every kind of record. */
  private async embeds(): Promise<void> {
    const { records } = this
    const labels = { $type: 'com.atproto.label.defs#selfLabels', values: [{ val: 'graphic-media' }] }
    await records.post('alice', 'photo', 'Photo of cats', { embed: images('a cat asleep', 'a cat awake'), labels })
    await records.post('bob', 'video', 'Video of dogs', {
      embed: { $type: 'app.bsky.embed.video', video: blob('video/mp4'), alt: 'a dog' },
    })
    await records.post('carla', 'link', 'Katzen überall', { langs: ['de'], tags: ['cats'], embed: external })
    await records.quote('bob', 'quote', 'Look here', 'alice/photo')
    const record = { $type: 'app.bsky.embed.record', record: records.ref('alice/photo') }
    const embed = { $type: 'app.bsky.embed.recordWithMedia', record, media: images('another cat') }
    await records.post('carla', 'quote', 'Mine is nicer', { embed })
    await records.quote('carla', 'on lists', 'Good people', 'alice/friends')
    await records.quote('alice', 'on feeds', 'Good feed', 'bob/cats')
    await records.quote('bob', 'on packs', 'Good start', 'bob/start')
    await records.quote('bob', 'on labelers', 'Good labels', 'carla/labeler')
    await records.quote('carla', 'on quotes', 'Quoting bob quoting alice', 'bob/quote')
  }

  private async reactions(): Promise<void> {
    const { records } = this
    await records.repost('bob', 'alice/hello')
    await records.repost('dan', 'alice/hello', 'bob/reposts alice/hello')
    await records.repost('carla', 'alice/photo')
    await records.like('bob', 'alice/hello')
    await records.like('carla', 'alice/hello', 'bob/reposts alice/hello')
    await records.like('dan', 'alice/hello')
    await records.like('erin', 'alice/hello')
    await records.like('alice', 'bob/hi')
    await records.like('bob', 'carla/link')
    await records.like('alice', 'bob/cats')
    await records.like('alice', 'carla/labeler')
  }

  /** One gate with each rule. Replies of the others are there, but not in the thread. */
  private async threadgates(): Promise<void> {
    const { records, cast } = this
    const gated = async (name: string, rules: object[], more = {}): Promise<void> => {
      const [author, label] = name.split('/') as [Person, string]
      await records.post(author, label, `Gated for ${label}`, more)
      await records.gate('threadgate', name, { allow: rules })
    }
    const rule = (kind: string, more = {}): object => ({ $type: `${THREADGATE}#${kind}Rule`, ...more })
    const mention = facet('Gated', 'Gated', { $type: `${FACET}#mention`, did: cast.did('dan') })
    await gated('bob/mentioned', [rule('mention')], { facets: [mention] })
    await gated('bob/followers', [rule('follower')])
    await gated('alice/followed', [rule('following')])
    await gated('alice/listed', [rule('list', { list: 'alice/friends' })])
    await gated('bob/nobody', [])
    await records.reply('dan', 'as mentioned', 'As mentioned', 'bob/mentioned')
    await records.reply('carla', 'not mentioned', 'Not mentioned', 'bob/mentioned')
    await records.reply('carla', 'as follower', 'As follower', 'bob/followers')
    await records.reply('dan', 'no follower', 'No follower', 'bob/followers')
    await records.reply('bob', 'as followed', 'As followed', 'alice/followed')
    await records.reply('dan', 'not followed', 'Not followed', 'alice/followed')
    await records.reply('carla', 'as listed', 'As listed', 'alice/listed')
    await records.reply('erin', 'not listed', 'Not listed', 'alice/listed')
    await records.reply('alice', 'as nobody', 'As nobody', 'bob/nobody')
    await records.reply('bob', 'own', 'Own thread', 'bob/nobody')
    await records.gate('threadgate', 'alice/hello', { hiddenReplies: [records.ref('dan/noise').uri] })
  }

  private async postgates(): Promise<void> {
    const { records } = this
    await records.post('alice', 'unquotable', 'Unquotable')
    await records.gate('postgate', 'alice/unquotable', {
      embeddingRules: [{ $type: 'app.bsky.feed.postgate#disableRule' }],
    })
    await records.quote('bob', 'quoted anyway', 'Anyway', 'alice/unquotable')
    await records.gate('postgate', 'alice/photo', { detachedEmbeddingUris: [records.ref('carla/quote').uri] })
  }

  /** Dan is muted by alice, muted by list by bob, blocked by list by carla, whom he blocks. */
  private async conflicts(): Promise<void> {
    const { records, cast } = this
    const timeline = async (viewer: Person): Promise<string[]> => {
      const { feed } = await cast.ask(viewer, 'app.bsky.feed.getTimeline', { limit: 100 })
      return feed.map(({ post, reason }: { post: { uri: string }; reason?: { uri?: string } }) => reason?.uri ?? post.uri)
    }
    expect(await timeline('bob')).toContain('dan/noise')
    await cast.tell('bob', 'app.bsky.graph.muteActorList', { list: 'alice/noisy' })
    expect(await timeline('bob')).not.toContain('dan/noise')
    await cast.tell('bob', 'app.bsky.graph.unmuteActorList', { list: 'alice/noisy' })
    expect(await timeline('bob')).toContain('dan/noise')
    await cast.tell('bob', 'app.bsky.graph.muteActorList', { list: 'alice/noisy' })

    await cast.tell('alice', 'app.bsky.graph.muteActor', { actor: 'bob' })
    expect(await timeline('alice')).not.toContain('bob/video')
    await cast.tell('alice', 'app.bsky.graph.unmuteActor', { actor: 'bob' })
    expect(await timeline('alice')).toContain('bob/video')
    await cast.tell('alice', 'app.bsky.graph.muteActor', { actor: 'dan' })

    expect(await timeline('alice')).toContain('carla/reposts alice/photo')
    await cast.tell('alice', 'app.bsky.graph.muteActor', { actor: 'carla', onlyReposts: true })
    expect(await timeline('alice')).not.toContain('carla/reposts alice/photo')

    await records.block('bob', 'alice')
    expect(await cast.ask('alice', 'app.bsky.feed.getAuthorFeed', { actor: 'bob' })).toBe('400 BlockedByActor')
    expect(await timeline('alice')).not.toContain('bob/video')
    await records.remove('bob/blocks alice')
    expect(await timeline('alice')).toContain('bob/video')
    await records.block('dan', 'carla')
    await records.create('carla', 'blocks noisy', 'app.bsky.graph.listblock', { subject: 'alice/noisy' })

    await cast.tell('carla', 'app.bsky.graph.muteThread', { root: 'bob/quote' })
    await cast.tell('carla', 'app.bsky.graph.unmuteThread', { root: 'bob/quote' })
    await cast.tell('carla', 'app.bsky.graph.muteThread', { root: 'alice/hello' })
  }

  /** The server's own labeler counts for everybody, carla's for those who accept it. Something is taken down. */
  private async labels(): Promise<void> {
    const { records, cast } = this
    await this.label({ src: 'labeler', uri: 'dan', val: 'spam' })
    await this.label({ src: 'carla', uri: 'alice/photo', val: 'cat', cid: records.ref('alice/photo').cid })
    await this.label({ src: 'labeler', uri: 'bob/video', val: 'spam' })
    await this.label({ src: 'labeler', uri: 'bob/video', val: 'spam', neg: true })
    await records.post('bob', 'bad', 'Badly wrong')
    await this.label({ src: 'labeler', uri: 'bob/bad', val: '!takedown' })
    await records.post('dan', 'worse', 'Worse than that')
    const operator = cast.operator()
    const strong = records.ref('dan/worse')
    const subject = { $type: 'com.atproto.repo.strongRef' as const, ...strong }
    await operator.com.atproto.admin.updateSubjectStatus({ subject, takedown: { applied: true, ref: 'case 1' } })
    const { data } = await operator.com.atproto.admin.getSubjectStatus({ uri: strong.uri })
    expect(data.takedown).toEqual({ applied: true, ref: 'case 1' })
    expect((await cast.ask('dan', 'app.bsky.feed.getPosts', { uris: ['dan/worse'] })).posts).toEqual([])

    const dan = { $type: 'com.atproto.admin.defs#repoRef' as const, did: cast.did('dan') }
    await operator.com.atproto.admin.updateSubjectStatus({ subject: dan, takedown: { applied: true } })
    expect(await cast.ask('bob', 'app.bsky.actor.getProfile', { actor: 'dan' })).toBe('400 AccountTakedown')
    expect((await cast.ask('bob', 'app.bsky.feed.getPosts', { uris: ['dan/noise'] })).posts).toEqual([])
    await operator.com.atproto.admin.updateSubjectStatus({ subject: dan, takedown: { applied: false } })
    expect(await cast.ask('bob', 'app.bsky.actor.getProfile', { actor: 'dan' })).toMatchObject({ did: 'dan' })
  }

  private async label(label: Record<keyof Pick<NewLabel, 'src' | 'uri' | 'val'>, string> & Partial<NewLabel>): Promise<void> {
    const { server, names } = this.cast
    const labels = server.app.get(Labels, { strict: false })
    await server.app.get(Database, { strict: false }).write((tx) => labels.apply(tx, [names.meant(label) as NewLabel]))
  }

  /** A pinned post, a starter pack joined, verifications, somebody live, and what people declare. */
  private async standing(): Promise<void> {
    const { records, cast } = this
    const profile = async (person: Person, more: object): Promise<void> => {
      const repo = cast.did(person)
      const key = { repo, collection: 'app.bsky.actor.profile', rkey: 'self' }
      const { value } = (await cast.client(person).com.atproto.repo.getRecord(key)).data
      await records.put(person, 'profile', 'app.bsky.actor.profile', 'self', { ...value, ...more })
    }
    await profile('alice', { pinnedPost: records.ref('alice/photo') })
    await profile('dan', { joinedViaStarterPack: records.ref('bob/start') })
    const verification = (issuer: Person, subject: Person, displayName: string): Promise<unknown> =>
      records.create(issuer, `verifies ${subject}`, 'app.bsky.graph.verification', {
        subject,
        handle: `${subject}.test`,
        displayName,
      })
    const status = async (actor: Person): Promise<string | undefined> =>
      (await cast.ask('nobody', 'app.bsky.actor.getProfile', { actor })).verification?.verifiedStatus
    await verification('bob', 'alice', 'Alice')
    await verification('bob', 'carla', 'Carla Ärmel')
    await verification('dan', 'carla', 'Carla Ärmel')
    await profile('alice', { displayName: 'Alice II' })
    expect(await status('alice')).toBe('invalid')
    await profile('alice', { displayName: 'Alice' })
    expect(await status('alice')).toBe('valid')
    await records.remove('bob/verifies carla')
    expect(await status('carla')).toBeUndefined()
    await records.put('carla', 'status', 'app.bsky.actor.status', 'self', {
      status: 'app.bsky.actor.status#live',
      durationMinutes: 240,
      embed: external,
    })
    await records.put('alice', 'chats', 'chat.bsky.actor.declaration', 'self', { allowIncoming: 'following' })
    await records.put('dan', 'tells nobody', 'app.bsky.notification.declaration', 'self', { allowSubscriptions: 'none' })
    await records.put('alice', 'article', 'site.standard.document', 'cats', {
      title: 'On cats',
      site: 'https://cats.example',
      textContent: 'They sleep.',
    })
  }

  /** What nobody else learns of. */
  private async privately(): Promise<void> {
    const { cast, records } = this
    for (const name of ['alice/hello', 'dan/as mentioned', 'carla/link'])
      await cast.tell('bob', 'app.bsky.bookmark.createBookmark', { ...records.ref(name) })
    await cast.tell('carla', 'app.bsky.bookmark.createBookmark', { ...records.ref('alice/hello') })
    await cast.tell('carla', 'app.bsky.bookmark.createBookmark', { ...records.ref('bob/hi') })
    await cast.tell('carla', 'app.bsky.bookmark.deleteBookmark', { uri: 'bob/hi' })
    const draft = (text: string): object => ({ posts: [{ text }] })
    const { id } = await cast.tell('alice', 'app.bsky.draft.createDraft', { draft: draft('First thoughts') })
    await cast.tell('alice', 'app.bsky.draft.updateDraft', { draft: { id, draft: draft('Second thoughts') } })
    const other = await cast.tell('alice', 'app.bsky.draft.createDraft', { draft: draft('Other thoughts') })
    const last = await cast.tell('alice', 'app.bsky.draft.createDraft', { draft: draft('No thoughts') })
    await cast.tell('alice', 'app.bsky.draft.deleteDraft', { id: last.id })
    cast.names.add('first draft', id)
    cast.names.add('other draft', other.id)
    const preferences = [
      { $type: 'app.bsky.actor.defs#adultContentPref', enabled: false },
      {
        $type: 'app.bsky.actor.defs#savedFeedsPrefV2',
        items: [{ id: '3', type: 'feed', value: 'bob/cats', pinned: true }],
      },
    ]
    await cast.tell('alice', 'app.bsky.actor.putPreferences', { preferences })
    await cast.tell('dan', 'app.bsky.notification.putPreferences', { priority: true })
    await cast.tell('bob', 'app.bsky.notification.putPreferencesV2', { like: { include: 'all', list: false, push: false } })
    const all = { post: true, reply: true }
    for (const subject of ['bob', 'alice'])
      await cast.tell('carla', 'app.bsky.notification.putActivitySubscription', { subject, activitySubscription: all })
    await cast.tell('carla', 'app.bsky.notification.putActivitySubscription', {
      subject: 'bob',
      activitySubscription: { post: true, reply: false },
    })
    const push = { serviceDid: 'did:web:push.example', token: 'token', platform: 'ios', appId: 'app' }
    await cast.tell('alice', 'app.bsky.notification.registerPush', push)
    await cast.tell('alice', 'app.bsky.notification.unregisterPush', push)
    await cast.tell('alice', 'app.bsky.feed.sendInteractions', {
      interactions: [{ item: 'alice/hello', event: 'app.bsky.feed.defs#interactionLike' }],
    })
  }

  /** Edits and deletes, and erin goes for good: nothing of hers is left. */
  private async changes(): Promise<void> {
    const { cast, records } = this
    await records.post('alice', 'mistake', 'Mistaken')
    await records.reply('bob', 'to a mistake', 'To a mistake', 'alice/mistake')
    await records.quote('carla', 'of a mistake', 'Of a mistake', 'alice/mistake')
    await records.like('dan', 'alice/mistake')
    await cast.tell('dan', 'app.bsky.bookmark.createBookmark', { ...records.ref('alice/mistake') })
    await records.remove('alice/mistake')
    const link = records.ref('carla/link').uri.split('/').at(-1)!
    const { value } = (await cast.client('carla').com.atproto.repo.getRecord({
      repo: cast.did('carla'),
      collection: 'app.bsky.feed.post',
      rkey: link,
    })).data
    await records.put('carla', 'link', 'app.bsky.feed.post', link, { ...value, text: 'Katzen immer' })
    await records.like('carla', 'bob/video')
    await records.remove('carla/likes bob/video')
    await records.repost('carla', 'bob/video')
    await records.remove('carla/reposts bob/video')
    await records.remove('bob/follows dan')
    await records.remove('alice/alice/friends dan')
    const passing = { name: 'passing', purpose: 'app.bsky.graph.defs#curatelist' }
    await records.create('alice', 'passing', 'app.bsky.graph.list', passing)
    await records.remove('alice/passing')
    await cast.tell('alice', 'app.bsky.notification.updateSeen', { seenAt: records.nextMoment() })

    expect(await cast.ask('nobody', 'app.bsky.actor.getProfile', { actor: 'alice' })).toMatchObject({ followersCount: 4 })
    await cast.operator().com.atproto.admin.deleteAccount({ did: cast.did('erin') })
    expect(await cast.ask('nobody', 'app.bsky.actor.getProfile', { actor: 'alice' })).toMatchObject({ followersCount: 3 })
  }

  /** Written now: subscriptions tell of what is written after them. */
  private async lastWords(): Promise<void> {
    const createdAt = new Date().toISOString()
    await this.records.reply('dan', 'last', 'Last noise', 'alice/more', 'alice/hello')
    await this.records.post('alice', 'news', 'News of cats', { createdAt })
  }
}

