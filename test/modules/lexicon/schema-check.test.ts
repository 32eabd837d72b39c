import type { LexiconDocument, Schema } from '../../../src/modules/lexicon/document.js'
import { SchemaChecks } from '../../../src/modules/lexicon/schema-check.js'

const LINK = { $link: 'bafkreiclp443lavogvhj3d2ob2cxbfuscni2k5jk7bebjzg7khl3esabwq' }
const BLOB = { $type: 'blob', ref: LINK, mimeType: 'image/png', size: 1000 }
const FAMILY = '👩‍👩‍👦‍👦'

const check = (schema: Schema, value: unknown): string | null => {
  const fault = new SchemaChecks([]).compile(schema, 'com.example.test')(value)
  return fault && `${fault.path} ${fault.message}`.trim()
}

describe('values', () => {
  it.each<[string, Schema, unknown, string | null]>([
    ['empty text', { type: 'string' }, '', null],
    ['text wanted', { type: 'string' }, 1, 'must be a string'],
    ['null is not absent', { type: 'string' }, null, 'must be a string'],
    ['known values are a hint', { type: 'string', knownValues: ['a'] }, 'b', null],
    ['bytes at the limit', { type: 'string', maxLength: 6 }, 'äää', null],
    ['bytes over the limit', { type: 'string', maxLength: 5 }, 'äää', 'must not be longer than 5 characters'],
    ['bytes under the limit', { type: 'string', minLength: 7 }, 'äää', 'must not be shorter than 7 characters'],
    ['graphemes at the limit', { type: 'string', maxGraphemes: 2 }, FAMILY + FAMILY, null],
    ['graphemes over', { type: 'string', maxGraphemes: 2 }, FAMILY.repeat(3), 'must not be longer than 2 graphemes'],
    ['graphemes under', { type: 'string', minGraphemes: 3 }, FAMILY, 'must not be shorter than 3 graphemes'],
    ['enough graphemes', { type: 'string', minGraphemes: 3, maxGraphemes: 9 }, 'abc', null],
    ['fraction', { type: 'integer' }, 1.5, 'must be an integer'],
    ['beyond the safe integers', { type: 'integer' }, 2 ** 53, 'must be an integer'],
    ['boolean const', { type: 'boolean', const: true }, false, 'must be true'],
    ['array item', { type: 'array', items: { type: 'integer' } }, [1, 'a'], '/1 must be an integer'],
    ['array is no object', { type: 'object' }, [], 'must be an object'],
    ['link is no object', { type: 'object' }, LINK, 'must be an object'],
    ['link', { type: 'cid-link' }, LINK, null],
    ['link with company', { type: 'cid-link' }, { ...LINK, a: 1 }, 'must be a CID'],
    ['bytes', { type: 'bytes', minLength: 2, maxLength: 2 }, { $bytes: 'AAA' }, null],
    ['bytes with padding', { type: 'bytes', minLength: 2, maxLength: 2 }, { $bytes: 'AAA=' }, null],
    ['bytes out of the alphabet', { type: 'bytes' }, { $bytes: 'A-_A' }, 'must be a byte array'],
    ['blob', { type: 'blob', accept: ['image/*'], maxSize: 1000 }, BLOB, null],
    ['blob of any type', { type: 'blob', accept: ['*/*'] }, BLOB, null],
    [
      'blob of another type',
      { type: 'blob', accept: ['video/mp4'] },
      BLOB,
      'must be a blob of type video/mp4, got image/png',
    ],
    ['blob too large', { type: 'blob', maxSize: 999 }, BLOB, 'must be a blob of at most 999 bytes, got 1000'],
    ['blob with company', { type: 'blob' }, { ...BLOB, alt: '' }, 'should be a blob ref'],
    ['blob without size', { type: 'blob' }, { ...BLOB, size: -1 }, 'should be a blob ref'],
    ['old form of a blob', { type: 'blob' }, { cid: LINK.$link, mimeType: 'image/png' }, 'should be a blob ref'],
  ])('%s', (_, schema, value, expected) => {
    expect(check(schema, value)).toBe(expected)
  })

  it('does not know formats it was not taught', () => {
    expect(() => check({ type: 'string', format: 'phone' }, '')).toThrow('unknown string format phone')
  })
})

describe('references', () => {
  const documents: LexiconDocument[] = [
    {
      lexicon: 1,
      id: 'com.example.tree',
      defs: {
        main: {
          type: 'object',
          required: ['name'],
          nullable: ['left'],
          properties: {
            name: { type: 'string', maxLength: 3 },
            left: { type: 'ref', ref: '#main' },
            right: { type: 'union', refs: ['com.example.tree', '#leaf'] },
            only: { type: 'union', refs: ['#leaf'], closed: true },
            kind: { type: 'ref', ref: '#oak' },
            size: { type: 'integer', default: 7 },
          },
        },
        leaf: { type: 'object', properties: { green: { type: 'boolean' } } },
        oak: { type: 'token' },
        lost: { type: 'ref', ref: '#nowhere' },
      },
    },
  ]
  const tree = new SchemaChecks(documents).of('com.example.tree')

  it.each<[string, object, string | null]>([
    ['circular', { name: 'a', left: { name: 'b', left: { name: 'c', left: null } } }, null],
    ['deep fault', { name: 'a', left: { name: 'b', left: {} } }, '/left/left must have the property "name"'],
    ['member of a union', { name: 'a', right: { $type: 'com.example.tree', name: 'b' } }, null],
    [
      'spelt with #main',
      { name: 'a', right: { $type: 'com.example.tree#main' } },
      '/right must have the property "name"',
    ],
    ['a union is open', { name: 'a', right: { $type: 'com.example.other', name: 1 } }, null],
    [
      'a union names its type',
      { name: 'a', right: {} },
      '/right must be an object which includes the "$type" property',
    ],
    ['a closed union', { name: 'a', only: { $type: 'x.y.z' } }, '/only $type must be one of com.example.tree#leaf'],
    ['token', { name: 'a', kind: 'com.example.tree#oak' }, null],
    ['another token', { name: 'a', kind: 'com.example.tree#elm' }, '/kind must be com.example.tree#oak'],
    ['properties beyond the lexicon', { name: 'a', extra: 1 }, null],
  ])('%s', (_, value, expected) => {
    const fault = tree(value)
    expect(fault && `${fault.path} ${fault.message}`).toBe(expected)
  })

  it('fills defaults only when told to', () => {
    const given = { name: 'a', left: { name: 'b' } }
    expect(tree(given)).toBeNull()
    expect(given).toEqual({ name: 'a', left: { name: 'b' } })
    expect(new SchemaChecks(documents, true).of('com.example.tree')(given)).toBeNull()
    expect(given).toEqual({ name: 'a', size: 7, left: { name: 'b', size: 7 } })
  })

  it('throws for a reference that leads nowhere', () => {
    expect(() => new SchemaChecks(documents).of('com.example.tree#lost')('')).toThrow('lex:com.example.tree#nowhere')
  })
})
