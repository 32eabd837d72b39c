/** What others write, and what must not be done with it: hostile text, blocks, takedowns, labels, and those who come without an account. */
import { readFileSync } from 'node:fs'
import type { AtpAgent } from '@atproto/api'
import type { Browser, Page } from 'playwright-core'
import { becomes, closeWindow, faultsOf, openWindow, startBrowser, type WatchedPage } from '../../support/browser.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'
import { ADMIN_PASSWORD, operator } from '../../modules/bsky/operator.js'
import { card, pathOf, windowOf } from './member.js'

type Client = AtpAgent & { assertDid: string }
type Ref = { uri: string; cid: string }

let server: TestServer
let browser: Browser
let alice: Client
let bob: Client
let carla: Client
let window: WatchedPage
let page: Page
let first: Ref

beforeAll(async () => {
  server = await startTestServer({ PDS_ADMIN_PASSWORD: ADMIN_PASSWORD })
  alice = await server.signUp('alice')
  bob = await server.signUp('bob')
  carla = await server.signUp('carla')
  await alice.follow(bob.assertDid)
  first = await bob.post({ text: 'A beginning' })
  browser = await startBrowser()
  window = await windowOf(browser, server, alice)
  page = window.page
})
afterAll(async () => {
  await browser.close()
  await stopTestServer(server)
})

const replyTo = (ref: Ref) => ({ reply: { root: first, parent: ref } })

describe('hostile text', () => {
  it('is text', async () => {
    const text = '<img src=x onerror="document.title=1"> \u202Egnihton\u202C javascript:alert(1) ' + 'x'.repeat(200)
    const facet = (uri: string, byteStart: number, byteEnd: number) => ({
      index: { byteStart, byteEnd },
      features: [{ $type: 'app.bsky.richtext.facet#link', uri }],
    })
    await bob.upsertProfile(() => ({
      displayName: '</a><script>document.title=2</script>\u202E',
      description: 'javascript:alert(3) https://bob.example/"onclick="x',
    }))
    await bob.post({ text, facets: [facet('javascript:alert(4)', 0, 4)] })
    await bob.post({ text: 'my-bank.example', facets: [facet('https://thief.example/login', 0, 15)] })
    await page.goto('/home')
    await card(page, 'onerror').waitFor()
    expect(await page.locator('a[href^="javascript:"], img[src="x"], script:not([src])').count()).toBe(0)
    await card(page, 'my-bank.example').getByText('(goes to thief.example)').waitFor()
    const link = card(page, 'my-bank.example').getByRole('link', { name: 'my-bank.example' })
    expect(await link.getAttribute('rel')).toBe('noopener noreferrer nofollow')
    expect(await faultsOf(window)).toEqual([])
    await page.goto('/profile/bob.test')
    await page.getByRole('heading', { name: 'document.title=2' }).waitFor()
    expect(await faultsOf(window)).toEqual([])
    await becomes(() => page.title(), '@bob.test · Skylog')
  })

  it('may be in a record that is hardly a post', async () => {
    const facets = [{ index: { byteStart: -1, byteEnd: 1e9 }, features: [] }, null]
    const record = { text: 'Hardly a post', facets, reply: 'x', langs: 'y', createdAt: new Date().toISOString() }
    const place = { repo: bob.assertDid, collection: 'app.bsky.feed.post', validate: false }
    await bob.com.atproto.repo.createRecord({ ...place, record })
    await page.goto('/home')
    await card(page, 'my-bank.example').waitFor()
    expect(window.errors).toEqual([])
  })
})

