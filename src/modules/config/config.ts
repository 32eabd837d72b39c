import { join } from 'node:path'
import { plainToInstance } from 'class-transformer'
import { validateSync } from 'class-validator'
import { AddressList } from './address-list.js'
import { type BackupSettings, backupOf } from './backup-settings.js'
import { Environment, environmentNames } from './environment.js'
import type { LogSettings } from './log-settings.js'
import type { ThrowAway } from './throw-away.js'

/** The settings in force, derived from the environment; everything else of the server reads these. */
export class Config {
  readonly port: number
  readonly hostname: string
  /** Plain http and private addresses are fine: true on localhost unless told otherwise. */
  readonly devMode: boolean
  readonly dataDirectory: string
  /** Domains, each with its leading dot, under which handles are given out here. */
  readonly handleDomains: readonly string[]
  /** An outside PLC directory; null: the embedded one. */
  readonly plcUrl: string | null
  readonly plcRotationKeyHex: string | null
  readonly recoveryDidKey: string | null
  readonly jwtSecret: string | null
  readonly adminPassword: string | null
  readonly signingKeyEncryptionKeyHex: string | null
  readonly inviteRequired: boolean
  /** Every account may invite somebody each time that so many milliseconds have passed; null: none may. */
  readonly inviteIntervalMs: number | null
  /** From when on (milliseconds since the epoch) that counts for accounts that are older. */
  readonly inviteEpoch: number
  /** Requests are counted; who shows the key or comes from one of the addresses is not. */
  readonly rateLimits: { enabled: boolean; bypassKey: string | null; bypassAddresses: readonly string[] }
  /** Whose `X-Forwarded-For` is believed: addresses, networks, or `loopback`, `linklocal`, `uniquelocal`. */
  readonly trustedProxies: readonly string[]
  /** How mail is sent, and that of moderators; null: it is not, and the operator hands out codes. */
  readonly mail: MailSettings | null
  readonly moderationMail: MailSettings | null
  /** Largest blob that may be uploaded, in bytes. */
  readonly blobUploadLimit: number
  readonly blobStore: BlobStoreSettings
  readonly backup: BackupSettings
  readonly acceptingImports: boolean
  /** Largest CAR that importRepo takes, in bytes. */
  readonly maxImportBytes: number
  /** Events that a subscriber of the firehose who has caught up may fall behind. */
  readonly subscriptionBuffer: number
  /** How far back the firehose goes, in milliseconds; null: to the beginning. */
  readonly backfillLimitMs: number | null
  /** Whose events the firehose carries: of accounts hosted here, or also of those mirrored. */
  readonly firehoseScope: 'hosted' | 'all'
  /** Relays that are asked to crawl this server: origins. */
  readonly crawlers: readonly string[]
  /** Hosts that may ask to be followed from here, with their ports where they have any; `*` stands for all. */
  readonly crawlHosts: readonly string[]
  /** What copies of other servers' blobs may take on the disk, in bytes; 0: there are none. */
  readonly blobCacheBytes: number
  readonly contactEmail: string | null
  readonly termsOfServiceUrl: string | null
  readonly privacyPolicyUrl: string | null
  readonly version: string
  /** An AppView that is asked for what is not known here, and its DID. */
  readonly appView: { url: string; did: string | null } | null
  /** Labelers whose labels count for everybody here. */
  readonly labelers: readonly string[]
  /** Labelers that are subscribed to, and where they are. */
  readonly subscribedLabelers: ReadonlyMap<string, string>
  /** Who may moderate here by service tokens; its URL is where reports go. */
  readonly modService: ServiceSettings | null
  /** Where reports go besides the inbox here; the service above unless told. */
  readonly reportService: ServiceSettings | null
  /** Address of the resolver for TXT records; null: the system's. */
  readonly dnsServer: string | null
  readonly log: LogSettings
  /** Where spans go; null: nowhere. */
  readonly tracing: TracingSettings | null
  /** Who shows it may read the metrics, besides the operator; null: nobody. */
  readonly metricsToken: string | null
  /** Outgoing requests may reach private addresses. */
  readonly privateNetworks: boolean
  /** Whose verifications are shown. */
  readonly trustedVerifiers: ReadonlySet<string>
  /** Where others find videos (APPVIEW_PUBLIC_URL) and images; null: here. */
  readonly appViewPublicUrl: string | null
  readonly imageUrl: string | null
  /** What was set, of what is known. */
  readonly given: Readonly<Partial<Environment>>
  /** `PDS_…` names that are set and mean nothing here: said at start, because a silently ignored setting is a trap. */
  readonly unknownNames: readonly string[]
  /** All names that are set, for whoever wants to know what was said and not what follows from it. */
  readonly setNames: readonly string[]

