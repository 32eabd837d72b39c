/** Which mention somebody is about to write. */
import { mentionAt } from '../../../console/src/client/compose/mention.js'

it.each([
  ['@bo', 3, { start: 1, end: 3, q: 'bo' }],
  ['Ask (@bob.te', 12, { start: 6, end: 12, q: 'bob.te' }],
  ['Ask @bob.test now', 7, { start: 5, end: 13, q: 'bo' }],
  ['Ask @Łuk', 8, { start: 5, end: 8, q: 'Łuk' }],
  ['@', 1, null],
  ['a@bo', 4, null],
  ['@bo ', 4, null],
  ['@bo', 0, null],
])('what is being mentioned in %j at %i', (text, caret, mention) => {
  expect(mentionAt(text, caret)).toEqual(mention)
})
