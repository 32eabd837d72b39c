import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogSettings } from '../../../src/modules/config/log-settings.js'
import { within } from '../../../src/modules/log/scope.js'
import { ServerLogger } from '../../../src/modules/log/server-logger.js'
import { withoutSecrets } from '../../../src/modules/log/without-secrets.js'

const SETTINGS: LogSettings = { enabled: true, level: 'info', destination: null, requests: false }

/** A log, and what has been written to it. */
async function open(settings: Partial<LogSettings> = {}, isTTY = false): Promise<[ServerLogger, () => string]> {
  let text = ''
  const out = { isTTY, write: (piece: string) => void (text += piece) }
  return [await ServerLogger.open({ ...SETTINGS, ...settings }, out), () => text]
}

const LEVELS = ['log', 'warn', 'error', 'fatal'] as const
const EVIL = 'no such host: a\r\n[Nest] 1 - LOG [Auth] admin signed in\u001b[2J\u0000\u009b1m\u2028'

it('40. a message is one line, whatever somebody else has put into it', async () => {
  for (const isTTY of [false, true])
    for (const level of LEVELS) {
      const [logger, text] = await open({}, isTTY)
      logger[level](EVIL, 'Test')
      // What a terminal is told of colours is the log's own.
      const plain = text().replace(/\u001b\[\d+m/g, '')
      expect([...plain.trimEnd()].filter((character) => /[\0-\x1f\x7f-\x9f\u2028]/.test(character))).toEqual([])
      expect(plain).toContain(isTTY ? 'a\\u000d\\u000a[Nest]' : 'a\\\\u000d\\\\u000a[Nest]')
    }
})

it('40. a stack has lines, and nothing else that a terminal obeys', async () => {
  const error = new Error('a\u001b[2J\rb')
  const [logger, text] = await open({}, true)
  logger.error('broken', error.stack, 'Test')
  expect(text()).not.toContain('\u001b[2J')
  expect(text()).not.toContain('\r')
  expect(text().split('\n').length).toBeGreaterThan(3)
})

it('a line is an object: when, how bad, who, for which request, what', async () => {
  const [logger, text] = await open()
  within({ requestId: 'r-1', span: null }, () => logger.warn('careful', 'Mail'))
  logger.error(new Error('broken'), 'Outbox')
  const [first, second] = text()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(first).toEqual({ level: 'warn', time: expect.any(String), requestId: 'r-1', name: 'Mail', msg: 'careful' })
  expect(new Date(first!.time as string).toISOString()).toBe(first!.time)
  expect(second).toMatchObject({ level: 'error', name: 'Outbox', msg: 'broken' })
  expect((second!.err as { stack: string }).stack).toContain('server-logger.test')
  expect(second).not.toHaveProperty('requestId')
})

it('what the framework says of itself is not said, nor what is below the level, nor anything when it is off', async () => {
  const [logger, text] = await open()
  logger.log('x', 'InstanceLoader')
  logger.debug('x', 'Mail')
  expect(text()).toBe('')
  const [off, nothing] = await open({ enabled: false })
  off.fatal('x', 'Mail')
  expect(nothing()).toBe('')
})

it('requests have lines at debug, or at info where the settings want them', async () => {
  const line = { requestId: 'r-2', method: 'com.example.get', verb: 'GET', status: '200', ms: 1.5, bytes: 10 }
  const [plain] = await open()
  expect(plain.writesRequests).toBe(false)
  expect((await open({ level: 'debug' }))[0].writesRequests).toBe(true)
  const [logger, text] = await open({ requests: true })
  expect(logger.writesRequests).toBe(true)
  logger.request(line)
  expect(JSON.parse(text())).toMatchObject({ ...line, level: 'info', name: 'Request', msg: 'GET com.example.get 200' })
})

it('what others say is written without what is secret by its form', () => {
  const jwt = `eyJhbGciOiJIUzI1NiJ9.${'a'.repeat(40)}.${'b'.repeat(43)}`
  const secret: [string, string][] = [
    [`refused: Bearer ${jwt}`, 'refused: Bearer [secret]'],
    [`authorization: Basic YWRtaW46cGFzc3dvcmQ=`, 'authorization: Basic [secret]'],
    [`token ${jwt} expired`, 'token [token] expired'],
    ['smtps://user:p%40ss@mail.example/x', 'smtps://[secret]@mail.example/x'],
    ['https://a.example/xrpc/b?did=did:plc:abc&code=ABC failed', 'https://a.example/xrpc/b?did=…&code=… failed'],
    ['GET /xrpc/com.example.get?token=x', 'GET /xrpc/com.example.get?token=…'],
    ['login with abcd-efgh-2345-wxyz', 'login with [secret]'],
    ['the code ABCDE-FGH27 is wrong', 'the code [secret] is wrong'],
    ['{"password":"a b","refreshJwt":"x"}', '{"password":[secret],"refreshJwt":[secret]}'],
    ['-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----', '[secret]'],
  ]
  for (const [text, left] of secret) expect(withoutSecrets(text)).toBe(left)
  for (const plain of [
    'did:key:zQ3shokFTS3brHcDQrn82RUDfCZESWL1ZdCEJwekUDPQiYBme',
    'The mail server mail.example cannot be used: the password is wrong. Set PDS_EMAIL_SMTP_URL',
    'https://a.example: no full answer within 10000 ms',
    'Admin password, shown this once and kept in ./data/secrets.json: 0123456789abcdef',
    'bafyreibjo4xmgaevkgud7mbifn3dzp4v4lyaui4yvqp3f2bqwtxcjrdqg4',
  ])
    expect(withoutSecrets(plain)).toBe(plain)
})

it("a file is its owner's alone, and appended to", async () => {
  const folder = mkdtempSync(join(tmpdir(), 'skylog-log-'))
  const destination = join(folder, 'made', 'skylog.log')
  for (const message of ['first', 'second'])
    (await ServerLogger.open({ ...SETTINGS, destination })).log(message, 'Test')
  expect(readFileSync(destination, 'utf8')).toMatch(/^.*"first".*\n.*"second".*\n$/)
  expect(statSync(destination).mode & 0o777).toBe(0o600)
  rmSync(folder, { recursive: true })
})

it("a disk that is full is nobody's end", async () => {
  if (!existsSync('/dev/full')) return
  const logger = await ServerLogger.open({ ...SETTINGS, destination: '/dev/full' })
  for (let i = 0; i < 1_000; i++) logger.log('x'.repeat(4_000), 'Test')
})

it('a text of any length is written at once, and without half a secret at its end', async () => {
  const [logger, text] = await open()
  for (const piece of ['a.', 'eyJ-', 'http://', 'aaaa-', 'bearer ', '/xrpc/a?', 'password '])
    logger.log(piece.repeat(1e6 / piece.length), 'Test')
  const address = `https://example.com/?q=${'q'.repeat(15_968)}`
  logger.log(`${address} eyJhbGciOiJub25lIn0.${'e'.repeat(100)}`, 'Test')
  expect(text()).not.toContain('eyJhbGci')
})
