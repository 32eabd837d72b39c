/** What they do to each other, what each keeps to itself, and what changes. */
import { expect } from '@jest/globals'
import { Database } from '../../../src/modules/database/database.js'
import { Labels, type NewLabel } from '../../../src/modules/moderation/labels.js'
import type { Cast, Person } from './cast.js'
import type { Chapter } from './story.js'

/** Dan is muted by alice, muted by list by bob, blocked by list by carla, whom he blocks. */
export async function conflicts({ cast, records }: Chapter): Promise<void> {
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
export async function labels({ cast, records }: Chapter): Promise<void> {
  await label(cast, { src: 'labeler', uri: 'dan', val: 'spam' })
  await label(cast, { src: 'carla', uri: 'alice/photo', val: 'cat', cid: records.ref('alice/photo').cid })
  await label(cast, { src: 'labeler', uri: 'bob/video', val: 'spam' })
  await label(cast, { src: 'labeler', uri: 'bob/video', val: 'spam', neg: true })
  await records.post('bob', 'bad', 'Badly wrong')
  await label(cast, { src: 'labeler', uri: 'bob/bad', val: '!takedown' })
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

/** A pinned post, a starter pack joined, verifications, somebody live, and what people declare. */
export async function standing({ cast, records }: Chapter): Promise<void> {
  const profile = async (person: Person, more: object): Promise<void> => {
    const repo = cast.did(person)
    const key = { repo, collection: 'app.bsky.actor.profile', rkey: 'self' }
    const { value } = (await cast.client(person).com.atproto.repo.getRecord(key)).data
    await records.put(person, 'profile', 'app.bsky.actor.profile', 'self', { ...value, ...more })
  }
  await profile('alice', { pinnedPost: records.ref('alice/photo') })
  await profile('carla', { joinedViaStarterPack: records.ref('bob/start') })
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
export async function privately({ cast, records }: Chapter): Promise<void> {
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
export async function changes({ cast, records }: Chapter): Promise<void> {
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
  await records.remove('alice/friends has dan')
  const passing = { name: 'passing', purpose: 'app.bsky.graph.defs#curatelist' }
  await records.create('alice', 'passing', 'app.bsky.graph.list', passing)
  await records.remove('alice/passing')

  expect(await cast.ask('nobody', 'app.bsky.actor.getProfile', { actor: 'alice' })).toMatchObject({ followersCount: 4 })
  await cast.operator().com.atproto.admin.deleteAccount({ did: cast.did('erin') })
  expect(await cast.ask('nobody', 'app.bsky.actor.getProfile', { actor: 'alice' })).toMatchObject({ followersCount: 3 })
}

/** Written now: subscriptions tell of what is written after them. */
export async function lastWords({ cast, records }: Chapter): Promise<void> {
  const createdAt = new Date().toISOString()
  await records.reply('dan', 'last', 'Last noise', 'alice/more', 'alice/hello')
  await records.post('alice', 'news', 'News of cats', { createdAt })
}

async function label(
  { server, names }: Cast,
  label: Omit<NewLabel, 'src'> & { src: string },
): Promise<void> {
  const labels = server.app.get(Labels, { strict: false })
  await server.app.get(Database, { strict: false }).write((tx) => labels.apply(tx, [names.meant(label) as NewLabel]))
}
