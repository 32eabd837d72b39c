/** What somebody writes is not lost: the session ends, the network goes, another window signs out, one goes elsewhere. */
import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { becomes, closeWindow, faultsOf, openWindow, startBrowser, type WatchedPage } from '../../support/browser.js'
import { startCommunity, stopTestServer } from '../../support/server.js'
import { card, pathOf, signIn, windowOf } from './member.js'

const { server, alice, bob } = await startCommunity(['alice', 'bob'])
let browser: Browser
let question: { uri: string; cid: string }
let window: WatchedPage
let page: Page

beforeAll(async () => {
  question = await bob.post({ text: 'Who is about?' })
  await alice.follow(bob.assertDid)
  browser = await startBrowser()
})
afterAll(async () => {
  await browser.close()
  await stopTestServer(server)
})
beforeEach(async () => {
  window = await windowOf(browser, server, alice)
  page = window.page
})
afterEach(() => closeWindow(page))

const field = () => page.getByLabel('What is there to tell?')
const postIt = () => page.getByRole('button', { name: 'Post', exact: true }).click()
const picture = (side: number) =>
  sharp({ create: { width: side, height: side, channels: 3, background: 'teal' } })
    .png()
    .toBuffer()

/** Ends the session on the server, which the window only hears of with its next call. */
async function endSession(): Promise<void> {
  await page.evaluate(async () => {
    const { refreshJwt } = JSON.parse(localStorage.getItem('skylog.session')!) as { refreshJwt: string }
    const headers = { authorization: `Bearer ${refreshJwt}` }
    await fetch('/xrpc/com.atproto.server.deleteSession', { method: 'POST', headers })
  })
}

async function signOutElsewhere(): Promise<void> {
  const other = await page.context().newPage()
  await other.goto('/settings')
  await other.getByRole('button', { name: 'Sign out' }).click()
  await other.getByRole('link', { name: 'Sign in', exact: true }).waitFor()
}

it('the session ends: text, picture and warning are there after the sign-in, and Back does not lead to its form', async () => {
  await page.goto('/home')
  await field().fill('A long thought')
  await page
    .getByLabel('Picture files')
    .setInputFiles({ name: 'sea.png', mimeType: 'image/png', buffer: await picture(40) })
  await page.getByLabel('What picture 1 shows').fill('The sea')
  await page.getByText('Options').click()
  await page.getByLabel('Content warning').selectOption('Nudity')
  await endSession()
  await postIt()
  await page.getByText('Your session has ended').waitFor()
  await signIn(window, 'alice')
  await field().waitFor()
  await becomes(() => field().inputValue(), 'A long thought')
  await becomes(() => page.getByLabel('What picture 1 shows').inputValue(), 'The sea')
  await becomes(() => page.getByLabel('Content warning').inputValue(), 'nudity')
  await postIt()
  await card(page, 'A long thought').getByAltText('The sea').waitFor()
  await page.goBack()
  await field().waitFor()
  expect(window.errors).toEqual([])
})

it('the session ends in the middle of a reply: the dialog is there after the sign-in', async () => {
  await page.goto('/home')
  await card(page, 'Who is about?').getByRole('button', { name: 'Reply' }).click()
  await page.getByRole('dialog').getByLabel('Your reply').fill('I am')
  await endSession()
  await page.getByRole('dialog').getByRole('button', { name: 'Reply' }).click()
  await page.getByText('Your session has ended').waitFor()
  await signIn(window, 'alice')
  const reply = page.getByRole('dialog').getByLabel('Your reply')
  await reply.waitFor()
  await becomes(() => reply.inputValue(), 'I am')
  expect(window.errors).toEqual([])
})

it('another window signs out: the thread is still there to read, without the dialog', async () => {
  await page.goto(pathOf(bob, question))
  await page.getByRole('button', { name: 'Quote' }).first().click()
  await page.getByRole('dialog').getByLabel('Your post').fill('Asked well')
  await signOutElsewhere()
  await page.getByRole('link', { name: 'Sign in' }).last().waitFor()
  await becomes(() => page.getByRole('dialog').count(), 0)
  await card(page, 'Who is about?').waitFor()
  expect(await faultsOf(window)).toEqual([])
})

