/**
 * Lexicon schemas compiled to functions over values in their JSON form. A check gives null for a valid
 * value and builds its complaint only on the way out, so that valid data costs no allocation.
 */
import { isCidText } from '../../repo-engine/index.js'
import type {
  ArraySchema,
  BlobSchema,
  BytesSchema,
  Definition,
  IntegerSchema,
  LexiconDocument,
  ObjectSchema,
  Schema,
  UnionSchema,
} from './document.js'
import { compileString } from './string-check.js'

/** What is wrong, and where: `path` is that of the value below the checked one, `/a/0`, empty for itself. */
export interface Fault {
  path: string
  message: string
  /** The official name of this case, where it has one of its own. */
  error?: string
}

export type Check = (value: unknown) => Fault | null

export type JsonObject = Record<string, unknown>

const fault = (message: string, error?: string): Fault => ({ path: '', message, ...(error !== undefined && { error }) })
const below = (inner: Fault, key: string | number): Fault => ({ ...inner, path: `/${key}${inner.path}` })

/** A JSON object or, in the data model's terms, a map: not a link, not bytes, not a blob. */
export function isMap(value: unknown): value is JsonObject {
  return isObject(value) && value.$link === undefined && value.$bytes === undefined && value.$type !== 'blob'
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Compiles definitions on their first use; references may be circular.
 * With `fillDefaults`, a check writes the defaults of absent properties into the objects it is given: right
 * for requests, wrong for records, which are stored as they were sent.
 */
export class SchemaChecks {
  private readonly definitions = new Map<string, { id: string; definition: Definition }>()
  private readonly compiled = new Map<string, Check>()

  constructor(
    documents: Iterable<LexiconDocument>,
    private readonly fillDefaults = false,
  ) {
    for (const { id, defs } of documents)
      for (const name of Object.keys(defs))
        this.definitions.set(name === 'main' ? id : `${id}#${name}`, { id, definition: defs[name]! })
  }

  /** The check of a definition by its reference, `nsid` or `nsid#name`. @throws Error when there is none. */
  of(ref: string): Check {
    const known = this.compiled.get(ref)
    if (known) return known
    const found = this.definitions.get(ref)
    if (!found) throw new Error(`Lexicon not found: lex:${ref}`)
    const { id, definition } = found
    const check = this.compile(definition.type === 'record' ? definition.record : (definition as Schema), id, ref)
    this.compiled.set(ref, check)
    return check
  }

  /** The check of a schema that stands in document `id`; `name` is the full reference of a token. */
  compile(schema: Schema, id: string, name = ''): Check {
    switch (schema.type) {
      case 'string': {
        const complaint = compileString(schema)
        return (value) => {
          const message = complaint(value)
          return message === null ? null : fault(message)
        }
      }
      case 'integer':
        return compileInteger(schema)
      case 'boolean': {
        const only = schema.const
        return (value) => {
          if (typeof value !== 'boolean') return fault('must be a boolean')
          return only === undefined || value === only ? null : fault(`must be ${only}`)
        }
      }
      case 'object':
        return this.compileObject(schema, id)
      case 'array':
        return this.compileArray(schema, id)
      case 'union':
        return this.compileUnion(schema, id)
      case 'ref': {
        const ref = absolute(schema.ref, id)
        let check: Check | undefined
        return (value) => (check ??= this.of(ref))(value)
      }
      case 'blob':
        return compileBlob(schema)
      case 'bytes':
        return compileBytes(schema)
      case 'cid-link':
        return (value) => (isLink(value) ? null : fault('must be a CID'))
      case 'unknown':
        return (value) => (isMap(value) ? null : fault('must be an object'))
      case 'token':
        return (value) => (value === name ? null : fault(`must be ${name}`))
      default:
        throw new Error(`${id}: a value cannot have type ${schema.type}`)
    }
  }

  private compileObject(schema: ObjectSchema, id: string): Check {
    const properties = Object.entries(schema.properties ?? {}).map(([key, inner]) => ({
      key,
      check: this.compile(inner, id),
      required: schema.required?.includes(key) ?? false,
      nullable: schema.nullable?.includes(key) ?? false,
      fallback: this.fillDefaults && 'default' in inner ? inner.default : undefined,
    }))
    const required = (schema.required ?? []).filter((key) => !Object.hasOwn(schema.properties ?? {}, key))
    return (value) => {
      if (!isMap(value)) return fault('must be an object')
      for (const { key, check, required, nullable, fallback } of properties) {
        const inner = value[key]
        if (inner === undefined) {
          if (fallback !== undefined) value[key] = fallback
          else if (required) return fault(`must have the property "${key}"`)
        } else if (inner !== null || !nullable) {
          const wrong = check(inner)
          if (wrong) return below(wrong, key)
        }
      }
      for (const key of required) if (value[key] === undefined) return fault(`must have the property "${key}"`)
      return null
    }
  }

  private compileArray({ items, minLength: min = 0, maxLength: max = Infinity }: ArraySchema, id: string): Check {
    const check = this.compile(items, id)
    return (value) => {
      if (!Array.isArray(value)) return fault('must be an array')
      if (value.length > max) return fault(`must not have more than ${max} elements`)
      if (value.length < min) return fault(`must not have fewer than ${min} elements`)
      for (let i = 0; i < value.length; i++) {
        const wrong = check(value[i])
        if (wrong) return below(wrong, i)
      }
      return null
    }
  }

  private compileUnion({ refs, closed }: UnionSchema, id: string): Check {
    const members = new Map<string, Check>()
    for (const ref of refs) {
      const name = absolute(ref, id)
      const check = this.compile({ type: 'ref', ref: name }, id)
      members.set(name, check)
      // Data may spell the main definition either way.
      if (!name.includes('#')) members.set(`${name}#main`, check)
    }
    const closedMessage = `$type must be one of ${[...members.keys()].filter((name) => !name.endsWith('#main')).join(', ')}`
    return (value) => {
      if (!isMap(value) || typeof value.$type !== 'string')
        return fault('must be an object which includes the "$type" property')
      const member = members.get(value.$type)
      if (member) return member(value)
      return closed ? fault(closedMessage) : null
    }
  }
}

/** A reference in its one full form: `#name` gets its document, `nsid#main` is `nsid`. */
function absolute(ref: string, id: string): string {
  const full = ref.startsWith('#') ? id + ref : ref
  return full.endsWith('#main') ? full.slice(0, -'#main'.length) : full
}

function compileInteger(schema: IntegerSchema): Check {
  const { const: only, minimum: min = -Infinity, maximum: max = Infinity } = schema
  const members = schema.enum
  return (value) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value)) return fault('must be an integer')
    if (only !== undefined && value !== only) return fault(`must be ${only}`)
    if (members && !members.includes(value)) return fault(`must be one of (${members.join('|')})`)
    if (value > max) return fault(`can not be greater than ${max}`)
    return value < min ? fault(`can not be less than ${min}`) : null
  }
}

