/** Texts of strangers that look like names of repositories, and pages that are really theirs. */
import { pathOfUri, pathOfWords, takedownPath } from '../../../console/src/everyone/places.js'

const did = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'

it.each([
  [`at://${did}`, `/explore/${did}`],
  ['at://alice.test/app.bsky.feed.post/3k2y', '/explore/alice.test/app.bsky.feed.post/3k2y'],
  [`at://${did}/com.example.odd/a:b.c~d_e-f`, `/explore/${did}/com.example.odd/a:b.c~d_e-f`],
  [`at://${did}/com.example.odd/..x`, `/explore/${did}/com.example.odd/..x`],
  [`at://${did}/com.example.odd/100%25`, `/explore/${did}/com.example.odd/100%2525`],
])('%s leads to %s', (uri, path) => {
  expect(pathOfUri(uri)).toBe(path)
  expect(pathOfWords(uri)).toBe(path)
})

it.each([
  ...['at://../operator', 'at://../settings/data', 'at://./x', 'at://%2e%2e/operator', 'at://operator/x'],
  ...[`at://${did}/../operator`, `at://${did}/com.example.odd/..`, `at://${did}/./.`, `at://${did}/a/b/c`],
  ...['javascript:alert(1)', 'data:text/html,x', 'at://', 'https://example.com'],
])('%s leads nowhere', (text) => {
  expect(pathOfUri(text)).toBeNull()
})

it('the address of a page of the app is taken for what it shows', () => {
  expect(pathOfWords(`https://bsky.app/profile/${did}/post/3k2y`)).toBe(`/explore/${did}/app.bsky.feed.post/3k2y`)
  expect(pathOfWords('https://bsky.app/profile/alice.test')).toBe('/explore/alice.test')
  expect(pathOfWords('https://bsky.app/profile/../post/..')).toBeNull()
})

it('what is to be taken down is named in the address', () => {
  expect(takedownPath(`at://${did}/a.b.c/d`)).toBe(
    '/operator/takedown?subject=at%3A%2F%2Fdid%3Aplc%3Aewvi7nxzyoun6zhxrhs64oiz%2Fa.b.c%2Fd',
  )
})
