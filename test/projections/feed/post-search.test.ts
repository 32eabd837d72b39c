import { searchTerm, searchText } from '../../../src/projections/feed/post-search.js'
import { alice, bob, carla, edit, remove, type Story } from '../given.js'
import { facet, feedStory, mentioning, post, postUri } from './feed.js'

let told: Story
beforeEach(async () => {
  told = await feedStory()
})
afterEach(() => told.close())

/** The record keys of the posts that a query finds. */
const found = async (query: string): Promise<string[]> => {
  const rows = await told.database.read.all<{ uri: string }>(
    'SELECT uri FROM bsky_post WHERE id IN (SELECT rowid FROM bsky_post_search WHERE bsky_post_search MATCH ?) ORDER BY uri',
    query,
  )
  return rows.map(({ uri }) => uri.split('/').at(-1)!)
}
const term = (column: string, value: string): Promise<string[]> => found(`${column} : "${searchTerm(value)}"`)
const text = (words: string): Promise<string[]> => found(`text : "${searchText(words)}"`)

it('finds words in any case and without diacritics, until the post has changed or gone', async () => {
  await told.given(post(alice, 'p1', { text: 'Crème BRÛLÉE tonight' }), post(alice, 'p2', { text: 'nothing' }))
  expect(await text('creme brulee')).toEqual(['p1'])
  await told.given(edit(postUri(alice, 'p1'), { text: 'soup' }))
  expect(await text('creme')).toEqual([])
  expect(await text('soup')).toEqual(['p1'])
  await told.given(remove(postUri(alice, 'p1')))
  expect(await text('soup')).toEqual([])
})

it('finds words that no spaces set apart', async () => {
  await told.given(
    post(alice, 'p1', { text: '今日は東京タワーへ行きました。abc東京' }),
    post(alice, 'p2', { text: '京都の東' }),
  )
  expect(await text('東京')).toEqual(['p1'])
  expect(await text('タワー')).toEqual(['p1'])
  expect(await text('abc')).toEqual(['p1'])
})

it('is not cut short by NUL', async () => {
  await told.given(post(alice, 'p1', { text: 'before\0after', tags: ['one\0two', 'three'] }))
  expect(await text('after')).toEqual(['p1'])
  expect(await term('tags', 'three')).toEqual(['p1'])
  expect(await term('tags', 'one\0two')).toEqual(['p1'])
  expect(await term('tags', 'one')).toEqual([])
})

it('finds an author and who is mentioned by the whole DID alone', async () => {
  await told.given(post(bob, 'b1', mentioning(alice)), post(`${bob}.example`, 'b2', mentioning(`${alice}:x`)))
  expect(await term('author', bob)).toEqual(['b1'])
  expect(await term('mentions', alice)).toEqual(['b1'])
  expect(await term('mentions', carla)).toEqual([])
  expect(await term('author', 'did')).toEqual([])
})

it('finds tags of the record and of facets as a whole', async () => {
  const tag = (name: string) => facet({ $type: 'app.bsky.richtext.facet#tag', tag: name })
  await told.given(
    post(alice, 'p1', { tags: ['Two Words', 'c++'], facets: [tag('Café'), tag('🦋')] }),
    post(alice, 'p2', { tags: ['two', 'c'] }),
  )
  for (const name of ['two words', 'C++', 'cafe', 'cafe\u0301', '🦋']) expect(await term('tags', name)).toEqual(['p1'])
  expect(await term('tags', 'c')).toEqual(['p2'])
})

it('finds a language with or without its region', async () => {
  await told.given(post(alice, 'p1', { langs: ['pt-BR', 'en'] }), post(alice, 'p2', { langs: ['pt'] }))
  expect(await term('langs', 'pt')).toEqual(['p1', 'p2'])
  expect(await term('langs', 'pt-br')).toEqual(['p1'])
})

it('finds links by uri, host and the domains above it', async () => {
  const link = (uri: string) => facet({ $type: 'app.bsky.richtext.facet#link', uri })
  const card = { uri: 'https://news.example.org/a?b=c', title: '', description: '' }
  await told.given(
    post(alice, 'p1', { facets: [link('https://www.Example.com/path')] }),
    post(alice, 'p2', { embed: { $type: 'app.bsky.embed.external', external: card } }),
    post(alice, 'p3', { facets: [link('at://nowhere'), link('https://example.com.evil.test/')] }),
  )
  expect(await term('links', 'example.com')).toEqual(['p1'])
  expect(await term('links', 'www.example.com')).toEqual(['p1'])
  expect(await term('links', 'news.example.org')).toEqual(['p2'])
  expect(await term('links', card.uri)).toEqual(['p2'])
  expect(await term('links', 'com')).toEqual([])
})

it('finds what is to be seen', async () => {
  const blob = { $type: 'blob', ref: { $link: 'bafkreibme22gw2h7y2h7tg2fhqotaqjucnbc24deqo72b6mkl2egezxhvy' }, size: 9 }
  const image = { ...blob, mimeType: 'image/png' }
  const aspectRatio = { width: 1, height: 1 }
  const items = [{ $type: 'app.bsky.embed.gallery#image', image, alt: 'a violin', aspectRatio }]
  await told.given(
    post(alice, 'p1', { embed: { $type: 'app.bsky.embed.images', images: [{ image, alt: 'a tree' }] } }),
    post(alice, 'p2', { embed: { $type: 'app.bsky.embed.gallery', items } }),
    post(alice, 'p3', {
      embed: { $type: 'app.bsky.embed.video', video: { ...blob, mimeType: 'video/mp4' }, alt: 'a storm' },
    }),
  )
  for (const [word, rkey] of [
    ['tree', 'p1'],
    ['violin', 'p2'],
    ['storm', 'p3'],
  ])
    expect(await found(`alt : ${word}`)).toEqual([rkey])
})
