/** What an operation must look like before its meaning is asked for. Pure. */
import { parseDidKey } from '../../../repo-engine/index.js'
import { encode, type PlcOperation } from './operation.js'
import { PlcError } from './plc-error.js'

/** Limits of plc.directory for new operations; older ones in its log may be beyond them. */
const MAX_BYTES = 7500
const MAX_ROTATION_KEYS = 10
const MAX_METHODS = 10
const MAX_ALIASES = 10
const MAX_ALIAS_LENGTH = 258
const MAX_SERVICES = 10
const MAX_ID_LENGTH = 32
const MAX_SERVICE_TYPE_LENGTH = 256
const MAX_ENDPOINT_LENGTH = 512
/** Room for the longest keys that did:key knows. */
const MAX_DID_KEY_LENGTH = 256

const DID_KEY = /^did:key:z[1-9A-HJ-NP-Za-km-z]+$/

const FIELDS = {
  plc_operation: ['type', 'rotationKeys', 'verificationMethods', 'alsoKnownAs', 'services', 'prev', 'sig'],
  plc_tombstone: ['type', 'prev', 'sig'],
  create: ['type', 'signingKey', 'recoveryKey', 'handle', 'service', 'prev', 'sig'],
}

/**
 * Checks that parsed JSON is an operation of one of the three forms, as every operation of a log must be.
 * @throws PlcError 400 that says what is wrong.
 */
export function checkShape(value: unknown): asserts value is PlcOperation {
  if (!isMap(value)) refuse('Not an operation: not an object')
  switch (value.type) {
    case 'plc_operation':
      if (!isArrayOf(value.rotationKeys, isString)) refuse('rotationKeys is not an array of strings')
      for (const key of value.rotationKeys) checkRotationKey(key)
      if (!isMapOf(value.verificationMethods, isDidKey)) refuse('verificationMethods is not a map of did:keys')
      if (!isArrayOf(value.alsoKnownAs, isString)) refuse('alsoKnownAs is not an array of strings')
      if (!isMapOf(value.services, isService)) refuse('services is not a map of {type, endpoint}')
      if (value.prev !== null && !isString(value.prev)) refuse('prev is neither a CID nor null')
      break
    case 'plc_tombstone':
      if (!isString(value.prev)) refuse('prev is not a CID')
      break
    case 'create':
      for (const field of ['handle', 'service']) if (!isString(value[field])) refuse(`${field} is not a string`)
      for (const field of ['signingKey', 'recoveryKey']) checkRotationKey(value[field])
      if (value.prev !== null) refuse('prev is not null')
      break
    default:
      refuse(`Not an operation: type ${JSON.stringify(value.type)?.slice(0, 80)}`)
  }
  if (!isString(value.sig)) refuse('sig is not a string')
}

/**
 * Checks an operation that is about to be accepted: its shape, and the limits of the public directory.
 * @throws PlcError 400 that says what is wrong.
 */
export function checkIncoming(value: unknown): asserts value is Exclude<PlcOperation, { type: 'create' }> {
  checkShape(value)
  if (value.type === 'create') refuse('The create operation is not taken any more: use plc_operation')
  for (const field of Object.keys(value))
    if (!FIELDS[value.type].includes(field)) refuse(`Unknown field: ${field.slice(0, 80)}`)
  if (value.type === 'plc_operation') {
    const { rotationKeys, verificationMethods, alsoKnownAs, services } = value
    checkCount('rotationKeys', rotationKeys.length, MAX_ROTATION_KEYS)
    checkCount('verificationMethods', Object.keys(verificationMethods).length, MAX_METHODS)
    checkCount('alsoKnownAs', alsoKnownAs.length, MAX_ALIASES)
    checkCount('services', Object.keys(services).length, MAX_SERVICES)
    for (const id of [...Object.keys(verificationMethods), ...Object.keys(services)])
      checkLength('an id', id, MAX_ID_LENGTH)
    for (const alias of alsoKnownAs) checkLength('an alsoKnownAs entry', alias, MAX_ALIAS_LENGTH)
    if (new Set(alsoKnownAs).size < alsoKnownAs.length) refuse('alsoKnownAs has an entry twice')
    for (const { type, endpoint } of Object.values(services)) {
      checkLength('a service type', type, MAX_SERVICE_TYPE_LENGTH)
      checkLength('a service endpoint', endpoint, MAX_ENDPOINT_LENGTH)
    }
  }
  if (encode(value).length > MAX_BYTES) refuse(`Operation too large (${MAX_BYTES} bytes maximum in cbor encoding)`)
}

function checkRotationKey(key: unknown): void {
  try {
    parseDidKey(key as string)
  } catch {
    refuse(`Not a K-256 or P-256 did:key: ${String(key).slice(0, 80)}`)
  }
}

function checkCount(field: string, count: number, max: number): void {
  if (count > max) refuse(`Too many entries in ${field} (max ${max})`)
}

function checkLength(what: string, text: string, max: number): void {
  if (text.length > max) refuse(`The length of ${what} is over ${max}: ${text.slice(0, 80)}`)
}

function refuse(message: string): never {
  throw new PlcError(message)
}

function isString(value: unknown): value is string {
  return typeof value === 'string' && value.isWellFormed()
}

/** Any kind of key: what signs for a service is not the directory's business. */
function isDidKey(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_DID_KEY_LENGTH && DID_KEY.test(value)
}

function isService(value: unknown): value is { type: string; endpoint: string } {
  return isMap(value) && isString(value.type) && isString(value.endpoint) && Object.keys(value).length === 2
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isMapOf<T>(value: unknown, is: (item: unknown) => item is T): value is Record<string, T> {
  return isMap(value) && Object.entries(value).every(([id, item]) => id.isWellFormed() && is(item))
}

function isArrayOf<T>(value: unknown, is: (item: unknown) => item is T): value is T[] {
  return Array.isArray(value) && value.every(is)
}
