import type { Config } from '../config/config.js'
import { type Environment, environmentNames } from '../config/environment.js'
import { withoutSecrets } from '../log/without-secrets.js'

type Name = keyof Environment

/** A setting as it is in force. */
export interface Setting {
  name: string
  /** Null: there is none. What is secret is `(secret)`. */
  value: unknown
  /** `generated`: made at the first start, and kept in `secrets.json`. */
  source: 'environment' | 'default' | 'generated'
}

/** Names of what nobody is told. More of them than need be: a setting that is new is hidden rather than shown. */
const SECRET = /PASSWORD|SECRET|TOKEN|HEADERS|KEY(_|$)/
/** Public by what it is, whatever its name. */
const PUBLIC: ReadonlySet<string> = new Set<Name>(['PDS_RECOVERY_DID_KEY'])
const GENERATED: ReadonlySet<string> = new Set<Name>([
  'PDS_ADMIN_PASSWORD',
  'PDS_JWT_SECRET',
  'PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX',
  'PDS_SIGNING_KEY_ENCRYPTION_KEY_HEX',
])
const HIDDEN = '(secret)'

/** What is in force where nothing is set, of what has a default. */
const IN_FORCE: Partial<Record<Name, (config: Config) => unknown>> = {
  PDS_PORT: ({ port }) => port,
  PDS_HOSTNAME: ({ hostname }) => hostname,
  PDS_DATA_DIRECTORY: ({ dataDirectory }) => dataDirectory,
  PDS_DEV_MODE: ({ devMode }) => devMode,
  PDS_DID_PLC_URL: ({ plcUrl }) => plcUrl ?? 'the embedded one',
  PDS_SERVICE_HANDLE_DOMAINS: ({ handleDomains }) => handleDomains,
  PDS_INVITE_REQUIRED: ({ inviteRequired }) => inviteRequired,
  PDS_RATE_LIMITS_ENABLED: ({ rateLimits }) => rateLimits.enabled,
  PDS_TRUSTED_PROXIES: ({ trustedProxies }) => trustedProxies,
  PDS_MODERATION_EMAIL_SMTP_URL: ({ moderationMail }) => moderationMail?.smtpUrl ?? null,
  PDS_MODERATION_EMAIL_ADDRESS: ({ moderationMail }) => moderationMail?.from ?? null,
  PDS_BLOB_UPLOAD_LIMIT: ({ blobUploadLimit }) => blobUploadLimit,
  PDS_BLOBSTORE_DISK_LOCATION: ({ blobStore }) => (blobStore.kind === 'disk' ? blobStore.directory : null),
  PDS_BLOBSTORE_S3_REGION: ({ blobStore }) => (blobStore.kind === 's3' ? blobStore.region : null),
  PDS_DISABLE_SSRF_PROTECTION: ({ privateNetworks }) => privateNetworks,
  PDS_ACCEPTING_REPO_IMPORTS: ({ acceptingImports }) => acceptingImports,
  PDS_MAX_REPO_IMPORT_SIZE: ({ maxImportBytes }) => maxImportBytes,
  PDS_MAX_SUBSCRIPTION_BUFFER: ({ subscriptionBuffer }) => subscriptionBuffer,
  PDS_FIREHOSE_SCOPE: ({ firehoseScope }) => firehoseScope,
  PDS_BLOB_CACHE_SIZE: ({ blobCacheBytes }) => blobCacheBytes,
  PDS_VERSION: ({ version }) => version,
  PDS_REPORT_SERVICE_DID: ({ reportService }) => reportService?.did ?? null,
  PDS_REPORT_SERVICE_URL: ({ reportService }) => reportService?.url ?? null,
  LOG_ENABLED: ({ log }) => log.enabled,
  LOG_LEVEL: ({ log }) => log.level,
  LOG_REQUESTS: ({ log }) => log.requests,
  OTEL_SERVICE_NAME: ({ tracing }) => tracing?.serviceName ?? null,
  OTEL_TRACES_SAMPLER_ARG: ({ tracing }) => tracing?.ratio ?? null,
}

/** Every setting there is, by its name, as it is in force; nothing secret among them. */
export function settingsInForce(config: Config): Setting[] {
  return (environmentNames() as Name[]).sort().map((name) => {
    const given = config.given[name]
    const isSecret = SECRET.test(name) && !PUBLIC.has(name)
    if (given === undefined && GENERATED.has(name)) return { name, value: HIDDEN, source: 'generated' }
    if (given !== undefined) return { name, value: isSecret ? HIDDEN : shown(given), source: 'environment' }
    return { name, value: isSecret ? null : shown(IN_FORCE[name]?.(config) ?? null), source: 'default' }
  })
}

/** Addresses have passwords in them. */
function shown(value: unknown): unknown {
  return typeof value === 'string' ? withoutSecrets(value) : value
}
