/** Somebody in front of a window of their own. */
import type { AtpAgent } from '@atproto/api'
import type { Browser, Page } from 'playwright-core'
import { type Look, openWindow, type WatchedPage } from '../../support/browser.js'
import type { TestServer } from '../../support/server.js'

/** A window in which the account of `client` is signed in already. */
export async function windowOf(
  browser: Browser,
  server: TestServer,
  client: AtpAgent,
  look?: Look,
): Promise<WatchedPage> {
  const window = await openWindow(browser, server.url, look)
  // A session of this window's own: the one of `client` goes on without it.
  const { session } = client
  const other = server.agent()
  await other.login({ identifier: session!.handle, password: `${session!.handle.split('.')[0]}-password` })
  await window.page.goto('/xrpc/_health')
  await window.page.evaluate((kept) => localStorage.setItem('skylog.session', kept), JSON.stringify(other.session))
  return window
}

/** Signs in by hand. */
export async function signIn({ page }: WatchedPage, name: string): Promise<void> {
  await page.getByLabel('Handle or email').fill(`${name}.test`)
  await page.getByLabel('Password').fill(`${name}-password`)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** The card of a post that has these words. */
export function card(page: Page, text: string) {
  return page.getByRole('article').filter({ hasText: text }).first()
}

/** The path of a post in the console. */
export function pathOf(client: AtpAgent, { uri }: { uri: string }): string {
  return `/profile/${client.session!.handle}/post/${uri.split('/').at(-1)}`
}

/** Has the page look for news now, as when it is looked at again. */
export async function lookAgain(page: Page): Promise<void> {
  await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')))
}
