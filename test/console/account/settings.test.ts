/** The pages of account holders, used as by one: sign up, sign in, and everything that can be set. */
import type { AtpAgent } from '@atproto/api'
import { TOTP } from 'otpauth'
import type { Browser, Page } from 'playwright-core'
import { becomes, closeWindows, faultsOf, openWindow, startBrowser, type WatchedPage } from '../../support/browser.js'
import { codeFor } from '../../support/mail-codes.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'

const ADMIN = 'an-operator-of-a-test'

let server: TestServer
let browser: Browser

beforeAll(async () => {
  server = await startTestServer({ PDS_ADMIN_PASSWORD: ADMIN })
  browser = await startBrowser()
})
afterEach(() => closeWindows(browser))
afterAll(async () => {
  await browser.close()
  await stopTestServer(server)
})

/** A window of somebody who has an account. */
async function windowOf(name: string): Promise<WatchedPage> {
  return openWindow(browser, server.url, {}, await server.signUp(name))
}

async function goTo(page: Page, path: string, heading: string): Promise<void> {
  await page.goto(path)
  await page.getByRole('heading', { level: 1, name: heading }).waitFor()
}

/** Signs in where nobody is, in another window. Gives what the page says when it is not enough. */
async function signIn(identifier: string, password: string, code?: () => string): Promise<Page> {
  const { page } = await openWindow(browser, server.url)
  await page.goto('/sign-in')
  await page.getByLabel('Handle or email').fill(identifier)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  if (code) {
    await page.getByLabel('Code').fill(code())
    await page.getByRole('button', { name: 'Sign in' }).click()
  }
  return page
}

/** Fills in the code that has come by mail, once the page asks for it: it has been sent by then. */
async function fillCode(page: Page, label: string, name: string): Promise<void> {
  const field = page.getByLabel(label, { exact: true })
  await field.waitFor()
  await field.fill(await codeFor(server, `${name}.test`, ADMIN))
}

describe('every page can be read and used by all', () => {
  let nina: AtpAgent
  beforeAll(async () => {
    nina = await server.signUp('nina')
  })

  it.each([
    ['/settings', 'Account'],
    ['/settings/sign-in', 'Password and codes'],
    ['/settings/sessions', 'Sessions and apps'],
    ['/settings/email', 'Email'],
    ['/settings/handle', 'Handle and identity'],
    ['/settings/data', 'Your data'],
    ['/settings/move', 'Move'],
  ])('%s', async (path, heading) => {
    const window = await openWindow(browser, server.url, {}, nina)
    await goTo(window.page, path, heading)
    expect(await faultsOf(window)).toEqual([])
  })

  it.each(['/sign-up', '/reset-password', '/settings', '/settings/move'])('%s, by nobody, on a phone', async (path) => {
    const window = await openWindow(browser, server.url, { phone: true, dark: true })
    await window.page.goto(path)
    await window.page.getByRole('heading', { level: 1 }).waitFor()
    expect(await faultsOf(window)).toEqual([])
  })
})

describe('signing up', () => {
  it('makes an account, or says why not', async () => {
    const { page } = await openWindow(browser, server.url)
    await page.goto('/sign-up')
    await page.getByLabel('Name', { exact: true }).fill('admin')
    await page.getByLabel('Email').fill('lena@example.com')
    await page.getByLabel('Password').fill('lena-password')
    await page.getByRole('button', { name: 'Make the account' }).click()
    await page.getByText('Reserved handle').waitFor()
    await page.getByLabel('Name', { exact: true }).fill('lena')
    await page.getByRole('button', { name: 'Make the account' }).click()
    await page.getByRole('link', { name: '@lena.test' }).first().waitFor()
    await server.agent().login({ identifier: 'lena.test', password: 'lena-password' })
  })
})