  private constructor(
    env: Environment,
    names: string[],
    /** What makes this a server that nothing outlasts; null for one that is to last. */
    readonly throwAway: ThrowAway | null,
  ) {
    const localhost = (env.PDS_HOSTNAME ?? 'localhost') === 'localhost'
    this.port = env.PDS_PORT ?? env.PORT ?? 2583
    this.hostname = env.PDS_HOSTNAME ?? 'localhost'
    this.devMode = env.PDS_DEV_MODE ?? localhost
    this.dataDirectory = env.PDS_DATA_DIRECTORY ?? './data'
    this.handleDomains = env.PDS_SERVICE_HANDLE_DOMAINS
      ? env.PDS_SERVICE_HANDLE_DOMAINS.split(',').map((domain) => domain.trim().toLowerCase())
      : [localhost ? '.test' : `.${this.hostname}`]
    this.plcUrl = withoutSlash(env.PDS_DID_PLC_URL) ?? (localhost ? null : 'https://plc.directory')
    this.plcRotationKeyHex = env.PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX ?? null
    this.recoveryDidKey = env.PDS_RECOVERY_DID_KEY ?? null
    this.jwtSecret = env.PDS_JWT_SECRET ?? null
    this.adminPassword = env.PDS_ADMIN_PASSWORD ?? null
    this.signingKeyEncryptionKeyHex = env.PDS_SIGNING_KEY_ENCRYPTION_KEY_HEX ?? null
    this.inviteRequired = env.PDS_INVITE_REQUIRED ?? !localhost
    this.inviteIntervalMs = env.PDS_INVITE_INTERVAL ?? null
    this.inviteEpoch = env.PDS_INVITE_EPOCH ?? 0
    this.rateLimits = {
      enabled: env.PDS_RATE_LIMITS_ENABLED ?? !localhost,
      bypassKey: env.PDS_RATE_LIMIT_BYPASS_KEY ?? null,
      bypassAddresses: addressesOf('PDS_RATE_LIMIT_BYPASS_IPS', env.PDS_RATE_LIMIT_BYPASS_IPS),
    }
    this.trustedProxies = addressesOf('PDS_TRUSTED_PROXIES', env.PDS_TRUSTED_PROXIES ?? 'loopback')
    this.mail = mailOf('PDS_EMAIL_FROM_ADDRESS', env.PDS_EMAIL_SMTP_URL, env.PDS_EMAIL_FROM_ADDRESS)
    this.moderationMail = mailOf(
      'PDS_MODERATION_EMAIL_ADDRESS',
      env.PDS_MODERATION_EMAIL_SMTP_URL ?? env.PDS_EMAIL_SMTP_URL,
      env.PDS_MODERATION_EMAIL_ADDRESS ?? env.PDS_EMAIL_FROM_ADDRESS,
    )
    this.blobUploadLimit = env.PDS_BLOB_UPLOAD_LIMIT ?? 100 * 1024 ** 2
    this.blobStore = blobStoreOf(env, this.dataDirectory)
    this.backup = backupOf(env, this.blobStore, names.includes('AWS_ACCESS_KEY_ID'))
    this.acceptingImports = env.PDS_ACCEPTING_REPO_IMPORTS ?? true
    this.maxImportBytes = env.PDS_MAX_REPO_IMPORT_SIZE ?? 1024 ** 3
    this.subscriptionBuffer = env.PDS_MAX_SUBSCRIPTION_BUFFER ?? 20_000
    this.backfillLimitMs = env.PDS_REPO_BACKFILL_LIMIT_MS ?? null
    this.firehoseScope = env.PDS_FIREHOSE_SCOPE ?? 'hosted'
    this.crawlers = listOf(env.PDS_CRAWLERS).map(crawlerUrl)
    this.crawlHosts = listOf(env.PDS_CRAWL_HOSTS).map(crawlHost)
    this.blobCacheBytes = env.PDS_BLOB_CACHE_SIZE ?? 1024 ** 3
    this.contactEmail = env.PDS_CONTACT_EMAIL_ADDRESS ?? null
    this.termsOfServiceUrl = env.PDS_TERMS_OF_SERVICE_URL ?? null
    this.privacyPolicyUrl = env.PDS_PRIVACY_POLICY_URL ?? null
    this.version = env.PDS_VERSION ?? VERSION
    const appView = withoutSlash(env.PDS_BSKY_APP_VIEW_URL)
    this.appView = appView === null ? null : { url: appView, did: env.PDS_BSKY_APP_VIEW_DID ?? null }
    this.labelers = env.PDS_MOD_SERVICE_DID ? [env.PDS_MOD_SERVICE_DID] : []
    this.subscribedLabelers = new Map(listOf(env.APPVIEW_LABELERS).map(labelerOf))
    this.modService = serviceOf(env.PDS_MOD_SERVICE_DID, env.PDS_MOD_SERVICE_URL)
    this.reportService = serviceOf(env.PDS_REPORT_SERVICE_DID, env.PDS_REPORT_SERVICE_URL) ?? this.modService
    this.dnsServer = env.DNS_SERVER ?? null
    this.log = {
      enabled: env.LOG_ENABLED ?? true,
      level: env.LOG_LEVEL ?? 'info',
      destination: env.LOG_DESTINATION ?? null,
      requests: env.LOG_REQUESTS ?? false,
    }
    this.tracing = tracingOf(env)
    this.metricsToken = env.METRICS_TOKEN ?? null
    this.privateNetworks = env.PDS_DISABLE_SSRF_PROTECTION ?? this.devMode
    this.trustedVerifiers = new Set(env.APPVIEW_TRUSTED_VERIFIERS?.split(',').map((did) => did.trim()))
    this.appViewPublicUrl = withoutSlash(env.APPVIEW_PUBLIC_URL)
    this.imageUrl = withoutSlash(env.APPVIEW_IMG_URL)
    this.given = env
    const known = new Set(environmentNames())
    this.setNames = names
    this.unknownNames = names.filter((name) => name.startsWith('PDS_') && !known.has(name))
    for (const domain of this.handleDomains)
      if (!/^\.[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(domain))
        throw new ConfigError(`PDS_SERVICE_HANDLE_DOMAINS: "${domain}" must start with a dot and be a domain`)
  }

  /**
   * Reads an environment such as `process.env`; `throwAway` is for servers of test networks alone.
   * @throws ConfigError naming the variable that cannot be used.
   */
  static fromEnv(env: Readonly<Record<string, string | undefined>>, throwAway: ThrowAway | null = null): Config {
    // An empty value is the same as none, as in the env files that installers write.
    const set = Object.entries(env).filter(([, value]) => value !== undefined && value !== '')
    const known = new Set(environmentNames())
    const plain = Object.fromEntries(set.filter(([name]) => known.has(name)))
    const parsed = plainToInstance(Environment, plain)
    const [problem] = validateSync(parsed)
    if (problem) throw new ConfigError(`${problem.property}: ${Object.values(problem.constraints ?? {})[0]}`)
    return new Config(
      parsed,
      set.map(([name]) => name),
      throwAway,
    )
  }

  /** The URL under which clients reach this server; with the port that is really bound, once it is known. */
  publicUrl(boundPort = this.port): string {
    return this.hostname === 'localhost' ? `http://localhost:${boundPort}` : `https://${this.hostname}`
  }

  get serviceDid(): `did:web:${string}` {
    return `did:web:${this.hostname}`
  }
}

/** A mail server as nodemailer names it (`smtps://user:password@host`), and who writes. */
export interface MailSettings {
  smtpUrl: string
  from: string
}

/** A collector of OpenTelemetry. */
export interface TracingSettings {
  /** Without a slash at its end; spans go to `/v1/traces` below it. */
  endpoint: string
  headers: Readonly<Record<string, string>>
  serviceName: string
  /** Which part of the traces that begin here is kept, 0 to 1. */
  ratio: number
}

/** Another server that has a role here. Without a URL it is not called. */
export interface ServiceSettings {
  did: string
  url: string | null
}

/** Where uploaded blobs are kept. */
export type BlobStoreSettings = { kind: 'disk'; directory: string } | ({ kind: 's3' } & S3Settings)

export interface S3Settings {
  bucket: string
  region: string
  /** Null: Amazon's own. */
  endpoint: string | null
  forcePathStyle: boolean
  /** Null: as the SDK finds them. */
  credentials: { accessKeyId: string; secretAccessKey: string } | null
}

/** A setting that cannot be used: the server does not start. */
export class ConfigError extends Error {}

/** The data directory is another process's. */
export class DataDirectoryInUse extends ConfigError {}

/** Version of this software, as `/xrpc/_health` and the CLI say it. */
export const VERSION = '0.1.0'

function listOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}

