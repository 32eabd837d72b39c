/** Settings that make sense one by one, and not together. */
import { Clock } from '../../../src/modules/config/clock.js'
import { Config } from '../../../src/modules/config/config.js'
import { CONFIGURATION } from '../../../src/modules/doctor/checks/configuration.js'
import { SafeFetch } from '../../../src/modules/identity/safe-fetch.js'

const GOOD = {
  PDS_HOSTNAME: 'pds.example.org',
  PDS_EMAIL_SMTP_URL: 'smtps://me:secret@mail.example.org',
  PDS_EMAIL_FROM_ADDRESS: 'pds@example.org',
  PDS_CONTACT_EMAIL_ADDRESS: 'me@example.org',
  PDS_CRAWLERS: 'https://relay.example.org',
  PDS_ADMIN_PASSWORD: 'b4c1f2a09d8e7766',
}

async function said(env: Record<string, string>): Promise<string[]> {
  const config = Config.fromEnv(env)
  const parts = { clock: new Clock(), fetch: new SafeFetch(config), secrets: null, database: null, running: null }
  const findings = await CONFIGURATION[0]!.run({ config, ...parts }, new AbortController().signal)
  return findings.map(({ severity, text, advice }) => `${severity} ${text}${advice ? ` → ${advice}` : ''}`)
}

it('settings that fit together', async () => {
  expect(await said({})).toEqual(['ok the settings fit together'])
  expect(await said(GOOD)).toEqual(['ok the settings fit together'])
})

it.each<[what: string, env: Record<string, string>, expected: RegExp]>([
  [
    'a name that is nearly right',
    { PDS_HOSTNAM: 'x' },
    /^warning PDS_HOSTNAM is set, .* → Did you mean PDS_HOSTNAME\?$/,
  ],
  [
    'a name that means nothing',
    { PDS_FROBNICATE: 'x' },
    /^warning PDS_FROBNICATE is set, .* → Remove PDS_FROBNICATE\.$/,
  ],
  [
    'one that needs another',
    { PDS_MOD_SERVICE_URL: 'https://x.example' },
    /^warning PDS_MOD_SERVICE_URL does nothing without PDS_MOD_SERVICE_DID/,
  ],
  ['two ports', { PORT: '1', PDS_PORT: '2' }, /^note PORT and PDS_PORT are both set/],
  ['codes that nobody needs', { PDS_INVITE_INTERVAL: '1000' }, /^warning accounts earn invite codes that nobody needs/],
  [
    'exceptions from nothing',
    { PDS_RATE_LIMIT_BYPASS_IPS: '10.0.0.1' },
    /^warning some are exempt from limits that nobody has/,
  ],
  ['everybody a proxy', { PDS_TRUSTED_PROXIES: '0.0.0.0/0' }, /^problem every address is trusted/],
  [
    'a short password',
    { PDS_ADMIN_PASSWORD: 'b4c1f2a0' },
    /^warning PDS_ADMIN_PASSWORD has only 8 characters → .*openssl rand/,
  ],
  [
    'a secret of an example',
    { PDS_JWT_SECRET: 'change-me-please-change-me' },
    /^problem PDS_JWT_SECRET looks like an example's/,
  ],
  [
    'a key of zeros',
    { PDS_SIGNING_KEY_ENCRYPTION_KEY_HEX: '0'.repeat(64) },
    /^problem PDS_SIGNING_KEY_ENCRYPTION_KEY_HEX looks like/,
  ],
  [
    'one secret twice',
    { PDS_JWT_SECRET: 'b4c1f2a09d8e7766', PDS_ADMIN_PASSWORD: 'b4c1f2a09d8e7766' },
    /^problem two secrets are the same/,
  ],
  ['dev mode in public', { ...GOOD, PDS_DEV_MODE: 'true' }, /^problem PDS_DEV_MODE is on under a public name/],
  [
    'no protection in public',
    { ...GOOD, PDS_DISABLE_SSRF_PROTECTION: 'true' },
    /^warning PDS_DISABLE_SSRF_PROTECTION is on/,
  ],
  [
    'no limits in public',
    { ...GOOD, PDS_RATE_LIMITS_ENABLED: 'false' },
    /^warning nothing limits how often anyone may ask/,
  ],
  ['open to anyone', { ...GOOD, PDS_INVITE_REQUIRED: 'false' }, /^note anyone may sign up/],
  ['no mail in public', { PDS_HOSTNAME: 'pds.example.org' }, /^warning no mail server is set/],
  ['nobody to write to', { ...GOOD, PDS_CONTACT_EMAIL_ADDRESS: '' }, /^note nobody learns whom to write to/],
  ['no relay', { ...GOOD, PDS_CRAWLERS: '' }, /^note no relay is told/],
  [
    'handles for tests in public',
    { ...GOOD, PDS_SERVICE_HANDLE_DOMAINS: '.test' },
    /^problem handles under \.test are nobody's/,
  ],
])('%s', async (_, env, expected) => {
  expect(await said(env)).toContainEqual(expect.stringMatching(expected))
})

it("dev mode is fine on a network of one's own", async () => {
  expect(await said({ PDS_HOSTNAME: 'pds.internal', PDS_DEV_MODE: 'true' })).toEqual(['ok the settings fit together'])
})
