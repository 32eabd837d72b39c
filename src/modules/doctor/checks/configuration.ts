/** Settings that contradict each other, do nothing, or let in more than they should. */
import { AddressList } from '../../config/address-list.js'
import type { Config } from '../../config/config.js'
import { environmentNames } from '../../config/environment.js'
import type { Secrets } from '../../config/secrets.js'
import { hasDisallowedTld } from '../../identity/service-handles.js'
import type { Check } from '../check.js'
import { type Finding, note, orElse, problem, warning } from '../finding.js'

const MIN_PASSWORD = 12
const MIN_SECRET = 16
/** Settings that do nothing without another one. */
const NEEDS: [setting: string, other: string][] = [
  ['PDS_MOD_SERVICE_URL', 'PDS_MOD_SERVICE_DID'],
  ['PDS_REPORT_SERVICE_URL', 'PDS_REPORT_SERVICE_DID'],
  ['PDS_BSKY_APP_VIEW_DID', 'PDS_BSKY_APP_VIEW_URL'],
  ['PDS_EMAIL_FROM_ADDRESS', 'PDS_EMAIL_SMTP_URL'],
  ['PDS_INVITE_EPOCH', 'PDS_INVITE_INTERVAL'],
  ['PDS_BLOBSTORE_S3_REGION', 'PDS_BLOBSTORE_S3_BUCKET'],
  ['PDS_BLOBSTORE_S3_ENDPOINT', 'PDS_BLOBSTORE_S3_BUCKET'],
  ['PDS_BLOBSTORE_S3_ACCESS_KEY_ID', 'PDS_BLOBSTORE_S3_BUCKET'],
]
/** What examples and tutorials have in the place of a secret. */
const EXAMPLE = /^(.)\1*$|change|replace|example|your[-_ ]|secret|password|dummy|^(0123456789abcdef)+$/i
/** Addresses of all the world, for documentation: whoever trusts these trusts everybody. */
const ANYBODY = ['198.51.100.1', '2001:db8::1']

export const CONFIGURATION: Check[] = [
  {
    area: 'config',
    where: 'here',
    run: async ({ config, secrets }) =>
      orElse(
        [...settings(config), ...secretsOf(config, secrets), ...(isPublic(config) ? inPublic(config) : [])],
        'the settings fit together',
      ),
  },
]

function isPublic({ hostname }: Config): boolean {
  return hostname.includes('.') && !/\.test$/.test(hostname) && !hasDisallowedTld(hostname)
}

function settings(config: Config): Finding[] {
  const set = new Set(config.setNames)
  const found = config.unknownNames.map((name) => {
    const near = nearest(name, environmentNames())
    return warning(`${name} is set, but there is no such setting`, near ? `Did you mean ${near}?` : `Remove ${name}.`)
  })
  for (const [setting, other] of NEEDS)
    if (set.has(setting) && !set.has(other))
      found.push(warning(`${setting} does nothing without ${other}`, `Set ${other}, or remove ${setting}.`))
  if (set.has('PORT') && set.has('PDS_PORT')) found.push(note('PORT and PDS_PORT are both set: PDS_PORT counts'))
  if (config.inviteIntervalMs !== null && !config.inviteRequired)
    found.push(
      warning(
        'accounts earn invite codes that nobody needs',
        'Set PDS_INVITE_REQUIRED=true, or remove PDS_INVITE_INTERVAL.',
      ),
    )
  if (
    !config.rateLimits.enabled &&
    (config.rateLimits.bypassKey !== null || config.rateLimits.bypassAddresses.length > 0)
  )
    found.push(
      warning(
        'some are exempt from limits that nobody has',
        'Set PDS_RATE_LIMITS_ENABLED=true, or remove PDS_RATE_LIMIT_BYPASS_….',
      ),
    )
  const trusted = new AddressList(config.trustedProxies)
  if (ANYBODY.some((address) => trusted.has(address)))
    found.push(
      problem(
        'every address is trusted to say where a request comes from, so anyone can pass for anybody',
        'Put the addresses of your proxies, and no others, into PDS_TRUSTED_PROXIES.',
      ),
    )
  return found
}

