/** Going to and fro in the console: back to what was left, and on when something has failed. */
import type { Browser } from 'playwright-core'
import { answered, becomes, closeWindows, focused, openWindow, startBrowser } from '../support/browser.js'
import { startTestServer, stopTestServer, type TestServer } from '../support/server.js'

const ADMIN = 'an-operator-of-a-test'

let server: TestServer
let browser: Browser
let alice: Awaited<ReturnType<TestServer['signUp']>>
let bob: typeof alice

beforeAll(async () => {
  server = await startTestServer({ PDS_ADMIN_PASSWORD: ADMIN })
  browser = await startBrowser()
  alice = await server.signUp('alice')
  bob = await server.signUp('bob')
  await alice.follow(bob.assertDid)
  for (let i = 0; i < 40; i++) await bob.post({ text: `Post number ${i}` })
})
afterEach(() => closeWindows(browser))
afterAll(async () => {
  await browser.close()
  await stopTestServer(server)
})

it('whoever comes back to a timeline finds it as it was: its pages, its place, and what was done since', async () => {
  const { page } = await openWindow(browser, server.url, {}, alice)
  await page.goto('/home')
  await page.getByRole('button', { name: 'Show more' }).click()
  // One of the second page.
  const post = page.getByRole('article').filter({ has: page.getByText('Post number 3', { exact: true }) })
  await post.scrollIntoViewIfNeeded()
  const place = await page.evaluate(() => scrollY)
  expect(place).toBeGreaterThan(1000)
  await post.locator('a.when').first().click()
  await page.getByRole('heading', { name: 'Replies' }).waitFor()
  await becomes(() => page.evaluate(() => scrollY), 0)
  const like = page.getByRole('article').first().getByRole('button', { name: 'Like' })
  await answered(page, 'com.atproto.repo.createRecord', like.click())
  await page.getByRole('button', { name: 'Like', pressed: true }).waitFor()
  await page.goBack()
  await post.getByRole('button', { name: 'Like', pressed: true }).waitFor()
  await page.waitForFunction((place) => Math.abs(scrollY - place) < 2, place)
  await page.goForward()
  await page.getByRole('heading', { name: 'Replies' }).waitFor()
})

it('a page that is gone to a second time is announced as well', async () => {
  const { page } = await openWindow(browser, server.url)
  await page.goto('/')
  for (const [link, heading] of [
    ['Repositories', 'Repositories'],
    ['This server', 'This server'],
    ['Repositories', 'Repositories'],
  ] as const) {
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: link }).click()
    await page.locator('[aria-live]').filter({ hasText: heading }).waitFor({ state: 'attached' })
    await focused(page.getByRole('heading', { level: 1, name: heading }))
  }
})

describe('the keyboard', () => {
  it('stays on a button while it works, and goes to the heading when the button is gone', async () => {
    const { page } = await openWindow(browser, server.url)
    await page.goto('/operator/invites')
    await page.getByLabel('Admin password').fill(ADMIN)
    await page.keyboard.press('Enter')
    const make = page.getByRole('button', { name: 'Make a code' })
    await make.press('Enter')
    const disable = page.getByRole('button', { name: /^Disable/ })
    await disable.waitFor()
    await focused(make)
    await disable.press('Enter')
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).press('Enter')
    await page.getByRole('cell', { name: 'disabled' }).waitFor()
    await focused(page.getByRole('heading', { name: 'Codes' }))
  })

  it('comes back from a dialog', async () => {
    const { page } = await openWindow(browser, server.url, {}, alice)
    await page.goto('/settings/data')
    const deactivate = page.getByRole('button', { name: 'Deactivate …' })
    await deactivate.press('Enter')
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).press('Enter')
    await focused(deactivate)
  })
})

describe('what fails', () => {
  it('a page whose file is gone says so, and the others are there', async () => {
    const { page } = await openWindow(browser, server.url)
    await page.route('**/assets/explore-page*', (route) => route.fulfill({ status: 404 }))
    await page.goto('/')
    await page.getByRole('link', { name: 'Repositories' }).first().click()
    await page.getByText('The page could not be fetched').waitFor()
    await page.getByRole('link', { name: 'Firehose' }).first().click()
    await page.getByRole('heading', { level: 1, name: 'Firehose' }).waitFor()
  })

  it('an address that is none leaves the frame as it is', async () => {
    const { page } = await openWindow(browser, server.url)
    await page.goto('/')
    await page.getByRole('heading', { name: 'This server' }).waitFor()
    await page.evaluate(() => {
      history.pushState(null, '', '/profile/%E0%A4%A')
      dispatchEvent(new PopStateEvent('popstate'))
    })
    await page.getByRole('heading', { name: 'This page failed' }).waitFor()
    await page.getByRole('link', { name: 'Firehose' }).first().click()
    await page.getByRole('heading', { level: 1, name: 'Firehose' }).waitFor()
  })

  it('an operator whose password does not count any more is asked for the one that does', async () => {
    const { page } = await openWindow(browser, server.url)
    await page.goto('/operator')
    await page.evaluate(() => sessionStorage.setItem('skylog.operator', `Basic ${btoa('admin:another')}`))
    await page.goto('/operator/accounts')
    await page.getByText('The password has been changed').waitFor()
    await page.getByLabel('Admin password').fill(ADMIN)
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByRole('link', { name: '@alice.test' }).waitFor()
  })
})

describe('two windows', () => {
  it('show the same account, whoever signs in', async () => {
    const { page } = await openWindow(browser, server.url, {}, alice)
    await page.goto('/home')
    await page.getByRole('article').first().waitFor()
    const other = await page.context().newPage()
    // Both have renewed the session by then.
    await other.goto('/home')
    await other.getByRole('article').first().waitFor()
    await other.evaluate(
      (kept) => localStorage.setItem('skylog.session', kept),
      JSON.stringify((await server.agent().login({ identifier: 'bob.test', password: 'bob-password' })).data),
    )
    for (const window of [page, other]) await window.getByRole('link', { name: '@bob.test' }).first().waitFor()
  })

  it('one that has slept while the other renewed the session goes on with that', async () => {
    const { page } = await openWindow(browser, server.url, {}, alice)
    await page.goto('/settings')
    await page.getByText('active', { exact: true }).waitFor()
    const renewed = (await server.agent().login({ identifier: 'alice.test', password: 'alice-password' })).data
    // No other window tells it; its own session has ended on the server meanwhile.
    await page.evaluate(async (kept) => {
      const { refreshJwt } = JSON.parse(localStorage.getItem('skylog.session')!) as { refreshJwt: string }
      const headers = { authorization: `Bearer ${refreshJwt}` }
      await fetch('/xrpc/com.atproto.server.deleteSession', { method: 'POST', headers })
      localStorage.setItem('skylog.session', kept)
    }, JSON.stringify(renewed))
    await page.getByRole('link', { name: 'Your data' }).click()
    await page.getByRole('link', { name: 'Account', exact: true }).click()
    await page.getByText('active', { exact: true }).waitFor()
    expect(page.url()).toBe(`${server.url}/settings`)
    expect(await page.evaluate(() => localStorage.getItem('skylog.session'))).not.toBeNull()
  })
})

it('nobody who only looks fetches the client library', async () => {
  const { page } = await openWindow(browser, server.url)
  let bytes = 0
  page.on('response', (response) => {
    if (response.url().includes('/assets/')) bytes += Number(response.headers()['content-length'] ?? 0)
  })
  await page.goto('/')
  await page.getByText('Handles end in').waitFor()
  expect(bytes).toBeGreaterThan(0)
  expect(bytes).toBeLessThan(60_000)
})