function addressesOf(name: string, text: string | undefined): string[] {
  const addresses = listOf(text)
  try {
    new AddressList(addresses)
  } catch (error) {
    throw new ConfigError(`${name}: ${(error as Error).message}`)
  }
  return addresses
}

function crawlerUrl(text: string): string {
  const url = URL.parse(text)
  if (!url || !/^https?:$/.test(url.protocol))
    throw new ConfigError(`PDS_CRAWLERS: "${text}" is not the URL of a relay`)
  return url.origin
}

function crawlHost(text: string): string {
  const host = text.toLowerCase()
  if (host !== '*' && !/^[a-z0-9.-]{1,253}(:\d{1,5})?$/.test(host))
    throw new ConfigError(`PDS_CRAWL_HOSTS: "${text}" is neither the name of a host nor *`)
  return host
}

function withoutSlash(address: string | undefined): string | null {
  return address?.replace(/\/+$/, '') ?? null
}

function mailOf(name: string, smtpUrl: string | undefined, from: string | undefined): MailSettings | null {
  if (smtpUrl === undefined) return null
  if (from === undefined) throw new ConfigError(`${name}: mail needs an address that it comes from`)
  return { smtpUrl, from }
}

function tracingOf(env: Environment): TracingSettings | null {
  const endpoint = withoutSlash(env.OTEL_EXPORTER_OTLP_ENDPOINT)
  if (endpoint === null) return null
  const headers = listOf(env.OTEL_EXPORTER_OTLP_HEADERS).map((header) => {
    const at = header.indexOf('=')
    return [header.slice(0, at).trim(), decodeURIComponent(header.slice(at + 1).trim())]
  })
  return {
    endpoint,
    headers: Object.fromEntries(headers) as Record<string, string>,
    serviceName: env.OTEL_SERVICE_NAME ?? 'skylog',
    ratio: Number(env.OTEL_TRACES_SAMPLER_ARG ?? 1),
  }
}

