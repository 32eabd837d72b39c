/** The web console as a whole: served, safe, usable without a mouse, on a phone and in the dark. */
import type { Browser } from 'playwright-core'
import { becomes, closeWindows, faultsOf, focused, openWindow, startBrowser } from '../support/browser.js'
import { startTestServer, stopTestServer, type TestServer } from '../support/server.js'

let server: TestServer
let browser: Browser

beforeAll(async () => {
  server = await startTestServer()
  browser = await startBrowser()
})
afterEach(() => closeWindows(browser))
afterAll(async () => {
  await browser.close()
  await stopTestServer(server)
})

describe('how it is served', () => {
  it('every page is the same document, which runs nothing but the scripts of this server', async () => {
    const start = await fetch(`${server.url}/`)
    const other = await fetch(`${server.url}/operator/accounts`)
    expect(await other.text()).toBe(await start.text())
    expect(start.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(start.headers.get('content-security-policy')).toContain("script-src 'self'")
  })

  it('its files are kept by browsers, and are sent compressed', async () => {
    const [script] = /\/assets\/[^"]+\.js/.exec(await (await fetch(server.url)).text())!
    const { status, headers } = await fetch(`${server.url}${script}`, { headers: { 'accept-encoding': 'br' } })
    expect([status, headers.get('cache-control'), headers.get('content-encoding')]).toEqual([
      200,
      'public, max-age=31536000, immutable',
      'br',
    ])
  })

  it.each(['/assets/', '/assets/../index.html', '/assets/%2e%2e/index.html', '/assets/nothing.js', '/nothing'])(
    'there is nothing at %s',
    async (path) => {
      expect((await fetch(`${server.url}${path}`)).status).toBe(404)
    },
  )
})

describe('the frame', () => {
  it.each([{}, { phone: true, dark: true }])('nobody is kept out: %j', async (look) => {
    const window = await openWindow(browser, server.url, look)
    for (const path of ['/', '/sign-in', '/operator']) {
      await window.page.goto(path)
      await window.page.getByRole('heading', { level: 1 }).waitFor()
      expect(await faultsOf(window)).toEqual([])
    }
  })

  it('goes from page to page by the keyboard alone, and says where one is', async () => {
    const { page } = await openWindow(browser, server.url)
    await page.goto('/')
    await page.getByRole('heading', { name: 'This server' }).waitFor()
    await page.keyboard.press('Tab')
    await focused(page.getByRole('link', { name: 'Skip to the page' }))
    await page.getByRole('link', { name: 'Sign in' }).focus()
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'Sign in' }).waitFor()
    await becomes(() => page.title(), 'Sign in · Skylog')
  })

  it('says so where there is no such page', async () => {
    const { page } = await openWindow(browser, server.url)
    await page.goto('/operator/no-such-page')
    await page.getByRole('heading', { name: 'Not found' }).waitFor()
  })
})
