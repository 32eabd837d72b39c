/**
 * The same values judged by this server and by @atproto/lexicon: everything the lexicons define, filled
 * with values that fit, some of them then spoilt in one place. Left out is where this server is stricter on
 * purpose: arrays for `unknown`, limits of blobs, datetimes without a zone; and URIs that end at their slashes.
 */
import { jsonToLex, Lexicons as Oracle, type LexiconDoc } from '@atproto/lexicon'
import fc from 'fast-check'
import {
  readDocuments,
  type Definition,
  type ObjectSchema,
  type Schema,
  type StringSchema,
} from '../../../src/modules/lexicon/document.js'
import { SchemaChecks } from '../../../src/modules/lexicon/schema-check.js'

const documents = readDocuments()
const checks = new SchemaChecks(documents)
const definitions = new Map(
  documents.flatMap(({ id, defs }) =>
    Object.entries(defs).map(([name, def]) => [name === 'main' ? id : `${id}#${name}`, { id, def }] as const),
  ),
)
// It rewrites what it is given, so it gets its own copy.
const oracle = new Oracle(readDocuments() as unknown as LexiconDoc[])

const CID = 'bafkreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq'
const SAMPLES: Record<string, string> = {
  'at-identifier': 'alice.test',
  'at-uri': 'at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/3kznmn7xqxl22',
  cid: CID,
  datetime: '2026-01-02T03:04:05.678Z',
  did: 'did:plc:z72i7hdynmk6r22z27h6tvur',
  handle: 'alice.test',
  language: 'pt-BR',
  nsid: 'com.example.record',
  'record-key': 'self',
  tid: '3kznmn7xqxl22',
  uri: 'https://example.com/a',
}

function text(schema: StringSchema): fc.Arbitrary<string> {
  if (schema.const !== undefined) return fc.constant(schema.const)
  if (schema.enum) return fc.constantFrom(...schema.enum)
  if (schema.format) return fc.constant(SAMPLES[schema.format]!)
  // Around the limits rather than within them: both judges count, and must count alike.
  const unit = fc.constantFrom('a', 'é', '語', '👩‍👩‍👦‍👦', ' ')
  const limit = Math.min(schema.maxGraphemes ?? 8, schema.maxLength ?? 8, 80)
  return fc.oneof(
    fc.string({ unit, minLength: Math.max(schema.minLength ?? 0, schema.minGraphemes ?? 0), maxLength: limit + 1 }),
    unit.map((one) => one.repeat(limit)),
  )
}

/** Values of a schema's type. References end at a depth, since many are circular. */
function value(schema: Schema, id: string, depth: number): fc.Arbitrary<unknown> {
  const target = (ref: string) => {
    const full = ref.startsWith('#') ? id + ref : ref
    return { full, ...definitions.get(full)! }
  }
  switch (schema.type) {
    case 'string':
      return text(schema)
    case 'integer':
      return fc.integer({ min: (schema.minimum ?? 0) - 1, max: (schema.maximum ?? 1000) + 1 })
    case 'boolean':
      return fc.boolean()
    case 'array':
      return fc.array(value(schema.items, id, depth - 1), {
        minLength: schema.minLength ?? 0,
        maxLength: Math.min((schema.maxLength ?? 1) + 1, 4),
      })
    case 'object':
      return object(schema, id, depth)
    case 'ref': {
      const { id: home, def } = target(schema.ref)
      return def.type === 'token'
        ? fc.constant(schema.ref)
        : depth > 0
          ? definition(def, home, depth - 1)
          : fc.constant({})
    }
    case 'union': {
      const other = fc.constant({ $type: 'com.example.other', a: 1 })
      if (depth <= 0) return other
      const members = schema.refs.map((ref) => {
        const { full, id: home, def } = target(ref)
        return definition(def, home, depth - 1).map((inner) => ({ ...(inner as object), $type: full }))
      })
      return fc.oneof(other, ...members)
    }
    case 'blob':
      return fc.constant({
        $type: 'blob',
        ref: { $link: CID },
        mimeType: schema.accept?.[0]?.replace('*', 'png') ?? 'image/png',
        size: 10,
      })
    case 'bytes':
      return fc.constant({ $bytes: 'AQID' })
    case 'cid-link':
      return fc.constant({ $link: CID })
    default:
      return fc.constant({ a: 1 })
  }
}

function object(schema: ObjectSchema, id: string, depth: number): fc.Arbitrary<object> {
  const entries = Object.entries(schema.properties ?? {}).map(([key, inner]) => [key, value(inner, id, depth)] as const)
  const requiredKeys = (schema.required ?? []).filter((key) => entries.some(([name]) => name === key))
  return fc.record(Object.fromEntries(entries), { requiredKeys, noNullPrototype: true })
}

function definition(def: Definition, id: string, depth: number): fc.Arbitrary<unknown> {
  return def.type === 'record' ? object(def.record, id, depth) : value(def as Schema, id, depth)
}

/** Replaces one value, at any depth, by something that seldom fits; or takes it away. */
function spoil(whole: unknown, choices: number[], junk: unknown): unknown {
  const [choice, ...rest] = choices
  if (choice === undefined || typeof whole !== 'object' || whole === null) return junk
  const keys = Object.keys(whole)
  if (keys.length === 0 || '$link' in whole || '$bytes' in whole || (whole as { $type?: string }).$type === 'blob')
    return junk
  const key = keys[choice % keys.length]!
  const copy = (Array.isArray(whole) ? [...whole] : { ...whole }) as Record<string, unknown>
  if (junk === undefined && rest.length === 0 && !Array.isArray(copy)) delete copy[key]
  else copy[key] = spoil(copy[key], rest, junk ?? null)
  return copy
}

const JUNK = [undefined, null, 0, -1, 1.5, true, '', 'x', 'a b', '語'.repeat(4000), {}, { $type: 'a.b.c' }]

const judgedByOracle = (ref: string, given: object): boolean => {
  try {
    return oracle.validate(ref, jsonToLex(given)).success
  } catch {
    return false
  }
}

it.each([...definitions].filter(([, { def }]) => def.type === 'record' || def.type === 'object').map(([ref]) => ref))(
  'agrees with @atproto/lexicon on %s',
  (ref) => {
    const { id, def } = definitions.get(ref)!
    const arbitrary = definition(def, id, 2) as fc.Arbitrary<object>
    const damage = fc.option(fc.tuple(fc.array(fc.nat(20), { minLength: 1, maxLength: 4 }), fc.constantFrom(...JUNK)))
    fc.assert(
      fc.property(arbitrary, damage, (fitting, spoilt) => {
        const given = spoilt ? (spoil(fitting, ...spoilt) as object) : fitting
        expect(checks.of(ref)(given) === null).toBe(judgedByOracle(ref, given))
      }),
      { numRuns: 12, seed: 1 },
    )
  },
)
