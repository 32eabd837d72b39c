import { Transform } from 'class-transformer'
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
} from 'class-validator'
import { parseDidKey } from '../../repo-engine/index.js'
import { LOG_LEVELS } from './log-settings.js'

const flag = Transform(({ value }: { value: unknown }) =>
  value === 'true' || value === '1' ? true : value === 'false' || value === '0' ? false : value,
)
const integer = Transform(({ value }: { value: unknown }) =>
  typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value,
)
const DID = /^did:[a-z]+:[^\s,]+$/
const DIDS = /^did:[a-z]+:[^\s,]+(\s*,\s*did:[a-z]+:[^\s,]+)*$/
const KEY = /^[0-9a-f]{64}$/i
/** The schemes of nodemailer's connection URLs. */
const smtp = { require_tld: false, require_protocol: true, protocols: ['smtp', 'smtps'], allow_underscores: true }
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

/** What is tried first by whoever tries (no password of fewer than eight characters gets this far). */
const GUESSED =
  /^(admin|administrator|admin-?pass|root|pass?w[o0]rd|changeme|letmein|qwerty(uiop)?|secret|skylog|bluesky)?[\d!]*$/i
const MIN_DIFFERENT = 4

function IsNotGuessed(): PropertyDecorator {
  const validate = (value: unknown): boolean =>
    typeof value === 'string' && !GUESSED.test(value) && new Set(value).size >= MIN_DIFFERENT
  return ValidateBy({
    name: 'isNotGuessed',
    validator: { validate, defaultMessage: () => 'must not be one of those that are guessed first' },
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
  @IsOptional() @IsString() @Length(8, 1024) @IsNotGuessed() PDS_ADMIN_PASSWORD?: string
  @IsOptional() @Matches(KEY, { message: 'must be 64 hexadecimal digits' }) PDS_SIGNING_KEY_ENCRYPTION_KEY_HEX?: string
  @IsOptional() @IsString() PDS_SERVICE_HANDLE_DOMAINS?: string
  @IsOptional() @flag @IsBoolean() PDS_INVITE_REQUIRED?: boolean
  @IsOptional() @integer @IsInt() @Min(1) PDS_INVITE_INTERVAL?: number
  @IsOptional() @integer @IsInt() @Min(0) PDS_INVITE_EPOCH?: number
  @IsOptional() @flag @IsBoolean() PDS_RATE_LIMITS_ENABLED?: boolean
  @IsOptional() @IsString() @Length(8, 1024) PDS_RATE_LIMIT_BYPASS_KEY?: string
  @IsOptional() @IsString() PDS_RATE_LIMIT_BYPASS_IPS?: string
  @IsOptional() @IsString() PDS_TRUSTED_PROXIES?: string
  @IsOptional() @IsUrl(smtp) PDS_EMAIL_SMTP_URL?: string
  @IsOptional() @IsString() @Length(3, 320) PDS_EMAIL_FROM_ADDRESS?: string
  @IsOptional() @IsUrl(smtp) PDS_MODERATION_EMAIL_SMTP_URL?: string
  @IsOptional() @IsString() @Length(3, 320) PDS_MODERATION_EMAIL_ADDRESS?: string
  @IsOptional() @integer @IsInt() @Min(1) PDS_BLOB_UPLOAD_LIMIT?: number
  @IsOptional() @IsString() @IsNotEmpty() PDS_BLOBSTORE_DISK_LOCATION?: string
  @IsOptional() @IsString() @IsNotEmpty() PDS_BLOBSTORE_S3_BUCKET?: string
  @IsOptional() @IsString() @IsNotEmpty() PDS_BLOBSTORE_S3_REGION?: string
  @IsOptional() @IsUrl(url) PDS_BLOBSTORE_S3_ENDPOINT?: string
  @IsOptional() @flag @IsBoolean() PDS_BLOBSTORE_S3_FORCE_PATH_STYLE?: boolean
  @IsOptional() @IsString() @IsNotEmpty() PDS_BLOBSTORE_S3_ACCESS_KEY_ID?: string
  @IsOptional() @IsString() @IsNotEmpty() PDS_BLOBSTORE_S3_SECRET_ACCESS_KEY?: string
  @IsOptional() @flag @IsBoolean() PDS_DISABLE_SSRF_PROTECTION?: boolean
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
  @IsOptional() @IsUrl(url) PDS_MOD_SERVICE_URL?: string
  @IsOptional() @IsUrl(url) PDS_REPORT_SERVICE_URL?: string
  @IsOptional() @Matches(DID, { message: 'must be a DID' }) PDS_REPORT_SERVICE_DID?: string
  @IsOptional() @IsString() DNS_SERVER?: string
  @IsOptional() @IsString() @IsNotEmpty() BACKUP_TARGET?: string
  @IsOptional() @integer @IsInt() @Min(100) BACKUP_INTERVAL?: number
  @IsOptional() @integer @IsInt() @Min(60_000) BACKUP_SNAPSHOT_INTERVAL?: number
  @IsOptional()
  @Matches(/^\d{1,6}[smhdw]?$/, { message: 'must be a number of snapshots, or a duration as 30d' })
  BACKUP_KEEP?: string
  @IsOptional() @IsString() @IsNotEmpty() BACKUP_IDENTITY_FILE?: string
  @IsOptional() @IsUrl(url) BACKUP_S3_ENDPOINT?: string
  @IsOptional() @IsString() @IsNotEmpty() BACKUP_S3_REGION?: string
  @IsOptional() @IsString() @Length(16, 1024) METRICS_TOKEN?: string
  @IsOptional() @IsUrl(url) OTEL_EXPORTER_OTLP_ENDPOINT?: string
  @IsOptional()
  @Matches(/^[^=,]+=[^,]*(,[^=,]+=[^,]*)*$/, { message: 'must be name=value, with commas between' })
  OTEL_EXPORTER_OTLP_HEADERS?: string
  @IsOptional() @IsString() @Length(1, 100) OTEL_SERVICE_NAME?: string
  @IsOptional()
  @Matches(/^(0(\.\d+)?|1(\.0+)?)$/, { message: 'must be a number from 0 to 1' })
  OTEL_TRACES_SAMPLER_ARG?: string
  @IsOptional() @flag @IsBoolean() LOG_ENABLED?: boolean
  @IsOptional() @IsIn(LOG_LEVELS) LOG_LEVEL?: (typeof LOG_LEVELS)[number]
  @IsOptional() @IsString() LOG_DESTINATION?: string
  @IsOptional() @flag @IsBoolean() LOG_REQUESTS?: boolean
  @IsOptional() @IsString() APPVIEW_LABELERS?: string
  @IsOptional() @IsUrl(url) APPVIEW_PUBLIC_URL?: string
  @IsOptional() @IsUrl(url) APPVIEW_IMG_URL?: string
  @IsOptional() @Matches(DIDS, { message: 'must be DIDs, with commas between' }) APPVIEW_TRUSTED_VERIFIERS?: string
}

/** Every variable that is read: the checked properties of {@link Environment}. */
export function environmentNames(): string[] {
  const checks = getMetadataStorage().getTargetValidationMetadatas(Environment, '', false, false)
  return [...new Set(checks.map(({ propertyName }) => propertyName))]
}
