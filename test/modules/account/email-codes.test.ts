import { request } from 'node:http'
import { jest } from '@jest/globals'
import { Logger } from '@nestjs/common'
import { CommandBus } from '@nestjs/cqrs'
import { Accounts } from '../../../src/modules/account/accounts.js'
import { DeleteAccount } from '../../../src/modules/account/life/delete-account.js'
import { EmailCodes } from '../../../src/modules/account/email-codes.js'
import { isSame, newCode, normalCode } from '../../../src/modules/account/code-text.js'
import { Database } from '../../../src/modules/database/database.js'
import type { Did } from '../../../src/repo-engine/index.js'
import { TestServer } from '../../support/account-app.js'
import { SmtpSink } from '../../support/smtp-sink.js'
import { eventually } from '../../support/eventually.js'

const MINUTE = 60_000

let server: TestServer
let sink: SmtpSink | undefined
afterEach(async () => {
  jest.restoreAllMocks()
  await server.close()
  await sink?.close()
  sink = undefined
})

const codes = () => server.get(EmailCodes)
const send = (did: string, purpose: 'confirm_email' | 'reset_password' = 'confirm_email', quietMs = 0) =>
  server.get(Database).write((tx) => codes().send(tx, { did: did as Did }, purpose, quietMs))
const use = (did: string, code: string) =>
  server.get(Database).write((tx) => codes().use(tx, did as Did, 'confirm_email', code))
const living = async (did: string | null = null) => codes().living(did as Did | null)
const newest = async () => (await living())[0]!
const owed = () =>
  server.get(Database).read.all<{ kind: string; payload: string; attempts: number }>('SELECT * FROM outbox')

describe('a code', () => {
  let did: string
  beforeEach(async () => {
    server = await TestServer.start()
    ;({ did } = await server.createAccount('alice'))
  })

  it('is by chance, of the letters that the official client lets through, and read as people type it', () => {
    const all = Array.from({ length: 500 }, newCode)
    expect(new Set(all).size).toBe(500)
    for (const code of all) expect(code).toMatch(/^[A-HJ-NP-Z2-7]{5}-[A-HJ-NP-Z2-7]{5}$/)
    for (const typed of ['ABCDE-23456', ' abcde-23456\n', 'abcde23456', 'ABCDE 23456'])
      expect(normalCode(typed)).toBe('ABCDE-23456')
    expect([isSame('ABCDE', 'ABCDE'), isSame('ABCDE', 'ABCDF'), isSame('ABCDE', 'ABCD'), isSame('', '')]).toEqual([
      true,
      false,
      false,
      true,
    ])
  })

  it('works once, within 15 minutes, for what it was made for and for its account', async () => {
    const bob = await server.createAccount('bob')
    await send(did)
    const { code } = await newest()
    await expect(use(bob.did, code)).rejects.toMatchObject({ error: 'InvalidToken' })
    await expect(codes().check(did as Did, 'reset_password', code)).rejects.toMatchObject({ error: 'InvalidToken' })
    // Neither a wrong guess nor a look uses it up.
    await expect(use(did, 'AAAAA-AAAAA')).rejects.toMatchObject({ error: 'InvalidToken' })
    await codes().check(did as Did, 'confirm_email', code)
    server.advance(15 * MINUTE - 1000)
    await use(did, code)
    await expect(use(did, code)).rejects.toMatchObject({ error: 'InvalidToken' })

    await send(did)
    const { code: late } = await newest()
    server.advance(15 * MINUTE)
    expect(await living()).toEqual([])
    await expect(use(did, late)).rejects.toMatchObject({ status: 400, error: 'ExpiredToken' })
  })

  it('is replaced by the next one, but not at once where a stranger may ask', async () => {
    await send(did)
    const [first] = await living()
    await send(did)
    const [second] = await living()
    expect(second!.code).not.toBe(first!.code)
    await expect(use(did, first!.code)).rejects.toMatchObject({ error: 'InvalidToken' })
    await send(did, 'confirm_email', MINUTE)
    expect(await living()).toEqual([second])
    server.advance(MINUTE)
    await send(did, 'confirm_email', MINUTE)
    expect((await living())[0]!.code).not.toBe(second!.code)
  })

  it('is shown to the operator while it works, by account or all of them', async () => {
    const bob = await server.createAccount('bob')
    await send(did)
    server.advance(1000)
    await send(bob.did, 'reset_password')
    expect(await living()).toMatchObject([
      { handle: 'bob.test', purpose: 'reset_password' },
      { handle: 'alice.test', purpose: 'confirm_email', did },
    ])
    expect(await living(did)).toHaveLength(1)
  })

  it('is made again after the clock was set back', async () => {
    server.advance(10 * MINUTE)
    await send(did)
    const [first] = await living()
    server.advance(-10 * MINUTE)
    await send(did, 'confirm_email', MINUTE)
    expect((await living())[0]!.code).not.toBe(first!.code)
  })
})

