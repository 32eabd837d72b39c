/**
 * What the author of a record sees when the call that writes it has returned: it is in every answer that it belongs to,
 * and when it has been deleted it is in none.
 */
import { expect } from '@jest/globals'
import type { Answer, Cast, Person, Values } from './cast.js'

/** A record by name, with names for what it points at. */
export interface Written {
  cast: Cast
  author: Person
  name: string
  record: Values
}

type Look = (written: Written) => Promise<void>

const uris = (list: { uri: string }[]): string[] => list.map(({ uri }) => uri)

async function postOf({ cast, author }: Written, name: string): Promise<Answer> {
  return (await cast.ask(author, 'app.bsky.feed.getPosts', { uris: [name] })).posts[0]
}

async function profileOf({ cast, author }: Written, actor: unknown): Promise<Answer> {
  return cast.ask(author, 'app.bsky.actor.getProfile', { actor })
}

/** What a like or repost is of: by name, and whether that is a post. */
function subjectOf({ record }: Written): { uri: string; isPost: boolean } {
  const { uri } = record.subject as { uri: string }
  return { uri, isPost: !uri.startsWith('bob/cats') && !uri.startsWith('carla/labeler') }
}

/** By collection, after a record was created or replaced. */
export const shown: Record<string, Look> = {
  'app.bsky.actor.profile': async (written) => {
    const { displayName, description } = written.record
    expect(await profileOf(written, written.author)).toMatchObject({ displayName, description })
    const found = await written.cast.ask(written.author, 'app.bsky.actor.searchActors', { q: displayName })
    expect(found.actors).toContainEqual(expect.objectContaining({ did: written.author }))
  },
  'app.bsky.actor.status': async (written) => {
    expect(await profileOf(written, written.author)).toMatchObject({ status: { uri: written.name } })
  },
  'app.bsky.feed.post': async (written) => {
    const { cast, author, name, record } = written
    const { text } = record as { text: string }
    expect(await postOf(written, name)).toMatchObject({ uri: name, record: { text }, author: { did: author } })
    const lists = [
      await cast.ask(author, 'app.bsky.feed.getAuthorFeed', { actor: author }),
      await cast.ask(author, 'app.bsky.feed.getTimeline'),
    ]
    for (const { feed } of lists) expect(feed.map(({ post }: Answer) => post.record.text)).toContain(text)
    const q = `from:me ${text.split(/\W+/)[0]}`
    expect(uris((await cast.ask(author, 'app.bsky.feed.searchPosts', { q })).posts)).toContain(name)
    const thread = await cast.ask(author, 'app.bsky.unspecced.getPostThreadV2', { anchor: name })
    expect(uris(thread.thread)).toContain(name)
  },
  'app.bsky.feed.like': async (written) => {
    const { uri, isPost } = subjectOf(written)
    if (!isPost) return
    expect(await postOf(written, uri)).toMatchObject({ viewer: { like: written.name } })
    const { likes } = await written.cast.ask(written.author, 'app.bsky.feed.getLikes', { uri })
    expect(likes[0].actor.did).toBe(written.author)
  },
  'app.bsky.feed.repost': async (written) => {
    const { uri } = subjectOf(written)
    expect(await postOf(written, uri)).toMatchObject({ viewer: { repost: written.name } })
    const { feed } = await written.cast.ask(written.author, 'app.bsky.feed.getAuthorFeed', { actor: written.author })
    expect(feed[0]).toMatchObject({ post: { uri }, reason: { uri: written.name } })
    const { repostedBy } = await written.cast.ask(written.author, 'app.bsky.feed.getRepostedBy', { uri })
    expect(repostedBy[0].did).toBe(written.author)
  },
  'app.bsky.feed.threadgate': async (written) => {
    expect(await postOf(written, written.record.post as string)).toMatchObject({ threadgate: { uri: written.name } })
  },
  'app.bsky.feed.generator': async ({ cast, author, name }) => {
    expect(uris((await cast.ask(author, 'app.bsky.feed.getActorFeeds', { actor: author })).feeds)).toContain(name)
  },
  'app.bsky.graph.follow': async (written) => {
    const { cast, author, name, record } = written
    const { subject: actor } = record
    expect(await profileOf(written, actor)).toMatchObject({ viewer: { following: name } })
    expect((await cast.ask(author, 'app.bsky.graph.getFollows', { actor: author })).follows[0].did).toBe(actor)
    expect((await cast.ask(author, 'app.bsky.graph.getFollowers', { actor })).followers[0].did).toBe(author)
  },
  'app.bsky.graph.block': async (written) => {
    const { cast, author, name, record } = written
    expect(await profileOf(written, record.subject)).toMatchObject({ viewer: { blocking: name } })
    expect((await cast.ask(author, 'app.bsky.graph.getBlocks')).blocks[0].did).toBe(record.subject)
    const feed = await cast.ask(author, 'app.bsky.feed.getAuthorFeed', { actor: record.subject })
    expect(feed).toBe('400 BlockedActor')
  },
  'app.bsky.graph.list': async ({ cast, author, name, record }) => {
    const { list } = await cast.ask(author, 'app.bsky.graph.getList', { list: name })
    expect(list).toMatchObject({ uri: name, name: record.name })
    if (record.purpose === 'app.bsky.graph.defs#referencelist') return
    expect(uris((await cast.ask(author, 'app.bsky.graph.getLists', { actor: author })).lists)).toContain(name)
  },
  'app.bsky.graph.listitem': async ({ cast, author, name, record: { list, subject } }) => {
    const { items } = await cast.ask(author, 'app.bsky.graph.getList', { list })
    expect(items[0]).toMatchObject({ uri: name, subject: { did: subject } })
  },
  'app.bsky.graph.listblock': async ({ cast, author, name, record: { subject: list } }) => {
    expect((await cast.ask(author, 'app.bsky.graph.getList', { list })).list.viewer.blocked).toBe(name)
    expect((await cast.ask(author, 'app.bsky.graph.getListBlocks')).lists[0].uri).toBe(list)
  },
  'app.bsky.graph.starterpack': async ({ cast, author, name }) => {
    const { starterPacks } = await cast.ask(author, 'app.bsky.graph.getActorStarterPacks', { actor: author })
    expect(starterPacks[0].uri).toBe(name)
  },
  'app.bsky.labeler.service': async ({ cast, author, name }) => {
    const { views } = await cast.ask(author, 'app.bsky.labeler.getServices', { dids: [author] })
    expect(views[0].uri).toBe(name)
  },
}

