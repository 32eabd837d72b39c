/** Writing: by the keyboard alone, with facets, gates and pictures; and what happens to what is written when it is refused. */
import type { AppBskyFeedPost } from '@atproto/api'
import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { becomes, closeWindow, faultsOf, focused, startBrowser, type WatchedPage } from '../../support/browser.js'
import { startCommunity, stopTestServer } from '../../support/server.js'
import { card, pathOf, windowOf } from './member.js'

const { server, alice, bob } = await startCommunity(['alice', 'bob'])
let browser: Browser
let window: WatchedPage
let page: Page

beforeAll(async () => {
  browser = await startBrowser()
  window = await windowOf(browser, server, alice)
  page = window.page
})
afterAll(async () => {
  await browser.close()
  await stopTestServer(server)
})
beforeEach(() => page.goto('/home'))

const field = () => page.getByLabel('What is there to tell?')
const postIt = () => page.getByRole('button', { name: 'Post', exact: true }).click()

async function recordOf(text: string): Promise<AppBskyFeedPost.Record> {
  const { data } = await alice.com.atproto.repo.listRecords({ repo: alice.assertDid, collection: 'app.bsky.feed.post' })
  return data.records.map(({ value }) => value as AppBskyFeedPost.Record).find((post) => post.text.startsWith(text))!
}

it('needs no mouse', async () => {
  await field().focus()
  await page.keyboard.type('Typed')
  await page.keyboard.press('Control+Enter')
  await card(page, 'Typed').waitFor()
  await page.keyboard.type('Tabbed')
  // The pictures, the options, the button.
  for (const _ of [1, 2, 3]) await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await card(page, 'Tabbed').waitFor()

  const reply = card(page, 'Tabbed').getByRole('button', { name: 'Reply' })
  await reply.focus()
  await page.keyboard.press('Enter')
  await page.getByRole('dialog', { name: 'Reply' }).waitFor()
  expect(await faultsOf(window)).toEqual([])
  await page.keyboard.type('Answered')
  await page.keyboard.press('Control+Enter')
  await card(page, 'Answered').waitFor()
  await focused(reply)
})

it('finds mentions, links and tags, and says the language', async () => {
  await field().fill('Ask @bob.test and not @nobody.test, at example.com/x or #there')
  await page.getByText('Options').click()
  await page.getByLabel('Language').selectOption('de')
  expect(await faultsOf(window)).toEqual([])
  await postIt()
  const post = card(page, 'Ask @bob.test')
  expect(await post.getByRole('link', { name: '@bob.test' }).getAttribute('href')).toBe(`/profile/${bob.assertDid}`)
  expect(await post.getByRole('link', { name: 'example.com/x' }).getAttribute('href')).toBe('https://example.com/x')
  expect(await post.getByRole('link', { name: '#there' }).getAttribute('href')).toBe('/search?tab=posts&q=%23there')
  expect(await post.getByRole('link', { name: '@nobody.test' }).count()).toBe(0)
  expect(await recordOf('Ask')).toMatchObject({ langs: ['de'] })
})

it('lets those reply who are to, in the same commit', async () => {
  await field().fill('Only @bob.test may answer')
  await page.getByText('Options').click()
  await page.getByLabel('Who may reply').selectOption('Who is mentioned')
  await postIt()
  await card(page, 'may answer').waitFor()
  const { data } = await alice.getTimeline()
  expect(data.feed[0]!.post.threadgate?.record).toMatchObject({
    post: data.feed[0]!.post.uri,
    allow: [{ $type: 'app.bsky.feed.threadgate#mentionRule' }],
  })

  await field().fill('Nobody may answer')
  await page.getByLabel('Who may reply').selectOption('Nobody')
  await postIt()
  await card(page, 'Nobody may answer').waitFor()
  const closed = (await alice.getTimeline()).data.feed[0]!.post
  const other = await windowOf(browser, server, bob)
  await other.page.goto(pathOf(alice, closed))
  await other.page.getByText('you cannot reply').waitFor()
  expect(await other.page.getByRole('button', { name: 'Replies are closed' }).isDisabled()).toBe(true)
  expect(await faultsOf(other)).toEqual([])
  await closeWindow(other.page)
})