describe('what is not there', () => {
  it('stands as a stub in its thread', async () => {
    const blocked = await carla.post({ text: 'From carla', ...replyTo(first) })
    await alice.post({ text: 'Below carla', ...replyTo(blocked) })
    const gone = await bob.post({ text: 'Taken down', ...replyTo(first) })
    const below = await alice.post({ text: 'Left alone', ...replyTo(gone) })
    await page.goto(pathOf(bob, first))
    await card(page, 'Taken down').waitFor()
    await alice.app.bsky.graph.block.create(
      { repo: alice.assertDid },
      { subject: carla.assertDid, createdAt: new Date().toISOString() },
    )
    await operator(server).com.atproto.admin.updateSubjectStatus({
      subject: { $type: 'com.atproto.repo.strongRef', ...gone },
      takedown: { applied: true },
    })
    await page.reload()
    await page.getByText('A post of somebody whom you block').waitFor()
    expect(await page.getByText('From carla').count()).toBe(0)
    expect(await page.getByText('Taken down').count()).toBe(0)
    expect(await faultsOf(window)).toEqual([])
    await page.goto(pathOf(alice, below))
    await page.getByText('not there any more').waitFor()
  })

  it.each(['/profile/nobody.test', '/profile/bob.test/post/3aaaaaaaaaaaa', '/profile/bob.test/nothing'])(
    'is said to be so: %s',
    async (path) => {
      await page.goto(path)
      await page.getByText(/may be gone|was deleted, or never was|no such page/).waitFor()
      expect(await faultsOf(window)).toEqual([])
    },
  )
})

describe('what a post has with it', () => {
  it('may be a video, played from its blob, which is not fetched before', async () => {
    const bytes = readFileSync('test/fixtures/videos/plain.mp4')
    const { data } = await bob.uploadBlob(bytes, { encoding: 'video/mp4' })
    const embed = { $type: 'app.bsky.embed.video', video: data.blob, alt: 'Waves' }
    await bob.post({ text: 'Moving', embed })
    const fetched: string[] = []
    page.on('request', (request) => fetched.push(new URL(request.url()).pathname))
    await page.goto('/home')
    const video = card(page, 'Moving').getByLabel('Waves')
    await video.waitFor()
    expect(fetched).not.toContain('/xrpc/com.atproto.sync.getBlob')
    const response = await page.request.get((await video.getAttribute('src'))!)
    expect([response.status(), response.headers()['content-type']]).toEqual([200, 'video/mp4'])
    expect(await response.body()).toEqual(bytes)
    expect(await faultsOf(window)).toEqual([])
  })

  it('may be a card of a link, or a list', async () => {
    const external = { uri: 'https://example.com/a', title: 'An example', description: 'Of a page' }
    await bob.post({ text: 'With a card', embed: { $type: 'app.bsky.embed.external', external } })
    const list = await alice.app.bsky.graph.list.create(
      { repo: alice.assertDid },
      { name: 'Builders', purpose: 'app.bsky.graph.defs#curatelist', createdAt: new Date().toISOString() },
    )
    await bob.post({ text: 'With a list', embed: { $type: 'app.bsky.embed.record', record: list } })
    await page.goto('/home')
    const link = card(page, 'With a card').getByRole('link', { name: 'An example' })
    expect(await link.getAttribute('href')).toBe('https://example.com/a')
    await card(page, 'With a list').getByRole('link', { name: 'Builders' }).waitFor()
    expect(await faultsOf(window)).toEqual([])

    // The list, pinned, is a feed of those who are on it.
    await alice.app.bsky.graph.listitem.create(
      { repo: alice.assertDid },
      { list: list.uri, subject: bob.assertDid, createdAt: new Date().toISOString() },
    )
    await alice.addSavedFeeds([{ type: 'list', value: list.uri, pinned: true }])
    await page.reload()
    await page.getByRole('navigation', { name: 'Feeds' }).getByRole('link', { name: 'Builders' }).click()
    await page.getByRole('region', { name: 'Builders' }).getByText('With a card').waitFor()
    expect(await faultsOf(window)).toEqual([])
  })
})

