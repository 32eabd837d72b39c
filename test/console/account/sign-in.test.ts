/** Coming in where an invite is needed, and with a second factor: by the keyboard, and with what people mistype. */
import type { AtpAgent } from '@atproto/api'
import { TOTP } from 'otpauth'
import type { Browser } from 'playwright-core'
import { becomes, faultsOf, openWindow, startBrowser } from '../../support/browser.js'
import { startTestServer, stopTestServer, type TestServer } from '../../support/server.js'

const ADMIN = 'an-operator-of-a-test'

let server: TestServer
let browser: Browser

beforeAll(async () => {
  server = await startTestServer({ PDS_ADMIN_PASSWORD: ADMIN, PDS_INVITE_REQUIRED: 'true' })
  browser = await startBrowser()
})
afterAll(async () => {
  await browser.close()
  await stopTestServer(server)
})

async function inviteCode(): Promise<string> {
  const authorization = `Basic ${btoa(`admin:${ADMIN}`)}`
  const { data } = await server
    .agent()
    .com.atproto.server.createInviteCode({ useCount: 1 }, { headers: { authorization }, encoding: 'application/json' })
  return data.code
}

async function signUp(name: string): Promise<AtpAgent> {
  const client = server.agent()
  const [handle, email, password] = [`${name}.test`, `${name}@example.com`, `${name}-password`]
  await client.createAccount({ handle, email, password, inviteCode: await inviteCode() })
  return client
}

/** Sets up an authenticator app. Gives what it shows next: each code is good once, and for a while before its half minute. */
async function setUpApp(client: AtpAgent): Promise<() => string> {
  const post = async <Answer>(path: string, body: object): Promise<Answer> => {
    const headers = { 'content-type': 'application/json' }
    const init = { method: 'POST', headers, body: JSON.stringify(body) }
    return (await (await client.sessionManager.fetchHandler(path, init)).json()) as Answer
  }
  const name = client.session!.handle.split('.')[0]
  const { secret } = await post<{ secret: string }>('/account/totp/begin', { password: `${name}-password` })
  const app = new TOTP({ secret: secret.replaceAll(' ', '') })
  await post('/account/totp/confirm', { code: app.generate() })
  return () => app.generate({ timestamp: Date.now() + 30_000 })
}

it('an invite lets one in, once', async () => {
  const code = await inviteCode()
  const signUpWith = async (name: string, invite: string) => {
    const window = await openWindow(browser, server.url, { phone: true })
    const { page } = window
    await page.goto(`/sign-up?invite=${invite}`)
    await page.getByLabel('Name', { exact: true }).fill(name)
    await page.getByLabel('Email').fill(`${name}@example.com`)
    await page.getByLabel('Password').fill(`${name}-password`)
    await becomes(() => page.getByLabel('Invite code').inputValue(), invite)
    await page.getByRole('button', { name: 'Make the account' }).click()
    return window
  }
  const wrong = await signUpWith('ann', 'no-such-code')
  await wrong.page.getByRole('alert').filter({ hasText: 'invite code not available' }).waitFor()
  expect(await faultsOf(wrong)).toEqual([])
  await wrong.page.getByLabel('Invite code').fill(code)
  await wrong.page.getByRole('button', { name: 'Make the account' }).click()
  await wrong.page.getByRole('link', { name: '@ann.test' }).first().waitFor()
  const second = await signUpWith('ben', code)
  await second.page.getByRole('alert').filter({ hasText: 'invite code not available' }).waitFor()
})

it('a second factor is asked for where the keyboard is; another account is not asked', async () => {
  const code = await setUpApp(await signUp('carl'))
  await signUp('dora')
  const window = await openWindow(browser, server.url)
  const { page } = window
  await page.goto('/settings/sessions')
  await page.getByRole('main').getByRole('link', { name: 'sign in' }).click()
  const fill = async (identifier: string, password: string): Promise<void> => {
    await page.getByLabel('Handle or email').fill(identifier)
    await page.getByLabel('Password').fill(password)
    await page.keyboard.press('Enter')
  }
  await fill('carl.test', 'carl-password')
  await page.getByLabel('Code').waitFor()
  expect(await faultsOf(window)).toEqual([])
  await page.keyboard.type('000000')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').filter({ hasText: 'Token is invalid' }).waitFor()
  await fill('@Dora.test', 'dora-password')
  await page.getByRole('link', { name: '@dora.test' }).first().waitFor()
  expect(new URL(page.url()).pathname).toBe('/settings/sessions')

  await page.goto('/sign-in')
  await fill('@carl.test', 'carl-password')
  await page.getByLabel('Code').waitFor()
  await page.keyboard.type(code())
  await page.keyboard.press('Enter')
  await page.getByRole('link', { name: '@carl.test' }).first().waitFor()
})