/** By collection, after a record was deleted. */
export const gone: Record<string, Look> = {
  'app.bsky.feed.post': async (written) => {
    const { cast, author, name } = written
    expect(await postOf(written, name)).toBeUndefined()
    const { feed } = await cast.ask(author, 'app.bsky.feed.getAuthorFeed', { actor: author, limit: 100 })
    expect(feed.map(({ post }: Answer) => post.uri)).not.toContain(name)
    expect(uris((await cast.ask(author, 'app.bsky.feed.searchPosts', { q: 'from:me' })).posts)).not.toContain(name)
    expect(await cast.ask(author, 'app.bsky.feed.getPostThread', { uri: name })).toBe('400 NotFound')
  },
  'app.bsky.feed.like': async (written) => {
    const { uri } = subjectOf(written)
    expect((await postOf(written, uri)).viewer.like).toBeUndefined()
    const { likes } = await written.cast.ask(written.author, 'app.bsky.feed.getLikes', { uri })
    expect(likes.map(({ actor }: Answer) => actor.did)).not.toContain(written.author)
  },
  'app.bsky.feed.repost': async (written) => {
    const { uri } = subjectOf(written)
    expect((await postOf(written, uri)).viewer.repost).toBeUndefined()
  },
  'app.bsky.graph.follow': async (written) => {
    expect((await profileOf(written, written.record.subject)).viewer.following).toBeUndefined()
  },
  'app.bsky.graph.block': async (written) => {
    expect((await profileOf(written, written.record.subject)).viewer.blocking).toBeUndefined()
  },
  'app.bsky.graph.list': async ({ cast, author, name }) => {
    expect(await cast.ask(author, 'app.bsky.graph.getList', { list: name })).toBe('400 InvalidRequest')
  },
  'app.bsky.graph.listitem': async ({ cast, author, name, record: { list } }) => {
    expect(uris((await cast.ask(author, 'app.bsky.graph.getList', { list })).items)).not.toContain(name)
  },
  'app.bsky.graph.listblock': async ({ cast, author, record: { subject: list } }) => {
    expect((await cast.ask(author, 'app.bsky.graph.getList', { list })).list.viewer.blocked).toBeUndefined()
    expect(uris((await cast.ask(author, 'app.bsky.graph.getListBlocks')).lists)).not.toContain(list)
  },
  'app.bsky.feed.generator': async ({ cast, author, name }) => {
    expect(await cast.ask(author, 'app.bsky.feed.getFeedGenerators', { feeds: [name] })).toEqual({ feeds: [] })
  },
  'app.bsky.graph.starterpack': async ({ cast, author, name }) => {
    expect(await cast.ask(author, 'app.bsky.graph.getStarterPacks', { uris: [name] })).toEqual({ starterPacks: [] })
  },
  'app.bsky.labeler.service': async ({ cast, author }) => {
    expect(await cast.ask(author, 'app.bsky.labeler.getServices', { dids: [author] })).toEqual({ views: [] })
  },
  'app.bsky.actor.profile': async (written) => {
    expect((await profileOf(written, written.author)).displayName).toBeUndefined()
  },
  'app.bsky.actor.status': async (written) => {
    expect((await profileOf(written, written.author)).status).toBeUndefined()
  },
  'app.bsky.feed.threadgate': async (written) => {
    expect((await postOf(written, written.record.post as string)).threadgate).toBeUndefined()
  },
}
