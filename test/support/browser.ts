/** A real browser: the system's Chromium where there is one, else the one that comes with the development dependencies. */
import { existsSync } from 'node:fs'
import { AxeBuilder } from '@axe-core/playwright'
import type { AtpAgent } from '@atproto/api'
import bundled from '@sparticuz/chromium'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'

const SYSTEM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const QUIET = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-dev-shm-usage'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
]

/** Starts the browser. `CHROMIUM_PATH` names another one. Close it at the end. */
export async function startBrowser(): Promise<Browser> {
  const system = process.env.CHROMIUM_PATH ?? SYSTEM.find((path) => existsSync(path))
  return system
    ? chromium.launch({ executablePath: system, args: QUIET })
    : chromium.launch({ executablePath: await bundled.executablePath(), args: [...bundled.args, ...QUIET] })
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
  page.setDefaultTimeout(10_000)
  return { page, errors }
}

function sessionOf({ session }: AtpAgent): { name: string; value: string }[] {
  return [{ name: 'skylog.session', value: JSON.stringify(session) }]
}

/**
 * What stands in the way of people on this page: accessible names, contrast, structure, keyboard (axe-core, WCAG 2.1 AA and
 * best practices), a page wider than the window, errors of scripts. Empty when all is well. Waits for what is still loading.
 */
export async function faultsOf({ page, errors }: WatchedPage): Promise<string[]> {
  await page.waitForFunction(() => !document.querySelector('.waiting'))
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
