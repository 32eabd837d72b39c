/** A real browser, and what tests need to wait for what happens in it, on a slow and busy machine as on a fast one. */
import { setTimeout as sleep } from 'node:timers/promises'
import { AxeBuilder } from '@axe-core/playwright'
import type { AtpAgent } from '@atproto/api'
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core'

/** How long something that will come may take, in milliseconds; a test waits for many such things. */
const PATIENCE_MS = 60_000
/** How long is waited for a window to close. */
const CLOSING_MS = 5_000

const QUIET = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-dev-shm-usage'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
]

/** Starts the browser at `CHROMIUM_PATH`, which prepare.mjs has found; without one, Chrome where that is installed. Close it at the end. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM_PATH
  const which = executablePath ? { executablePath } : { channel: 'chrome' }
  return chromium.launch({ ...which, args: QUIET, timeout: PATIENCE_MS })
}

/** A page that remembers what went wrong in it. */
export interface WatchedPage {
  page: Page
  /** Errors of scripts, of the console and of the content policy, in the words of the browser. */
  errors: string[]
}

/** What a device is like. `phone` is narrow; both schemes are those of the system settings. */
export interface Look {
  phone?: boolean
  dark?: boolean
}

/**
 * A window of its own, with nothing remembered from others, on the server at `url`, or on a page from the disk; signed in to the
 * web console as whom `as` is, where there is somebody.
 */
export async function openWindow(browser: Browser, url: string, look: Look = {}, as?: AtpAgent): Promise<WatchedPage> {
  const context: BrowserContext = await browser.newContext({
    baseURL: url,
    viewport: look.phone ? { width: 390, height: 844 } : { width: 1200, height: 800 },
    colorScheme: look.dark ? 'dark' : 'light',
    // Not that of the machine, which may be none that a browser understands.
    locale: 'en-US',
    reducedMotion: 'reduce',
    storageState: as && { cookies: [], origins: [{ origin: new URL(url).origin, localStorage: sessionOf(as) }] },
  })
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => {
    // An answer that is no success is something that the page has to deal with, and says so itself.
    if (message.type() === 'error' && !/^Failed to load resource/.test(message.text())) errors.push(message.text())
  })
  page.setDefaultTimeout(PATIENCE_MS)
  return { page, errors }
}

/**
 * Closes a window, and those that were opened from it. One that goes to another page at this very moment Chromium may leave open:
 * it is gone with the browser.
 */
export async function closeWindow(page: Page): Promise<void> {
  await Promise.race([page.context().close(), sleep(CLOSING_MS, undefined, { ref: false })])
}

/** Closes all windows, as above. */
export async function closeWindows(browser: Browser): Promise<void> {
  await Promise.all(browser.contexts().flatMap((context) => context.pages().slice(0, 1).map(closeWindow)))
}

function sessionOf({ session }: AtpAgent): { name: string; value: string }[] {
  return [{ name: 'skylog.session', value: JSON.stringify(session) }]
}

/** Waits until the keyboard is where this is. */
export async function focused(place: Locator): Promise<void> {
  await place.and(place.page().locator(':focus')).waitFor()
}

/** Waits until what is read of a page is equal to this. */
export async function becomes<Value>(read: () => Promise<Value>, expected: Value): Promise<void> {
  for (const until = Date.now() + PATIENCE_MS; ; await sleep(50)) {
    const value = await read()
    try {
      return expect(value).toEqual(expected)
    } catch (error) {
      if (Date.now() > until) throw error
    }
  }
}

/** Does something, and waits until the server has answered the call of it: what is shown at once has not been done yet. */
export async function answered(page: Page, nsid: string, act: Promise<unknown>): Promise<void> {
  await Promise.all([page.waitForResponse(`**/xrpc/${nsid}*`), act])
}

/**
 * What stands in the way of people on this page: accessible names, contrast, structure, keyboard (axe-core, WCAG 2.1 AA and
 * best practices), a page wider than the window, errors of scripts. Empty when all is well. Waits for what is still loading.
 */
export async function faultsOf({ page, errors }: WatchedPage): Promise<string[]> {
  await page.waitForFunction(() => !document.querySelector('.waiting'))
  // What goes by the size of the window is told of it with the next frame.
  await page.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))))
  // No page here has frames, for which alone it would open a window of its own at the end.
  const { violations } = await new AxeBuilder({ page })
    .setLegacyMode()
    .options({ resultTypes: ['violations'] })
    .analyze()
  const inTheWay = violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help} (${target.join(' ')}) ${failureSummary}`),
  )
  const isWide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth + 1)
  return [...inTheWay, ...(isWide ? ['the page is wider than its window'] : []), ...errors]
}
