/** Repositories and records, as anybody may look at them in the web console. */
import type { Browser, Page } from 'playwright-core'
import { becomes, faultsOf, openWindow, startBrowser, type WatchedPage } from '../../support/browser.js'
import { stopTestServer } from '../../support/server.js'
import { SCRIPT, startTown, type Town } from './town.js'

const POST = 'app.bsky.feed.post'

let town: Town
let browser: Browser
let window: WatchedPage
let page: Page

beforeAll(async () => {
  ;[town, browser] = await Promise.all([startTown(), startBrowser()])
  window = await openWindow(browser, town.server.url)
  page = window.page
})
afterAll(async () => {
  await browser.close()
  await stopTestServer(town.server)
})

const heading = (name: string | RegExp): Promise<void> => page.getByRole('heading', { level: 1, name }).waitFor()
const link = (name: string | RegExp) => page.getByRole('main').getByRole('link', { name })

describe('this server', () => {
  it('says what it is, who is here and how one comes in', async () => {
    await page.goto('/')
    await page.getByText('did:web:localhost').waitFor()
    await page.getByText('4 repositories, the newest of them:').waitFor()
    const newest = page.getByRole('list', { name: 'Newest' }).getByRole('link')
    await becomes(() => newest.allTextContents(), ['Dora Elsewhere', '@bob.test', 'Alice of the tests'])
    await page.getByText(town.server.url, { exact: true }).waitFor()
    expect(await faultsOf(window)).toEqual([])
  })
})

describe('repositories', () => {
  it('all are listed with their state', async () => {
    await page.goto('/explore')
    const lines = page.getByRole('list', { name: 'Repositories' }).getByRole('listitem')
    await lines.first().waitFor()
    const texts = (await lines.allInnerTexts()).map((text) => text.split(/\s*\n\s*/))
    expect(texts.map((parts) => parts.at(-1))).toEqual(['active', 'active', 'taken down', 'active'])
    expect(texts[0]).toContain('Alice of the tests')
    await page.getByText('copy from pds.elsewhere.example').waitFor()
    expect(await page.getByText(/^copy from/).count()).toBe(1)
    expect(await faultsOf(window)).toEqual([])
  })

  it.each([
    ['alice.test', 'Alice of the tests'],
    ['@bob.test', 'bob.test'],
    [`at://alice.test/${POST}`, POST],
  ])('one gets to %s by its name', async (words, title) => {
    await page.goto('/explore')
    await page.getByLabel('Go to').fill(words)
    await page.getByRole('button', { name: 'Go' }).click()
    await heading(title)
  })

  it('one whose name is half known is found, a copy as well', async () => {
    await page.goto('/explore')
    await page.getByLabel('Go to').fill('elsewhere')
    await page.keyboard.press('Enter')
    const found = page.getByRole('list', { name: 'Found' }).getByRole('listitem')
    await found.getByText('copy from pds.elsewhere.example').waitFor()
    expect(await found.count()).toBe(1)
    expect(await page.getByLabel('Go to').inputValue()).toBe('elsewhere')
    await link('Dora Elsewhere').click()
    await heading('Dora Elsewhere')
    await page.getByText('; what is here is a copy').waitFor()
    await page.goBack()
    await found.getByText('copy from pds.elsewhere.example').waitFor()
    expect(await faultsOf(window)).toEqual([])
  })

  it('what is no name finds nobody, and what nobody has is told', async () => {
    await page.goto('/explore')
    await page.getByLabel('Go to').fill('javascript:alert(1)')
    await page.getByRole('button', { name: 'Go' }).click()
    await page.getByText('Nobody who is known here is called so.').waitFor()
    await page.goto('/explore/nobody.test')
    await page.getByRole('alert').waitFor()
  })

  it('one is shown with its identity, its collections and its commit', async () => {
    const did = town.alice.assertDid
    await page.goto('/explore/alice.test')
    await heading('Alice of the tests')
    await page.getByText('leads back to this DID').waitFor()
    const collections = page.getByRole('list', { name: 'Collections' }).getByRole('link')
    await becomes(() => collections.allTextContents(), ['app.bsky.actor.profile', POST, 'app.bsky.graph.follow'])
    const { data: latest } = await town.alice.com.atproto.sync.getLatestCommit({ did })
    const commit = page.locator('section', { has: page.getByRole('heading', { name: 'Newest commit' }) })
    await commit.getByText(latest.cid).waitFor()
    await commit.getByText(latest.rev).waitFor()
    // Read and verified in the browser.
    await commit.getByText('good', { exact: true }).waitFor()
    expect(await link('PLC log').getAttribute('href')).toBe(`/${did}/log/audit`)
    expect(await faultsOf(window)).toEqual([])
  })

  it('one is downloaded', async () => {
    await page.goto('/explore/alice.test')
    const coming = page.waitForEvent('download')
    await link('Download as CAR').click()
    expect((await coming).suggestedFilename()).toBe(`${town.alice.assertDid.replaceAll(':', '_')}.car`)
  })

  it('one that is taken down shows who it is and nothing else', async () => {
    await page.goto(`/explore/${town.carla.assertDid}`)
    await page.getByText('taken down').waitFor()
    await page.getByText('nothing of what is in it is given out').waitFor()
    expect(await page.getByRole('heading', { name: 'Collections' }).count()).toBe(0)
  })

  it('a copy of one that nobody can look up any more is shown for what it is', async () => {
    await page.goto(`/explore/${town.archived}`)
    await page.getByText('no key to check it by').waitFor()
    await page.getByText('The document of this DID cannot be had').waitFor()
    await link('com.example.note').click()
    await link('one').click()
    await page.getByText('from long ago').first().waitFor()
  })
})