describe('labels', () => {
  it('put a veil over a post, which can be lifted', async () => {
    const post = await bob.post({ text: 'A grave thing' })
    await label(post.uri, '!warn')
    await page.goto('/home')
    await page.getByText('Post: a warning of the moderators').waitFor()
    expect(await page.getByText('A grave thing').count()).toBe(0)
    expect(await faultsOf(window)).toEqual([])
    await page.getByRole('button', { name: 'Show' }).click()
    await page.getByText('A grave thing').waitFor()
    await page.getByRole('button', { name: 'Hide' }).click()
  })

  it('count what is spared', async () => {
    await bob.post({
      text: 'For grown-ups',
      labels: { $type: 'com.atproto.label.defs#selfLabels', values: [{ val: 'porn' }] },
    })
    await page.goto('/profile/bob.test')
    await page.getByText('One post is not shown').waitFor()
    expect(await page.getByText('For grown-ups').count()).toBe(0)
  })

  it('and words mean what the reader wants them to mean', async () => {
    await page.getByRole('link', { name: 'What you see' }).click()
    await page.getByLabel('I am an adult').check()
    await page.getByLabel('Adult content').selectOption('Ask before showing it')
    await page.getByLabel('A word, or a tag').fill('beginning')
    await page.getByRole('button', { name: 'Mute' }).click()
    await page.getByRole('button', { name: 'Unmute beginning' }).waitFor()
    expect(await faultsOf(window)).toEqual([])
    await page.goto('/profile/bob.test')
    await card(page, 'For grown-ups').waitFor()
    await page.getByText('One post is not shown').waitFor()
    expect(await page.getByText('A beginning').count()).toBe(0)
    await page.goto('/settings/seeing')
    await page.getByRole('button', { name: 'Unmute beginning' }).click()
    await page.getByText('None.').waitFor()
  })

  async function label(uri: string, val: string): Promise<void> {
    const response = await fetch(`${server.url}/admin/labels`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ uri, val }),
    })
    expect(response.status).toBe(200)
  }
})

describe('without an account', () => {
  it.each([{}, { phone: true }, { dark: true }])('one reads profiles and threads: %j', async (look) => {
    const visitor = await openWindow(browser, server.url, look)
    await visitor.page.goto('/profile/bob.test')
    await card(visitor.page, 'A beginning').getByText('2 replies').waitFor()
    expect(await visitor.page.getByRole('button', { name: /Like|Follow/ }).count()).toBe(0)
    expect(await faultsOf(visitor)).toEqual([])
    await card(visitor.page, 'A beginning').getByText('A beginning').click()
    await visitor.page.getByText('From carla').waitFor()
    await visitor.page.getByText('Sign in to reply').waitFor()
    expect(await faultsOf(visitor)).toEqual([])
    await visitor.page.goto('/search?q=bob')
    await visitor.page.getByRole('link', { name: '@bob.test' }).waitFor()
    await visitor.page.goto('/search?tab=posts&q=beginning')
    await card(visitor.page, 'A beginning').waitFor()
    for (const path of ['/home', '/notifications']) {
      await visitor.page.goto(path)
      await visitor.page.getByText('This needs an account').waitFor()
    }
    await closeWindow(visitor.page)
  })
})

it('a session that the server has ended leads to signing in, and back', async () => {
  const other = await windowOf(browser, server, alice)
  await other.page.goto('/home')
  // What is there to see comes with the session that the window has renewed.
  await card(other.page, 'A beginning').waitFor()
  const { refreshJwt } = (await other.page.evaluate(() => JSON.parse(localStorage.getItem('skylog.session')!))) as {
    refreshJwt: string
  }
  await fetch(`${server.url}/xrpc/com.atproto.server.deleteSession`, {
    method: 'POST',
    headers: { authorization: `Bearer ${refreshJwt}` },
  })
  await other.page.goto('/search?tab=posts&q=beginning')
  await other.page.getByText('Your session has ended').waitFor()
  await other.page.getByLabel('Handle or email').fill('alice.test')
  await other.page.getByLabel('Password').fill('alice-password')
  await other.page.getByRole('button', { name: 'Sign in' }).click()
  await other.page.waitForURL(/\/search\?tab=posts&q=beginning$/)
  await card(other.page, 'A beginning').waitFor()
})

it('who signs out in one window has signed out in all of this browser', async () => {
  const one = await windowOf(browser, server, alice)
  await one.page.goto('/home')
  await card(one.page, 'A beginning').waitFor()
  const other = await one.page.context().newPage()
  await other.goto('/home')
  await card(other, 'A beginning').waitFor()
  await one.page.evaluate(() => localStorage.removeItem('skylog.session'))
  await other.getByText('This needs an account').waitFor()
})