it('counts what people see as characters, and says what is too much', async () => {
  await field().fill('👩‍👩‍👧‍👦'.repeat(299))
  await page.getByText('1 characters left').waitFor()
  await field().fill('a'.repeat(312))
  await page.getByText('12 too many').waitFor()
  await postIt()
  await page.getByRole('alert').filter({ hasText: '12 of its characters have to go' }).waitFor()
  expect(await field().inputValue()).toHaveLength(312)
  expect(await faultsOf(window)).toEqual([])
  await field().fill('')
  await postIt()
  await page.getByRole('alert').filter({ hasText: 'There is nothing to post yet' }).waitFor()
})

it('keeps what was written until it is posted', async () => {
  await field().fill('Half a thought')
  await page.goto('/search')
  await page.goto('/home')
  await becomes(() => field().inputValue(), 'Half a thought')
  await postIt()
  await card(page, 'Half a thought').waitFor()
  await page.reload()
  await card(page, 'Half a thought').waitFor()
  await becomes(() => field().inputValue(), '')
})

it('loses nothing when the server refuses, and can be tried again', async () => {
  await field().fill('Stormy')
  await page.route('**/xrpc/com.atproto.repo.applyWrites', (route) =>
    route.fulfill({ status: 500, json: { error: 'InternalServerError', message: 'The disk is full' } }),
  )
  await postIt()
  await page.getByRole('alert').filter({ hasText: 'The disk is full' }).waitFor()
  expect(await field().inputValue()).toBe('Stormy')
  await page.unroute('**/xrpc/com.atproto.repo.applyWrites')
  await postIt()
  await card(page, 'Stormy').waitFor()
})

it('takes back a like that the server refuses', async () => {
  const post = card(page, 'Stormy')
  await page.route('**/xrpc/com.atproto.repo.createRecord', (route) =>
    route.fulfill({ status: 429, json: { error: 'RateLimitExceeded', message: 'Too much at once' } }),
  )
  await post.getByRole('button', { name: 'Like' }).click()
  await post.getByRole('alert').filter({ hasText: 'Too much at once' }).waitFor()
  expect(await post.getByRole('button', { name: 'Like', pressed: false }).innerText()).toBe('Like')
  await page.unroute('**/xrpc/com.atproto.repo.createRecord')
})

it('takes pictures that are pasted or dropped, four at most, and makes large ones small', async () => {
  const noise = await sharp(Buffer.from(Array.from({ length: 1500 * 1500 * 3 }, (_, at) => (at * 7919) % 256)), {
    raw: { width: 1500, height: 1500, channels: 3 },
  })
    .png()
    .toBuffer()
  await page.getByLabel('Picture files').setInputFiles({ name: 'noise.png', mimeType: 'image/png', buffer: noise })
  await page.getByLabel('What picture 1 shows').fill('Noise')
  const small = (
    await sharp({ create: { width: 8, height: 8, channels: 3, background: 'red' } })
      .png()
      .toBuffer()
  ).toString('base64')
  for (const kind of ['paste', 'drop'])
    await field().evaluate(
      async (field, { kind, small }) => {
        const data = new DataTransfer()
        const bytes = Uint8Array.from(atob(small), (char) => char.charCodeAt(0))
        data.items.add(new File([bytes], 'red.png', { type: 'image/png' }))
        const init = { bubbles: true, cancelable: true }
        field.dispatchEvent(
          kind === 'paste'
            ? new ClipboardEvent('paste', { ...init, clipboardData: data })
            : new DragEvent('drop', { ...init, dataTransfer: data }),
        )
      },
      { kind, small },
    )
  await page.getByLabel('What picture 3 shows').waitFor()
  await page.getByRole('button', { name: 'Remove picture 2' }).click()
  await page
    .getByLabel('Picture files')
    .setInputFiles(
      [1, 2, 3].map((at) => ({ name: `${at}.png`, mimeType: 'image/png', buffer: Buffer.from(small, 'base64') })),
    )
  await page.getByRole('alert').filter({ hasText: 'room for 4 pictures' }).waitFor()
  await page
    .getByLabel('Picture files')
    .setInputFiles({ name: 'no.png', mimeType: 'image/png', buffer: Buffer.from('no') })
  await page.getByRole('alert').filter({ hasText: 'no picture that this browser can read' }).waitFor()
  await postIt()
  await page.getByAltText('Noise').waitFor()
  const { embed } = await recordOf('')
  expect(embed).toMatchObject({
    images: [
      { alt: 'Noise', aspectRatio: { width: 1500, height: 1500 }, image: { mimeType: 'image/webp' } },
      { alt: '', aspectRatio: { width: 8, height: 8 } },
    ],
  })
})
