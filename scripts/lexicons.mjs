/**
 * Takes the lexicon documents out of the published package @atproto/api and makes from them
 *   src/modules/lexicon/documents.json  the documents, one per line, without their descriptions
 *   src/modules/lexicon/types.ts        their TypeScript types
 *
 *   node scripts/lexicons.mjs --write   writes both
 *   node scripts/lexicons.mjs --check   exits 1 when a committed file differs from what would be written
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { schemas } from '@atproto/api'
import * as prettier from 'prettier'

const DOCUMENTS = fileURLToPath(new URL('../src/modules/lexicon/documents.json', import.meta.url))
const TYPES = fileURLToPath(new URL('../src/modules/lexicon/types.ts', import.meta.url))

/** What this server speaks: its own two namespaces, and foreign records that live in its repositories. */
const WANTED = [
  /^com\.atproto\./,
  /^app\.bsky\./,
  /^chat\.bsky\.actor\.declaration$/,
  /^com\.germnetwork\.declaration$/,
]

/**
 * A copy of a schema as it was published: importing the package rewrites every reference in place to
 * `lex:nsid#name`. References into the own document become `#name`. Descriptions are left out; a
 * property that happens to be called `description` is a schema, not a string, and stays.
 */
function published(value, id) {
  if (typeof value === 'string')
    return value.startsWith('lex:')
      ? value.slice(4).replace(/^([^#]+)(?=#)/, (nsid) => (nsid === id ? '' : nsid))
      : value
  if (Array.isArray(value)) return value.map((item) => published(item, id))
  if (value === null || typeof value !== 'object') return value
  const kept = Object.entries(value).filter(([key, item]) => key !== 'description' || typeof item !== 'string')
  return Object.fromEntries(kept.map(([key, item]) => [key, published(item, id)]))
}

/** Every reference inside a schema, in its full form `nsid#name` or `nsid`. */
function references(schema, id) {
  if (schema === null || typeof schema !== 'object') return []
  const own = schema.type === 'ref' ? [schema.ref] : schema.type === 'union' ? schema.refs : []
  return [
    ...own.map((ref) => (ref.startsWith('#') ? id + ref : ref)),
    ...Object.values(schema).flatMap((inner) => references(inner, id)),
  ]
}

/** The wanted documents and whatever they refer to, sorted by id. */
function selectDocuments() {
  const all = new Map(schemas.map((schema) => [schema.id, schema]))
  const selected = new Map()
  const queue = [...all.keys()].filter((id) => WANTED.some((pattern) => pattern.test(id)))
  for (const id of queue) {
    if (selected.has(id)) continue
    if (!all.has(id)) throw new Error(`@atproto/api has no lexicon ${id}`)
    const document = published(all.get(id), id)
    selected.set(id, document)
    queue.push(...references(document.defs, id).map((ref) => ref.split('#')[0]))
  }
  return [...selected.values()].sort((a, b) => (a.id < b.id ? -1 : 1))
}

// ---------------------------------------------------------------------------------------------- types

const capital = (word) => word[0].toUpperCase() + word.slice(1)
const pascal = (text) => text.split(/[.-]/).map(capital).join('')
const quoted = (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
const property = (name) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : quoted(name))

/** `app.bsky.feed.defs#postView` -> `AppBskyFeedDefsPostView`; a main definition has the name of its document. */
function typeName(ref, id) {
  const [nsid, name] = (ref.startsWith('#') ? id + ref : ref).split('#')
  return pascal(nsid) + (name && name !== 'main' ? capital(name) : '')
}

function stringType(schema) {
  if (schema.const !== undefined) return quoted(schema.const)
  if (schema.enum) return schema.enum.map(quoted).join(' | ')
  // Known values are a hint to readers, never a limit; the intersection keeps them visible to editors.
  if (schema.knownValues) return [...schema.knownValues.map(quoted), '(string & {})'].join(' | ')
  return 'string'
}

/** The type expression of any schema that may stand inside another. */
function expression(schema, id) {
  switch (schema.type) {
    case 'string':
      return stringType(schema)
    case 'integer':
      return schema.const !== undefined ? String(schema.const) : schema.enum ? schema.enum.join(' | ') : 'number'
    case 'boolean':
      return schema.const !== undefined ? String(schema.const) : 'boolean'
    case 'array':
      return `(${expression(schema.items, id)})[]`
    case 'ref':
      return typeName(schema.ref, id)
    case 'union':
      return schema.refs.map((ref) => `Typed<${typeName(ref, id)}>`).join(' | ') || '{ $type: string }'
    case 'object':
    case 'params':
      return `{ ${fields(schema, id).join('\n')} }`
    case 'unknown':
      return 'Record<string, unknown>'
    case 'bytes':
      return 'LexBytes'
    case 'cid-link':
      return 'LexLink'
    case 'blob':
      return 'LexBlob'
    default:
      throw new Error(`${id}: no type for a schema of type ${schema.type}`)
  }
}

/** The members of an object type. `filled` when defaults have been put in, so that they are always there. */
function fields(schema, id, filled = false) {
  return Object.entries(schema.properties ?? {}).map(([name, inner]) => {
    const there = schema.required?.includes(name) || (filled && inner.default !== undefined)
    const type = expression(inner, id) + (schema.nullable?.includes(name) ? ' | null' : '')
    return `${property(name)}${there ? '' : '?'}: ${type}`
  })
}

const shape = (name, members) =>
  members.length > 0 ? `export interface ${name} {\n${members.join('\n')}\n}` : `export type ${name} = Empty`

/** The declarations of one definition, and its line in the map of records or methods. */
function declare(id, name, def, out) {
  const own = typeName(`${id}#${name}`)
  const type = quoted(name === 'main' ? id : `${id}#${name}`)
  const add = (declared, text) => {
    if (out.names.has(declared)) throw new Error(`two definitions are called ${declared}`)
    out.names.add(declared)
    out.declarations.push(text)
    return declared
  }
  const body = (suffix, content, filled) => {
    if (content === undefined) return undefined
    const { schema, encoding } = content
    if (!schema) return encoding === 'application/json' ? 'Record<string, unknown>' : 'Binary'
    if (schema.type === 'object') return add(own + suffix, shape(own + suffix, fields(schema, id, filled)))
    return add(own + suffix, `export type ${own + suffix} = ${expression(schema, id)}`)
  }
  switch (def.type) {
    case 'record':
      add(own, shape(own, [`$type: ${type}`, ...fields(def.record, id)]))
      out.records.push(`${type}: ${own}`)
      break
    case 'query':
    case 'procedure':
    case 'subscription': {
      const params = def.parameters
        ? add(`${own}Params`, shape(`${own}Params`, fields(def.parameters, id, true)))
        : 'Empty'
      const input = body('Input', def.input, true) ?? 'undefined'
      const output = body('Output', def.output, false) ?? 'void'
      out.methods.push(`${type}: { params: ${params}; input: ${input}; output: ${output} }`)
      break
    }
    case 'object':
      add(own, shape(own, [`$type?: ${type}`, ...fields(def, id)]))
      break
    case 'token':
      add(own, `export type ${own} = ${type}`)
      break
    default:
      add(own, `export type ${own} = ${expression(def, id)}`)
  }
}

const HEADER = `/**
 * Written by scripts/lexicons.mjs from the lexicons of @atproto/api; edit there.
 *
 * Everything is typed in its JSON form: a link is {"$link"}, bytes are {"$bytes"}, times and identifiers are
 * strings. Open unions list the members that the lexicons name, so that \`$type\` discriminates; data from
 * outside may hold others, so a switch over one has a default. Params and top-level inputs have their
 * defaults filled in.
 */
import type { Readable } from 'node:stream'

/** A member of a union: the type with its \`$type\` there. */
export type Typed<T extends { $type?: string }> = T & { $type: NonNullable<T['$type']> }
/** A body that is not JSON. */
export type Binary = Readable | Uint8Array
/** An object without properties: the params of a method that has none, an empty input or output. */
export type Empty = Record<string, never>

export interface LexLink {
  $link: string
}

/** Base64 without padding. */
export interface LexBytes {
  $bytes: string
}

export interface LexBlob {
  $type: 'blob'
  ref: LexLink
  mimeType: string
  size: number
}
`

async function typesOf(documents) {
  const out = { names: new Set(), declarations: [], records: [], methods: [] }
  for (const { id, defs } of documents) for (const [name, def] of Object.entries(defs)) declare(id, name, def, out)
  const maps = [
    `/** Record types by collection. */\n${shape('RecordTypes', out.records)}`,
    `/** Methods by NSID. */\n${shape('XrpcMethods', out.methods)}`,
  ]
  const options = await prettier.resolveConfig(TYPES)
  return prettier.format([HEADER, ...maps, ...out.declarations].join('\n\n'), { ...options, parser: 'typescript' })
}

// ----------------------------------------------------------------------------------------------- main

const documents = selectDocuments()
const files = [
  [DOCUMENTS, `[\n${documents.map((document) => JSON.stringify(document)).join(',\n')}\n]\n`],
  [TYPES, await typesOf(documents)],
]
switch (process.argv[2]) {
  case '--write':
    for (const [path, text] of files) writeFileSync(path, text)
    break
  case '--check': {
    const current = (path) => {
      try {
        return readFileSync(path, 'utf8')
      } catch {
        return ''
      }
    }
    const stale = files.filter(([path, text]) => current(path) !== text)
    for (const [path] of stale)
      console.error(`${relative('.', path)} differs from the lexicons of @atproto/api: run npm run lexicons`)
    process.exitCode = stale.length > 0 ? 1 : 0
    break
  }
  default:
    console.error('usage: node scripts/lexicons.mjs --write | --check')
    process.exitCode = 2
}
