/** What they do to each other, and how they stand with the world. */
import { expect } from '@jest/globals'
import { Database } from '../../../src/modules/database/database.js'
import type { NewLabel } from '../../../src/modules/moderation/label-row.js'
import { Labels } from '../../../src/modules/moderation/labels.js'
import type { Cast, Person } from './cast.js'
import type { Chapter } from './story.js'
import { CARD } from './writings.js'

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
  const about = await cast.ask('nobody', 'com.atproto.label.queryLabels', { uriPatterns: ['dan', 'alice/photo'] })
  expect(about.labels.map(({ val }: { val: string }) => val).sort()).toEqual(['cat', 'spam'])

  const dan = { $type: 'com.atproto.admin.defs#repoRef' as const, did: cast.did('dan') }
  await operator.com.atproto.admin.updateSubjectStatus({ subject: dan, takedown: { applied: true } })
  expect(await cast.ask('bob', 'app.bsky.actor.getProfile', { actor: 'dan' })).toBe('400 AccountTakedown')
  expect((await cast.ask('bob', 'app.bsky.feed.getPosts', { uris: ['dan/noise'] })).posts).toEqual([])
  await operator.com.atproto.admin.updateSubjectStatus({ subject: dan, takedown: { applied: false } })
  expect(await cast.ask('bob', 'app.bsky.actor.getProfile', { actor: 'dan' })).toMatchObject({ did: 'dan' })
}

/** A pinned post, a starter pack joined, verifications, somebody live, and what people declare. */
export async function standing({ cast, records }: Chapter): Promise<void> {
  await records.edit('alice/profile', { pinnedPost: records.ref('alice/photo') })
  await records.edit('carla/profile', { joinedViaStarterPack: records.ref('bob/start') })
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
  await records.edit('alice/profile', { displayName: 'Alice II' })
  expect(await status('alice')).toBe('invalid')
  await records.edit('alice/profile', { displayName: 'Alice' })
  expect(await status('alice')).toBe('valid')
  await records.remove('bob/verifies carla')
  expect(await status('carla')).toBeUndefined()
  await records.put('carla', 'status', 'app.bsky.actor.status', 'self', {
    status: 'app.bsky.actor.status#live',
    durationMinutes: 240,
    embed: CARD,
  })
  await records.put('alice', 'chats', 'chat.bsky.actor.declaration', 'self', { allowIncoming: 'following' })
  await records.put('dan', 'tells nobody', 'app.bsky.notification.declaration', 'self', { allowSubscriptions: 'none' })
  await records.put('alice', 'article', 'site.standard.document', 'cats', {
    title: 'On cats',
    site: 'https://cats.example',
    textContent: 'They sleep.',
  })
}

async function label({ server, names }: Cast, label: Omit<NewLabel, 'src'> & { src: string }): Promise<void> {
  const labels = server.app.get(Labels, { strict: false })
  await server.app.get(Database, { strict: false }).write((tx) => labels.apply(tx, [names.meant(label) as NewLabel]))
}