function secretsOf(config: Config, secrets: Secrets | null): Finding[] {
  const found: Finding[] = []
  const given: [name: string, value: string | null, least: number][] = [
    ['PDS_ADMIN_PASSWORD', config.adminPassword, MIN_PASSWORD],
    ['PDS_JWT_SECRET', config.jwtSecret, MIN_SECRET],
    ['PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX', config.plcRotationKeyHex, 64],
    ['PDS_SIGNING_KEY_ENCRYPTION_KEY_HEX', config.signingKeyEncryptionKeyHex, 64],
    ['PDS_RATE_LIMIT_BYPASS_KEY', config.rateLimits.bypassKey, MIN_SECRET],
  ]
  const make = 'Make another with `openssl rand -hex 32`'
  const later = (name: string): string =>
    name.includes('KEY_HEX') ? `${make}; what the old one protects has to be moved to it first.` : `${make}.`
  for (const [name, value, least] of given)
    if (value !== null && EXAMPLE.test(value)) found.push(problem(`${name} looks like an example's`, later(name)))
    else if (value !== null && value.length < least)
      found.push(warning(`${name} has only ${value.length} characters`, later(name)))
  const values = given.map(([, value]) => value).filter((value) => value !== null)
  if (new Set(values).size < values.length)
    found.push(problem('two secrets are the same: whoever learns one has the other', `${make}, one for each.`))
  if (secrets && config.jwtSecret === null && EXAMPLE.test(secrets.jwtSecret))
    found.push(problem("the jwtSecret in secrets.json looks like an example's", `${make}.`))
  return found
}

/** What is fine on a machine of one's own. */
function inPublic(config: Config): Finding[] {
  const found: Finding[] = []
  if (config.devMode)
    found.push(
      problem(
        'PDS_DEV_MODE is on under a public name: what others point this server to may be inside your network',
        'Remove PDS_DEV_MODE.',
      ),
    )
  else if (config.privateNetworks)
    found.push(
      warning(
        'PDS_DISABLE_SSRF_PROTECTION is on: what others point this server to may be inside your network',
        'Remove PDS_DISABLE_SSRF_PROTECTION.',
      ),
    )
  if (!config.rateLimits.enabled)
    found.push(warning('nothing limits how often anyone may ask', 'Remove PDS_RATE_LIMITS_ENABLED=false.'))
  if (!config.inviteRequired)
    found.push(note('anyone may sign up', 'PDS_INVITE_REQUIRED=true asks for an invite code.'))
  if (config.mail === null)
    found.push(
      warning(
        'no mail server is set: people reach nobody but you for codes and new passwords',
        'Set PDS_EMAIL_SMTP_URL and PDS_EMAIL_FROM_ADDRESS, then `skylog mail test`.',
      ),
    )
  if (config.contactEmail === null) found.push(note('nobody learns whom to write to', 'Set PDS_CONTACT_EMAIL_ADDRESS.'))
  if (config.crawlers.length === 0)
    found.push(
      note(
        'no relay is told of what is written here',
        'Set PDS_CRAWLERS=https://bsky.network to be seen by the network.',
      ),
    )
  for (const domain of config.handleDomains)
    if (domain.endsWith('.test') || hasDisallowedTld(domain))
      found.push(
        problem(
          `handles under ${domain} are nobody's on the internet`,
          `Set PDS_SERVICE_HANDLE_DOMAINS=.${config.hostname}.`,
        ),
      )
  return found
}

/** The name that is meant, if one is near: a letter or three away. */
function nearest(name: string, names: readonly string[]): string | null {
  const [best] = names
    .map((other) => ({ other, distance: distance(name, other) }))
    .sort((a, b) => a.distance - b.distance)
  return best && best.distance <= 3 ? best.other : null
}

/** Letters that have to be put in, taken out or replaced (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1))
    row = next
  }
  return row[b.length]!
}