function blobStoreOf(env: Environment, dataDirectory: string): BlobStoreSettings {
  const bucket = env.PDS_BLOBSTORE_S3_BUCKET
  if (bucket === undefined)
    return { kind: 'disk', directory: env.PDS_BLOBSTORE_DISK_LOCATION ?? join(dataDirectory, 'blobs') }
  if (env.PDS_BLOBSTORE_DISK_LOCATION !== undefined)
    throw new ConfigError('PDS_BLOBSTORE_S3_BUCKET: blobs are kept either there or in PDS_BLOBSTORE_DISK_LOCATION')
  const [accessKeyId, secretAccessKey] = [env.PDS_BLOBSTORE_S3_ACCESS_KEY_ID, env.PDS_BLOBSTORE_S3_SECRET_ACCESS_KEY]
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined))
    throw new ConfigError('PDS_BLOBSTORE_S3_ACCESS_KEY_ID: it goes with PDS_BLOBSTORE_S3_SECRET_ACCESS_KEY')
  return {
    kind: 's3',
    bucket,
    region: env.PDS_BLOBSTORE_S3_REGION ?? 'us-east-1',
    endpoint: env.PDS_BLOBSTORE_S3_ENDPOINT ?? null,
    forcePathStyle: env.PDS_BLOBSTORE_S3_FORCE_PATH_STYLE ?? false,
    credentials: accessKeyId && secretAccessKey ? { accessKeyId, secretAccessKey } : null,
  }
}

function labelerOf(text: string): [did: string, url: string] {
  const [, did, url] = /^(did:[a-z]+:[^\s=]+)=(https?:\/\/[^\s]+)$/.exec(text) ?? []
  if (!did || !url) throw new ConfigError(`APPVIEW_LABELERS: "${text}" is not a DID, "=" and a URL`)
  return [did, url.replace(/\/+$/, '')]
}

function serviceOf(did: string | undefined, url: string | undefined): ServiceSettings | null {
  return did === undefined ? null : { did, url: withoutSlash(url) }
}
