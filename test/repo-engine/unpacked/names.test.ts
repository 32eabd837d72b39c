/** What the files of records are called. */
import fc from 'fast-check'
import { MAX_KEY_LENGTH } from '../../../src/repo-engine/mst/node.js'
import { parseRecordPath, pathOfRecord, type RecordForm, shown } from '../../../src/repo-engine/unpacked/names.js'

const POST = 'app.bsky.feed.post'

it.each([
  [`${POST}/3k67up3j7hf2x`, `${POST}/3k67up3j7hf2x.json`],
  ['app.bsky.actor.profile/self', 'app.bsky.actor.profile/self.json'],
  // Names that differ in case alone would be one file on many systems.
  ['com.example.aNote/Hello', 'com.example.a%4eote/%48ello.json'],
  ['com.example.note/did:web:a.test~1', 'com.example.note/did%3aweb%3aa.test%7e1.json'],
  // What hides a file, looks like an option, is a device, or ends with a dot.
  ['com.example.note/.hidden', 'com.example.note/%2ehidden.json'],
  ['com.example.note/..', 'com.example.note/%2e%2e.json'],
  ['com.example.note/-rf', 'com.example.note/%2drf.json'],
  ['com.example.note/con', 'com.example.note/%63on.json'],
  ['com.example.note/com1.x', 'com.example.note/%63om1.x.json'],
  ['com.example.note/a.', 'com.example.note/a%2e.json'],
  ['com.example.note/a.json', 'com.example.note/a.json.json'],
  ['.git/config', '%2egit/config.json'],
  ['../passwd', '%2e%2e/passwd.json'],
  // What stands at the top is not the name of a collection.
  ['commit.json/x', '%63ommit.json/x.json'],
  ['index.txt/x', '%69ndex.txt/x.json'],
  ['beyond-1.car/x', '%62eyond-1.car/x.json'],
  ['blobs/blobs', '%62lobs/blobs.json'],
  // What is too long for one name goes on in the next.
  [`${POST}/${'a'.repeat(200)}`, `${POST}/${'a'.repeat(200)}.json`],
  [`${POST}/${'a'.repeat(512)}`, `${POST}/${'a'.repeat(200)}%/${'a'.repeat(200)}%/${'a'.repeat(112)}.json`],
  [`${POST}/${'a'.repeat(200)}.con`, `${POST}/${'a'.repeat(200)}%/%2econ.json`],
  [`${POST}/${'a'.repeat(199)}:b`, `${POST}/${'a'.repeat(199)}%/%3ab.json`],
])('%s', (key, path) => {
  expect(pathOfRecord(key, 'json')).toBe(path)
  expect(parseRecordPath(path)).toEqual({ key, form: 'json' })
})

const alphabet = 'abzABZ0189_~.:-'.split('')
const part = (most: number) =>
  fc.oneof(
    fc.string({ unit: fc.constantFrom(...alphabet), minLength: 1, maxLength: 12 }),
    fc.string({ unit: fc.constantFrom(...alphabet), minLength: 180, maxLength: most }),
    fc.constantFrom('con', 'nul.x', '.', '..', 'blobs', 'commit.json', 'blocks.txt', 'beyond-12.car', 'a%'.slice(0, 1)),
  )
const keys = fc
  .tuple(part(500), part(512))
  .map((parts) => parts.join('/'))
  .filter((key) => key.length <= MAX_KEY_LENGTH)
const forms = fc.constantFrom<RecordForm>('json', 'cbor', 'raw')

it('any key has a path, which leads back, and whose names every file system takes', () => {
  fc.assert(
    fc.property(keys, forms, (key, form) => {
      const path = pathOfRecord(key, form)
      expect(parseRecordPath(path)).toEqual({ key, form })
      for (const name of path.split('/')) {
        expect(name).toMatch(/^[a-z0-9_%](?:[a-z0-9_.%-]*[a-z0-9_%-])?$/)
        expect(name).not.toMatch(/^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/)
        expect(name.length).toBeLessThanOrEqual(220)
      }
      expect(path).not.toMatch(/^(?:commit\.json|index\.txt|blocks\.txt|beyond-\d+\.car|blobs)(?:\/|$)/)
    }),
  )
})

it('two keys never have one path, whatever the file system makes of case', () => {
  fc.assert(
    fc.property(keys, keys, (left, right) => {
      fc.pre(left !== right)
      const [a, b] = [pathOfRecord(left, 'json'), pathOfRecord(right, 'json')]
      expect(a.toLowerCase()).not.toBe(b.toLowerCase())
      // Nor is the file of one where the other has a folder.
      expect(b.startsWith(`${a}/`)).toBe(false)
    }),
  )
})

it.each([
  ['', 'no record is called that'],
  ['a.json', 'no record'],
  [`${POST}/a`, 'no record'],
  [`${POST}/a.JSON`, 'no record'],
  [`${POST}/a.txt`, 'no record'],
  [`${POST}/.json`, 'no record'],
  [`${POST}/../../etc/passwd.json`, 'no record'],
  [`../${POST}/a.json`, 'no record'],
  ['../a.json', 'the file of ../a is %2e%2e/a.json'],
  [`/${POST}/a.json`, 'no record'],
  [`${POST}//a.json`, 'no record'],
  [`${POST}/a/b.json`, 'no record'],
  [`${POST}\\a.json`, 'no record'],
  [`${POST}/a b.json`, 'no record'],
  [`${POST}/a%00.json`, 'no record'],
  [`${POST}/a%2fb.json`, 'no record'],
  [`${POST}/%zz.json`, 'no record'],
  [`${POST}/Hello.json`, `the file of ${POST}/Hello is ${POST}/%48ello.json`],
  [`${POST}/a:b.json`, `the file of ${POST}/a:b is ${POST}/a%3ab.json`],
  // More than is needed, in capital letters, or in pieces that are too short.
  [`${POST}/%61.json`, `is ${POST}/a.json`],
  [`${POST}/%3A.json`, 'no record'],
  [`${POST}/a%/b.json`, `is ${POST}/ab.json`],
  [`${POST}%/x/b.json`, `the file of ${POST}x/b is`],
  [`${POST}/caf\u00e9.json`, 'caf\\u{e9}.json: no record'],
  [`${POST}/a\u200b.json`, 'a\\u{200b}.json: no record'],
  [`${POST}/${'a'.repeat(5000)}.json`, '…: no record'],
])('%j is no name of a record', (path, why) => {
  expect(() => parseRecordPath(path)).toThrow(expect.objectContaining({ code: 'InvalidSyntax' }))
  expect(() => parseRecordPath(path)).toThrow(why)
})

it('what cannot be seen in a name is shown', () => {
  expect(shown('a\nb\u202ec\u{1f600} ')).toBe('a\\u{a}b\\u{202e}c\\u{1f600}\\u{20}')
})
