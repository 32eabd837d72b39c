import { plainToInstance, Transform } from 'class-transformer'
import {
  getMetadataStorage,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUrl,
  Length,
  Matches,
  Max,
  Min,
  ValidateBy,
  validateSync,
} from 'class-validator'
import { parseDidKey } from '../../repo-engine/index.js'

const flag = Transform(({ value }: { value: unknown }) =>
  value === 'true' || value === '1' ? true : value === 'false' || value === '0' ? false : value,
)
const integer = Transform(({ value }: { value: unknown }) =>
  typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value,
)
const DID = /^did:[a-z]+:[^\s,]+$/
const DIDS = /^did:[a-z]+:[^\s,]+(\s*,\s*did:[a-z]+:[^\s,]+)*$/
const KEY = /^[0-9a-f]{64}$/i
const url = { require_tld: false, require_protocol: true, protocols: ['http', 'https'] }

function IsDidKey(): PropertyDecorator {
  const validate = (value: unknown): boolean => {
    try {
      return typeof value === 'string' && parseDidKey(value) !== null
    } catch {
      return false
    }
  }
  return ValidateBy({
    name: 'isDidKey',
    validator: { validate, defaultMessage: () => 'must be a did:key of K-256 or P-256' },
  })
}

/** The environment as it is read: one property a variable, checked by its decorators. README's table is this class. */
export class Environment {
  @IsOptional() @integer @IsInt() @Min(0) @Max(65535) PDS_PORT?: number
  @IsOptional() @integer @IsInt() @Min(0) @Max(65535) PORT?: number
  @IsOptional()
  @IsString()
  @Matches(/^[a-z0-9.-]{1,253}$/, { message: 'PDS_HOSTNAME must be a lower-case host name without scheme or port' })
  PDS_HOSTNAME?: string
  @IsOptional() @IsString() @IsNotEmpty() PDS_DATA_DIRECTORY?: string
  @IsOptional() @flag @IsBoolean() PDS_DEV_MODE?: boolean
  @IsOptional() @IsUrl(url) PDS_DID_PLC_URL?: string
  @IsOptional()
  @Matches(KEY, { message: 'must be 64 hexadecimal digits' })
  PDS_PLC_ROTATION_KEY_K256_PRIVATE_KEY_HEX?: string
  @IsOptional() @IsDidKey() PDS_RECOVERY_DID_KEY?: string
  @IsOptional() @IsString() @Length(16, 1024) PDS_JWT_SECRET?: string
  @IsOptional() @IsString() @Length(8, 1024) PDS_ADMIN_PASSWORD?: string
  @IsOptional() @Matches(KEY, { message: 'must be 64 hexadecimal digits' }) PDS_SIGNING_KEY_ENCRYPTION_KEY_HEX?: string
  @IsOptional() @IsString() PDS_SERVICE_HANDLE_DOMAINS?: string
  @IsOptional() @flag @IsBoolean() PDS_INVITE_REQUIRED?: boolean
  @IsOptional() @flag @IsBoolean() PDS_ACCEPTING_REPO_IMPORTS?: boolean
  @IsOptional() @integer @IsInt() @Min(1) PDS_MAX_REPO_IMPORT_SIZE?: number
  @IsOptional() @integer @IsInt() @Min(1) PDS_MAX_SUBSCRIPTION_BUFFER?: number
  @IsOptional() @integer @IsInt() @Min(1) PDS_REPO_BACKFILL_LIMIT_MS?: number
  @IsOptional() @IsIn(['hosted', 'all']) PDS_FIREHOSE_SCOPE?: 'hosted' | 'all'
  @IsOptional() @IsString() PDS_CRAWLERS?: string
  @IsOptional() @IsString() PDS_CRAWL_HOSTS?: string
  @IsOptional() @integer @IsInt() @Min(0) PDS_BLOB_CACHE_SIZE?: number
  @IsOptional() @IsString() PDS_CONTACT_EMAIL_ADDRESS?: string
  @IsOptional() @IsUrl(url) PDS_TERMS_OF_SERVICE_URL?: string
  @IsOptional() @IsUrl(url) PDS_PRIVACY_POLICY_URL?: string
  @IsOptional() @IsString() @Length(1, 100) PDS_VERSION?: string
  @IsOptional() @IsUrl(url) PDS_BSKY_APP_VIEW_URL?: string
  @IsOptional() @Matches(DID, { message: 'must be a DID' }) PDS_BSKY_APP_VIEW_DID?: string
  @IsOptional() @Matches(DID, { message: 'must be a DID' }) PDS_MOD_SERVICE_DID?: string
  @IsOptional() @IsUrl(url) APPVIEW_PUBLIC_URL?: string
  @IsOptional() @IsUrl(url) APPVIEW_IMG_URL?: string
  @IsOptional() @Matches(DIDS, { message: 'must be DIDs, with commas between' }) APPVIEW_TRUSTED_VERIFIERS?: string
}

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
  /** Whose verifications are shown. */
  readonly trustedVerifiers: ReadonlySet<string>
  /** Where others find videos (APPVIEW_PUBLIC_URL) and images; null: here. */
  readonly appViewPublicUrl: string | null
  readonly imageUrl: string | null
  /** `PDS_…` names that are set and mean nothing here: said at start, because a silently ignored setting is a trap. */
  readonly unknownNames: readonly string[]

  private constructor(env: Environment, names: string[]) {
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
    this.trustedVerifiers = new Set(env.APPVIEW_TRUSTED_VERIFIERS?.split(',').map((did) => did.trim()))
    this.appViewPublicUrl = withoutSlash(env.APPVIEW_PUBLIC_URL)
    this.imageUrl = withoutSlash(env.APPVIEW_IMG_URL)
    const known = new Set(environmentNames())
    this.unknownNames = names.filter((name) => name.startsWith('PDS_') && !known.has(name))
    for (const domain of this.handleDomains)
      if (!/^\.[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(domain))
        throw new ConfigError(`PDS_SERVICE_HANDLE_DOMAINS: "${domain}" must start with a dot and be a domain`)
  }

  /** Reads an environment such as `process.env`. @throws ConfigError naming the variable that cannot be used. */
  static fromEnv(env: Readonly<Record<string, string | undefined>>): Config {
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

/** A setting that cannot be used: the server does not start. */
export class ConfigError extends Error {}

/** The data directory is another process's. */
export class DataDirectoryInUse extends ConfigError {}

/** Version of this software, as `/xrpc/_health` and the CLI say it. */
export const VERSION = '0.1.0'

/** Every variable that is read: the checked properties of {@link Environment}. */
export function environmentNames(): string[] {
  const checks = getMetadataStorage().getTargetValidationMetadatas(Environment, '', false, false)
  return [...new Set(checks.map(({ propertyName }) => propertyName))]
}

function listOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
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
