/** What is written in public: profiles, follows, threads, lists, embeds, reactions, gates. */
import { media, uploadMedia } from '../../support/media.js'
import { PEOPLE, type Person } from './cast.js'
import type { Chapter } from './story.js'

const SITE = 'https://cats.example/'
const FACET = 'app.bsky.richtext.facet'
const THREADGATE = 'app.bsky.feed.threadgate'

const image = (alt: string): object => ({ image: media('image/jpeg'), alt, aspectRatio: { width: 4, height: 3 } })
const images = (...alts: string[]): object => ({ $type: 'app.bsky.embed.images', images: alts.map(image) })
/** A link card. */
export const CARD = {
  $type: 'app.bsky.embed.external',
  external: { uri: SITE, title: 'Cats', description: 'All of them' },
}

/** A facet over the first place of some words. */
function facet(text: string, words: string, feature: object): object {
  const byteStart = Buffer.from(text.slice(0, text.indexOf(words))).length
  return { index: { byteStart, byteEnd: byteStart + Buffer.from(words).length }, features: [feature] }
}

/** Profiles, and who follows whom. Erin has no profile. */
export async function people({ cast, records }: Chapter): Promise<void> {
  for (const person of PEOPLE) await uploadMedia(cast.client(person), 'image/png', 'image/jpeg', 'video/mp4')
  const profile = (person: Person, displayName: string, description: string, more = {}): Promise<unknown> =>
    records.put(person, 'profile', 'app.bsky.actor.profile', 'self', { displayName, description, ...more })
  await profile('alice', 'Alice', 'Writes about cats', { avatar: media('image/png'), banner: media('image/png') })
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
export async function threads({ cast, records }: Chapter): Promise<void> {
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
export async function lists({ cast, records }: Chapter): Promise<void> {
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
    description: 'Mostly cats',
  })
  await records.create('bob', 'start', 'app.bsky.graph.starterpack', {
    name: 'Start with cats',
    list: 'bob/newcomers',
    feeds: [{ uri: 'bob/cats' }],
  })
  await records.put('carla', 'labeler', 'app.bsky.labeler.service', 'self', {
    policies: { labelValues: ['spam'] },
  })
}

/** Every kind of embed, and quotes of every kind of record. */
export async function embeds({ records }: Chapter): Promise<void> {
  const labels = { $type: 'com.atproto.label.defs#selfLabels', values: [{ val: 'graphic-media' }] }
  await records.post('alice', 'photo', 'Photo of cats', { embed: images('a cat asleep', 'a cat awake'), labels })
  await records.post('bob', 'video', 'Video of dogs', {
    embed: { $type: 'app.bsky.embed.video', video: media('video/mp4'), alt: 'a dog' },
  })
  await records.post('carla', 'link', 'Katzen überall', { langs: ['de'], tags: ['cats'], embed: CARD })
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

/** What alice is told up to here she has seen. */
export async function reactions({ cast, records }: Chapter): Promise<void> {
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
  await cast.tell('alice', 'app.bsky.notification.updateSeen', { seenAt: records.nextMoment() })
}

/** One gate with each rule. Replies of the others are there, but not in the thread. */
export async function threadgates({ cast, records }: Chapter): Promise<void> {
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

export async function postgates({ records }: Chapter): Promise<void> {
  await records.post('alice', 'unquotable', 'Unquotable')
  await records.gate('postgate', 'alice/unquotable', {
    embeddingRules: [{ $type: 'app.bsky.feed.postgate#disableRule' }],
  })
  await records.quote('bob', 'quoted anyway', 'Anyway', 'alice/unquotable')
  await records.gate('postgate', 'alice/photo', { detachedEmbeddingUris: [records.ref('carla/quote').uri] })
}
