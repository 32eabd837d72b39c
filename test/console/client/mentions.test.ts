/** People are named while one types an @: by the keyboard, by the mouse, on a phone, and wherever a post is written. */
import type { AppBskyFeedPost } from '@atproto/api'
import type { Browser, Page } from 'playwright-core'
import { becomes, closeWindow, faultsOf, openWindow, startBrowser, type WatchedPage } from '../../support/browser.js'
import { startCommunity, stopTestServer } from '../../support/server.js'
import { card } from './member.js'

const { server, alice, bob, bobby } = await startCommunity(['alice', 'bob', 'bobby'])
let browser: Browser
let window: WatchedPage
let page: Page

beforeAll(async () => {
  await bobby.upsertProfile(() => ({ displayName: 'Bobby of the Hill' }))
  await bob.post({ text: 'Who is about?' })
  await alice.follow(bob.assertDid)
  browser = await startBrowser()
  window = await openWindow(browser, server.url, {}, alice)
  page = window.page
})
afterAll(async () => {
  await browser.close()
  await stopTestServer(server)
})
beforeEach(async () => {
  await page.goto('/home')
  await field().fill('')
})

const field = () => page.getByLabel('What is there to tell?')
const people = () => page.getByRole('listbox', { name: 'People' }).getByRole('option')
const chosen = () => page.getByRole('listbox', { name: 'People' }).getByRole('option', { selected: true })

async function mentionedIn(text: string): Promise<unknown> {
  const { data } = await alice.com.atproto.repo.listRecords({ repo: alice.assertDid, collection: 'app.bsky.feed.post' })
  const posts = data.records.map(({ value }) => value as AppBskyFeedPost.Record)
  return posts.find((post) => post.text === text)?.facets?.flatMap(({ features }) => features)
}

it('the arrow keys choose, Enter and Tab take, and the post mentions them', async () => {
  // All at once: one question, and one answer.
  await field().fill('Ask @bo')
  await chosen().filter({ hasText: '@bob.test' }).waitFor()
  expect(await field().getAttribute('aria-activedescendant')).toBe(await chosen().getAttribute('id'))
  expect(await faultsOf(window)).toEqual([])
  await page.keyboard.press('ArrowDown')
  await chosen().filter({ hasText: 'Bobby of the Hill' }).waitFor()
  await page.keyboard.press('ArrowDown')
  await chosen().filter({ hasText: '@bob.test' }).waitFor()
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  await becomes(() => field().inputValue(), 'Ask @bobby.test ')
  await becomes(() => people().count(), 0)
  await page.keyboard.type('or @of-the-')
  await page.keyboard.press('Backspace')
  for (const _ of 'of-the') await page.keyboard.press('Backspace')
  await page.keyboard.type('bo')
  await chosen().waitFor()
  await page.keyboard.press('Tab')
  await becomes(() => field().inputValue(), 'Ask @bobby.test or @bob.test ')
  await page.keyboard.press('Control+Enter')
  await card(page, 'Ask @bobby.test').waitFor()
  expect(await mentionedIn('Ask @bobby.test or @bob.test')).toMatchObject([
    { did: bobby.assertDid },
    { did: bob.assertDid },
  ])
})

it('Escape goes on without, and whoever stands there in full needs no help', async () => {
  await field().pressSequentially('@bob')
  await chosen().waitFor()
  await page.keyboard.press('Escape')
  await becomes(() => people().count(), 0)
  await page.keyboard.press('Enter')
  await becomes(() => field().inputValue(), '@bob\n')
  const asked = page.waitForResponse(/searchActorsTypeahead\?q=bob\.test/)
  await page.keyboard.type('@bob.test')
  await asked
  await becomes(() => people().count(), 0)
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await becomes(() => field().inputValue(), '@bob\n@bob.test\n')
  await becomes(() => page.evaluate(() => document.activeElement?.textContent), 'Pictures')
})

it('a click takes, within a text as well, and the keyboard stays in the field', async () => {
  await field().fill('Hello @bo and all')
  await field().evaluate((field: HTMLTextAreaElement) => field.setSelectionRange(9, 9))
  await field().press('Shift')
  await page.getByRole('option', { name: /Bobby/ }).click()
  await page.keyboard.type(',')
  await becomes(() => field().inputValue(), 'Hello @bobby.test, and all')
  await field().pressSequentially(' @bo')
  await chosen().waitFor()
  await page.getByRole('heading', { level: 1 }).click()
  await chosen().waitFor({ state: 'detached' })
})

it('answers that come too late are dropped', async () => {
  let late = (): void => undefined
  const isLate = new Promise<void>((resolve) => (late = resolve))
  await page.route(/searchActorsTypeahead\?q=bob&/, async (route) => {
    await isLate
    await route.continue()
  })
  const first = page.waitForRequest(/q=bob&/)
  await field().pressSequentially('@bob')
  await first
  await page.keyboard.type('by')
  await page.getByRole('option', { name: /Bobby/ }).waitFor()
  const answered = page.waitForResponse(/q=bob&/)
  late()
  await (await answered).finished()
  await becomes(() => people().count(), 1)
})

it('a reply and a quote have it too, on a phone, where Escape leaves the dialog open', async () => {
  const phone = await openWindow(browser, server.url, { phone: true, dark: true }, alice)
  await phone.page.goto('/home')
  for (const [action, label] of [
    ['Reply', 'Your reply'],
    ['Quote', 'Your post'],
  ] as const) {
    await card(phone.page, 'Who is about?').getByRole('button', { name: action }).click()
    const dialog = phone.page.getByRole('dialog')
    const people = dialog.getByRole('listbox', { name: 'People' }).getByRole('option')
    await dialog.getByLabel(label).fill('@bo')
    await people.filter({ hasText: 'Bobby' }).waitFor()
    expect(await faultsOf(phone)).toEqual([])
    await phone.page.keyboard.press('Escape')
    await becomes(() => people.count(), 0)
    await phone.page.keyboard.type('b')
    await people.filter({ hasText: 'Bobby' }).click()
    await dialog.getByRole('button', { name: action === 'Reply' ? 'Reply' : 'Post' }).click()
    await card(phone.page, '@bobby.test').waitFor()
    await phone.page.goto('/home')
  }
  await closeWindow(phone.page)
})