describe('signing in and out', () => {
  it('says what is wrong, and lets in with what is right', async () => {
    await server.signUp('alice')
    const wrong = await signIn('alice.test', 'not hers')
    await wrong.getByRole('alert').waitFor()
    expect(await wrong.getByRole('alert').textContent()).toMatch(/Invalid identifier or password/)
    const page = await signIn('alice.test', 'alice-password')
    await page.getByRole('link', { name: '@alice.test' }).first().waitFor()
    await goTo(page, '/settings', 'Account')
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByRole('link', { name: 'Sign in', exact: true }).waitFor()
    await becomes(() => page.evaluate(() => localStorage.length), 0)
  })

  it('somebody who has forgotten the password gets another by mail', async () => {
    await server.signUp('forgetful')
    const { page } = await openWindow(browser, server.url)
    await page.goto('/reset-password')
    await page.getByLabel('Email').fill('forgetful@example.com')
    await page.getByRole('button', { name: 'Send a code' }).click()
    await page.getByLabel('New password').fill('remembered-now')
    await fillCode(page, 'Code', 'forgetful')
    await page.getByRole('button', { name: 'Change the password' }).click()
    await page.getByText('every session has ended').waitFor()
    await (
      await signIn('forgetful.test', 'remembered-now')
    )
      .getByRole('link', { name: '@forgetful.test' })
      .first()
      .waitFor()
  })
})