describe('the mail with a code', () => {
  let down: boolean
  let did: string
  beforeEach(async () => {
    down = true
    const refuse = () => (down ? { code: 450, text: 'try again later' } : null)
    sink = await SmtpSink.start({ refuse })
    server = await TestServer.start(sink.env)
    ;({ did } = await server.createAccount('alice'))
  })
  const tried = () => eventually(async () => (await owed()).every(({ attempts }) => attempts > 0))

  it('is promised without the code, and sent when the mail server is back', async () => {
    await send(did)
    const { code } = await newest()
    await tried()
    expect(JSON.stringify(await owed())).not.toContain(code)
    down = false
    expect(await sink!.next('confirm_email')).toMatchObject({ to: ['alice@example.com'], code })
    await eventually(async () => (await owed()).length === 0)
  })

  it('is not sent any more once its code is dead', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => {})
    await send(did)
    await tried()
    server.advance(15 * MINUTE)
    down = false
    await eventually(async () => (await owed()).length === 0)
    expect(sink!.mails).toEqual([])
    const lines = warn.mock.calls.map(([line]) => String(line))
    expect(lines.at(-1)).toBe(
      `A mail of the kind confirm_email for ${did} is given up: the mail server did not take it in time`,
    )
  })

  it('is not sent for a code that was replaced, used or taken back', async () => {
    await send(did)
    await tried()
    server.advance(1000)
    await send(did)
    const { code } = await newest()
    await send(did, 'reset_password')
    await tried()
    await server.get(Database).write(async (tx) => {
      await tx.run("DELETE FROM email_code WHERE purpose = 'reset_password'")
    })
    down = false
    await eventually(async () => (await owed()).length === 0)
    expect(sink!.mails.map((mail) => [mail.kind, mail.code])).toEqual([['confirm_email', code]])
  })

  it('is forgotten with its account', async () => {
    await send(did)
    await tried()
    await server.get(CommandBus).execute(new DeleteAccount(did as Did))
    down = false
    await eventually(async () => !(await owed()).some(({ kind }) => kind === 'code-mail'))
    expect(sink!.mails).toEqual([])
  })

  it('names nothing that a request has said of this server', async () => {
    down = false
    const body = JSON.stringify({ email: 'alice@example.com' })
    const headers = { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'content-type': 'application/json' }
    const path = '/xrpc/com.atproto.server.requestPasswordReset'
    await new Promise((resolve, reject) =>
      request(`${server.url}${path}`, { method: 'POST', headers }, (response) => response.resume().on('end', resolve))
        .on('error', reject)
        .end(body),
    )
    const { raw, parsed } = await sink!.next('reset_password')
    expect(raw).not.toContain('evil')
    expect(parsed.text).toContain('Server: localhost')
    expect(raw).not.toMatch(/https?:/)
  })
})

describe('whether an address has an account', () => {
  it('is not told by who asks for a reset: the answer is given before anybody looks', async () => {
    sink = await SmtpSink.start()
    server = await TestServer.start(sink.env)
    await server.createAccount('alice')
    const accounts = server.get(Accounts)
    const { byEmail } = accounts
    let look: () => void
    const answered = new Promise<void>((resolve) => (look = resolve))
    const looked = jest.spyOn(accounts, 'byEmail').mockImplementation(async (email) => {
      await answered
      return byEmail.call(accounts, email)
    })
    const ask = (email: string) => server.post('com.atproto.server.requestPasswordReset', { body: { email } })
    const known = await ask('alice@example.com')
    expect(known).toEqual({ status: 200, body: {} })
    for (const email of ['nobody@example.com', 'no address at all', 'x'.repeat(10_000)])
      expect(await ask(email)).toEqual(known)
    expect(looked).toHaveBeenCalledTimes(4)
    look!()
    expect((await sink.next('reset_password')).to).toEqual(['alice@example.com'])
    await eventually(async () => (await owed()).length === 0)
    expect(sink.mails).toHaveLength(1)
  })

  it('fills no mailbox, however often somebody asks', async () => {
    sink = await SmtpSink.start()
    server = await TestServer.start(sink.env)
    await server.createAccount('alice')
    const ask = () => server.post('com.atproto.server.requestPasswordReset', { body: { email: 'alice@example.com' } })
    for (let i = 0; i < 10; i++) expect((await ask()).status).toBe(200)
    await eventually(async () => (await owed()).length === 0)
    expect(sink.mails).toHaveLength(1)
  })
})