/** `{"$link"}` and nothing else. Whether it is a CID of ours is asked when the record becomes data. */
function isLink(value: unknown): boolean {
  if (!isObject(value) || typeof value.$link !== 'string' || !isCidText(value.$link)) return false
  return Object.keys(value).length === 1
}

/** `{"$type":"blob","ref":{"$link"},"mimeType","size"}` and nothing else; the form of before 2023 is not written any more. */
function compileBlob({ accept, maxSize = Infinity }: BlobSchema): Check {
  const accepts = compileAccept(accept)
  return (value) => {
    if (!isObject(value) || value.$type !== 'blob' || !isLink(value.ref) || Object.keys(value).length !== 4)
      return fault('should be a blob ref')
    const { mimeType, size } = value
    if (typeof mimeType !== 'string' || !mimeType.includes('/')) return fault('should be a blob ref')
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return fault('should be a blob ref')
    if (!accepts(mimeType))
      return fault(`must be a blob of type ${accept!.join(', ')}, got ${mimeType}`, 'InvalidMimeType')
    return size > maxSize ? fault(`must be a blob of at most ${maxSize} bytes, got ${size}`, 'BlobTooLarge') : null
  }
}

/** `accept` lists MIME types; a star stands for any type or subtype. */
function compileAccept(accept: string[] | undefined): (mimeType: string) => boolean {
  if (!accept || accept.includes('*/*')) return () => true
  const exact = new Set(accept)
  const prefixes = accept.filter((type) => type.endsWith('/*')).map((type) => type.slice(0, -1))
  return (mimeType) => exact.has(mimeType) || prefixes.some((prefix) => mimeType.startsWith(prefix))
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

function compileBytes({ minLength: min = 0, maxLength: max = Infinity }: BytesSchema): Check {
  return (value) => {
    if (!isObject(value) || typeof value.$bytes !== 'string' || Object.keys(value).length !== 1)
      return fault('must be a byte array')
    const text = value.$bytes
    if (!BASE64.test(text)) return fault('must be a byte array')
    const digits = text.endsWith('=') ? text.indexOf('=') : text.length
    const length = (digits * 3) >> 2
    if (length > max) return fault(`must not be larger than ${max} bytes`)
    return length < min ? fault(`must not be smaller than ${min} bytes`) : null
  }
}