describe('sessions and apps', () => {
  it('another session is seen and ended; it is at the sign-in page with its next call', async () => {
    const { page } = await windowOf('bob')
    const other = await signIn('bob.test', 'bob-password')
    await other.getByRole('link', { name: '@bob.test' }).first().waitFor()
    await goTo(page, '/settings/sessions', 'Sessions and apps')
    await page.getByText('this one').waitFor()
    await page.getByRole('button', { name: /^End the session of/ }).click()
    await page.getByRole('button', { name: /^End the session of/ }).waitFor({ state: 'detached' })
    await other.goto('/settings')
    await other.getByText('Your session has ended').waitFor()
  })

  it('an app password is made, shown once, works, and is taken back', async () => {
    const { page } = await windowOf('carla')
    await goTo(page, '/settings/sessions', 'Sessions and apps')
    await page.getByLabel('Name of the app').fill('my bot')
    await page.getByRole('button', { name: 'Make an app password' }).click()
    const password = await page.getByRole('status').locator('code').textContent()
    const bot = server.agent()
    await bot.login({ identifier: 'carla.test', password: password! })
    await page.getByRole('button', { name: 'Take back … my bot' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Take back' }).click()
    await page.getByText('There are none.').waitFor()
    await expect(bot.login({ identifier: 'carla.test', password: password! })).rejects.toThrow()
  })
})

describe('password and codes', () => {
  it('another password takes the one before', async () => {
    const { page } = await windowOf('dan')
    await goTo(page, '/settings/sign-in', 'Password and codes')
    await page.getByLabel('Present password').fill('wrong')
    await page.getByLabel('New password').fill('another-password')
    await page.getByRole('button', { name: 'Change the password' }).click()
    await page.getByRole('alert').waitFor()
    await page.getByLabel('Present password').fill('dan-password')
    await page.getByRole('button', { name: 'Change the password' }).click()
    await page.getByText('Every other session has ended').waitFor()
    await becomes(() => page.getByLabel('Present password').inputValue(), '')
    await server.agent().login({ identifier: 'dan.test', password: 'another-password' })
  })

  it('an authenticator app is set up from its secret, asked for at the sign-in, and done without', async () => {
    const { page } = await windowOf('erin')
    await goTo(page, '/settings/sign-in', 'Password and codes')
    await page.getByLabel('Your password').fill('erin-password')
    await page.getByRole('button', { name: 'Set up' }).click()
    await page.getByRole('img', { name: /for the camera/ }).waitFor()
    const secret = (await page.locator('form code').textContent())!
    const codeIn = (seconds: number) => new TOTP({ secret }).generate({ timestamp: Date.now() + seconds * 1000 })
    // A code is good for a while after its half minute, and before it.
    await page.getByLabel('The code that the app shows').fill(codeIn(0))
    await page.getByRole('button', { name: 'Confirm' }).click()
    const [backup] = (await page.locator('pre').textContent())!.split('\n')
    expect(backup).toMatch(/\S{8,}/)
    const elsewhere = await signIn('erin.test', 'erin-password', () => codeIn(30))
    await elsewhere.getByRole('link', { name: '@erin.test' }).first().waitFor()
    await page.getByLabel('Your password').fill('erin-password')
    await page.getByLabel(/backup code/).fill(backup!)
    await page.getByRole('button', { name: 'Do without the app' }).click()
    await page.getByRole('button', { name: 'Set up' }).waitFor()
    await server.agent().login({ identifier: 'erin.test', password: 'erin-password' })
  })

  it('codes by mail: the address is confirmed, the codes are switched on and off', async () => {
    const { page } = await windowOf('frank')
    await goTo(page, '/settings/email', 'Email')
    await page.getByRole('button', { name: 'Send a code' }).click()
    await fillCode(page, 'The code that was sent to you', 'frank')
    await page.getByRole('button', { name: 'Confirm the address' }).click()
    await page.getByText('frank@example.com is confirmed').waitFor()
    await goTo(page, '/settings/sign-in', 'Password and codes')
    for (const [button, after] of [
      ['Switch on', 'A code is sent to you at every sign-in.'],
      ['Switch off', 'No code is sent to you when you sign in.'],
    ] as const) {
      await page.getByRole('button', { name: button }).click()
      await fillCode(page, 'The code that was sent to you', 'frank')
      await page.getByRole('button', { name: button }).click()
      await page.getByText(after).waitFor()
    }
  })
})

describe('email and handle', () => {
  it('another address takes a code that goes to the one before, once that is confirmed', async () => {
    const { page } = await windowOf('gina')
    await goTo(page, '/settings/email', 'Email')
    await page.getByLabel('New address').fill('gina@example.org')
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText('gina@example.org is not confirmed yet').waitFor()
    await page.getByRole('button', { name: 'Send a code' }).click()
    await fillCode(page, 'The code that was sent to you', 'gina')
    await page.getByRole('button', { name: 'Confirm the address' }).click()
    await page.getByText('gina@example.org is confirmed').waitFor()
    await page.getByLabel('New address').fill('gina@example.net')
    await page.getByRole('button', { name: 'Go on' }).click()
    await fillCode(page, 'Code', 'gina')
    await page.getByRole('button', { name: 'Change the address' }).click()
    await page.getByText('gina@example.net is not confirmed yet').waitFor()
  })

  it('another handle: refused with a reason, or taken', async () => {
    const { page } = await windowOf('henry')
    await goTo(page, '/settings/handle', 'Handle and identity')
    await page.getByText('_atproto.your-domain').waitFor()
    await page.getByLabel('New handle').fill('gina.test')
    await page.getByRole('button', { name: 'Change the handle' }).click()
    await page.getByRole('alert').waitFor()
    await page.getByLabel('New handle').fill('harry.test')
    await page.getByRole('button', { name: 'Change the handle' }).click()
    await page.getByText('You are @harry.test').waitFor()
  })
})

describe('what one has here', () => {
  it('is downloaded', async () => {
    const { page } = await windowOf('iris')
    await goTo(page, '/settings/data', 'Your data')
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download the repository' }).click(),
    ])
    expect(download.suggestedFilename()).toMatch(/\.car$/)
    expect(await download.failure()).toBeNull()
  })

  it('rests, and comes back', async () => {
    const { page } = await windowOf('jack')
    await goTo(page, '/settings/data', 'Your data')
    await page.getByRole('button', { name: 'Deactivate …' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Deactivate' }).click()
    await page.getByText('The account is deactivated').waitFor()
    await page.getByText('Your account is deactivated: nobody sees it').waitFor()
    await page.getByRole('button', { name: 'Activate' }).click()
    await page.getByRole('button', { name: 'Deactivate …' }).waitFor()
    await page.getByText('Your account is deactivated').waitFor({ state: 'detached' })
  })

  it('goes for good, after a code, the password and the handle', async () => {
    const window = await windowOf('kate')
    const { page } = window
    await goTo(page, '/settings/data', 'Your data')
    await page.getByRole('button', { name: 'Delete the account …' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Send a code' }).click()
    await fillCode(page, 'Code', 'kate')
    await page.getByLabel('Your password').fill('kate-password')
    await page.getByLabel('Your handle, kate.test').fill('somebody.test')
    expect(await faultsOf(window)).toEqual([])
    await page.getByRole('button', { name: 'Delete everything' }).click()
    await page.getByText('To be sure, type kate.test').waitFor()
    await page.getByLabel('Your handle, kate.test').fill('kate.test')
    await page.getByRole('button', { name: 'Delete everything' }).click()
    await page.getByRole('heading', { name: 'This server' }).waitFor()
    await expect(server.agent().login({ identifier: 'kate.test', password: 'kate-password' })).rejects.toThrow()
  })
})