describe('records', () => {
  it('a collection is read from either end, page by page', async () => {
    const writes = Array.from({ length: 55 }, (_, i) => ({
      $type: 'com.atproto.repo.applyWrites#create' as const,
      collection: 'com.example.count',
      rkey: String(i).padStart(2, '0'),
      value: { $type: 'com.example.count', name: `number ${i}` },
    }))
    await town.bob.com.atproto.repo.applyWrites({ repo: town.bob.assertDid, writes })
    await page.goto('/explore/bob.test/com.example.count')
    const keys = page.getByRole('list', { name: 'Records' }).getByRole('link')
    const count = () => keys.count()
    await link('54').waitFor()
    await becomes(count, 50)
    await page.getByRole('button', { name: 'Show more' }).click()
    await link('00').waitFor()
    await becomes(count, 55)
    await link('First keys first').click()
    await keys.first().filter({ hasText: '00' }).waitFor()
    expect(await faultsOf(window)).toEqual([])
  })

  it('a post is told in a line, shown whole, and leads to whoever refers to it', async () => {
    await page.goto(`/explore/alice.test/${POST}/${town.post.rkey}`)
    await page.getByText('The first post, with a picture [images]').waitFor()
    expect(await link('As people see it').getAttribute('href')).toBe(
      `/profile/${town.alice.assertDid}/post/${town.post.rkey}`,
    )
    const image = page.getByAltText('The image of this blob')
    await image.scrollIntoViewIfNeeded()
    await image.evaluate((image: HTMLImageElement) => image.decode())
    for (const kind of ['Likes', 'Reposts', 'Quotes', 'Replies']) {
      await page.getByText(kind, { exact: true }).click()
      await page.getByRole('list', { name: kind }).getByRole('link', { name: '@bob.test' }).waitFor()
    }
    expect(await faultsOf(window)).toEqual([])
    await link('Reply: An answer').click()
    await link(town.post.uri).first().click()
    await page.getByText('The first post, with a picture [images]').waitFor()
  })

  it('text stays text, whatever it says', async () => {
    await page.goto(`/explore/bob.test/${POST}/${town.hostile.rkey}`)
    await page.getByText(SCRIPT).first().waitFor()
    await page.goto(`/explore/bob.test/${POST}`)
    await page.getByText(SCRIPT).first().waitFor()
    await becomes(() => page.title(), `${POST} · Skylog`)
    expect(await page.locator('main img[src="x"], main script').count()).toBe(0)
  })

  it('long text is cut until one asks, deep data is opened step by step', async () => {
    await page.goto(`/explore/bob.test/com.example.thing/${town.deep.rkey}`)
    await page.getByRole('button', { name: 'Show all 20000 characters' }).click()
    await page.getByText('x'.repeat(20_000)).waitFor()
    expect(await page.getByText('level52', { exact: true }).count()).toBe(0)
    // What is closed is made when it is opened, and may have something closed in it.
    await page.waitForFunction(() => {
      const tree = document.querySelector('.json')!
      for (const closed of tree.querySelectorAll<HTMLElement>('details:not([open]) > summary')) closed.click()
      return tree.textContent.includes('the bottom')
    })
    await page.getByText('the bottom').waitFor()
  })

  it('says so where there is none', async () => {
    await page.goto(`/explore/alice.test/${POST}/nothing`)
    await page.getByRole('alert').waitFor()
  })
})

describe('on a phone, in the dark', () => {
  let phone: WatchedPage
  beforeAll(async () => {
    phone = await openWindow(browser, town.server.url, { phone: true, dark: true })
  })

  it.each([
    ['this server', () => '/'],
    ['the repositories', () => '/explore'],
    ['a repository', () => `/explore/${town.alice.assertDid}`],
    ['a collection', () => `/explore/bob.test/${POST}`],
    ['a record', () => `/explore/bob.test/com.example.thing/${town.deep.rkey}`],
  ])('%s keeps nobody out', async (_, path) => {
    await phone.page.goto(path())
    await phone.page.locator('main h1').waitFor()
    expect(await faultsOf(phone)).toEqual([])
  })
})
