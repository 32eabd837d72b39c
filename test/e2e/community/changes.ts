/** What does not stay as it was. */
import { expect } from '@jest/globals'
import type { Answer } from './cast.js'
import { thread } from './facts.js'
import type { Chapter } from './story.js'

/** A post goes from under a reply, a quote, a like and a bookmark. */
export async function mistakes({ cast, records }: Chapter): Promise<void> {
  await records.post('alice', 'mistake', 'Mistaken')
  await records.reply('bob', 'to a mistake', 'To a mistake', 'alice/mistake')
  await records.quote('carla', 'of a mistake', 'Of a mistake', 'alice/mistake')
  await records.like('dan', 'alice/mistake')
  await cast.tell('dan', 'app.bsky.bookmark.createBookmark', { ...records.ref('alice/mistake') })
  await records.remove('alice/mistake')
}

export async function edits({ cast, records }: Chapter): Promise<void> {
  await records.edit('carla/link', { text: 'Katzen immer' })
  await records.edit('alice/friends', { name: 'Good friends', description: 'None better' })
  await records.edit('bob/cats', { description: 'Only cats' })
  await records.edit('carla/labeler', { policies: { labelValues: ['spam', 'cat'] } })
  await records.edit('bob/start', { description: 'All you need' })
  await cast.tell('dan', 'app.bsky.updateProfile', { description: 'Makes more noise' })
  const { displayName, description } = await cast.ask('nobody', 'app.bsky.actor.getProfile', { actor: 'dan' })
  expect([displayName, description]).toEqual(['Dan', 'Makes more noise'])

  // A gate that opens lets in who stood before it, and keeps them out when it closes again.
  const replies = async (): Promise<string[]> =>
    thread(await cast.ask('nobody', 'app.bsky.feed.getPostThread', { uri: 'bob/nobody' })).slice(1)
  await records.edit('bob/nobody threadgate', { allow: undefined })
  expect(await replies()).toEqual(['- bob/own', '- alice/as nobody'])
  await records.edit('bob/nobody threadgate', { allow: [] })
  expect(await replies()).toEqual(['- bob/own'])
  const quoted = async (): Promise<string> => {
    const { posts } = await cast.ask('nobody', 'app.bsky.feed.getPosts', { uris: ['bob/quoted anyway'] })
    return posts[0].embed.record.$type.split('#')[1]
  }
  await records.edit('alice/unquotable postgate', { embeddingRules: [] })
  expect(await quoted()).toBe('viewRecord')
  await records.edit('alice/unquotable postgate', {
    embeddingRules: [{ $type: 'app.bsky.feed.postgate#disableRule' }],
  })
  expect(await quoted()).toBe('viewDetached')

  const handle = async (wanted: string): Promise<Answer> => {
    await cast.tell('dan', 'com.atproto.identity.updateHandle', { handle: wanted })
    const { feed } = await cast.ask('nobody', 'app.bsky.feed.getAuthorFeed', { actor: wanted, limit: 1 })
    return feed[0].post.author.handle
  }
  expect(await handle('daniel.test')).toBe('daniel.test')
  expect(await cast.ask('nobody', 'app.bsky.actor.getProfile', { actor: 'dan.test' })).toBe('400 InvalidRequest')
  expect(await handle('dan.test')).toBe('dan.test')
}

/** One of each, for a moment; and some that have stood since the beginning. */
export async function deletes({ records }: Chapter): Promise<void> {
  await records.like('carla', 'bob/video')
  await records.remove('carla/likes bob/video')
  await records.repost('carla', 'bob/video')
  await records.remove('carla/reposts bob/video')
  await records.remove('bob/follows dan')
  await records.remove('alice/friends has dan')

  await records.put('erin', 'profile', 'app.bsky.actor.profile', 'self', { displayName: 'Erin', description: 'Here' })
  await records.create('erin', 'list', 'app.bsky.graph.list', {
    name: 'Passing',
    purpose: 'app.bsky.graph.defs#modlist',
  })
  await records.addTo('erin/list', 'alice')
  await records.create('erin', 'blocks list', 'app.bsky.graph.listblock', { subject: 'erin/list' })
  await records.create('erin', 'feed', 'app.bsky.feed.generator', { did: 'did:web:feeds.example', displayName: 'None' })
  await records.create('erin', 'pack', 'app.bsky.graph.starterpack', { name: 'Nobody', list: 'erin/list' })
  await records.put('erin', 'labeler', 'app.bsky.labeler.service', 'self', { policies: { labelValues: ['x'] } })
  await records.put('erin', 'status', 'app.bsky.actor.status', 'self', { status: 'app.bsky.actor.status#live' })
  await records.post('erin', 'passing', 'Passing by')
  await records.gate('threadgate', 'erin/passing', { allow: [] })
  await records.gate('postgate', 'erin/passing', { embeddingRules: [] })
  for (const label of ['passing threadgate', 'passing postgate', 'passing', 'status', 'labeler', 'pack', 'feed'])
    await records.remove(`erin/${label}`)
  for (const label of ['blocks list', 'list has alice', 'list', 'profile']) await records.remove(`erin/${label}`)
}

/** Erin leaves, and takes with her whatever she has written. */
export async function departure({ cast }: Chapter): Promise<void> {
  const followers = async (): Promise<number> =>
    (await cast.ask('nobody', 'app.bsky.actor.getProfile', { actor: 'alice' })).followersCount
  expect(await followers()).toBe(4)
  await cast.operator().com.atproto.admin.deleteAccount({ did: cast.did('erin') })
  expect(await followers()).toBe(3)
}

/** Written now: subscriptions tell of what is written after them. */
export async function lastWords({ records }: Chapter): Promise<void> {
  await records.reply('dan', 'last', 'Last noise', 'alice/more', 'alice/hello')
  await records.post('alice', 'news', 'News of cats', { createdAt: new Date().toISOString() })
}