it('Back takes the dialog away with its page', async () => {
  await page.goto('/search')
  await page.getByRole('link', { name: 'Home' }).click()
  await card(page, 'Who is about?').getByRole('button', { name: 'Quote' }).click()
  await page.getByRole('dialog').getByLabel('Your post').fill('Not yet')
  await page.goBack()
  await page.getByRole('heading', { level: 1, name: 'Search' }).waitFor()
  await becomes(() => page.getByRole('dialog').count(), 0)
  await page.goForward()
  await becomes(() => page.getByRole('dialog').getByLabel('Your post').inputValue(), 'Not yet')
})

it('a reply that is written in two places is one, and gone from both when it is posted', async () => {
  await page.goto(pathOf(bob, question))
  const box = page.getByRole('main').getByLabel('Your reply').first()
  await box.fill('Only once')
  await page.getByRole('article').first().getByRole('button', { name: 'Reply' }).click()
  const dialog = page.getByRole('dialog')
  await becomes(() => dialog.getByLabel('Your reply').inputValue(), 'Only once')
  await dialog.getByRole('button', { name: 'Reply' }).click()
  await card(page, 'Only once').waitFor()
  await becomes(() => box.inputValue(), '')
})

it('nobody answers: what is written stays, and what is missing can be fetched again', async () => {
  await page.goto('/search')
  await page.getByRole('link', { name: 'Home' }).click()
  await field().fill('Into the void')
  await page.context().setOffline(true)
  await postIt()
  await page.getByRole('alert').filter({ hasText: 'are you online?' }).waitFor()
  await page.getByRole('link', { name: 'Search' }).click()
  const again = page.getByRole('button', { name: 'Try again' })
  await again.waitFor()
  expect(await faultsOf(window)).toEqual([])
  await again.press('Enter')
  await again.waitFor()
  // A page of which nothing is here yet.
  await page.getByRole('link', { name: 'Notifications' }).click()
  await page.getByText('The page could not be fetched').waitFor()
  await page.context().setOffline(false)
  await page.getByRole('heading', { level: 1, name: 'Notifications' }).waitFor()
  await page.getByRole('link', { name: 'Home' }).click()
  await becomes(() => field().inputValue(), 'Into the void')
})

it('a post waits for its pictures, and takes nothing more meanwhile', async () => {
  await page.goto('/home')
  await field().fill('A large one')
  let go = (): void => undefined
  const isHeld = new Promise<void>((resolve) => (go = resolve))
  await page.route('**/xrpc/com.atproto.repo.uploadBlob', async (route) => {
    await isHeld
    await route.continue()
  })
  await page
    .getByLabel('Picture files')
    .setInputFiles({ name: 'large.png', mimeType: 'image/png', buffer: await picture(5000) })
  await postIt()
  await page.getByRole('button', { name: 'Posting …' }).waitFor()
  await field().press('End')
  await page.keyboard.type(' and more')
  await becomes(() => field().inputValue(), 'A large one')
  go()
  await card(page, 'A large one').getByRole('button', { name: 'Open picture' }).waitFor()
})

it('a long name leaves room for the handle', async () => {
  await bob.upsertProfile(() => ({ displayName: 'W'.repeat(64) }))
  const phone = await openWindow(browser, server.url, { phone: true }, alice)
  await phone.page.goto('/home')
  const handle = card(phone.page, 'Who is about?').locator('.handle')
  expect(await handle.evaluate((handle) => handle.scrollWidth <= handle.clientWidth)).toBe(true)
  await phone.page.getByLabel('What is there to tell?').pressSequentially('@bo')
  const person = phone.page.getByRole('listbox', { name: 'People' }).getByRole('option')
  await person.waitFor()
  expect((await person.locator('.handle').boundingBox())!.x).toBeLessThan(300)
  await closeWindow(phone.page)
})
