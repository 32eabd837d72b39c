import { readdirSync, readFileSync } from 'node:fs'
import { readDocuments, type LexiconDocument } from '../../../src/modules/lexicon/document.js'
import { SchemaChecks } from '../../../src/modules/lexicon/schema-check.js'

const FOLDER = new URL('../../fixtures/interop/lexicon/', import.meta.url)
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'))

interface Vector {
  name: string
  data: { $type: string }
}

const catalog = readdirSync(new URL('catalog/', FOLDER)).map((name) => read(`catalog/${name}`) as LexiconDocument)
const checks = new SchemaChecks([...readDocuments(), ...catalog])

describe('interop vectors for record data', () => {
  it.each(read('record-data-valid.json') as Vector[])('valid: $name', ({ data }) => {
    expect(checks.of(data.$type)(data)).toBeNull()
  })

  it.each(read('record-data-invalid.json') as Vector[])('invalid: $name', ({ data }) => {
    expect(checks.of(data.$type)(data)).not.toBeNull()
  })

  // The vectors for `unknown` also lack a required property: here they are wrong for one reason only.
  it.each((read('record-data-invalid.json') as Vector[]).filter(({ name }) => name.startsWith('unknown')))(
    'invalid with everything else in place: $name',
    ({ data }) => {
      expect(checks.of(data.$type)({ ...data, integer: 1 })).toMatchObject({ path: '/unknown' })
    },
  )
})

describe('interop vectors for lexicon documents', () => {
  it.each(read('lexicon-valid.json') as { name: string; lexicon: LexiconDocument }[])('$name', ({ lexicon }) => {
    const loaded = new SchemaChecks([lexicon])
    for (const [name, { type }] of Object.entries(lexicon.defs)) {
      const ref = name === 'main' ? lexicon.id : `${lexicon.id}#${name}`
      if (type === 'permission-set') expect(() => loaded.of(ref)).toThrow('cannot have type permission-set')
      else expect(loaded.of(ref)).toBeInstanceOf(Function)
    }
  })
})
